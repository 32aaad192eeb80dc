"""What comes again on the same day of the week: "the third Monday in a row"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from healthcheck.findings import Change, Incident, Past
from healthcheck.model import Practice
from healthcheck.words import weekday

LEAST = 3
_WEEK = timedelta(weeks=1)
_MOST_WEEKS = 9
_ORDINALS = (*("",) * LEAST, "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def repeats(practice: Practice, past: Past, incidents: Iterable[Incident], now: datetime) -> Iterator[Change]:
    """One sentence for each incident that began this week on the day on which it began in the weeks before, too."""
    began: dict[str, set[date]] = {}
    for incident in past.earlier_incidents:
        if incident.since:
            began.setdefault(incident.cause, set()).add(_day(practice, incident, incident.since))
    for incident in incidents:
        if incident.since is None or incident.cause not in began:
            continue
        day = _day(practice, incident, incident.since)
        if not timedelta() <= now.date() - day < _WEEK:
            continue
        times = _in_a_row(practice, day, began[incident.cause])
        if times >= LEAST:
            says = f"{_ORDINALS[times]} {weekday(day)} in a row: {incident.says}"
            days = ", ".join(f"{one:%Y-%m-%d}" for one in sorted(began[incident.cause]))
            yield Change(incident.site, incident.host, says, f"{incident.cause}: began on {days} before")


def _day(practice: Practice, incident: Incident, at: datetime) -> date:
    """The day at the site."""
    zone = next((site.timezone for site in practice.sites if site.name == incident.site), practice.timezone)
    return at.astimezone(zone).date()


def _in_a_row(practice: Practice, day: date, began: set[date]) -> int:
    """On how many such days running it began, with this one; a day on which the doors stayed closed may be left out.

    1 if it began on other days of the week as often: then the day is not what matters.
    """
    times, first, other = 1, day, day
    for _ in range(_MOST_WEEKS):
        other -= _WEEK
        if other in began:
            times, first = times + 1, other
        elif practice.is_open_on(other):
            break
    between = [one for one in began if first < one < day and one.weekday() != day.weekday()]
    return times if len(between) < times else 1
