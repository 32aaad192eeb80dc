"""Causes as incidents: each with a reference that it keeps until it is mended, an owner, and when it began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from healthcheck.diagnosis.causes import Cause, Causes, affected, named
from healthcheck.findings import Incident, Past, ServiceVerdict
from healthcheck.model import Host, Outcome, Practice, Round, Status
from healthcheck.words import sentence


@dataclass(frozen=True, slots=True)
class Listed:
    """The incidents that are open after a round, the gravest first, and those it found mended."""

    open: tuple[Incident, ...]
    fixed: tuple[Incident, ...]


def listed(
    practice: Practice,
    round: Round,
    past: Past,
    causes: Causes,
    services: Sequence[ServiceVerdict],
    now: datetime,
) -> Listed:
    """Match this round's causes with the incidents that were open before it."""
    known = {incident.cause: incident for incident in past.open_incidents}
    numbers = _numbers(past, now)
    found = [
        _incident(practice, round, past, causes, cause, services, known.get(cause.key), numbers)
        for cause in causes.roots
    ]
    found.sort(key=lambda incident: (-incident.status.rank, -len(incident.sites), -len(incident.consequences)))
    return Listed(tuple(found), tuple(_mended(past, round, {incident.cause for incident in found})))


def _numbers(past: Past, now: datetime) -> Iterator[str]:
    taken = set(past.references)
    number = 0
    while True:
        number += 1
        reference = f"HC-{now:%Y%m%d}-{number}"
        if reference not in taken:
            yield reference


def _incident(
    practice: Practice,
    round: Round,
    past: Past,
    causes: Causes,
    cause: Cause,
    services: Sequence[ServiceVerdict],
    before: Incident | None,
    numbers: Iterator[str],
) -> Incident:
    own = cause.outcomes or cause.follows
    keys = tuple(outcome.key for outcome in own)
    good = [past.last_good[key] for key in keys if key in past.last_good]
    felt = _felt(practice, cause, services)
    return Incident(
        reference=before.reference if before else next(numbers),
        cause=cause.key,
        status=cause.status,
        site=cause.site,
        host=cause.host,
        says=_says(practice, causes, cause, own),
        detail="; ".join(f"{outcome.key}: {outcome.detail or outcome.says}" for outcome in own),
        keys=keys,
        consequences=tuple(outcome.key for outcome in cause.follows if outcome.key not in keys),
        sites=tuple(site.name for site in practice.sites if site.name in {*affected(practice, cause), *felt}),
        likely=_likely(practice, cause),
        owner=_owner(practice, cause, own),
        since=before.since if before else round.started_at,
        last_good=before.last_good if before else max(good, default=None),
        rounds=before.rounds + 1 if before else 1,
    )


def _felt(practice: Practice, cause: Cause, services: Sequence[ServiceVerdict]) -> set[str]:
    """The sites that use a service which this cause takes away."""
    touched = {cause.host, *(outcome.key for outcome in (*cause.outcomes, *cause.follows))}
    touched |= {outcome.host for outcome in (*cause.outcomes, *cause.follows) if outcome.reachability}
    verdicts = {service.name: service for service in services}
    return {
        site
        for service in practice.services
        if verdicts[service.name].status is Status.CRITICAL and touched & {*service.needs, *service.needs_any}
        for site in verdicts[service.name].sites
    }


def _says(practice: Practice, causes: Causes, cause: Cause, own: Sequence[Outcome]) -> str:
    if cause.gone == "watcher":
        return sentence(causes.cut_off)
    if cause.gone == "site":
        return f"Nothing at {cause.site} answers."
    label = _label(practice, cause.host)
    if cause.gone == "host":
        return sentence(f"{label} does not answer")
    return sentence(f"{label} {own[0].says}")


def _likely(practice: Practice, cause: Cause) -> str:
    if cause.gone == "site":
        return f"Likely the power or the internet line at {named(practice, [cause.site])} is down."
    return ""


def _owner(practice: Practice, cause: Cause, own: Sequence[Outcome]) -> str:
    """The check's owner, else the host's, else the first person of IT."""
    named_owner = next((outcome.owner for outcome in own if outcome.owner), "")
    host = _host(practice, cause.host)
    contractor = practice.people_of("it")
    return named_owner or (host.owner if host else "") or (contractor[0].name if contractor else "")


def _host(practice: Practice, name: str) -> Host | None:
    return next((host for host in practice.hosts() if host.name == name), None)


def _label(practice: Practice, name: str) -> str:
    host = _host(practice, name)
    return host.label if host else name


def _mended(past: Past, round: Round, still: set[str]) -> Iterator[Incident]:
    """Open incidents whose every check was looked at in this round and is well."""
    statuses = {outcome.key: outcome.status for outcome in round.outcomes}
    for incident in past.open_incidents:
        if incident.cause in still:
            continue
        seen = [statuses[key] for key in incident.keys if key in statuses]
        if seen and all(status is Status.OK for status in seen):
            yield replace(incident, closed_at=round.finished_at)
