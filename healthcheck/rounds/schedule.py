"""When a report is due, whether one is still owed, and what is said when it comes late. Pure.

All hours are the practice's own wall clock; none lies between midnight and four, so no day has them twice or never.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from healthcheck.model import Practice
from healthcheck.words import between, clock, duration

GRACE = timedelta(minutes=10)
"""A report that leaves this long after the hour it is due is not called late."""


def at(practice: Practice, moment: datetime, hour: time) -> datetime:
    """That hour on the moment's day, where the practice is."""
    local = moment.astimezone(practice.timezone)
    return datetime.combine(local.date(), hour, practice.timezone)


def owed(practice: Practice, last_report_at: datetime | None, now: datetime) -> bool:
    """Whether today's report should have begun by now and has not. A missed one of yesterday is not made up.

    Nothing is owed on closed days, and nothing on the day that the program is set up, before its first report.
    """
    starts = at(practice, now, practice.report_at)
    if last_report_at is None or not practice.is_open_on(starts.date()) or now < starts:
        return False
    return not starts <= last_report_at <= now  # one of the future was made while a clock ran ahead


def late(practice: Practice, last_report_at: datetime | None, watched_until: datetime | None, now: datetime) -> str:
    """A sentence when the report that is owed comes after its hour, with the time that nobody watched; else "".

    `watched_until` is when the last round of any sort began. A second report of the day owes nothing.
    """
    due = at(practice, now, practice.report_due)
    local = now.astimezone(practice.timezone)
    if not owed(practice, last_report_at, now) or local <= due + GRACE:
        return ""
    says = f"This report is late: it was due at {clock(due)}."
    if watched_until is None:
        return says
    watched = watched_until.astimezone(practice.timezone)
    return f"{says} Nobody watched {between(watched, local, local)}, for {duration((local - watched).total_seconds())}."
