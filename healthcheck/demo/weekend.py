"""When everything in the demonstration happened, seen from the moment at which it is started."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from healthcheck.records import frozen

ZONES = "zoneinfo/"
OTHERWISE = ZoneInfo("UTC")
_SATURDAY = 5
_SHORT_CUT = time(5, 12, 9), time(5, 29, 44)
_LONG_CUT = time(17, 47, 12), time(18, 28, 40)
_NIGHTLY_BACKUP = time(21, 0, 31)
_DUE, _DUE_LATER = time(6, 30), time(6, 45)
_ENOUGH = timedelta(minutes=10)


@frozen
class Cut:
    """A power cut: from the loss of the mains to their return."""

    lost: datetime
    back: datetime


@frozen
class Weekend:
    """The last Saturday before the day of `now`, in the practice's own time.

    `closed` are the days since then: the weekend lasts until today, so that the report of any day tells of Saturday.
    `open_days` are the days of the week in the config's words, and `due` the hour that its report is due.
    """

    now: datetime
    short_cut: Cut
    long_cut: Cut
    last_backup: datetime
    closed: tuple[date, ...]
    open_days: tuple[str, ...]
    due: time


def weekend(now: datetime) -> Weekend:
    """The weekend before `now`, which carries the practice's time zone."""
    today = now.date()
    saturday = today - timedelta(days=(today.weekday() - _SATURDAY - 1) % 7 + 1)
    working = {0, 1, 2, 3, 4, today.weekday()}
    days = (saturday + timedelta(days=number) for number in range((today - saturday).days))
    due = datetime.combine(today, _DUE, now.tzinfo)
    return Weekend(
        now=now,
        short_cut=Cut(*(datetime.combine(saturday, hour, now.tzinfo) for hour in _SHORT_CUT)),
        long_cut=Cut(*(datetime.combine(saturday, hour, now.tzinfo) for hour in _LONG_CUT)),
        last_backup=datetime.combine(saturday - timedelta(days=1), _NIGHTLY_BACKUP, now.tzinfo),
        closed=tuple(day for day in days if day.weekday() in working),
        open_days=tuple(f"{date(2026, 11, 2 + day):%a}".lower() for day in sorted(working)),
        # A report that is due within moments leaves with what is known by then, and here everything shall be.
        due=_DUE_LATER if due - _ENOUGH <= now < due else _DUE,
    )


def own_zone() -> ZoneInfo:
    """This computer's time zone, so that "today, 2:14 pm" is what its clock shows; UTC where it has no name."""
    named = os.environ.get("TZ", "").removeprefix(":") or str(Path("/etc/localtime").resolve())
    try:
        return ZoneInfo(named.rpartition(ZONES)[2])
    except (ValueError, OSError, KeyError):  # a rule like "PST8PDT,M3", a file without a name, a zone unknown here
        return OTHERWISE
