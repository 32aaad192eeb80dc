"""Builds a report: every sentence of it is decided here or in the modules it calls, and nowhere else.

Pure: the same practice, round, diagnosis and time in, the same report out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from healthcheck.findings import Diagnosis, Incident
from healthcheck.model import Practice, Round, Status
from healthcheck.report import brief as briefs
from healthcheck.report.answers import (
    ALL_OK,
    FIXED,
    LOOK,
    OK,
    PROBLEM,
    Answers,
    affected,
    answers,
    headline,
    overall,
    rows,
    state,
    subject_verdict,
)  # fmt: skip
from healthcheck.report.contacts import contact
from healthcheck.report.findings import coverage, findings
from healthcheck.report.page import Contact, Coverage, Finding, Problem, Report, Step
from healthcheck.report.steps import steps
from healthcheck.report.technical import technical
from healthcheck.report.when import first_seen, since_last_open_day, told
from healthcheck.words import (
    calendar_day,
    clock,
    count,
    join_some,
    plain,
    sentence,
    short_day,
    small,
    span,
)  # fmt: skip

LETTERS = 10
"""Problems that carry a whole letter to IT; with more the mail would grow beyond what phones show."""


def build(practice: Practice, found: Round, diagnosis: Diagnosis, *, now: datetime, late: str = "") -> Report:
    """The report of one round. `late` says why it comes late ("The office computer was off until 7:50 am.")."""
    local = now.astimezone(practice.timezone)
    answered = answers(practice, found, diagnosis)
    status = overall(found, diagnosis, answered)
    word = state(status, found, diagnosis, answered)
    incidents = sorted(diagnosis.incidents, key=_worst_first)
    more = findings(practice, found, diagnosis)
    things = len(incidents) + len(more)
    to_do = steps(practice, diagnosis, word, answered, incidents, more, now)
    effect = _effect(diagnosis, word, incidents, more)
    covered = coverage(practice, found)
    return Report(
        practice=practice,
        round=found,
        diagnosis=diagnosis,
        now=now,
        status=status,
        state=word,
        verdict=subject_verdict(word, answered, things),
        about=_about(diagnosis, word, answered, incidents),
        day=short_day(local),
        headline=_headline(word, answered, things),
        effect=effect,
        preheader=" ".join(filter(None, [effect, _whom(to_do)])),
        late=sentence(plain(late)),
        steps=to_do,
        problems=tuple(_problem(practice, found, diagnosis, incident, now) for incident in incidents),
        findings=more,
        fixed=tuple(_fixed(practice, incident, now) for incident in diagnosis.fixed),
        story_title=since_last_open_day(now, practice),
        story=tuple(_story(diagnosis, now, practice)),
        sites=rows(answered),
        coverage=covered,
        footer=tuple(_footer(practice, found, covered, local)),
        technical=technical(practice, found, diagnosis, incidents),
    )


def _worst_first(incident: Incident) -> tuple[int, int]:
    return -incident.status.rank, -len(incident.sites)


def _headline(word: str, answered: Answers, things: int) -> str:
    answer = headline(answered)
    if word == FIXED:
        return f"Fixed. {answer}"
    if word in (LOOK, PROBLEM) and not answered.closed and not answered.unknown:
        verb = "needs" if things == 1 else "need"
        asked = "a call" if word == PROBLEM else "a look"
        return f"{answer} {sentence(f'{small(things)} {_noun(things)} {verb} {asked}')}"
    return answer


def _noun(things: int) -> str:
    return "thing" if things == 1 else "things"


def _effect(diagnosis: Diagnosis, word: str, incidents: Sequence[Incident], more: Sequence[Finding]) -> str:
    """What it means for the day, in one sentence: people first, machines after."""
    if word in (ALL_OK, OK):
        return "Nothing needs your attention today."
    if word == FIXED:
        return "What was wrong works again."
    if diagnosis.cut_off:
        return sentence(plain(diagnosis.cut_off))
    failing = [service for service in diagnosis.services if service.status is Status.CRITICAL and service.says]
    candidates = [service.says for service in failing if service.essential] + [service.says for service in failing]
    candidates += [incident.says for incident in incidents] + [finding.says for finding in more]
    return sentence(plain(next(iter(candidates), ""))) or "The morning check could not look."


def _whom(to_do: Sequence[Step]) -> str:
    person = to_do[0].contact if to_do else None
    return f"Call {person.name}{f', {person.phone}' if person.phone else ''}." if person else ""


def _about(diagnosis: Diagnosis, word: str, answered: Answers, incidents: Sequence[Incident]) -> str:
    """What or where it is, after the answer in a subject; empty where the answer already says it."""
    if word in (ALL_OK, OK, FIXED):
        return ""
    failing = [service for service in diagnosis.services if service.status is Status.CRITICAL]
    names = [service.name for service in failing if service.essential] or [service.name for service in failing]
    if not names:
        named = set(answered.closed or answered.unknown)
        names = list(dict.fromkeys(incident.site for incident in incidents if incident.site not in named))
    if not names and len(answered.closed) > 1:
        names = answered.closed
    return plain(join_some(names, 2), 34)


def _problem(practice: Practice, found: Round, diagnosis: Diagnosis, incident: Incident, now: datetime) -> Problem:
    person = contact(practice, incident.owner)
    told_to_it = briefs.brief(practice, found, diagnosis, incident)
    subject = briefs.subject(told_to_it, incident.status.word)
    room = briefs.LINK_CAP - len(person.mailto(subject, ""))
    return Problem(
        reference=incident.reference,
        status=incident.status,
        says=sentence(plain(incident.says)),
        lines=tuple(_lines(practice, incident, now)),
        contact=person,
        send_label=f"Send this to {_addressee(practice, person)}",
        send_link=person.mailto(subject, briefs.link_text(told_to_it, room)),
        brief=briefs.text(told_to_it),
    )


def _addressee(practice: Practice, person: Contact) -> str:
    known = practice.person(person.name)
    return person.name if known and known.role != "it" else "IT"


def _lines(practice: Practice, incident: Incident, now: datetime) -> Iterator[str]:
    """What the administrator wants to know of it, one sentence each."""
    if incident.since:
        yield first_seen(incident.since, now, practice, incident.site)
    if incident.last_good:
        yield f"Last seen well {told(incident.last_good, now, practice, incident.site)}."
    if incident.sites and tuple(incident.sites) != (incident.site,):
        yield affected(incident.sites, practice)
    if incident.likely:
        yield sentence(plain(incident.likely))
    if incident.consequences:
        yield f"This also stops {count(len(incident.consequences), 'other check')}."
    host = next((known for known in practice.hosts() if known.name == incident.host), None)
    if host and host.room:
        yield sentence(f"Where to find it: {plain(host.room)}")


def _fixed(practice: Practice, incident: Incident, now: datetime) -> str:
    ended = f" It was seen well {told(incident.closed_at, now, practice, incident.site)}." if incident.closed_at else ""
    return f"This is over: {sentence(plain(incident.says))}{ended}"


def _story(diagnosis: Diagnosis, now: datetime, practice: Practice) -> Iterator[str]:
    for line in sorted(diagnosis.story, key=lambda line: line.at):
        yield sentence(plain(line.says))
    if not diagnosis.story:
        yield "No power cut and no restart was seen."


def _footer(practice: Practice, found: Round, covered: Coverage, local: datetime) -> Iterator[str]:
    zone = practice.timezone
    began, ended = found.started_at.astimezone(zone), found.finished_at.astimezone(zone)
    when = span(began, ended, local)
    yield f"Checked {when}." if covered.planned else f"Tried {when}."
    yield covered.says
    if found.trigger == "hand":
        yield "This round was started by hand."
    day = local.date()
    if not (practice.is_open_on(day) and found.trigger != "report" and local.time() < practice.report_due):
        following = practice.next_open_day(day)
        if following is None:
            return
        day = following
    due = clock(datetime.combine(day, practice.report_due))
    person = contact(practice)
    number = f", {person.phone}" if person.phone else ""
    yield f"The next report comes {calendar_day(day)}, by {due}."
    yield f"Not here by then? Call {person.name}{number}."
