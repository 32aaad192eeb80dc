"""Whether each clinic can open, and whether each service works. See `findings.Verdict`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from fnmatch import fnmatchcase

from healthcheck.diagnosis import reserve
from healthcheck.diagnosis.causes import Causes
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import PING, lives
from healthcheck.findings import Change, ServiceVerdict, SiteVerdict, Verdict, is_quiet
from healthcheck.model import Outcome, Service, Site, Status, worst
from healthcheck.words import join, small


def services(scene: Scene, causes: Causes) -> tuple[ServiceVerdict, ...]:
    """One verdict a service, in the order of the config."""
    return tuple(_service(scene, service, causes) for service in scene.practice.services)


def users(scene: Scene, service: Service) -> tuple[str, ...]:
    """The sites that use a service; its `used_by` takes names and globs."""
    patterns = service.used_by or ("*",)
    named = set(patterns)
    globs = [pattern for pattern in patterns if any(sign in pattern for sign in "*?[")]
    return tuple(
        site.name
        for site in scene.practice.sites
        if site.name in named or any(fnmatchcase(site.name, glob) for glob in globs)
    )


def need_status(scene: Scene, need: str, causes: Causes) -> Status:
    """How a host or a check that a service needs is. What was not checked in this round is UNKNOWN."""
    if need in scene.by_key:
        outcome = scene.by_key[need]
        status, host = outcome.status, outcome.host
        if status is Status.UNKNOWN and _cannot_be_reached(scene, host, causes):
            status = Status.CRITICAL
    else:
        host = need
        status = Status.CRITICAL if _cannot_be_reached(scene, host, causes) else _serves(scene.by_host.get(host, ()))
    beyond = host in scene.hosts and scene.hosts[host].site != scene.practice.watcher
    if causes.gone.cut_off and beyond and not lives(scene.by_host.get(host, ())):
        return Status.UNKNOWN
    return status


def _cannot_be_reached(scene: Scene, host: str, causes: Causes) -> bool:
    known = scene.hosts.get(host)
    return host in causes.gone.hosts or (known is not None and known.site in causes.gone.sites)


def _serves(outcomes: Sequence[Outcome]) -> Status:
    """What those say that ask for the very answer; where there are none, whether it lives and runs its programs.

    A host that answers otherwise is not failing because it leaves echo requests unanswered, nor because its disk fills.
    """
    asked = [outcome for outcome in outcomes if outcome.reachability and outcome.kind != PING]
    if asked:
        return worst(outcome.status for outcome in asked)
    if not lives(outcomes):
        return worst(outcome.status for outcome in outcomes)
    return worst([Status.OK, *(outcome.status for outcome in outcomes if outcome.kind in (PING, "service"))])


def _service(scene: Scene, service: Service, causes: Causes) -> ServiceVerdict:
    all_of = [need_status(scene, need, causes) for need in service.needs]
    any_of = [need_status(scene, need, causes) for need in service.needs_any]
    status = worst([*all_of, *([_one_of(any_of)] if any_of else [])])
    says = until_fixed = ""
    if status is Status.CRITICAL:
        says, until_fixed = service.impact, service.until_fixed
    elif status is Status.WARNING:
        says = _lesser(service.name, all_of, any_of)
    return ServiceVerdict(service.name, status, users(scene, service), service.essential, says, until_fixed)


def _lesser(name: str, all_of: Sequence[Status], any_of: Sequence[Status]) -> str:
    """What is amiss with a service that works."""
    if Status.WARNING in all_of or not any_of:
        return f"There is some trouble with {name}."
    if Status.CRITICAL in any_of and any_of.count(Status.OK) == 1:
        return f"There is no reserve left for {name}."
    if Status.CRITICAL in any_of:
        return f"Part of the reserve for {name} is gone."
    if Status.UNKNOWN in any_of:
        return f"The reserve for {name} could not be checked."
    return f"There is some trouble with the reserve for {name}."


def _one_of(statuses: Sequence[Status]) -> Status:
    """A redundant set: whole, OK; with a part gone but one left, Look; with none left, the least bad of them."""
    best = min(statuses, key=lambda status: status.rank)
    if best is Status.OK:
        return Status.OK if all(status is Status.OK for status in statuses) else Status.WARNING
    return best


def sites(
    scene: Scene,
    causes: Causes,
    services: Sequence[ServiceVerdict],
    changes: Sequence[Change] = (),
    known: Set[str] = frozenset(),
) -> tuple[SiteVerdict, ...]:
    """One verdict a site, in the order of the config. `known` are the keys whose failing is known, told apart."""
    used: dict[str, list[ServiceVerdict]] = {}
    for service in services:
        for site in service.sites:
            used.setdefault(site, []).append(service)
    changed: dict[str, list[Change]] = {}
    for change in changes:
        changed.setdefault(change.site, []).append(change)
    spared = reserve.lost(scene, causes, services)
    return tuple(
        _site(scene, site, causes, used.get(site.name, ()), changed.get(site.name, ()), spared, known)
        for site in scene.practice.sites
    )


def _site(
    scene: Scene,
    site: Site,
    causes: Causes,
    used: Sequence[ServiceVerdict],
    changed: Sequence[Change],
    spared: Set[str],
    known: Set[str],
) -> SiteVerdict:
    here = scene.by_site.get(site.name, ())
    status = worst([
        *(reserve.at_most_a_look(outcome.status) if outcome.key in spared else outcome.status for outcome in here),
        *(service.status for service in used),
        *(change.status for change in changed),
    ])  # fmt: skip
    if causes.gone.cut_off and site.name != scene.practice.watcher:
        says = f"cannot be seen from {scene.practice.watcher}"
        return SiteVerdict(site.name, Verdict.UNKNOWN, Status.UNKNOWN, says)
    if site.name in causes.gone.sites:
        return SiteVerdict(site.name, Verdict.NOT_READY, status, "cannot be reached at all")
    down = _names(used, Status.CRITICAL, essential=True)
    if down:
        return SiteVerdict(site.name, Verdict.NOT_READY, status, f"cannot open normally: no {join(map(_lower, down))}")
    unsure = _names(used, Status.UNKNOWN, essential=True)
    if unsure:
        why = "could not be checked" if scene.round.trigger == "report" else "was not looked at this time"
        says = f"may not be able to open: {join(unsure)} {why}"
        return SiteVerdict(site.name, Verdict.UNKNOWN, status, says)
    if not lives(here):
        asked = any(outcome.status is not Status.UNKNOWN for outcome in here)
        says = "may not be able to open: nothing there answered" if asked else "could not be checked"
        return SiteVerdict(site.name, Verdict.UNKNOWN, status, says)
    if but := _but(here, used, causes.root_of, changed, known):
        return SiteVerdict(site.name, Verdict.LIMITED, status, f"can open, {but}")
    if unsure := _names(used, Status.UNKNOWN):
        return SiteVerdict(site.name, Verdict.READY, status, f"can open, but {join(unsure)} could not be checked")
    unchecked = sum(outcome.status is Status.UNKNOWN for outcome in here)
    if unchecked:
        things = "thing" if unchecked == 1 else "things"
        says = f"can open, but {small(unchecked)} {things} could not be checked"
        return SiteVerdict(site.name, Verdict.READY, status, says)
    return SiteVerdict(site.name, Verdict.READY, status, "can open")


def _names(used: Iterable[ServiceVerdict], status: Status, *, essential: bool = False) -> list[str]:
    return [service.name for service in used if service.status is status and (service.essential or not essential)]


def _but(
    here: Iterable[Outcome],
    used: Sequence[ServiceVerdict],
    root_of: Mapping[str, str],
    changed: Iterable[Change],
    known: Set[str],
) -> str:
    """What is amiss at a site that can open: a service first, else how many things. Empty when nothing is."""
    if without := _names(used, Status.CRITICAL):
        return f"but without {join(map(_lower, without))}"
    if lesser := [service for service in used if service.status is Status.WARNING]:
        return f"but {_lower(lesser[0].says.rstrip('.'))}"
    failing = [outcome for outcome in here if outcome.status in (Status.WARNING, Status.CRITICAL)]
    told = {outcome.host for outcome in failing}  # what changed on such a device is told with its failure
    also = [is_quiet(change) for change in changed if change.host not in told]
    new = len({root_of[outcome.key] for outcome in failing if outcome.key not in known}) + also.count(False)
    old = len({root_of[outcome.key] for outcome in failing if outcome.key in known}) + also.count(True)
    to_see_to = [f"{small(new)} {'thing' if new == 1 else 'things'} to see to"] if new else []
    known_of = [f"{small(old)} known trouble{'' if old == 1 else 's'}"] if old else []
    return f"with {join([*to_see_to, *known_of])}" if new or old else ""


def _lower(name: str) -> str:
    """A service's name inside a sentence; one that is written in capitals stays as it is."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
