"""Lines of cron's that start the report, and whether cron runs at all (crontab(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import time
from pathlib import Path

from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Status
from healthcheck.records import frozen
from healthcheck.words import clock, join

FILES = ("etc/crontab", "etc/anacrontab")
FOLDERS = ("etc/cron.d", "var/spool/cron/crontabs", "var/spool/cron")
PROGRAMS = ("cron", "crond", "fcron", "dcron", "busybox-cron")
NO_WATCH = "Nothing looks at power and lines between the reports, so the weekend's short power cuts go unseen."

_LINE = re.compile(r"^\s*(?:(@\w+)|((?:\S+\s+){5}))(.*\bhealthcheck(?:\s+-\S+(?:\s+\S+)?)*\s+(report|watch)\b.*)$")
_PLAIN_HOUR = re.compile(r"(\d{1,2})\s+(\d{1,2})\s")


@frozen
class Line:
    """A line that starts us: the file, what it starts, and its hour where that is a plain one."""

    file: Path
    starts: str
    hour: time | None


def starts(premises: Premises) -> Iterator[Finding]:
    """Whether cron starts the report; nothing where no line of its says so."""
    lines = list(lines_below(Path("/")))
    if lines:
        yield from judged(premises, lines, runs=_runs())


def judged(premises: Premises, lines: Sequence[Line], *, runs: bool) -> Iterator[Finding]:
    """The same, for these lines; `runs` tells whether cron itself does."""
    reports = [line for line in lines if line.starts == "report"]
    if not reports:
        return
    if not runs:
        says = f"{reports[0].file} has a line that starts the report, but cron does not run."
        yield Finding(Status.CRITICAL, says, "sudo systemctl enable --now cron")
        return
    hours = {line.hour for line in reports if line.hour}
    wanted = premises.config.practice.report_at if premises.config else None
    says = f"cron starts the report, by a line in {join(sorted({str(line.file) for line in reports}))}."
    if wanted and hours and wanted not in hours:
        fix = f"Write {wanted.minute} {wanted.hour} at the beginning of that line."
        yield Finding(
            Status.WARNING, f"{says} It does so at {clock(min(hours))}; the config says {clock(wanted)}.", fix
        )
    else:
        yield Finding(Status.OK, says)
    if not any(line.starts == "watch" for line in lines):
        yield Finding(Status.WARNING, NO_WATCH, f"Add a line beside it: */5 * * * * {premises.command('watch')}")


def lines_below(root: Path) -> Iterator[Line]:
    """Every line of cron's tables below a root folder that starts the report or a light pass."""
    seen: set[Path] = set()
    for place in _places(root):
        for path in sorted(place.iterdir()) if place.is_dir() and os.access(place, os.R_OK | os.X_OK) else [place]:
            if path in seen or not path.is_file() or not os.access(path, os.R_OK):
                continue
            seen.add(path)
            for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if not text.lstrip().startswith("#") and (found := _LINE.match(text)):
                    yield Line(path, found[4], _hour(found[2] or ""))


def unread(root: Path) -> list[str]:
    """The tables below a root folder that are there and that this account may not read."""
    return [str(path) for path in _places(root) if path.exists() and not os.access(path, os.R_OK)]


def _hour(fields: str) -> time | None:
    found = _PLAIN_HOUR.match(fields.lstrip())
    return time(int(found[2]), int(found[1])) if found and int(found[2]) < 24 and int(found[1]) < 60 else None


def _places(root: Path) -> Iterator[Path]:
    for name in (*FILES, *FOLDERS):
        yield root / name


def _runs() -> bool:
    import psutil  # heavy, and only needed here

    return any(process.info["name"] in PROGRAMS for process in psutil.process_iter(["name"]))
