"""Where foreign checks come from: files of a folder and entry points of installed packages, before any is loaded."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from healthcheck.plugins import unsafe
from healthcheck.records import frozen
from healthcheck.words import plain

ENTRY_POINTS = "healthcheck.checks"
_READ_BYTES = 256 * 1024
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_KIND = re.compile(r"""^[ \t]+kind\b[^=\n]*=[ \t]*["']([^"'\n]+)["']""", re.MULTILINE)


@frozen
class Source:
    """A file, or an entry point of an installed package (`value` is its object reference, "module:name").

    `claims` are the kinds that a file seems to define, read from its text; its stem where none can be read. `refusal`
    says why it must not be loaded.
    """

    origin: str
    file: Path | None = None
    value: str = ""
    claims: frozenset[str] = frozenset()
    refusal: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"file {plain(self.file.name, 60)}" if self.file else f"package {plain(self.origin, 60)}"


def files(folder: Path) -> Iterator[Source]:
    """The checks that stand in a folder, by name: Python files, and programs that are Nagios plug-ins."""
    if not folder.is_dir():
        return
    shut = unsafe(folder)
    for path in sorted(folder.iterdir()):
        if not _FILE_NAME.fullmatch(path.name) or path.name.endswith("~") or not path.is_file():
            continue
        if path.suffix == ".py" or os.access(path, os.X_OK):
            refusal = f"the folder {folder} cannot be trusted: {shut}" if shut else unsafe(path) or ""
            yield Source(str(path), path, claims=_claims(path), refusal=refusal)


def installed() -> Iterator[Source]:
    """The checks of installed packages."""
    from importlib.metadata import entry_points  # slow, and most machines have none

    for point in entry_points(group=ENTRY_POINTS):
        yield Source(point.dist.name if point.dist else point.value, value=point.value)


def is_program(source: Source) -> bool:
    """Whether it is a Nagios plug-in."""
    return source.file is not None and source.file.suffix != ".py"


def head(path: Path) -> str:
    """The beginning of a file as text, whatever it holds; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _claims(path: Path) -> frozenset[str]:
    found = _KIND.findall(head(path)) if path.suffix == ".py" else []
    return frozenset(found or [path.stem])


def manual(path: Path) -> str:
    """What a program's first comment says of it; a line about it where there is none, or where it is no script."""
    script, *rest = head(path).splitlines() or [""]
    comment = itertools.takewhile(lambda line: line.startswith("#"), rest if script.startswith("#!") else ())
    lines = (line.removeprefix("#").removeprefix(" ").rstrip() for line in comment)
    lines = ("".join(filter(str.isprintable, line)) for line in lines)
    return "\n".join(lines).strip() or f"What the Nagios plug-in {plain(path.name, 60)} finds."


def of_source(source: Source) -> dict[str, str]:
    """A source as it goes through the wall."""
    return {"file": str(source.file) if source.file else "", "value": source.value, "origin": source.origin}
