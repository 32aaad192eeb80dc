"""What does not answer at all: hosts, whole sites, or everything but the watcher's own."""

from __future__ import annotations

from collections.abc import Sequence

from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import PING, lives, silent
from healthcheck.model import Outcome, Site
from healthcheck.records import frozen


@frozen(slots=False)
class Gone:
    """`lifeless` hosts show no sign of life; those that leave even a ping unanswered are gone.

    `sites` are dark: nothing there answers. `cut_off` is true when it is the watcher that reaches none of the others.
    """

    lifeless: frozenset[str]
    hosts: frozenset[str]
    sites: frozenset[str]
    cut_off: bool

    @classmethod
    def of(cls, scene: Scene) -> Gone:
        """From the outcomes of a round alone."""
        lifeless = frozenset(host for host, outcomes in scene.by_host.items() if not lives(outcomes))
        hosts = frozenset(host for host in lifeless if _leaves_a_ping_unanswered(scene.by_host[host]))
        dark = frozenset(site.name for site in scene.practice.sites if _is_dark(scene, site, lifeless))
        return cls(lifeless, hosts, dark, _is_cut_off(scene, lifeless, hosts, dark))


def _leaves_a_ping_unanswered(outcomes: Sequence[Outcome]) -> bool:
    return any(silent(outcome) and outcome.kind == PING for outcome in outcomes)


def _is_dark(scene: Scene, site: Site, lifeless: frozenset[str]) -> bool:
    """Whether nothing at a site answers: a ping was left unanswered there, or at least two other calls were."""
    if site.name == scene.practice.watcher or any(host.local for host in site.hosts):
        return False
    here = scene.by_site.get(site.name, ())
    if any(outcome.host not in lifeless for outcome in here):
        return False
    unanswered = [outcome for outcome in here if silent(outcome)]
    return len(unanswered) > 1 or any(outcome.kind == PING for outcome in unanswered)


def _is_cut_off(scene: Scene, lifeless: frozenset[str], hosts: frozenset[str], dark: frozenset[str]) -> bool:
    """All other sites at once: it is not they, but our own line. With one other site, our gateway must be gone too."""
    watcher = scene.practice.watcher
    others = [name for name in scene.by_site if name != watcher and name in scene.sites]
    if not watcher or not others:
        return False
    gateway = scene.gateway(watcher)
    if gateway and gateway.name in hosts:
        return all(outcome.host in lifeless for name in others for outcome in scene.by_site[name])
    return len(others) > 1 and dark.issuperset(others) and scene.asked_everywhere
