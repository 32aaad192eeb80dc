"""Which failures are causes, and which only follow from them.

Everything was checked; nothing was skipped because its parent failed. Here each failure is attributed: a host that is
gone explains what could not be looked at on it, a site that is dark explains its hosts, the watcher's own line
explains everything beyond it. A child keeps its own status; only its alarm is folded into the parent's.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import field

from healthcheck.diagnosis.attribution import Attribution, Node
from healthcheck.diagnosis.gone import Gone
from healthcheck.diagnosis.scene import Scene
from healthcheck.model import Outcome, Status
from healthcheck.records import frozen

MANY = 3
"""A reason that so many devices give is one reason, not theirs."""


class Scope(enum.Enum):
    """How much of the practice a cause is."""

    CHECK = "check"
    """One finding, or several that are one: the same words on one device, or the same reason on many."""
    HOST = "host"
    SITE = "site"
    AREA = "area"
    """Several sites without power."""
    WATCHER = "watcher"
    """The watcher's own line."""


@frozen
class Cause:
    """A root: `key` stays the same from round to round. `outcomes` are its own findings, `follows` the folded ones.

    `sites` are those that it takes in: one, but for an area.
    """

    key: str
    scope: Scope
    site: str
    host: str
    outcomes: tuple[Outcome, ...]
    follows: tuple[Outcome, ...] = ()
    sites: tuple[str, ...] = ()

    @property
    def own(self) -> tuple[Outcome, ...]:
        """What shows it: its own findings, or where it has none, what follows."""
        return self.outcomes or self.follows

    @property
    def every(self) -> tuple[Outcome, ...]:
        """All that is counted under it."""
        return self.outcomes + self.follows

    @property
    def status(self) -> Status:
        """A thing that is gone is a problem; else the worst of its own findings."""
        if self.scope is not Scope.CHECK:
            return Status.CRITICAL
        return max((outcome.status for outcome in self.own), key=lambda status: status.rank)


@frozen(slots=False)
class Causes:
    """The roots of a round, and what is gone altogether. `root_of` has the cause's key for each failing check's key."""

    roots: tuple[Cause, ...]
    gone: Gone
    root_of: Mapping[str, str] = field(default_factory=dict)


def find(scene: Scene, lost_power_together: Iterable[tuple[str, ...]] = ()) -> Causes:
    """Attribute every failure of the round to its root. Sites that lost their power together are dark together."""
    gone = Gone.of(scene)
    areas = [tuple(site for site in area if site in gone.sites) for area in lost_power_together]
    attribution = Attribution(scene, gone, areas)
    own: dict[Node, list[Outcome]] = {}
    follows: dict[Node, list[Outcome]] = {}
    for outcome in scene.outcomes:
        if outcome.status is not Status.OK:
            node, is_own = attribution.node_of(outcome)
            (own if is_own else follows).setdefault(node, []).append(outcome)
    _join_one_reason(own, follows)
    roots = tuple(
        _cause(scene, attribution, node, tuple(own.get(node, ())), tuple(follows.get(node, ())))
        for node in dict.fromkeys([*own, *follows])
    )
    return Causes(roots, gone, {outcome.key: root.key for root in roots for outcome in root.every})


def _join_one_reason(own: dict[Node, list[Outcome]], follows: dict[Node, list[Outcome]]) -> None:
    """Where many devices fail for one reason that is not theirs, that is one cause, kept under the first of them."""
    by_reason: dict[tuple[str, ...], list[Node]] = {}
    for node, outcomes in own.items():
        reasons = set(map(_reason_elsewhere, outcomes))
        if node[0] == Scope.CHECK.value and len(reasons) == 1 and all(reasons):
            by_reason.setdefault(reasons.pop(), []).append(node)
    for first, *others in (nodes for nodes in by_reason.values() if len(nodes) >= MANY):
        for node in others:
            own[first] += own.pop(node)
            follows.setdefault(first, []).extend(follows.pop(node, ()))


def _reason_elsewhere(outcome: Outcome) -> tuple[str, ...]:
    """Why we could not look, or what it cannot reach: not its own fault if many say the same. Else empty."""
    if outcome.status is Status.UNKNOWN:
        return "could not look", outcome.why or outcome.says
    if outcome.other_end and outcome.status is Status.CRITICAL:
        return "cannot reach", outcome.other_end, outcome.says
    return ()


def _cause(
    scene: Scene,
    attribution: Attribution,
    node: Node,
    own: tuple[Outcome, ...],
    follows: tuple[Outcome, ...],
) -> Cause:
    scope, name = Scope(node[0]), node[1]
    if scope is Scope.HOST:
        site = scene.hosts[name].site if name in scene.hosts else (own or follows)[0].site
        return Cause(f"{site}/{name}", scope, site, name, own, follows, (site,))
    if scope is Scope.CHECK:
        first = scene.by_key[name]
        hosts = {outcome.host for outcome in own}
        return Cause(name, scope, first.site, first.host if len(hosts) == 1 else "", own, follows, (first.site,))
    gateway = scene.gateway(name)
    sites = attribution.area_of(name) if scope is Scope.AREA else (name,)
    return Cause(name, scope, name, gateway.name if gateway else "", own, follows, sites)
