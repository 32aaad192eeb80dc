"""Which failures are causes, and which only follow from them.

Everything was checked; nothing was skipped because its parent failed. Here each failure is attributed: a host that is
gone explains what could not be looked at on it, a site that is dark explains its hosts, the watcher's own line
explains everything beyond it. A child keeps its own status; only its alarm is folded into the parent's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from healthcheck.model import Host, Outcome, Practice, Round, Site, Status
from healthcheck.words import join


@dataclass(frozen=True, slots=True)
class Cause:
    """A root: `key` stays the same from round to round. `outcomes` are its own findings, `follows` the folded ones.

    `gone` is "host", "site" or "watcher" when that is what does not answer, else empty.
    """

    key: str
    site: str
    host: str
    outcomes: tuple[Outcome, ...]
    follows: tuple[Outcome, ...] = ()
    gone: str = ""

    @property
    def status(self) -> Status:
        """A thing that is gone is a problem; else the worst of its own findings."""
        if self.gone:
            return Status.CRITICAL
        return max((outcome.status for outcome in self.outcomes), key=lambda status: status.rank)


@dataclass(frozen=True, slots=True)
class Causes:
    """The roots of a round, and what is gone altogether. `cut_off` is a sentence when the watcher itself is."""

    roots: tuple[Cause, ...]
    gone_hosts: frozenset[str] = frozenset()
    gone_sites: frozenset[str] = frozenset()
    cut_off: str = ""
    root_of: Mapping[str, str] = field(default_factory=dict)
    """The cause's key for each failing check's key."""


def find(practice: Practice, round: Round) -> Causes:
    """Attribute every failure of the round to its root."""
    by_host: dict[str, list[Outcome]] = {}
    for outcome in round.outcomes:
        by_host.setdefault(outcome.host, []).append(outcome)
    gone_hosts = frozenset(host for host, outcomes in by_host.items() if is_gone(outcomes))
    gone_sites = frozenset(site.name for site in practice.sites if _is_dark(site, by_host, gone_hosts))
    cut_off = _cut_off(practice, by_host, gone_hosts, gone_sites)
    graph = _Graph(practice, by_host, gone_hosts, gone_sites, bool(cut_off))
    roots = graph.roots(round.outcomes)
    root_of = {outcome.key: root.key for root in roots for outcome in (*root.outcomes, *root.follows)}
    return Causes(roots, gone_hosts, gone_sites, cut_off, root_of)


def is_gone(outcomes: Iterable[Outcome]) -> bool:
    """Whether nothing on a host shows that it lives, and something that asks for an answer got none."""
    listed = list(outcomes)
    return any(_no_answer(outcome) for outcome in listed) and not any(_shows_life(outcome) for outcome in listed)


def _no_answer(outcome: Outcome) -> bool:
    return outcome.reachability and outcome.status is Status.CRITICAL


def _shows_life(outcome: Outcome) -> bool:
    """It answered, or a check that looked found something: only silence and "could not look" show nothing."""
    if outcome.status in (Status.OK, Status.WARNING):
        return True
    return outcome.status is Status.CRITICAL and not outcome.reachability


def can_follow(outcome: Outcome) -> bool:
    """Whether a failure may be no more than a consequence. What was measured is a failure of its own."""
    return outcome.status is Status.UNKNOWN or (
        outcome.status is Status.CRITICAL and (outcome.reachability or bool(outcome.other_end))
    )


def _is_dark(site: Site, by_host: Mapping[str, list[Outcome]], gone_hosts: frozenset[str]) -> bool:
    """Whether nothing at a site that is not this computer's answers, and at least one thing there was asked."""
    asked = [host for host in site.hosts if by_host.get(host.name)]
    if any(host.local for host in site.hosts) or not any(host.name in gone_hosts for host in asked):
        return False
    return not any(_shows_life(outcome) for host in asked for outcome in by_host[host.name])


def _cut_off(
    practice: Practice,
    by_host: Mapping[str, list[Outcome]],
    gone_hosts: frozenset[str],
    gone_sites: frozenset[str],
) -> str:
    """All other sites at once: it is not they, but our own line."""
    watcher = practice.watcher
    others = [
        site for site in practice.sites if site.name != watcher and any(by_host.get(host.name) for host in site.hosts)
    ]
    if not watcher or len(others) < 2 or any(site.name not in gone_sites for site in others):
        return ""
    gateway = practice.site(watcher).gateway
    own = f" and {gateway.label} does not answer either" if gateway and gateway.name in gone_hosts else ""
    return (
        f"{watcher} reaches none of the other clinics{own}, so nobody can say from here how they are; "
        f"most likely the line of {watcher} is down"
    )


