"""A file that somebody named on the command line: the new one is there whole, or the old one still is."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection
from pathlib import Path

import click

from healthcheck.errors import HealthcheckError

ENDINGS = {
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".md": "markdown",
    ".prom": "prometheus",
    ".txt": "text",
    ".xml": "junit",
}


def by_ending(output: Path | None, formats: Collection[str], usual: str) -> str:
    """The format that a file's name asks for, where the command has it; else the usual one."""
    form = ENDINGS.get(output.suffix.lower(), usual) if output else usual
    return form if form in formats else usual


def check_place(output: Path) -> None:
    """`click.UsageError` where no file could be written: better said before a round than after it."""
    if not output.parent.is_dir():
        raise click.UsageError(f"There is no folder {output.parent} to write {output.name} to.")


def write(text: str, output: Path, mode: int | None = None) -> None:
    """Replace the file, or write into what is no file (a pipe, /dev/null).

    A file that was there keeps its rights; a new one has `mode`, or what the umask leaves.
    """
    try:
        if output.exists() and not output.is_file():
            output.write_text(text, encoding="utf-8")
        else:
            _replace(output.resolve(), text, mode)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise HealthcheckError(f"{output} could not be written: {why}. What stood there is as it was.") from error


def _replace(path: Path, text: str, mode: int | None) -> None:
    import tempfile  # brings more than a round without --output needs

    # Not the file's own ending: a collector that reads all of a folder must not read this one.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".unfinished", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            os.fchmod(number, _mode(path, mode))
            file.write(text)
            file.flush()
            os.fsync(number)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def _mode(path: Path, mode: int | None) -> int:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(path.stat().st_mode)
    if mode is not None:
        return mode
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
