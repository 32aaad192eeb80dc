"""Whether each clinic can open, and whether each service works. See `findings.Verdict`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from healthcheck.diagnosis.causes import Causes
from healthcheck.findings import ServiceVerdict, SiteVerdict, Verdict
from healthcheck.model import Outcome, Practice, Round, Service, Site, Status, worst
from healthcheck.words import join, small


def services(practice: Practice, round: Round, causes: Causes) -> tuple[ServiceVerdict, ...]:
    """One verdict a service, in the order of the config."""
    return tuple(_service(practice, service, round.outcomes, causes) for service in practice.services)


def users(practice: Practice, service: Service) -> tuple[str, ...]:
    """The sites that use a service; its `used_by` takes names and globs."""
    return tuple(
        site.name
        for site in practice.sites
        if any(fnmatchcase(site.name, pattern) for pattern in service.used_by or ("*",))
    )


def need_status(need: str, outcomes: Iterable[Outcome], causes: Causes) -> Status:
    """How a host or check that a service needs is. What was not checked in this round is UNKNOWN."""
    own = [outcome for outcome in outcomes if need in (outcome.host, outcome.key)]
    if any(outcome.key == need for outcome in own):
        return next(outcome.status for outcome in own if outcome.key == need)
    if need in causes.gone_hosts:
        return Status.CRITICAL
    asked = [outcome for outcome in own if outcome.reachability]
    # A host that answers otherwise is not failing because it leaves echo requests unanswered.
    telling = [outcome for outcome in asked if outcome.kind != "ping"] or asked or own
    return worst(outcome.status for outcome in telling)


def _service(practice: Practice, service: Service, outcomes: Sequence[Outcome], causes: Causes) -> ServiceVerdict:
    all_of = [need_status(need, outcomes, causes) for need in service.needs]
    any_of = [need_status(need, outcomes, causes) for need in service.needs_any]
    status = worst([*all_of, *([_one_of(any_of)] if any_of else [])])
    return ServiceVerdict(
        name=service.name,
        status=status,
        sites=users(practice, service),
        essential=service.essential,
        says="" if status is Status.OK else service.impact,
        until_fixed="" if status is Status.OK else service.until_fixed,
    )


def _one_of(statuses: Sequence[Status]) -> Status:
    """A redundant set: whole, OK; with a part gone but one left, Look; with none left, the least bad of them."""
    best = min(statuses, key=lambda status: status.rank)
    if best is Status.OK:
        return Status.OK if all(status is Status.OK for status in statuses) else Status.WARNING
    return best


def sites(
    practice: Practice, round: Round, causes: Causes, services: Sequence[ServiceVerdict]
) -> tuple[SiteVerdict, ...]:
    """One verdict a site, in the order of the config."""
    return tuple(_site(practice, site, round.outcomes, causes, services) for site in practice.sites)


def _site(
    practice: Practice, site: Site, outcomes: Sequence[Outcome], causes: Causes, services: Sequence[ServiceVerdict]
) -> SiteVerdict:
    here = [outcome for outcome in outcomes if outcome.site == site.name]
    used = [service for service in services if site.name in service.sites]
    status = worst([*(outcome.status for outcome in here), *(service.status for service in used)])
    down = [service.name for service in used if service.essential and service.status is Status.CRITICAL]
    unsure = [service.name for service in used if service.essential and service.status is Status.UNKNOWN]
    if causes.cut_off and site.name != practice.watcher:
        return SiteVerdict(site.name, Verdict.UNKNOWN, Status.UNKNOWN, f"cannot be seen from {practice.watcher}")
    if site.name in causes.gone_sites:
        return SiteVerdict(site.name, Verdict.NOT_READY, status, "cannot be reached at all")
    if down:
        return SiteVerdict(site.name, Verdict.NOT_READY, status, f"cannot open normally: no {join(map(_lower, down))}")
    if unsure:
        return SiteVerdict(
            site.name, Verdict.UNKNOWN, status, f"may not be able to open: {join(unsure)} could not be checked"
        )
    if not here or all(outcome.status is Status.UNKNOWN for outcome in here):
        return SiteVerdict(site.name, Verdict.UNKNOWN, status, "could not be checked")
    troubled = [outcome for outcome in here if outcome.status in (Status.WARNING, Status.CRITICAL)]
    lesser = [service.name for service in used if service.status is not Status.OK]
    if troubled or lesser:
        return SiteVerdict(site.name, Verdict.LIMITED, status, f"can open, {_with(troubled, lesser)}")
    unchecked = sum(outcome.status is Status.UNKNOWN for outcome in here)
    if unchecked:
        thing = "thing" if unchecked == 1 else "things"
        return SiteVerdict(
            site.name, Verdict.READY, status, f"can open, but {small(unchecked)} {thing} could not be checked"
        )
    return SiteVerdict(site.name, Verdict.READY, status, "can open")


def _with(troubled: Sequence[Outcome], lesser: Sequence[str]) -> str:
    if lesser:
        return f"but {join(lesser)} {'does' if len(lesser) == 1 else 'do'} not work as it should"
    return f"with {small(len(troubled))} {'thing' if len(troubled) == 1 else 'things'} to see to"


def _lower(name: str) -> str:
    """A service's name inside a sentence; one that is written in capitals stays as it is."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