class _Graph:
    """What depends on what in this round. A node is a check's key, a host's name, or a site's."""

    def __init__(
        self,
        practice: Practice,
        by_host: Mapping[str, list[Outcome]],
        gone_hosts: frozenset[str],
        gone_sites: frozenset[str],
        cut_off: bool,
    ) -> None:
        self._practice = practice
        self._by_host = by_host
        self._hosts = {host.name: host for host in practice.hosts()}
        self._by_address = {host.address: host.name for host in practice.hosts() if host.address}
        self._gone_hosts = gone_hosts
        self._gone_sites = gone_sites
        self._cut_off = cut_off

    def roots(self, outcomes: Iterable[Outcome]) -> tuple[Cause, ...]:
        """One cause for each failing node without a failing parent, in the order the failures were planned."""
        own: dict[str, list[Outcome]] = {}
        follows: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.status is Status.OK:
                continue
            explained = self._explained_by(outcome) if can_follow(outcome) else ""
            if explained and not self._is_own_sign(explained, outcome):
                follows.setdefault(explained, []).append(outcome)
            else:
                own.setdefault(explained or self._own_node(outcome), []).append(outcome)
        nodes = dict.fromkeys([*own, *follows])
        return tuple(self._cause(node, tuple(own.get(node, ())), tuple(follows.get(node, ()))) for node in nodes)

    def _cause(self, node: str, own: tuple[Outcome, ...], follows: tuple[Outcome, ...]) -> Cause:
        kind, _, name = node.partition(":")
        if kind == "watcher":
            gateway = self._practice.site(name).gateway
            return Cause(name, name, gateway.name if gateway else "", own, follows, "watcher")
        if kind == "site":
            gateway = self._practice.site(name).gateway
            return Cause(name, name, gateway.name if gateway else "", own, follows, "site")
        if kind == "host":
            return Cause(f"{self._hosts[name].site}/{name}", self._hosts[name].site, name, own, follows, "host")
        first = own[0] if own else follows[0]
        return Cause(first.key, first.site, first.host, own, follows)

    def _explained_by(self, outcome: Outcome) -> str:
        """The topmost failing node above an outcome; empty when there is none."""
        host = self._hosts.get(outcome.host)
        above = self._above(host, frozenset()) if host else ""
        if above:
            return above
        other = self._by_address.get(outcome.other_end) if outcome.other_end else None
        return self._failing(other, frozenset()) if other and other != outcome.host else ""

    def _above(self, host: Host, seen: frozenset[str]) -> str:
        """The topmost thing that is gone, from a host upwards; a thing that it depends on counts when it fails."""
        if host.name in seen:
            return ""
        seen |= {host.name}
        if self._cut_off and host.site != self._practice.watcher:
            return f"watcher:{self._practice.watcher}"
        if host.site in self._gone_sites:
            return f"site:{host.site}"
        if host.name not in self._gone_hosts:
            return ""
        for parent in host.depends_on:
            if found := self._failing(parent, seen):
                return found
        gateway = self._practice.site(host.site).gateway
        if gateway and gateway.name != host.name and gateway.name in self._gone_hosts:
            return self._above(gateway, seen)
        return f"host:{host.name}"

    def _failing(self, name: str, seen: frozenset[str]) -> str:
        """The node that explains why a host does not serve: it, or what it depends on, or its own failing answer."""
        host = self._hosts.get(name)
        if host is None:
            return ""
        if above := self._above(host, seen):
            return above
        return next((self._own_node(outcome) for outcome in self._by_host.get(name, ()) if _no_answer(outcome)), "")

    def _is_own_sign(self, node: str, outcome: Outcome) -> bool:
        """Whether an outcome is how the node itself shows that it is gone, rather than a thing that follows."""
        kind, _, name = node.partition(":")
        if kind == "check":
            return self._own_node(outcome) == node
        if not _no_answer(outcome):
            return False
        if kind == "host":
            return outcome.host == name
        gateway = self._practice.site(name).gateway
        return outcome.site == name and (gateway is None or outcome.host == gateway.name)

    def _own_node(self, outcome: Outcome) -> str:
        """Checks of one host that all could not look for the same reason are one failure, not many."""
        same = [
            other
            for other in self._by_host.get(outcome.host, ())
            if other.status is outcome.status and (other.why, other.says) == (outcome.why, outcome.says)
        ]
        return f"check:{same[0].key if same else outcome.key}"


def affected(practice: Practice, cause: Cause) -> tuple[str, ...]:
    """The sites that a cause and what follows from it touch, in the order of the config."""
    touched = {outcome.site for outcome in (*cause.outcomes, *cause.follows)} | {cause.site}
    return tuple(site.name for site in practice.sites if site.name in touched)


def named(practice: Practice, sites: Iterable[str]) -> str:
    """Sites in a sentence: "all 9 clinics", "Azusa and Glendale"."""
    names = list(sites)
    if len(names) == len(practice.sites) and len(names) > 2:
        return f"all {len(names)} clinics"
    return join(names)
