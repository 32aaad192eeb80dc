"""What happened in a month, counted: troubles and how long they took, power cuts, reports, what could not be checked.

Pure functions over what the history kept.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from healthcheck.findings import EarlierRound, Incident, PlacedEvent
from healthcheck.history.review import KeptRound, Sent
from healthcheck.model import EventKind, Practice, Status
from healthcheck.monthly.opening import Month, Span
from healthcheck.records import frozen
from healthcheck.rounds import REPORT, schedule

_S = timedelta(seconds=1)


@frozen
class Repairs:
    """Of one sort of trouble: how many ended in the month and how long they had lasted (s), how many were still open.

    `median_s` and `longest_s` are None where none ended of which the begin is known.
    """

    ended: int
    median_s: float | None
    longest_s: float | None
    still_open: int


def incidents_of(month: Span, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Those that were open at any time in the month, as they stood at its end: what ended later is open."""
    return tuple(
        incident
        for incident in incidents
        if (incident.since or incident.closed_at or month.begin) < month.end
        and (incident.closed_at is None or incident.closed_at >= month.begin)
    )


def is_over(month: Span, incident: Incident) -> bool:
    """Whether it had ended when the month did."""
    return incident.closed_at is not None and incident.closed_at < month.end


def lengths_s(over: Iterable[Incident]) -> list[float]:
    """How long each lasted (s), of those whose begin and end are known."""
    return [(one.closed_at - one.since) / _S for one in over if one.closed_at and one.since]


def repairs(month: Span, incidents: Collection[Incident]) -> dict[Status, Repairs]:
    """By how bad they were, the worst first; those that are not over have no length yet and are counted apart."""
    found: dict[Status, Repairs] = {}
    for status in sorted({incident.status for incident in incidents}, key=lambda status: -status.rank):
        of_this = [incident for incident in incidents if incident.status is status]
        over = [incident for incident in of_this if is_over(month, incident)]
        lengths = lengths_s(over)
        found[status] = Repairs(
            len(over),
            statistics.median(lengths) if lengths else None,
            max(lengths, default=None),
            len(of_this) - len(over),
        )
    return found


@frozen
class Offender:
    """A device, or a whole clinic (then `host` is empty): how many troubles it had, and how long in the month (s)."""

    site: str
    host: str
    troubles: int
    lasted_s: float


def offenders(month: Span, incidents: Iterable[Incident]) -> list[Offender]:
    """Where the trouble was, the longest first. Two at the same time on one device count their time once."""
    by_place: dict[tuple[str, str], list[Incident]] = {}
    for incident in incidents:
        by_place.setdefault((incident.site, incident.host), []).append(incident)
    found = [Offender(*place, len(own), _together_s(month, own)) for place, own in by_place.items()]
    return sorted(found, key=lambda one: (-one.lasted_s, -one.troubles, one.site, one.host))


def _together_s(month: Span, incidents: Iterable[Incident]) -> float:
    total, known_until = 0.0, month.begin
    for begin, end in sorted((one.since or month.begin, one.closed_at or month.end) for one in incidents):
        begin, end = max(begin, known_until), min(end, month.end)
        if begin < end:
            total, known_until = total + (end - begin) / _S, end
    return total


def power_cuts(month: Span, events: Iterable[PlacedEvent]) -> tuple[PlacedEvent, ...]:
    """Those of the month, the earliest first; one that began before it and went on into it is among them."""
    return tuple(
        placed
        for placed in sorted(events, key=lambda placed: (placed.event.at, placed.site, placed.host))
        if placed.event.kind is EventKind.POWER_CUT
        and placed.event.at < month.end
        and (placed.event.until or placed.event.at) >= month.begin
    )


@frozen
class Reports:
    """Of the month's open days that the program was there for: on which a report came, and how. In order."""

    in_time: tuple[datetime, ...] = ()
    late: tuple[datetime, ...] = ()
    not_delivered: tuple[datetime, ...] = ()
    not_made: tuple[datetime, ...] = ()
    """Each by the hour at which it was due."""

    @property
    def due(self) -> int:
        """How many there should have been."""
        return len(self.in_time) + len(self.late) + len(self.not_delivered) + len(self.not_made)


def reports(
    practice: Practice, month: Month, rounds: Iterable[KeptRound], sent: Iterable[Sent], first: datetime, now: datetime
) -> Reports:
    """What became of the report of each open day, from the day of the first round on.

    It came in time when somebody had accepted it within a few minutes of the hour it was due. Where nothing is to be
    sent on a good day, it is enough that it was made.
    """
    postings: dict[datetime, list[Sent]] = {}
    for posting in sent:
        postings.setdefault(posting.created_at, []).append(posting)
    made: dict[object, KeptRound] = {}
    for kept in rounds:
        if kept.trigger == REPORT:
            made.setdefault(kept.finished_at.astimezone(practice.timezone).date(), kept)
    found: dict[str, list[datetime]] = {"in_time": [], "late": [], "not_delivered": [], "not_made": []}
    for due in _due(practice, month, first, now):
        found[_became(made.get(due.date()), postings, due)].append(due)
    return Reports(**{name: tuple(days) for name, days in found.items()})


def _due(practice: Practice, month: Month, first: datetime, now: datetime) -> Iterator[datetime]:
    """The hour of each report that should have left by now."""
    for day in month.days():
        due = datetime.combine(day, practice.report_due, practice.timezone)
        if practice.is_open_on(day) and first < due <= now:
            yield due


def _became(kept: KeptRound | None, postings: Mapping[datetime, Sequence[Sent]], due: datetime) -> str:
    if kept is None:
        return "not_made"
    own = postings.get(kept.finished_at, ())
    taken = [posting.sent_at for posting in own if posting.sent_at is not None]
    if own and not taken:
        return "not_delivered"
    return "in_time" if min(taken, default=kept.finished_at) <= due + schedule.GRACE else "late"


@frozen
class Coverage:
    """Of all checks of the month's reports: how many were planned, how many could not look, and which most often."""

    reports: int
    planned: int
    could_not: int
    most: tuple[tuple[str, int], ...]
    """A check's key, and in how many reports it could not look."""


def coverage(month: Span, looks: Iterable[EarlierRound], most: int) -> Coverage:
    """Counted over the reports alone: a light pass looks at little, and a round by hand at what somebody chose."""
    of_reports = [look for look in looks if look.trigger == REPORT and month.begin <= look.started_at < month.end]
    blind = Counter(key for look in of_reports for key, status in look.statuses.items() if status is Status.UNKNOWN)
    return Coverage(
        len(of_reports),
        sum(len(look.statuses) for look in of_reports),
        blind.total(),
        tuple(sorted(blind.items(), key=lambda pair: (-pair[1], pair[0]))[:most]),
    )
