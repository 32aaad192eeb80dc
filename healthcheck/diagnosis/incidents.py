"""Causes as incidents: each with a reference that it keeps until it is mended, an owner, and when it began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime

from healthcheck.diagnosis import reserve, says
from healthcheck.diagnosis.causes import Cause, Causes
from healthcheck.diagnosis.mending import mended, no_longer_checked
from healthcheck.diagnosis.power import Cut
from healthcheck.diagnosis.recall import Recall
from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Incident, Past, PlacedEvent, ServiceVerdict
from healthcheck.model import Outcome, Status
from healthcheck.records import frozen


@frozen
class Listed:
    """The incidents that are open after a round, the gravest first, and those that are over."""

    open: tuple[Incident, ...]
    fixed: tuple[Incident, ...]


@frozen
class Happened:
    """What happened, for the guess at a cause: power cuts and every other event."""

    cuts: tuple[Cut, ...]
    events: tuple[PlacedEvent, ...]


def listed(
    scene: Scene, past: Past, causes: Causes, services: Sequence[ServiceVerdict], happened: Happened, now: datetime
) -> Listed:
    """Match this round's causes with the incidents that were open before it. Those nobody checks any more are said."""
    recall = Recall(past, causes.roots)
    spared = reserve.lost(scene, causes, services)
    found = []
    for cause in causes.roots:
        known = recall.known(cause)
        incident = _incident(scene, past, cause, services, happened, known, spared, now)
        found.append(_with_what_was_not_looked_at(scene, known, incident))
    found.sort(key=lambda incident: (-incident.status.rank, -len(incident.sites), -len(incident.consequences)))
    numbers = _numbers(past, now)
    current = tuple(
        incident if incident.reference else replace(incident, reference=next(numbers)) for incident in found
    )
    still = {incident.reference for incident in current}
    before = [incident for incident in past.open_incidents if incident.reference not in still]
    dropped = tuple(no_longer_checked(scene, before))
    said = {incident.reference for incident in dropped}
    over = tuple(mended(scene, causes, [incident for incident in before if incident.reference not in said]))
    untold = past.closed if scene.round.trigger == "report" else ()
    return Listed((*current, *dropped), (*(incident for incident in untold if incident.reference not in still), *over))


def _numbers(past: Past, now: datetime) -> Iterator[str]:
    taken = set(past.references)
    number = 0
    while True:
        number += 1
        reference = f"HC-{now:%Y%m%d}-{number}"
        if reference not in taken:
            yield reference


def _incident(
    scene: Scene,
    past: Past,
    cause: Cause,
    services: Sequence[ServiceVerdict],
    happened: Happened,
    before: Incident | None,
    spared: Set[str],
    now: datetime,
) -> Incident:
    keys = tuple(outcome.key for outcome in cause.own)
    lasting = before if before and not before.closed_at else None  # one that opens again was well in between
    since = lasting.since if lasting and lasting.since else _first_seen(past, cause, keys, scene.round.started_at)
    good = [past.last_good[key] for key in keys if key in past.last_good and past.last_good[key] < since]
    last_good = lasting.last_good if lasting else max(good, default=None)
    touched = {outcome.site for outcome in cause.every} | set(cause.sites)
    touched |= felt_by(scene, cause.host, cause.every, services)
    return Incident(
        reference=before.reference if before else "",
        cause=cause.key,
        status=reserve.at_most_a_look(cause.status) if keys and set(keys) <= spared else cause.status,
        site=cause.site,
        host=cause.host,
        says=says.what(scene, cause),
        detail="\n".join(f"{outcome.key}: {outcome.detail or outcome.says}" for outcome in cause.own),
        keys=keys,
        consequences=tuple(outcome.key for outcome in cause.follows) if cause.outcomes else (),
        sites=scene.in_order(touched),
        likely=says.likely(scene, cause, happened.cuts, happened.events, since, last_good, now),
        owner=_owner(scene, cause),
        since=since,
        last_good=last_good,
        rounds=before.rounds + 1 if before else 1,
    )


def _with_what_was_not_looked_at(scene: Scene, before: Incident | None, incident: Incident) -> Incident:
    """What a round by hand or a watch left out stays part of the incident, and its words where that is a sign of it."""
    if before is None or before.closed_at or scene.round.trigger == "report":
        return incident
    unseen = tuple(key for key in before.keys if key not in scene.by_key)
    keys = (*incident.keys, *(key for key in unseen if key not in incident.keys))
    follows = (key for key in before.consequences if key not in scene.by_key)
    whole = replace(
        incident,
        keys=keys,
        consequences=(*incident.consequences, *(key for key in follows if key not in keys)),
        sites=scene.in_order({*incident.sites, *before.sites}) if unseen else incident.sites,
    )
    if not unseen:
        return whole
    # The cause of a trouble of checks is one that still fails, or was not looked at.
    named = incident if before.cause in scene.by_key else before
    return replace(
        whole,
        cause=named.cause,
        site=named.site,
        host=named.host,
        says=before.says,
        status=max(before.status, incident.status, key=lambda status: status.rank),
    )


def _first_seen(past: Past, cause: Cause, keys: Sequence[str], now: datetime) -> datetime:
    """The start of the failure that is still there: earlier rounds may have seen it as part of something bigger."""
    first = now
    unknown = cause.status is Status.UNKNOWN
    same = {Status.UNKNOWN} if unknown else {Status.CRITICAL, Status.WARNING}
    for earlier in reversed(past.rounds):
        seen = {earlier.statuses[key] for key in keys if key in earlier.statuses}
        if seen & same:
            first = min(first, earlier.started_at)
        elif Status.OK in seen or (unknown and seen):
            break
    return first


def felt_by(scene: Scene, host: str, outcomes: Iterable[Outcome], services: Iterable[ServiceVerdict]) -> set[str]:
    """The sites that use a service which these failures of a host take away, or hide from us."""
    failing = {verdict.name: verdict for verdict in services if verdict.status in (Status.CRITICAL, Status.UNKNOWN)}
    if not failing:
        return set()
    touched = touches(host, outcomes)
    return {
        site
        for service in scene.practice.services
        if service.name in failing and touched.intersection((*service.needs, *service.needs_any))
        for site in failing[service.name].sites
    }


def touches(host: str, outcomes: Iterable[Outcome]) -> set[str]:
    """What a service may need, hosts and keys, that these failures of a host are about."""
    every = list(outcomes)
    return {host, *(outcome.key for outcome in every), *(outcome.host for outcome in every if outcome.reachability)}


def _owner(scene: Scene, cause: Cause) -> str:
    """The check's owner, else the host's, else the first person of IT."""
    named = next((outcome.owner for outcome in cause.own if outcome.owner), "")
    host = scene.hosts.get(cause.host)
    contractor = scene.practice.people_of("it")
    return named or (host.owner if host else "") or (contractor[0].name if contractor else "")
