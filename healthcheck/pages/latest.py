"""What stands on the page of the newest report, decided to the last word: the template only lays it out. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from healthcheck.findings import Incident, Past, SiteVerdict
from healthcheck.model import Practice, Status
from healthcheck.pages.drawings import strip
from healthcheck.pages.kept import KeptReport
from healthcheck.pages.measures import Measure, measures
from healthcheck.pages.strips import Days, cells
from healthcheck.records import frozen
from healthcheck.report.contacts import contact
from healthcheck.report.page import Report
from healthcheck.report.when import next_report_on
from healthcheck.words import ago, calendar_day, clock, count, dated, duration, join, plain, sentence

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_CLINICS = 60
MOST_TROUBLES = 50
MOST_MEASURES = 150
MOST_REPORTS = 40


@frozen
class Clinic:
    """A clinic now, and its last thirty days. `says` follows the name."""

    name: str
    status: Status
    says: str
    strip: Markup


@frozen
class Trouble:
    """One incident: since when, for how long or until when, and what is `known` of it already, if anything."""

    reference: str
    status: Status
    says: str
    began: str
    lasted: str
    whose: str
    known: str = ""


@frozen
class Listed:
    """A kept report in a list."""

    when: str
    status: Status
    headline: str
    href: str


@frozen
class Latest:
    """The page. `made` says when it was made and until when it holds; `days_unknown` why there are no earlier days.

    `whole` is where the report itself is kept, seen from the folder of them all.
    """

    report: Report
    whole: str
    made: tuple[str, ...]
    clinics: tuple[Clinic, ...]
    more_clinics: str
    days_unknown: str
    open: tuple[Trouble, ...]
    over: tuple[Trouble, ...]
    more_troubles: str
    measured: tuple[tuple[str, tuple[Measure, ...]], ...]
    more_measured: bool
    earlier: tuple[Listed, ...]


def latest(
    report: Report, past: Past, days: Days | None, moments: Sequence[datetime], kept: Iterable[KeptReport]
) -> Latest:
    """The page of a round that looked at everything. `moments` are the midnights around its days, oldest first.

    `days` is None where the history cannot be read. At most so many clinics, troubles and numbers stand on it; the
    rest is counted.
    """
    facts = report.facts
    practice, now = facts.practice, facts.now.astimezone(facts.practice.timezone)
    answers = facts.answers.verdicts
    shown, rest = answers[:MOST_CLINICS], answers[MOST_CLINICS:]
    by_site = facts.by_site
    over = _over(facts.diagnosis.fixed, past, moments[0])
    drawn = moments if days is not None else moments[-2:]  # "not watched" would be said of days that may have been
    looked_at = (outcome for answer in shown for outcome in by_site.get(answer.site, ()))
    numbers = list(itertools.islice(measures(practice, looked_at, past, moments[0], now), MOST_MEASURES + 1))
    return Latest(
        report=report,
        whole=f"{now:%Y-%m-%d}/{facts.round.id}/report.html",
        made=tuple(_made(report, practice, now)),
        clinics=tuple(
            Clinic(
                plain(answer.site),
                answer.status,
                sentence(answer.says),
                strip(cells(answer.site, drawn, days or {}, by_site.get(answer.site, ()))),
            )
            for answer in shown
        ),
        more_clinics=_more(rest),
        days_unknown="" if days is not None else "The earlier days are not known: the history could not be read.",
        open=tuple(_trouble(practice, one, now) for one in facts.incidents[:MOST_TROUBLES]),
        over=tuple(_trouble(practice, one, now) for one in over[:MOST_TROUBLES]),
        more_troubles=_more_troubles(len(facts.incidents) - MOST_TROUBLES, len(over) - MOST_TROUBLES),
        measured=tuple(
            (site, tuple(group))
            for site, group in itertools.groupby(numbers[:MOST_MEASURES], key=lambda measure: measure.site)
        ),
        more_measured=len(numbers) > MOST_MEASURES,
        earlier=tuple(listed(one, practice) for one in itertools.islice(kept, MOST_REPORTS)),
    )


def _made(report: Report, practice: Practice, now: datetime) -> Iterator[str]:
    found = report.facts.round
    by_hand = ", started by hand" if found.trigger == "hand" else ""
    yield f"This page was made {calendar_day(now)}, at {clock(now)}{by_hand}. What happened later is not on it."
    following = next_report_on(practice, now, found.trigger)
    if following is None:
        yield "No day is open within a year, so no next one is due."
        return
    person = contact(practice)
    call = ", ".join(filter(None, (person.name, person.phone)))
    yield f"The next one is due {calendar_day(following)}, by {clock(practice.report_due)}."
    yield f"If that hour has passed, nobody has looked since: call {call}."


def _more(rest: Sequence[SiteVerdict]) -> str:
    if not rest:
        return ""
    counts = Counter(answer.status for answer in rest)
    each = join(f"{counts[status]:,} {status.word}" for status in Status if counts[status])
    return f"{count(len(rest), 'more clinic')} not shown here: {each}. The whole report names those with trouble."


def _over(fixed: Iterable[Incident], past: Past, since: datetime) -> list[Incident]:
    """Those that ended in these days, the newest end first."""
    known = {one.reference: one for one in (*past.earlier_incidents, *fixed) if one.closed_at}
    ended = [(one.closed_at, one) for one in known.values() if one.closed_at and one.closed_at >= since]
    return [one for _, one in sorted(ended, key=lambda pair: (pair[0], pair[1].reference), reverse=True)]


def _more_troubles(still_open: int, over: int) -> str:
    parts = [f"{left:,} {word}" for left, word in ((still_open, "not over yet"), (over, "over")) if left > 0]
    return f"Not shown here: {join(parts)}." if parts else ""


def _trouble(practice: Practice, incident: Incident, now: datetime) -> Trouble:
    since, ended = incident.since, incident.closed_at
    began = dated(since.astimezone(practice.timezone)) if since else "before anybody looked"
    if ended is None:
        lasted = ago(since, now).removesuffix(" ago") if since else "not known"
    else:
        lasted = duration((ended - since) / timedelta(seconds=1)) if since else "not known"
    return Trouble(
        plain(incident.reference),
        incident.status,
        sentence(plain(incident.says)),
        began,
        lasted,
        plain(incident.owner) or contact(practice).name,
        plain(incident.known.says) if incident.known else "",
    )


def listed(kept: KeptReport, practice: Practice) -> Listed:
    """A kept report as a list names it."""
    local = kept.finished_at.astimezone(practice.timezone)
    by_hand = " (by hand)" if kept.by_hand else ""
    return Listed(f"{calendar_day(local)}, {clock(local)}{by_hand}", kept.status, kept.headline, kept.href)
