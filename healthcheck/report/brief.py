"""The brief for IT: when it failed, how it failed and under what circumstances. One a problem, as text and as JSON."""

from __future__ import annotations

import json as standard_json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from healthcheck.findings import Diagnosis, Incident, PlacedEvent
from healthcheck.model import Attachment, Host, Message, Metric, Outcome, Practice, SshAccess, Status
from healthcheck.records import frozen
from healthcheck.report.contacts import contact, front_desk, others
from healthcheck.report.facts import Facts
from healthcheck.report.headline import affected
from healthcheck.report.parts import encoded
from healthcheck.report.when import exact
from healthcheck.words import ascii_line, count, plain

LINK_CAP = 1800
"""Characters of a `mailto:` address, encoded: some mail programs drop what is longer than 2,000."""
_AROUND = timedelta(hours=6)
_MOST = 12
_BLANK = "_" * 40
_CUT = "\n(cut here: the rest is in the file attached to the report)\n"


@frozen
class Measured:
    """One failing check, with everything it measured."""

    key: str
    status: str
    at: str
    says: str
    error: str
    measured: tuple[str, ...]
    attempts: int
    duration_s: float


@frozen
class Brief:
    """Everything that IT needs, no secret among it. Times are written for IT, local and UTC."""

    reference: str
    practice: str
    status: str
    what: str
    technical: str
    likely: str
    known: str
    first_seen: str
    last_good: str
    rounds: int
    checks: tuple[Measured, ...]
    around: tuple[str, ...]
    works: tuple[str, ...]
    changed: tuple[str, ...]
    affected: str
    consequences: tuple[str, ...]
    place: str
    access: str
    next_calls: tuple[str, ...]


def brief(facts: Facts, incident: Incident) -> Brief:
    """The brief of one incident, from what the round found and what is known around it."""
    practice, found = facts.practice, facts.round
    host = facts.hosts.get(incident.host)
    own = {incident.cause, *incident.keys}
    places = sorted(facts.places[key] for key in own.union(incident.consequences) if key in facts.places)
    covered = (found.outcomes[place] for place in places)
    failing = [outcome for outcome in covered if outcome.key in own or outcome.host == incident.host]
    return Brief(
        reference=incident.reference,
        practice=practice.name,
        status=incident.status.name,
        what=plain(incident.says),
        technical="\n".join(plain(line, 500) for line in incident.detail.splitlines()[:_MOST]),
        likely=plain(incident.likely),
        known=plain(incident.known.says) if incident.known else "",
        first_seen=exact(incident.since, practice, incident.site) if incident.since else "not known",
        last_good=exact(incident.last_good, practice, incident.site) if incident.last_good else "not known",
        rounds=incident.rounds,
        checks=tuple(_measured(practice, outcome) for outcome in failing[:_MOST]),
        around=tuple(_around(facts, incident)),
        works=tuple(_works(facts, incident)),
        changed=tuple(_changed(facts.diagnosis, incident)),
        affected=affected(incident.sites, practice),
        consequences=incident.consequences,
        place=_place(practice, incident, host),
        access=_access(host),
        next_calls=tuple(_next_calls(practice, incident)),
    )


def _measured(practice: Practice, outcome: Outcome) -> Measured:
    return Measured(
        key=outcome.key,
        status=outcome.status.name,
        at=exact(outcome.started_at, practice, outcome.site),
        says=plain(outcome.says),
        error=plain(outcome.detail, 500),
        measured=tuple(measured(metric) for metric in outcome.metrics),
        attempts=outcome.attempts,
        duration_s=round(outcome.duration_s, 3),
    )


def measured(metric: Metric) -> str:
    """free /var = 3.1 percent."""
    return plain(f"{metric.name} = {metric.value:.6g} {metric.unit}".rstrip(), 100)


def _around(facts: Facts, incident: Incident) -> Iterator[str]:
    """What happened near the time it failed, anywhere: a power cut at one site explains a service at all of them.

    Everything lately, where nobody knows when it failed.
    """
    end = (incident.since or facts.round.finished_at) + timedelta(hours=1)
    begin = min(incident.last_good or end, end - _AROUND) if incident.since else datetime.min.replace(tzinfo=UTC)
    near = [
        placed
        for placed in facts.diagnosis.events
        if placed.event.at <= end and (placed.event.until or placed.event.at) >= begin
    ]
    near.sort(key=lambda placed: (placed.site != incident.site, placed.event.at))
    yield from (happened(facts.practice, placed) for placed in near[:_MOST])


def happened(practice: Practice, placed: PlacedEvent) -> str:
    """One event for IT: when, where, what, and who says so."""
    event = placed.event
    until = f" until {exact(event.until, practice, placed.site)}" if event.until else ""
    earliest = f", not before {exact(event.not_before, practice, placed.site)}" if event.not_before else ""
    when = f"{exact(event.at, practice, placed.site)}{until}{earliest}"
    return f"{when}: {placed.site}/{placed.host} {plain(event.says)} [{plain(event.source, 40)}]"


def _works(facts: Facts, incident: Incident) -> Iterator[str]:
    """On the same device check by check, at the same site and elsewhere by number."""
    site = facts.by_site.get(incident.site, [])
    well_here = [outcome for outcome in site if outcome.status is Status.OK]
    on_host = [outcome for outcome in well_here if outcome.host == incident.host]
    yield from (f"{outcome.key}: {plain(outcome.detail or outcome.says, 200)}" for outcome in on_host[:_MOST])
    others = sum(outcome.host != incident.host for outcome in site)
    elsewhere = len(facts.round.outcomes) - len(site)
    if others:
        yield f"{len(well_here) - len(on_host)} of {others} other checks at {incident.site} are OK"
    if elsewhere:
        yield f"{facts.well - len(well_here)} of {elsewhere} checks at the other sites are OK"


