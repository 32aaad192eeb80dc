"""The graph of what depends on what: from a failing check upwards to the thing that explains it."""

from __future__ import annotations

from collections.abc import Iterable

from healthcheck.diagnosis.gone import Gone
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import PING, can_follow, lives, silent
from healthcheck.model import Host, Outcome, Status

Node = tuple[str, str]
"""A cause's scope and its name: a check's key, a host's name, a site's."""


class Attribution:
    """Finds the cause of each failure of one round. Every answer about a host is worked out once."""

    def __init__(self, scene: Scene, gone: Gone, dark_areas: Iterable[tuple[str, ...]]) -> None:
        self._scene = scene
        self._gone = gone
        self._areas = {site: area for area in dark_areas for site in area if len(area) > 1}
        self._above: dict[str, Node | None] = {}
        self._first = _same_failures(scene)

    def area_of(self, site: str) -> tuple[str, ...]:
        """The sites that are without power together with this one."""
        return self._areas.get(site, (site,))

    def node_of(self, outcome: Outcome) -> tuple[Node, bool]:
        """The cause of a failure, and whether the failure is how the cause itself shows."""
        itself = self._itself(outcome)
        above = self._explained_by(outcome) if can_follow(outcome) else itself
        return above, above == itself or self._is_own_sign(above, outcome)

    def _itself(self, outcome: Outcome) -> Node:
        return "check", self._first[outcome.key]

    def _is_own_sign(self, node: Node, outcome: Outcome) -> bool:
        scope, name = node
        if scope == "check" or not silent(outcome):
            return False
        if scope == "host":
            return outcome.host == name
        gateway = self._scene.gateway(outcome.site)
        return outcome.site in self.area_of(name) and (gateway is None or outcome.host == gateway.name)

    def _explained_by(self, outcome: Outcome, seen: frozenset[str] = frozenset()) -> Node:
        """The thing at the top of everything that this failure may follow from; itself when there is none."""
        host, itself = self._scene.hosts.get(outcome.host), self._itself(outcome)
        if host is None:
            return itself
        above = self._top(host, seen)
        if above not in (None, itself):
            return above or itself
        seen |= {host.name}
        needed = host.depends_on if outcome.status is Status.CRITICAL else ()
        return self._first_failing(needed, seen) or self._failing_other_end(outcome, seen) or itself

    def _top(self, host: Host, seen: frozenset[str] = frozenset()) -> Node | None:
        """The topmost thing that is gone, from a host upwards; None for one that shows life or was not asked."""
        if host.name not in self._above:
            found = self._gone_above(host, seen | {host.name})
            if seen:  # it may have been cut short by a circle
                return found
            self._above[host.name] = found
        return self._above[host.name]

    def _gone_above(self, host: Host, seen: frozenset[str]) -> Node | None:
        scene, gone = self._scene, self._gone
        if gone.cut_off and (host.site != scene.practice.watcher or self._is_own_gateway(host)):
            return "watcher", scene.practice.watcher
        if host.site in gone.sites:
            area = self.area_of(host.site)
            return ("area", area[0]) if len(area) > 1 else ("site", host.site)
        if host.name not in gone.lifeless:
            return None
        if found := self._first_failing(host.depends_on, seen):
            return found
        gateway = scene.gateway(host.site)
        if gateway and gateway.name in gone.hosts and gateway.name not in seen and self._nothing_behind(gateway):
            return self._top(gateway, seen)
        return self._gone_itself(host, seen)

    def _is_own_gateway(self, host: Host) -> bool:
        gateway = self._scene.gateway(self._scene.practice.watcher)
        return gateway is not None and gateway.name == host.name and host.name in self._gone.hosts

    def _nothing_behind(self, gateway: Host) -> bool:
        """A gateway through which others answer is no reason for a silence; beyond our own lie the other sites."""
        scene = self._scene
        if gateway.site == scene.practice.watcher:
            beyond = [host for host in scene.hosts.values() if host.site != gateway.site]
        else:
            beyond = list(scene.sites[gateway.site].hosts)
        return not any(lives(scene.by_host.get(host.name, ())) for host in beyond)

    def _gone_itself(self, host: Host, seen: frozenset[str]) -> Node | None:
        """The host that is gone, or the one that is gone at its address, or its own calls that nobody took."""
        if host.name in self._gone.hosts:
            return "host", host.name
        twins = self._scene.at_address.get(host.address, ()) if host.address else ()
        twin = next((name for name in twins if name in self._gone.hosts and name not in seen), None)
        if twin is not None:
            return self._top(self._scene.hosts[twin], seen)
        refusal = next(filter(silent, self._scene.by_host.get(host.name, ())), None)
        if refusal is None:
            return None
        return self._failing_other_end(refusal, seen) or self._itself(refusal)

    def _failing_other_end(self, outcome: Outcome, seen: frozenset[str]) -> Node | None:
        if not outcome.other_end or outcome.status is not Status.CRITICAL:
            return None
        return self._first_failing(self._scene.at_address.get(outcome.other_end, ()), seen)

    def _first_failing(self, names: Iterable[str], seen: frozenset[str]) -> Node | None:
        """Why a machine that something else needs does not serve: it is gone, or its own answer is none."""
        for name in names:
            if name in seen or name not in self._scene.hosts:
                continue
            if found := self._top(self._scene.hosts[name], seen):
                return found
            refusal = next(filter(_refuses, self._scene.by_host.get(name, ())), None)
            if refusal is not None:
                return self._explained_by(refusal, seen)
        return None


def _refuses(outcome: Outcome) -> bool:
    return outcome.reachability and outcome.status is Status.CRITICAL and outcome.kind != PING


def _same_failures(scene: Scene) -> dict[str, str]:
    """For each failing check the first one that is the same failure on the same device: itself if there is none."""
    first: dict[tuple[str, ...], str] = {}
    return {
        outcome.key: first.setdefault(_failure(outcome), outcome.key)
        for outcome in scene.outcomes
        if outcome.status is not Status.OK
    }


def _failure(outcome: Outcome) -> tuple[str, ...]:
    """Calls that nobody on one machine takes are one failure; so are findings in the same words."""
    if silent(outcome) and outcome.kind != PING:
        return outcome.host, "silence"
    return outcome.host, outcome.status.name, outcome.why or outcome.says
