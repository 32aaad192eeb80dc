"""The problems, one card a root cause: what it is, since when, who feels it, whom to call, and the letter to IT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from healthcheck.findings import Change, Incident, is_quiet
from healthcheck.model import Status
from healthcheck.report import brief as briefs
from healthcheck.report.contacts import contact
from healthcheck.report.facts import Facts, Leading
from healthcheck.report.headline import affected
from healthcheck.report.page import Problem
from healthcheck.report.parts import Contact, Finding
from healthcheck.report.when import first_seen, told
from healthcheck.words import count, plain, sentence


def problem(facts: Facts, incident: Incident) -> Problem:
    """One incident, as the administrator reads of it."""
    person = contact(facts.practice, incident.owner)
    brief = briefs.brief(facts, incident)
    return Problem(
        reference=plain(incident.reference),
        status=incident.status,
        says=sentence(plain(incident.says)),
        paragraphs=tuple(_paragraphs(facts, incident)),
        contact=person,
        send_label=f"Send this to {_addressee(facts, person)}",
        send_link=_letter(brief, incident.status, person),
        brief=brief,
        quiet=is_quiet(incident),
    )


def changed(facts: Facts, change: Change) -> Finding:
    """What did not come back as it was, or goes the wrong way, on a device without a problem: with a letter as well."""
    host = facts.hosts.get(change.host)
    owner = host.owner if host else ""
    person = contact(facts.practice, owner)
    place = f"{change.site}/{change.host}"
    brief = briefs.brief(
        facts,
        Incident(
            "",
            place,
            change.status,
            change.site,
            change.host,
            change.says,
            change.detail,
            sites=(change.site,),
            owner=owner,
        ),
    )
    label = f"Send this to {_addressee(facts, person)}"
    link, letter = _letter(brief, change.status, person), briefs.message(brief, change.status)
    return Finding(change.status, sentence(plain(change.says)), label, link, letter)


def _letter(brief: briefs.Brief, status: Status, person: Contact) -> str:
    """The address that opens it, already written."""
    subject = briefs.subject(brief, status.word)
    return person.mailto(subject, briefs.link_text(brief, briefs.LINK_CAP - len(person.mailto(subject, ""))))


def cards(facts: Facts, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems that the page shows; each tells how many more there are of its kind."""
    by_incident = dict(zip(map(id, facts.incidents), problems, strict=True))
    return tuple(_card(by_incident[id(leading.incident)], leading) for leading in facts.leading)


def _card(shown: Problem, leading: Leading) -> Problem:
    return replace(shown, paragraphs=(leading.more, *shown.paragraphs)) if leading.others else shown


def _addressee(facts: Facts, person: Contact) -> str:
    known = facts.practice.person(person.name)
    return person.name if known and known.role != "it" else "IT"


def _paragraphs(facts: Facts, incident: Incident) -> Iterator[str]:
    """Since when; who feels it and what follows; why, as far as it is known; where it stands; who knows of it."""
    known = (incident.known.says,) if incident.known else ()
    parts = (_when(facts, incident), _whom(facts, incident), _why(facts, incident), _where(facts, incident), known)
    for sentences in parts:
        paragraph = " ".join(filter(None, sentences))
        if paragraph:
            yield paragraph


def _when(facts: Facts, incident: Incident) -> Iterator[str]:
    if incident.since:
        yield first_seen(incident.since, facts.now, facts.practice, incident.site)
    if incident.last_good:
        yield f"Last seen well {told(incident.last_good, facts.now, facts.practice, incident.site)}."


def _whom(facts: Facts, incident: Incident) -> Iterator[str]:
    if incident.sites != (incident.site,):
        yield affected(incident.sites, facts.practice)
    if incident.consequences:
        yield f"This also stops {count(len(incident.consequences), 'other check')}."


def _why(facts: Facts, incident: Incident) -> Iterator[str]:
    yield sentence(plain(incident.likely))
    yield from (sentence(plain(change.says)) for change in facts.changes_of(incident))


def _where(facts: Facts, incident: Incident) -> Iterator[str]:
    host = facts.hosts.get(incident.host)
    if host and host.room:
        yield sentence(f"Where to find {plain(host.label)}: {plain(host.room)}")


def fixed(facts: Facts, incident: Incident) -> str:
    """One incident that is over."""
    over = f"This is over: “{sentence(plain(incident.says))}”"
    if incident.closed_at is None:
        return over
    return f"{over} Seen well again {told(incident.closed_at, facts.now, facts.practice, incident.site)}."