def _changed(diagnosis: Diagnosis, incident: Incident) -> Iterator[str]:
    near = [change for change in diagnosis.changes if change.site == incident.site]
    for change in sorted(near, key=lambda change: change.host != incident.host)[:_MOST]:
        detail = f" ({plain(change.detail)})" if change.detail else ""
        yield f"{change.site}/{change.host}: {plain(change.says)}{detail}"


def _place(practice: Practice, incident: Incident, host: Host | None) -> str:
    site = next((known for known in practice.sites if known.name == incident.site), None)
    parts = [incident.site, site.address if site else ""]
    parts += [host.label, host.room, host.name] if host else [incident.host]
    return ", ".join(plain(part) for part in parts if part)


def _access(host: Host | None) -> str:
    """The command that gets in, with the address to type and the way there; keys and passwords never."""
    if host is None:
        return ""
    if host.local:
        return "it is the computer that this program runs on"
    if host.ssh is None:
        return f"no login is set up; its address is {host.address}" if host.address else "no login is set up"
    return plain(f"{host.address or host.name}: {_ssh(host.ssh, host.address or host.name)}")


def _ssh(access: SshAccess, address: str) -> str:
    place = f"[{address}]" if ":" in address else address
    jump = f"-J {access.jump} " if access.jump else ""
    return f"ssh {jump}ssh://{access.user}@{place}:{access.port}"


def _next_calls(practice: Practice, incident: Incident) -> Iterator[str]:
    called = contact(practice, incident.owner)
    desk = front_desk(practice, incident.site)
    if desk:
        yield f"on site: {desk.name}, {desk.phone}"
    for person in others(practice, called):
        yield ", ".join(filter(None, (f"{person.role}: {person.name}", person.phone, person.email)))


def text(told: Brief) -> str:
    """The brief as a letter: what comes first is what a link's length leaves room for."""
    lines = ["  ".join(filter(None, (told.reference, told.status, told.practice))), "", told.what]
    lines += [f"A guess: {told.likely}"] if told.likely else []
    lines += [f"Already known: {told.known}"] if told.known else []
    lines += ["", "IN TECHNICAL WORDS", *(f"  {line}" for line in told.technical.splitlines() or ["(nothing more)"])]
    if told.reference:  # what has none did not fail: the technical words say when it was otherwise
        lines += ["", "WHEN", f"  first seen failing: {told.first_seen}", f"  last seen well:     {told.last_good}"]
        lines += [f"  seen failing in {count(told.rounds, 'round')}"]
    lines += ["", "WHO IS AFFECTED", f"  {told.affected or 'nobody that is known'}"]
    if told.consequences:
        lines += [f"  {count(len(told.consequences), 'other check')} fail with it"]
    lines += ["", "WHERE", f"  {told.place}", *([f"  {told.access}"] if told.access else [])]
    lines += ["", "WHAT WE SEE OR HEAR THERE (please fill in)", *(f"  {number}. {_BLANK}" for number in (1, 2, 3))]
    lines += ["", "HOW", *_blocks(told.checks)] if told.checks or told.reference else []
    for title, items in (
        ("WHAT ELSE HAPPENED AROUND IT", told.around),
        ("WHAT CHANGED", told.changed),
        ("WHAT STILL WORKS", told.works),
        ("WHAT FAILS WITH IT", told.consequences[: 3 * _MOST]),
        ("WHOM TO CALL NEXT", told.next_calls),
    ):
        lines += ["", title, *(f"  {item}" for item in items or ["nothing that this check knows of"])]
    return "\n".join(lines) + "\n"


def _blocks(checks: Iterable[Measured]) -> Iterator[str]:
    shown = False
    for check in checks:
        shown = True
        yield f"  {check.key}: {check.status} at {check.at}"
        yield f"    {check.error or check.says}"
        tries = f"{count(check.attempts, 'attempt')}, {check.duration_s:g} s"
        yield f"    {'; '.join((tries, *check.measured))}"
    if not shown:
        yield "  see the technical words above"


def json(told: Brief) -> dict[str, object]:
    """The brief for a program: the same fields, lists as lists."""
    return {"schema": "healthcheck.brief/1", **asdict(told)}


def message(told: Brief, status: Status) -> Message:
    """The letter about it, with the same for a program attached."""
    as_json = standard_json.dumps(json(told), ensure_ascii=False, indent=2) + "\n"
    attached = Attachment(f"{told.reference or 'brief'}.json", as_json)
    return Message(subject(told, status.word), text(told), "", (attached,))


def subject(told: Brief, state: str) -> str:
    """The subject of a letter about it."""
    return ascii_line(f"{told.reference} {state}: {told.what}".lstrip(), 100)


def link_text(told: Brief, room: int) -> str:
    """As much of the brief as `room` characters hold once they are encoded, whole lines only."""
    whole = text(told)
    if len(encoded(whole)) <= room:
        return whole
    room -= len(encoded(_CUT))
    kept: list[str] = []
    for line in whole.splitlines(keepends=True):
        room -= len(encoded(line))
        if room < 0:
            break
        kept.append(line)
    return "".join(kept) + _CUT


def utc(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
