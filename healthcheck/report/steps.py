"""What to do now: whom to call with which words, how to work until it is fixed, what to ask on site. At most three."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from healthcheck.findings import Incident
from healthcheck.model import Status
from healthcheck.report.answers import COULD_NOT_CHECK
from healthcheck.report.contacts import contact, front_desk
from healthcheck.report.facts import Facts, Leading
from healthcheck.report.headline import affected
from healthcheck.report.parts import Contact, Coverage, Finding, Step
from healthcheck.report.when import first_seen
from healthcheck.words import join, join_some, plain, sentence, small

MOST = 3


def steps(facts: Facts, findings: Sequence[Finding], covered: Coverage) -> tuple[Step, ...]:
    """The most useful first; none when all is well."""
    if facts.status is Status.OK:
        return ()
    first, *more = _calls(facts, findings, covered)
    every = [first, *_meanwhile(facts), *_try_it(facts), *_ask_on_site(facts), *more]
    return tuple(every[:MOST])


def call_about(facts: Facts, incident: Incident) -> Step:
    """The one call that a trouble asks for, with the words for it alone."""
    urgent = incident.status is not Status.WARNING
    return _call(contact(facts.practice, incident.owner), "", urgent, _words(facts, [Leading(incident, 0)]))


def _calls(facts: Facts, findings: Sequence[Finding], covered: Coverage) -> Iterator[Step]:
    """One call a person, with everything that is theirs."""
    answered = facts.answers
    opening = "" if answered.closed or answered.unknown else "Open as usual. "
    groups: dict[Contact, list[Leading]] = {}
    for leading in facts.leading:
        groups.setdefault(contact(facts.practice, leading.incident.owner), []).append(leading)
    for person, theirs in groups.items():
        urgent = any(leading.incident.status is not Status.WARNING for leading in theirs)
        yield _call(person, opening, urgent, _words(facts, theirs))
        opening = ""
    if not groups:
        urgent = bool(answered.unknown) or any(finding.status is Status.CRITICAL for finding in findings)
        owners = [outcome.owner for outcome in facts.unexplained if outcome.owner]
        person = contact(facts.practice, owners[0] if owners else "")
        yield _call(person, opening, urgent, _words_without_incident(facts, findings, covered))


def _call(person: Contact, opening: str, urgent: bool, words: str) -> Step:
    verb = "Call" if person.phone or not person.email else "Write to"
    says = "read out" if verb == "Call" else "send them"
    when = "now" if urgent else "today"
    return Step(f"{opening}{verb} {person.name} {when} and {says} these words.", person, words)


def _words(facts: Facts, theirs: Sequence[Leading]) -> str:
    """The reference, what, since when and who is affected, to be read out as they stand."""
    leading, *more = theirs
    first = leading.incident
    sentences = [
        f"This is {facts.practice.name}.",
        f"The reference is {plain(first.reference)}.",
        sentence(plain(facts.diagnosis.cut_off)),
        "" if facts.diagnosis.cut_off.startswith(first.says.rstrip(".")) else sentence(plain(first.says)),
        first_seen(first.since, facts.now, facts.practice, first.site) if first.since else "",
        leading.more or affected(first.sites, facts.practice),
    ]
    if more:
        are = "is one more problem" if len(more) == 1 else f"are {small(len(more))} more problems"
        sentences.append(f"There {are}: {join_some((plain(other.incident.reference) for other in more), 3)}.")
    return " ".join(dict.fromkeys(filter(None, sentences)))


def _words_without_incident(facts: Facts, findings: Sequence[Finding], covered: Coverage) -> str:
    sentences = [f"This is {facts.practice.name}.", sentence(plain(facts.diagnosis.cut_off))]
    sentences.append(findings[0].says if findings else f"The morning check ran into trouble. {covered.says}")
    if len(findings) > 1:
        sentences.append(f"There {'is' if len(findings) == 2 else 'are'} {small(len(findings) - 1)} more to see to.")
    return " ".join(filter(None, [*sentences, "I am sending you the report."]))


def _meanwhile(facts: Facts) -> Iterator[Step]:
    """How to work without what is down, in the config's own words; the essential first."""
    down = [service for service in facts.services if service.status is Status.CRITICAL]
    down.sort(key=lambda service: not service.essential)
    words = dict.fromkeys(sentence(plain(service.until_fixed)) for service in down if service.until_fixed)
    if words:
        yield Step(f"Until this is fixed: {' '.join(islice(words, 2))}")


def _try_it(facts: Facts) -> Iterator[Step]:
    """Where nobody knows, somebody can look: the oldest check there is."""
    unknown = facts.answers.unknown
    if facts.state != COULD_NOT_CHECK or not unknown:
        return
    essential = [service.name for service in facts.practice.services if service.essential]
    tried = join(name[0].lower() + name[1:] for name in essential) or "the computers"
    where = unknown[0] if len(unknown) == 1 else "each clinic"
    start = "" if len(unknown) == 1 else f" Start with {unknown[0]}."
    says = f"Have somebody at {where} try {tried} before the first patient comes.{start}"
    yield Step(says, front_desk(facts.practice, unknown[0]))


def _ask_on_site(facts: Facts) -> Iterator[Step]:
    """When a device or a whole clinic is gone, the people there see more than any check."""
    dark = {*facts.answers.closed, *facts.answers.unknown}
    for incident in facts.nagging:
        host = facts.hosts.get(incident.host)
        gone = incident.cause in (incident.site, f"{incident.site}/{incident.host}")
        if host is None or incident.status is not Status.CRITICAL or not gone:
            continue
        desk = front_desk(facts.practice, incident.site)
        asked = f"Ask {desk.name if desk else f'somebody at {incident.site}'} whether "
        if host.role == "gateway" and incident.site in dark:
            asked += "the lights are on. Then ask whether "
        where = f" {sentence(f'It stands here: {plain(host.room)}')}" if host.room else ""
        yield Step(f"{asked}{plain(host.label)} shows any lights.{where}", desk)
        return
