"""The sections of a month's report, one function each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.findings import Incident, PlacedEvent
from healthcheck.model import Status
from healthcheck.monthly import tally
from healthcheck.monthly.definition import definition
from healthcheck.monthly.facts import MonthFacts
from healthcheck.monthly.page import ANSWERED, COULD_NOT_LOOK, NOT_WATCHED, NOTHING, SILENT, Part, Row, Section
from healthcheck.monthly.said import hours, moment_of, stretch
from healthcheck.monthly.watched import Watched
from healthcheck.pages.drawings import strip
from healthcheck.pages.strips import Cell
from healthcheck.report.contacts import contact
from healthcheck.words import calendar_day, clock, count, duration, join, plain, sentence, share

MOST_ROWS = 100
MOST_OFFENDERS = 5
MOST_UNSEEN = 0.01
"""The part of the opening hours of which a clinic may be unknown and still be called OK."""
LEAST_GAP_S = 1800.0
"""Shorter stretches that nobody watched are counted above, but not listed."""


def every(facts: MonthFacts) -> Iterator[Section]:
    """The sections in their order; where nothing was recorded, only what began before and how it is counted."""
    if facts.looks:
        yield _clinics(facts)
        if facts.services:
            yield _table("Services", ("Service", "Worked", "Did not work"), facts, facts.services)
    if facts.incidents:
        yield _troubles(facts)
        yield _repairs(facts)
        yield _offenders(facts)
    if facts.power_cuts:
        yield _power_cuts(facts)
    if facts.looks:
        yield _reports(facts)
        yield _could_not_check(facts)
        yield _not_watched(facts)
    yield Section("How this is counted", tuple(definition(facts)))


def _clinics(facts: MonthFacts) -> Section:
    section = _table("Clinics", ("Clinic", "Answered", "Silent"), facts, facts.clinics)
    drawn = zip(facts.clinics, section.rows, strict=True)
    return replace(section, rows=tuple(replace(row, strip=strip(_days(facts, name))) for name, row in drawn))


def _days(facts: MonthFacts, site: str) -> list[Cell]:
    """A clinic's days of the month, as far as they have come."""
    today = facts.now.astimezone(facts.config.practice.timezone).date()
    midnights = facts.month.midnights(facts.config.practice.timezone)
    known = ((midnight.date(), facts.days.get((midnight, site))) for midnight in midnights[:-1])
    return [Cell.of(day, found) for day, found in known if day <= today]


def _table(title: str, columns: tuple[str, ...], facts: MonthFacts, found: Mapping[str, Watched]) -> Section:
    open_s = sum(span.seconds for span in facts.spans)
    return Section(
        title,
        (f"In the {hours(open_s)} in which the doors were open.",),
        (*columns, "Could not look", "Not watched"),
        tuple(_watched(name, one, open_s - one.open_s) for name, one in found.items()),
    )


def _watched(name: str, one: Watched, paused_s: float) -> Row:
    silent = hours(one.silent_s) if one.silences else "never"
    if one.silences:
        silent += f" ({count(len(one.silences), 'time')})"
    status = Status.CRITICAL if one.silences else Status.OK if _was_seen(one) else Status.UNKNOWN
    cells = (
        plain(name) + (f" (paused for {hours(paused_s)})" if paused_s >= 1 else ""),
        share(one.answered_s, one.known_s) if one.known_s else "not known",
        silent if one.known_s else "not known",
        hours(one.could_not_look_s) if one.could_not_look_s else NOTHING,
        hours(one.not_watched_s) if one.not_watched_s >= 1 else NOTHING,
    )
    parts = (
        (ANSWERED, one.answered_s),
        (SILENT, one.silent_s),
        (COULD_NOT_LOOK, one.could_not_look_s),
        (NOT_WATCHED, one.not_watched_s),
    )
    bar = tuple(Part(sort, seconds / one.open_s) for sort, seconds in parts if seconds >= 1) if one.open_s else ()
    return Row(cells, status, bar)


def _was_seen(one: Watched) -> bool:
    """Whether so little is unknown that the rest may be called OK."""
    return one.known_s > 0 and one.open_s - one.known_s <= MOST_UNSEEN * one.open_s


def _troubles(facts: MonthFacts) -> Section:
    shown = facts.incidents[:MOST_ROWS]
    left = len(facts.incidents) - len(shown)
    return Section(
        "Troubles",
        (f"{left:,} more are not listed here.",) if left else (),
        ("Trouble", "First seen", "Lasted", "Whose", "Reference"),
        tuple(_trouble(facts, incident) for incident in shown),
    )


def _trouble(facts: MonthFacts, incident: Incident) -> Row:
    practice = facts.config.practice
    return Row(
        (
            sentence(plain(incident.says)),
            moment_of(incident.since, practice) if incident.since else "not known",
            _lasted(facts, incident),
            plain(incident.owner) or contact(practice).name,
            plain(incident.reference),
        ),
        incident.status,
    )


