"""Builds a month's report: every sentence of it is decided here or in the modules it calls. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from healthcheck.monthly import sections, tally
from healthcheck.monthly.facts import MonthFacts
from healthcheck.monthly.page import Monthly
from healthcheck.monthly.said import hours
from healthcheck.words import calendar_day, clock, count, duration, join_some, plain, share

MOST_NAMES = 3


def build(facts: MonthFacts) -> Monthly:
    """The report of a month that has begun."""
    practice = facts.config.practice
    local = facts.now.astimezone(practice.timezone)
    so_far = "" if facts.is_over else " so far"
    return Monthly(
        facts=facts,
        practice=plain(practice.name),
        month=f"{facts.month.name}{so_far}",
        subject=f"Service report {facts.month.name}{so_far} - {plain(practice.name, 60)}",
        in_short=tuple(_in_short(facts)) if facts.looks else (NOTHING.format(month=facts.month.name),),
        sections=tuple(sections.every(facts)),
        made=f"Made {calendar_day(local)}, {local.year}, at {clock(local)}.",
    )


NOTHING = "Nothing was recorded in {month}. This is not the same as no trouble: nobody looked."


def _in_short(facts: MonthFacts) -> Iterator[str]:
    yield _clinics(facts)
    for name, one in facts.services.items():
        if one.known_s:
            of = hours(one.known_s)
            yield f"{plain(name)} worked {share(one.answered_s, one.known_s)} of the {of} in which that is known."
        else:
            yield f"It is not known how long {plain(name)} worked: nobody could see it."
    yield _troubles(facts)
    cuts = len(facts.power_cuts)
    places = len({placed.site for placed in facts.power_cuts})
    yield f"{count(cuts, 'power cut')} at {count(places, 'clinic')}." if cuts else "No power cut was recorded."
    yield _reports(facts)
    unseen = sum(gap.seconds for gap in facts.gaps)
    total = sum(span.seconds for span in facts.spans)
    if total:
        yield (
            f"Of {hours(total)} of opening, {hours(unseen)} were not watched at all."
            if unseen
            else f"All {hours(total)} of opening were watched."
        )


def _clinics(facts: MonthFacts) -> str:
    known = {name: one for name, one in facts.clinics.items() if one.known_s}
    if not known:
        return "It is not known whether any clinic answered in its opening hours: nobody could look."
    unknown = len(facts.clinics) - len(known)
    apart = f" Of {count(unknown, 'clinic')} it is not known." if unknown else ""
    worse = sorted((one.answered_s / one.known_s, name) for name, one in known.items() if one.silent_s)
    if not worse:
        return f"{count(len(known), 'clinic')} answered whenever looked at in opening hours.{apart}"
    each = (f"{plain(name)} {share(facts.clinics[name].answered_s, facts.clinics[name].known_s)}" for _, name in worse)
    well = len(known) - len(worse)
    other = "clinic" if well == 1 else count(well, "clinic")
    others = f" The other {other} answered whenever looked at." if well else ""
    return f"Of the opening hours watched, these answered the least: {join_some(each, MOST_NAMES)}.{others}{apart}"


def _troubles(facts: MonthFacts) -> str:
    if not facts.incidents:
        return "No trouble was recorded."
    over = [one for one in facts.incidents if tally.is_over(facts.whole, one)]
    left = len(facts.incidents) - len(over)
    lengths = tally.lengths_s(over)
    says = f"{count(len(facts.incidents), 'trouble')}, of which {len(over)} ended"
    if lengths:
        half, longest = duration(statistics.median(lengths)), duration(max(lengths))
        says += f": half of them within {half}, the longest after {longest}"
    still = "was not over" if left == 1 else "were not over"
    when = "at the end of the month" if facts.is_over else "yet"
    return f"{says}. {left} {still} {when}." if left else f"{says}."


def _reports(facts: MonthFacts) -> str:
    found = facts.reports
    if not found.due:
        return "No report was due."
    if len(found.in_time) == found.due:
        return f"All {count(found.due, 'report')} came in time."
    parts = ((found.late, "late"), (found.not_delivered, "not delivered"), (found.not_made, "not made"))
    apart = ", ".join(f"{len(days)} {word}" for days, word in parts if days)
    return f"{len(found.in_time)} of {count(found.due, 'report')} came in time; {apart}."
