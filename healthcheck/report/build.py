"""Builds a report: every sentence of it is decided here or in the modules it calls, and nowhere else.

Pure: the same practice, round, diagnosis and time in, the same report out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from healthcheck.findings import Diagnosis
from healthcheck.model import Practice, Round
from healthcheck.report.answers import rows
from healthcheck.report.contacts import contact
from healthcheck.report.facts import Facts, facts
from healthcheck.report.headline import about, effect, headline, subject_verdict
from healthcheck.report.known import known as known_rows
from healthcheck.report.ledger import coverage, reasons, was_done
from healthcheck.report.loose_ends import loose_ends
from healthcheck.report.page import Report
from healthcheck.report.parts import Coverage, Step
from healthcheck.report.problems import cards, fixed, problem
from healthcheck.report.steps import steps
from healthcheck.report.when import next_report_on, since_last_open_day
from healthcheck.words import calendar_day, clock, plain, sentence, short_day, span


def build(practice: Practice, found: Round, diagnosis: Diagnosis, *, now: datetime, late: str = "") -> Report:
    """The report of one round. `late` says why it comes late ("The office computer was off until 7:50 am.")."""
    known = facts(practice, found, diagnosis, now)
    covered, findings = coverage(known), loose_ends(known)
    unseen = reasons(known, (outcome for outcome in known.unexplained if not was_done(outcome)))
    problems = tuple(problem(known, incident) for incident in known.incidents)
    things = len(known.leading) + len(findings) + len(unseen)
    means, to_do = effect(known, findings, covered), steps(known, findings, covered)
    return Report(
        facts=known,
        verdict=subject_verdict(known, things),
        about=about(known),
        day=short_day(now.astimezone(practice.timezone)),
        headline=headline(known, things),
        effect=means,
        preheader=" ".join(filter(None, (means, *map(_whom, to_do[:1])))),
        late=sentence(plain(late)),
        steps=to_do,
        problems=problems,
        cards=cards(known, problems),
        findings=findings,
        known=known_rows(known),
        fixed=tuple(fixed(known, incident) for incident in diagnosis.fixed),
        story_title=since_last_open_day(now, practice),
        story=tuple(_story(known, covered)),
        sites=rows(known.answers),
        coverage=covered,
        footer=tuple(_footer(known, covered)),
    )


def _whom(step: Step) -> str:
    person = step.contact
    return f"Call {person.name}, {person.phone}." if person and person.phone else ""


def _story(known: Facts, covered: Coverage) -> Iterator[str]:
    """What happened since the last open day, and nothing claimed about what nobody could see."""
    for line in sorted(known.diagnosis.story, key=lambda line: line.at):
        yield sentence(plain(line.says))
    if not known.diagnosis.story:
        if covered.planned and covered.done == covered.planned:
            yield "Nothing out of the ordinary was noted."
        else:
            yield "Nothing was noted, but not everything could be checked."


def _footer(known: Facts, covered: Coverage) -> Iterator[str]:
    practice, found = known.practice, known.round
    zone = practice.timezone
    local = known.now.astimezone(zone)
    when = span(found.started_at.astimezone(zone), found.finished_at.astimezone(zone), local)
    yield f"{'Checked' if covered.done else 'Tried'} {when}."
    yield covered.says
    if found.trigger == "hand":
        yield "Somebody started this check by hand."
    if following := next_report_on(practice, local, found.trigger):
        person = contact(practice)
        yield f"The next report comes {calendar_day(following)}, by {clock(practice.report_due)}."
        yield f"Not here by then? Call {', '.join(filter(None, (person.name, person.phone)))}."