def _lasted(facts: MonthFacts, incident: Incident) -> str:
    lengths = tally.lengths_s([incident])
    length = duration(lengths[0]) if lengths else "not known"
    if tally.is_over(facts.whole, incident):
        return length
    if not facts.is_over:
        return "not over yet"
    if incident.closed_at is None:
        return "not over at the end of the month, nor now"
    over = moment_of(incident.closed_at, facts.config.practice)
    return f"not over at the end of the month; over {over}, after {length}"


def _repairs(facts: MonthFacts) -> Section:
    return Section(
        "Time to repair",
        ("From the look that found it first to the look that found it well; what is not over stands apart.",),
        ("Sort", "Ended", "Half of them within", "The longest", "Not over"),
        tuple(
            Row(
                (
                    status.word,
                    f"{one.ended:,}",
                    NOTHING if one.median_s is None else duration(one.median_s),
                    NOTHING if one.longest_s is None else duration(one.longest_s),
                    f"{one.still_open:,}",
                )
            )
            for status, one in tally.repairs(facts.whole, facts.incidents).items()
        ),
    )


def _offenders(facts: MonthFacts) -> Section:
    practice = facts.config.practice
    rows = (
        Row(
            (
                sentence(plain(practice.label_of(one.host) if one.host else one.site)).rstrip("."),
                f"{one.troubles:,}",
                duration(one.lasted_s),
            )
        )
        for one in facts.offenders[:MOST_OFFENDERS]
    )
    return Section("Where the trouble was", (), ("Device or clinic", "Troubles", "In trouble for"), tuple(rows))


def _power_cuts(facts: MonthFacts) -> Section:
    shown = facts.power_cuts[:MOST_ROWS]
    left = len(facts.power_cuts) - len(shown)
    return Section(
        "Power cuts",
        (f"{left:,} more are not listed here.",) if left else (),
        ("Device", "Clinic", "Began", "Lasted"),
        tuple(_power_cut(facts, placed) for placed in shown),
    )


def _power_cut(facts: MonthFacts, placed: PlacedEvent) -> Row:
    practice, event = facts.config.practice, placed.event
    began = moment_of(event.at, practice)
    if event.not_before is not None and event.not_before != event.at:
        began = f"between {moment_of(event.not_before, practice)} and {clock(event.at.astimezone(practice.timezone))}"
    lasted = duration((event.until - event.at) / timedelta(seconds=1)) if event.until else "not known"
    return Row((sentence(plain(practice.label_of(placed.host))).rstrip("."), plain(placed.site), began, lasted))


def _reports(facts: MonthFacts) -> Section:
    found = facts.reports

    def on(days: tuple[datetime, ...]) -> str:
        return join(f"{calendar_day(day)}" for day in days)

    sorts = (
        ("In time", found.in_time, ""),
        ("Late", found.late, on(found.late)),
        ("Not delivered", found.not_delivered, on(found.not_delivered)),
        ("Not made", found.not_made, on(found.not_made)),
    )
    return Section(
        "The morning's report",
        (f"Due on {count(found.due, 'open day')}, by {clock(facts.config.practice.report_due)}.",),
        ("Report", "Days", "Which"),
        tuple(Row((name, f"{len(days):,}", which)) for name, days, which in sorts if days or days is found.in_time),
    )


def _could_not_check(facts: MonthFacts) -> Section:
    found = facts.coverage
    says = "No report checked anything this month."
    if found.planned:
        done = found.planned - found.could_not
        says = f"Of {count(found.planned, 'planned check')} in {count(found.reports, 'report')}, {done:,} were done"
        says += f" ({share(done, found.planned)})."
    return Section(
        "What could not be checked",
        (says,),
        ("Check", "Could not look") if found.most else (),
        tuple(Row((plain(key), f"{times:,} of {count(found.reports, 'time')}")) for key, times in found.most),
    )


def _not_watched(facts: MonthFacts) -> Section:
    practice = facts.config.practice
    long = [gap for gap in facts.gaps if gap.seconds >= LEAST_GAP_S]
    longest = sorted(sorted(long, key=lambda gap: -gap.seconds)[:MOST_ROWS], key=lambda gap: gap.begin)
    says = [] if long else [f"No stretch of {duration(LEAST_GAP_S)} or more of the opening hours was left unwatched."]
    if facts.watched_from is not None:
        begin = moment_of(facts.watched_from, practice)
        says.append(f"The records begin {begin}. What was before counts as not watched.")
    if facts.passes_from is not None:
        says.append(
            f"Of the time before {moment_of(facts.passes_from, practice)}, only the reports are kept, not the looks "
            "between them any more; so most of it counts as not watched here."
        )
    return Section(
        "When nobody watched",
        tuple(says),
        ("From and to, in opening hours", "For") if longest else (),
        tuple(Row((stretch(gap.begin, gap.end, practice), hours(gap.seconds))) for gap in longest),
    )
