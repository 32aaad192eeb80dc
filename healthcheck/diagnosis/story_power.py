"""Power cuts in words: one site's, several sites' at once, and many of one site's in a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from healthcheck.diagnosis.power import Cut, areas
from healthcheck.diagnosis.says import named
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.telling import Told, Weight, dated, wall
from healthcheck.words import duration, join, sentence, small

MANY = 3
"""So many cuts in a row are told in one line."""
BOOTED = "boot"
"""The metric in which a check of restarts tells when the machine started, in seconds since 1970."""


def lines(scene: Scene, cuts: Sequence[Cut], now: datetime) -> Iterator[Told]:
    """Each cut once; those of several sites within minutes as one."""
    by_site: dict[str, list[Cut]] = {}
    for group in areas(cuts):
        if len({cut.site for cut in group}) > 1:
            yield _area(scene, group, now)
        else:
            by_site.setdefault(group[0].site, []).extend(group)
    for site, of_one in by_site.items():
        if len(of_one) >= MANY:
            yield _many(scene, site, of_one, now)
        else:
            yield from (_one(scene, cut, now) for cut in of_one)


def _area(scene: Scene, group: Sequence[Cut], now: datetime) -> Told:
    sites = scene.in_order(cut.site for cut in group)
    clock = wall(scene, sites[0] if sites else "", now)
    ends = [cut.until for cut in group if cut.until]
    if len(ends) == len(group):
        longest = max((cut.until or cut.at) - cut.at for cut in group)
        when = clock.span(min(cut.at for cut in group), max(ends))
        says = f"the power was out at {named(scene, sites)}, for up to {duration(longest.total_seconds())}"
    else:
        when = clock.between(min(cut.earliest for cut in group), max(cut.at for cut in group))
        says = f"the power went out at {named(scene, sites)}"
    over = max(cut.latest for cut in group)
    told = f"{dated(when, says)} Likely it was one power cut in the area."
    return Told(min(cut.at for cut in group), over, Weight.POWER, told, sites[0] if sites else "")


def _many(scene: Scene, site: str, cuts: Sequence[Cut], now: datetime) -> Told:
    first, last = cuts[0], max(cuts, key=lambda cut: cut.latest)
    who = {host for cut in cuts for host in cut.hosts}
    lost = f"{scene.label(who.pop())} lost mains power" if len(who) == 1 else f"{site} lost mains power"
    says = f"{lost} {small(len(cuts))} times"
    if all(cut.until for cut in cuts):
        whole = sum(((cut.until or cut.at) - cut.at for cut in cuts), timedelta())
        says += f", for {duration(whole.total_seconds())} in all"
    when = wall(scene, site, now).between(first.earliest, last.latest)
    return Told(first.at, last.latest, Weight.POWER, dated(when, says), site, first.hosts[0])


def _one(scene: Scene, cut: Cut, now: datetime) -> Told:
    clock = wall(scene, cut.site, now)
    lasted = f" for {duration((cut.until - cut.at).total_seconds())}" if cut.until else ""
    if len(cut.hosts) == 1:
        says = f"{scene.label(cut.hosts[0])} {cut.says}"
    else:
        says = f"the power {'was' if cut.until else 'went'} out at {cut.site}{lasted}"
    if cut.not_before:
        when = clock.between(cut.not_before, cut.at)
    else:
        when = clock.span(cut.at, cut.until) if cut.until else clock.moment(cut.at)
    told = " ".join(filter(None, (dated(when, says), _kept_running(scene, cut))))
    return Told(cut.at, cut.latest, Weight.POWER, told, cut.site, cut.hosts[0])


def _kept_running(scene: Scene, cut: Cut) -> str:
    """Which machines are known to have run on, because they started before the cut and not since."""
    through = [
        outcome.host
        for outcome in scene.by_site.get(cut.site, ())
        for metric in outcome.metrics
        if metric.name == BOOTED and 0 < metric.value < cut.earliest.timestamp()
    ]
    if not through or not cut.until:
        return ""
    if len(through) > 2:
        return f"{small(len(through)).capitalize()} computers there kept running."
    return sentence(f"{join(map(scene.label, through))} kept running")
