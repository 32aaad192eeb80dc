"""What is gone but has something to stand in for it: a reserve that is lost is worth a look, no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from healthcheck.diagnosis.causes import Cause, Causes, Scope
from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import ServiceVerdict
from healthcheck.model import Status


def lost(scene: Scene, causes: Causes, services: Sequence[ServiceVerdict]) -> frozenset[str]:
    """The keys of the failing checks that cost no more than a reserve: another of the set serves everybody."""
    spare = _spare(scene, services)
    return frozenset(outcome.key for cause in causes.roots if _only(cause, spare) for outcome in cause.every)


def at_most_a_look(status: Status) -> Status:
    """How a problem counts whose part another one plays."""
    return Status.WARNING if status is Status.CRITICAL else status


def _spare(scene: Scene, services: Sequence[ServiceVerdict]) -> frozenset[str]:
    """Hosts and check keys that are one of a set which still serves, and that nothing needs by themselves."""
    statuses = {service.name: service.status for service in services}
    covered: set[str] = set()
    needed: set[str] = set()
    for service in scene.practice.services:
        serves = statuses[service.name] in (Status.OK, Status.WARNING)
        (covered if serves else needed).update(service.needs_any)
        needed.update(service.needs)
    return frozenset(covered - needed)


def _only(cause: Cause, spare: Iterable[str]) -> bool:
    """Whether a cause is no more than that one of a set does not answer; a measured failure is one of its own."""
    if cause.scope not in (Scope.CHECK, Scope.HOST):
        return False
    gone = cause.scope is Scope.HOST
    return all(
        outcome.key in spare or (outcome.host in spare and (gone or outcome.reachability)) for outcome in cause.own
    )
