"""The practice's time zone and hours, and when its report is made."""

from __future__ import annotations

import contextlib
import zoneinfo
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import PracticeTable, ReportTable

_CLOCKS_ARE_CHANGED_UNTIL = time(4)
_FIVE, _LAST = time(17), time(23, 59)


def zone_of(reading: Reading, place: Place, name: str) -> ZoneInfo | None:
    """The time zone of that name; None when this computer knows none such, which is a mistake then."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        known = zoneinfo.available_timezones()
    if not known:
        says = "this computer knows no time zones; install the package tzdata"
    else:
        guess = did_you_mean(name, known) or '; write it as in "America/Los_Angeles"'
        says = f"unknown time zone {quoted(name)}{guess}"
    reading.mistakes.add(place, says)
    return None


def zone_of_this_computer(root: Path = Path("/")) -> str:
    """The name of the time zone that this computer keeps (localtime(5)); "" where it does not say.

    Debian and others note the name beside it, in /etc/timezone, which counts where /etc/localtime is a copy.
    """
    with contextlib.suppress(OSError):
        _, found, name = str((root / "etc/localtime").readlink()).partition("zoneinfo/")
        if found:
            return name.removeprefix("posix/")
    with contextlib.suppress(OSError, ValueError):
        return (root / "etc/timezone").read_text(encoding="ascii").strip()
    return ""


def check_report_times(reading: Reading, practice: PracticeTable, report: ReportTable) -> None:
    """Note what is wrong with the order of the morning: the round starts, the report leaves, the doors open."""
    for name, value in (("at", report.at), ("due", report.due)):
        if value < _CLOCKS_ARE_CHANGED_UNTIL:
            says = f"{_said(value)} lies between 0:00 and 3:59, when clocks are changed; choose a later time"
            reading.mistakes.add(("report", name), says)
    if practice.closes is not None and practice.closes <= practice.opens:
        reading.mistakes.add(
            ("practice", "closes"),
            f"the doors close at {_said(practice.closes)}, but they open at {_said(practice.opens)}",
        )
    if report.at >= report.due:
        reading.mistakes.add(
            ("report", "at"), f"the round starts at {_said(report.at)}, but the report is due at {_said(report.due)}"
        )
    if report.due >= practice.opens:
        opens = "the moment the doors open"
        if report.due > practice.opens:
            opens = f"after the doors open at {_said(practice.opens)}"
        given = reading.at(("report", "due")) is not None
        reading.mistakes.add(
            ("report", "due") if given else ("practice", "opens"),
            f"the report is due at {_said(report.due)}, {opens}",
        )


def closing(practice: PracticeTable) -> time:
    """When the doors close: five in the afternoon where the config does not say, or at the end of a later day."""
    return practice.closes or (_FIVE if practice.opens < _FIVE else _LAST)


def _said(value: time) -> str:
    return f"{value.hour}:{value.minute:02d}"
