"""Times as a report tells them: in the practice's own zone, or the site's with a word about it where they differ."""

from __future__ import annotations

from datetime import UTC, date, datetime

from healthcheck.model import Practice
from healthcheck.words import HOUR_S, ago, moment, short_day, weekday


def told(at: datetime, now: datetime, practice: Practice, site: str = "") -> str:
    """ "Sunday, 2:14 am", and "Sunday, 3:14 am Denver time" for a clinic whose clocks differ from the practice's."""
    zone = next((known.timezone for known in practice.sites if known.name == site), practice.timezone)
    local = at.astimezone(zone)
    same = local.utcoffset() == at.astimezone(practice.timezone).utcoffset()
    place = (zone.key or site).rsplit("/", 1)[-1].replace("_", " ")
    return moment(local, now) + ("" if same else f" {place} time")


def first_seen(since: datetime, now: datetime, practice: Practice, site: str) -> str:
    """ "First seen Sunday, 2:14 am (3 hours 31 minutes ago)."; how long ago only where it is worth saying."""
    length = f" ({ago(since, now)})" if (now - since).total_seconds() >= HOUR_S else ""
    return f"First seen {told(since, now, practice, site)}{length}."


def exact(at: datetime, practice: Practice, site: str = "") -> str:
    """For IT: local wall clock with its zone, and UTC: "Sun Nov 22 2026 02:14:09 PST (10:14:09 UTC)"."""
    zone = next((known.timezone for known in practice.sites if known.name == site), practice.timezone)
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    return f"{short_day(local)} {local:%Y %H:%M:%S} {local.tzname()} ({utc:%Y-%m-%dT%H:%M:%SZ})"


def next_report_on(practice: Practice, now: datetime, trigger: str) -> date | None:
    """The day of the next report, after a round of that sort; None when no day is open within a year."""
    local = now.astimezone(practice.timezone)
    due_today = practice.is_open_on(local.date()) and trigger != "report" and local.time() < practice.report_due
    return local.date() if due_today else practice.next_open_day(local.date())


def since_last_open_day(now: datetime, practice: Practice) -> str:
    """ "Since Friday": the heading of the story."""
    today = now.astimezone(practice.timezone).date()
    last = practice.last_open_day(today)
    if last is None:
        return "Before this report"
    days = (today - last).days
    return "Since yesterday" if days == 1 else f"Since {weekday(last)}" if days < 7 else f"Since {short_day(last)}"
