"""How a month's report tells times and lengths."""

from __future__ import annotations

from datetime import datetime

from healthcheck.model import Practice
from healthcheck.words import HOUR_S, clock, count, dated, duration

_IN_HOURS_FROM_S = 10 * HOUR_S


def hours(seconds: float) -> str:
    """A length as opening hours are counted: in hours, however many."""
    return duration(seconds) if seconds < _IN_HOURS_FROM_S else count(round(seconds / HOUR_S), "hour")


def moment_of(at: datetime, practice: Practice) -> str:
    """ "Mon Oct 5, 7:30 am", by the practice's clock."""
    return dated(at.astimezone(practice.timezone))


def stretch(begin: datetime, end: datetime, practice: Practice) -> str:
    """ "Mon Oct 5, 7:30 am to 9:10 am"."""
    first, last = begin.astimezone(practice.timezone), end.astimezone(practice.timezone)
    return f"{moment_of(begin, practice)} to {clock(last) if first.date() == last.date() else moment_of(end, practice)}"
