"""The practice's time zone and hours, and when its report is made."""

from __future__ import annotations

import zoneinfo
from datetime import time
from zoneinfo import ZoneInfo

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import PracticeTable, ReportTable

_CLOCKS_ARE_CHANGED_UNTIL = time(4)


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


def check_report_times(reading: Reading, practice: PracticeTable, report: ReportTable) -> None:
    """Note what is wrong with the order of the morning: the round starts, the report leaves, the doors open."""
    for name, value in (("at", report.at), ("due", report.due)):
        if value < _CLOCKS_ARE_CHANGED_UNTIL:
            says = f"{_said(value)} lies between 0:00 and 3:59, when clocks are changed; choose a later time"
            reading.mistakes.add(("report", name), says)
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


def _said(value: time) -> str:
    return f"{value.hour}:{value.minute:02d}"
