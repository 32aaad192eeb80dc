"""A cause in words: one sentence of what is wrong, and a guess at why, worded as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from healthcheck.diagnosis.causes import Cause, Scope
from healthcheck.diagnosis.power import BATTERY_LAG, Cut, last_well, may_explain
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import PING, lives, silent
from healthcheck.diagnosis.wall import Wall
from healthcheck.findings import PlacedEvent
from healthcheck.model import EventKind, Status
from healthcheck.words import join_some, sentence, small

MOST_SITES = 4


def what(scene: Scene, cause: Cause) -> str:
    """What is wrong, as a whole sentence."""
    if cause.scope is Scope.WATCHER:
        gateway = scene.gateway(cause.site)
        if gateway and cause.outcomes:
            return sentence(f"{gateway.label} does not answer")
        return sentence(f"{cause.site} reaches no other clinic")
    if cause.scope in (Scope.SITE, Scope.AREA):
        return f"Nothing at {named(scene, cause.sites)} answers."
    label = scene.label(cause.host)
    if cause.scope is Scope.HOST:
        though = f", though the line at {cause.site} works" if _lets_others_answer(scene, cause) else ""
        return sentence(f"{label} does not answer{though}")
    first = cause.own[0]
    if not cause.host:
        devices = f"{small(len({outcome.host for outcome in cause.own}))} devices"
        if first.status is not Status.UNKNOWN:
            return sentence(f"{devices} {first.says}")
        why = first.why or f"it {first.says}"
        why = f"each {why.removeprefix('it ')}" if why.startswith("it ") else why
        return sentence(f"{small(len(cause.own))} checks of {devices} could not be done: {why}")
    if first.kind == PING and silent(first):
        return sentence(f"{label} works, but leaves our test calls unanswered")
    return sentence(f"{label} {first.says}")


def _lets_others_answer(scene: Scene, cause: Cause) -> bool:
    """Whether a silent gateway is no more than silent: what lies beyond it answers."""
    gateway = scene.gateway(cause.site)
    if gateway is None or gateway.name != cause.host:
        return False
    ours = cause.site == scene.practice.watcher
    return any(lives(found) for site, found in scene.by_site.items() if (site == cause.site) != ours)


def cut_off(practice_site: str) -> str:
    """What it means that the watcher reaches nobody."""
    return f"{practice_site} reaches no other clinic, so nobody can say from here how the others are."


def named(scene: Scene, sites: Sequence[str]) -> str:
    """Sites in a sentence: "all 9 clinics", "Azusa and Glendale", "Azusa, Covina, Downey and 3 more"."""
    if len(sites) == len(scene.practice.sites) and len(sites) > 2:
        return f"all {len(sites)} clinics"
    return join_some(sites, MOST_SITES)


def likely(
    scene: Scene,
    cause: Cause,
    cuts: Sequence[Cut],
    events: Sequence[PlacedEvent],
    since: datetime,
    last_good: datetime | None,
    now: datetime,
) -> str:
    """A guessed cause, from what happened at the same place at the same time; empty without a ground for one."""
    if cause.scope is Scope.WATCHER:
        return f"Likely the line of {cause.site} is down."
    site = scene.sites.get(cause.site)
    if site is None:
        return ""
    wall = Wall(site.timezone, scene.practice.timezone, now)
    lost = [cut for cut in cuts if cut.site in cause.sites and may_explain(cut, since, last_good)]
    if cause.scope is Scope.AREA:
        began = f": mains power was lost there {wall.moment(min(cut.at for cut in lost))}" if lost else ""
        return f"Likely a power cut in the area{began}."
    if cause.scope is Scope.SITE:
        if lost:
            return (
                f"Likely the power is out at {cause.site}: it was lost {wall.between(lost[-1].earliest, lost[-1].at)}."
            )
        return f"Likely the power or the internet line at {cause.site} is down."
    if not _may_come_from_power(cause):
        return ""
    if lost:
        return f"Likely it comes from the power cut at {cause.site}: {wall.moment(lost[-1].at)}."
    started = [placed.event for placed in events if placed.host == cause.host and _is_start(placed)]
    started = [event for event in started if last_well(since, last_good) <= event.at <= since + BATTERY_LAG]
    if started:
        return f"Likely it comes from the restart {wall.moment(started[-1].at)}."
    return ""


def _is_start(placed: PlacedEvent) -> bool:
    return placed.event.kind in (EventKind.RESTART, EventKind.CRASH)


def _may_come_from_power(cause: Cause) -> bool:
    """What a machine does when it was switched off, and does not do again after: answer, and run its programs."""
    return cause.status is Status.CRITICAL and any(
        outcome.reachability or outcome.kind == "service" for outcome in cause.own
    )
