"""What to do now: whom to call with which words, how to work until it is fixed, what to ask on site. At most three."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from healthcheck.findings import Diagnosis, Incident, ServiceVerdict, Verdict
from healthcheck.model import Host, Practice, Status
from healthcheck.report.answers import ALL_OK, COULD_NOT_CHECK, FIXED, OK, Answers, affected
from healthcheck.report.contacts import contact, front_desk
from healthcheck.report.page import Contact, Finding, Step
from healthcheck.report.when import first_seen
from healthcheck.words import count, join, join_some, plain, sentence, small

MOST = 3


def steps(
    practice: Practice,
    diagnosis: Diagnosis,
    state: str,
    answered: Answers,
    incidents: Sequence[Incident],
    findings: Sequence[Finding],
    now: datetime,
) -> tuple[Step, ...]:
    """The most useful ones first; none when all is well. `incidents` come in the order that the page shows them."""
    if state in (ALL_OK, OK, FIXED):
        return ()
    calls = _calls(practice, diagnosis, answered, incidents, findings, now)
    first = list(islice(calls, 1))
    every = [*first, *_meanwhile(diagnosis), *_try_it(practice, diagnosis, state, answered)]
    every += [*_ask_on_site(practice, diagnosis, incidents), *calls]
    return tuple(every[:MOST])


def _calls(
    practice: Practice,
    diagnosis: Diagnosis,
    answered: Answers,
    incidents: Sequence[Incident],
    findings: Sequence[Finding],
    now: datetime,
) -> Iterator[Step]:
    """One call a person, with everything that is theirs."""
    groups: dict[Contact, list[Incident]] = {}
    for incident in incidents:
        groups.setdefault(contact(practice, incident.owner), []).append(incident)
    opening = "" if answered.closed or answered.unknown else "Open as usual. "
    for person, theirs in groups.items():
        urgent = any(incident.status is not Status.WARNING for incident in theirs)
        yield _call(person, opening, urgent, _words(practice, theirs, now))
        opening = ""
    if not groups:
        urgent = any(finding.status is not Status.WARNING for finding in findings) or bool(answered.unknown)
        yield _call(contact(practice), opening, urgent, _words_without_incident(practice, diagnosis, findings))


def _call(person: Contact, opening: str, urgent: bool, words: str) -> Step:
    verb = "Call" if person.phone or not person.email else "Write to"
    says = "read out" if verb == "Call" else "send them"
    when = "now" if urgent else "today"
    return Step(f"{opening}{verb} {person.name} {when} and {says} these words.", person, words)


def _words(practice: Practice, theirs: Sequence[Incident], now: datetime) -> str:
    """The reference, what, since when and who is affected, to be read out as they stand."""
    first, *more = theirs
    sentences = [
        f"This is {practice.name}.",
        f"The reference is {first.reference}.",
        sentence(plain(first.says)),
        first_seen(first.since, now, practice, first.site) if first.since else "",
        affected(first.sites, practice),
    ]
    if more:
        rest = join_some((incident.reference for incident in more), 3)
        noun = "problem" if len(more) == 1 else "problems"
        sentences.append(f"There {'is' if len(more) == 1 else 'are'} {small(len(more))} more {noun}: {rest}.")
    return " ".join(filter(None, sentences))


def _words_without_incident(practice: Practice, diagnosis: Diagnosis, findings: Sequence[Finding]) -> str:
    sentences = [f"This is {practice.name}."]
    if diagnosis.cut_off:
        sentences.append(sentence(plain(diagnosis.cut_off)))
    elif findings:
        sentences.append(f"The morning check has {count(len(findings), 'thing')} to see to.")
        sentences.append(findings[0].says)
    else:
        sentences.append("The morning check could not tell whether we can open.")
    sentences.append("I am sending you the report.")
    return " ".join(sentences)


def _meanwhile(diagnosis: Diagnosis) -> Iterator[Step]:
    """How to work without what is down, in the config's own words; the essential first."""
    down = [service for service in diagnosis.services if service.status is Status.CRITICAL and service.until_fixed]
    words = dict.fromkeys(sentence(plain(service.until_fixed)) for service in sorted(down, key=_inessential))
    if words:
        yield Step(f"Until this is fixed: {' '.join(islice(words, 2))}")


def _inessential(service: ServiceVerdict) -> bool:
    return not service.essential


def _try_it(practice: Practice, diagnosis: Diagnosis, state: str, answered: Answers) -> Iterator[Step]:
    """Where nobody knows, somebody can look: the oldest check there is."""
    if state != COULD_NOT_CHECK or not answered.unknown:
        return
    tried = join(service.name.lower() for service in practice.services if service.essential) or "the computers"
    first = front_desk(practice, answered.unknown[0])
    where = answered.unknown[0] if len(answered.unknown) == 1 else "each clinic"
    yield Step(f"Have somebody at {where} try {tried} before the first patient comes.", first)


def _ask_on_site(practice: Practice, diagnosis: Diagnosis, incidents: Sequence[Incident]) -> Iterator[Step]:
    """When a device or a whole clinic is gone, the people there see more than any check."""
    hosts = {host.name: host for host in practice.hosts()}
    dark = set(Answers(diagnosis.sites).names(Verdict.NOT_READY, Verdict.UNKNOWN))
    for incident in incidents:
        host = hosts.get(incident.host)
        gone = incident.cause == f"{incident.site}/{incident.host}"
        if host is None or incident.status is not Status.CRITICAL or not gone:
            continue
        desk = front_desk(practice, incident.site)
        asked = f"Ask {desk.name if desk else 'somebody at ' + incident.site} whether "
        if host.role == "gateway" and incident.site in dark:
            yield Step(f"{asked}the lights are on. Then ask whether {_place(host)} shows any lights.", desk)
        else:
            yield Step(f"{asked}{_place(host)} shows any lights.", desk)
        return


def _place(host: Host) -> str:
    return f"{host.label} ({host.room})" if host.room else host.label
