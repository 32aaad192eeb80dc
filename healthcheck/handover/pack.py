"""Writes a pack: the same contents give the same bytes, nothing is overwritten, and the file is whole or not there."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.errors import HealthcheckError

_FIRST = datetime(1980, 1, 1, tzinfo=UTC)
"""A ZIP file knows no time before."""


def pack(path: Path, contents: Mapping[str, bytes], at: datetime) -> None:
    """Write the files (by their path in the pack) with that time, for their owner's eyes only.

    Raises `HealthcheckError` when there is something at that path already, or nothing can be written there.
    """
    try:
        if path.exists():
            raise FileExistsError
        _write(path, contents, at)
    except FileExistsError:
        raise HealthcheckError(
            f"{path} is there already, and a pack overwrites nothing; give another name, or move that file away."
        ) from None
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise HealthcheckError(f"The pack could not be written to {path}: {why}. Nothing was left there.") from error


def _write(path: Path, contents: Mapping[str, bytes], at: datetime) -> None:
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".unfinished", dir=path.parent)  # 0600
    unfinished = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for member in sorted(contents):
                    archive.writestr(_entry(member, at), contents[member])
            file.flush()
            os.fsync(file.fileno())
        _put(unfinished, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, max(at.astimezone(UTC), _FIRST).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, wherever it is made
    entry.external_attr = 0o100600 << 16
    return entry


def _put(unfinished: Path, path: Path) -> None:
    """Give the file its name, unless somebody has taken it meanwhile."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # a stick has a file system without links
        if path.exists():
            raise FileExistsError from None
        unfinished.rename(path)
