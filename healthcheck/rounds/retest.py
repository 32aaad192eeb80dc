"""Looking again at what was wrong: which checks it takes to tell, and what became of each trouble. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from healthcheck.check import Planned
from healthcheck.findings import Diagnosis, EarlierRound, Incident
from healthcheck.model import Host, Practice, Round, Status
from healthcheck.records import frozen
from healthcheck.words import count, join, plain, sentence


class Became(enum.StrEnum):
    """What became of a trouble that was looked at again."""

    FIXED = "fixed"
    CHANGED = "changed"
    """It is over, but something else is wrong in its place."""
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    HIDDEN = "hidden"
    """It could not be seen, for something bigger is wrong now, or for a reason of its own."""


@frozen
class Answer:
    """What became of one trouble, in a sentence. `now` are the references of what stands in its place."""

    reference: str
    became: Became
    says: str
    now: tuple[str, ...] = ()


@frozen
class Answers:
    """What looking again came to. `new` was not on record before; `left_open` was not asked for and is as it was."""

    answers: tuple[Answer, ...]
    new: tuple[Incident, ...] = ()
    left_open: tuple[Incident, ...] = ()


def not_well(looks: Iterable[EarlierRound]) -> frozenset[str]:
    """The checks that were not OK when they were last looked at, by whatever round; `looks` are in order."""
    last: dict[str, Status] = {}
    for look in looks:
        last.update(look.statuses)
    return frozenset(key for key, status in last.items() if status is not Status.OK)


def keys_of(incidents: Iterable[Incident]) -> frozenset[str]:
    """What shows these troubles, and what follows from them."""
    return frozenset(key for incident in incidents for key in (*incident.keys, *incident.consequences))


def plan_for(practice: Practice, plan: Sequence[Planned], keys: Collection[str]) -> frozenset[str]:
    """These checks, and those that tell whether something bigger is to blame.

    That is whether the devices answer at all which they depend on, and which stand at the same clinic: a clinic is dark
    only where nobody answers.
    """
    chosen = [planned for planned in plan if planned.key in keys]
    sites = {planned.site.name for planned in chosen}
    asked = {host.name for site in practice.sites if site.name in sites for host in site.hosts}
    asked |= _needed(practice, chosen)
    return frozenset(
        planned.key
        for planned in plan
        if planned.key in keys or (planned.check.reachability and planned.host.name in asked)
    )


def _needed(practice: Practice, chosen: Sequence[Planned]) -> set[str]:
    """The devices that these checks depend on, however far away."""
    hosts = practice.hosts_by_name
    ends = {end for planned in chosen if (end := planned.check.other_end())}
    waiting = [planned.host.name for planned in chosen]
    waiting += [host.name for host in hosts.values() if host.address in ends]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in hosts and name not in found:
            found.add(name)
            waiting += _above(practice, hosts[name])
    return found


def _above(practice: Practice, host: Host) -> Iterator[str]:
    yield from host.depends_on
    if host.ssh and host.ssh.jump:
        yield host.ssh.jump
    for site in practice.sites:
        if site.name in (host.site, practice.watcher) and site.gateway:
            yield site.gateway.name


def answers(
    asked: Iterable[Incident],
    before: Sequence[Incident],
    last_good: Mapping[str, datetime],
    found: Round,
    diagnosis: Diagnosis,
) -> Answers:
    """What became of those that were asked for, and of others on record that turned out to be over.

    `before` are those that were open, and `last_good` each check's last OK, before this round.
    """
    over = {incident.reference for incident in diagnosis.fixed}
    wanted = {incident.reference for incident in asked}
    told = [incident for incident in before if incident.reference in wanted | over]
    known = {incident.reference for incident in before}
    return Answers(
        tuple(_answer(incident, last_good, found, diagnosis) for incident in told),
        tuple(incident for incident in diagnosis.incidents if incident.reference not in known),
        tuple(incident for incident in before if incident.reference not in wanted | over),
    )


def _answer(before: Incident, last_good: Mapping[str, datetime], found: Round, diagnosis: Diagnosis) -> Answer:
    reference = before.reference
    after = next((one for one in diagnosis.incidents if one.reference == reference), None)
    if after is not None:
        return _compared(before, after, last_good, found)
    own = {*before.keys, *before.consequences}
    instead = [one for one in diagnosis.incidents if own.intersection((*one.keys, *one.consequences))]
    now = tuple(one.reference for one in instead)
    says = " ".join(f"{sentence(plain(one.says))} [{one.reference}]" for one in instead)
    if any(one.reference == reference for one in diagnosis.fixed):
        if not instead:
            return Answer(reference, Became.FIXED, f"{reference} is fixed.")
        seen = "could be looked at again" if before.status is Status.UNKNOWN else "is over"
        return Answer(reference, Became.CHANGED, f"{reference} {seen}, but not all is well there: {says}", now)
    if instead:
        return Answer(
            reference, Became.HIDDEN, f"{reference} is still open and could not be seen by itself: {says}", now
        )
    return Answer(reference, Became.HIDDEN, f"{reference} is still open: {_why_not(before, found)}")


def _compared(before: Incident, after: Incident, last_good: Mapping[str, datetime], found: Round) -> Answer:
    """Another check that fails makes it worse only if it was well while the trouble was there already."""
    reference, says = before.reference, sentence(plain(after.says))
    statuses = {outcome.key: outcome.status for outcome in found.outcomes}
    failing = {key for key in after.keys if statuses.get(key) is not Status.OK}
    more = [key for key in failing if before.since and key in last_good and last_good[key] >= before.since]
    if after.status.rank > before.status.rank or more:
        return Answer(reference, Became.WORSE, f"{reference} is worse: {says}")
    if after.status.rank < before.status.rank or failing < set(before.keys):
        return Answer(reference, Became.BETTER, f"{reference} is better, but not over: {says}")
    still = "is still the same" if after.says == before.says else "is still there"
    return Answer(reference, Became.SAME, f"{reference} {still}: {says}")


def _why_not(before: Incident, found: Round) -> str:
    """Why a trouble that nobody saw can still not be called over."""
    looked_at = {outcome.key for outcome in found.outcomes}
    gone = [key for key in before.keys if key not in looked_at]
    if not gone:
        return "what was seen of it is not enough to say that it is over."
    are = "is" if len(gone) == 1 else "are"
    return (
        f"{count(len(gone), 'check')} that showed it {are} no longer in the config ({join(map(plain, gone[:3]))}). "
        "The next report closes it."
    )
