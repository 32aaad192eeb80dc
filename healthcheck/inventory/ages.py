"""How old a fact is, in words that still hold when the paper has lain in a drawer: with the date."""

from __future__ import annotations

from datetime import date, datetime

from healthcheck.words import clock, short_day


def day(on: date, now: datetime) -> str:
    """Mon Nov 23, with the year where it is not that of `now`."""
    return short_day(on) + (f" {on.year}" if on.year != now.year else "")


def moment(at: datetime, now: datetime) -> str:
    """Mon Nov 23, 5:45 am, in the zone of `now`."""
    local = at.astimezone(now.tzinfo)
    return f"{day(local.date(), now)}, {clock(local)}"


def as_seen(at: datetime, now: datetime) -> str:
    """As seen Mon Nov 23, 5:45 am."""
    return f"as seen {moment(at, now)}"
