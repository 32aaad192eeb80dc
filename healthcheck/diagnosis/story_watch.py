"""What the rounds saw, in words: what stopped answering and when it answered again, and the time nobody watched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.diagnosis.says import named
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import PING
from healthcheck.diagnosis.telling import Told, Weight, dated, for_how_long, wall
from healthcheck.diagnosis.watching import Look, SetBack, Silence, holes, joined, silences
from healthcheck.words import duration, small

MANY = 3


def lines(
    scene: Scene,
    seen: Sequence[Look],
    set_back: Sequence[SetBack],
    roots: frozenset[str],
    since: datetime | None,
    now: datetime,
) -> Iterator[Told]:
    """Silences, holes in the watching, and a clock of ours that was set back.

    `roots` are the checks that show a cause of now: what still fails for another reason is not told once more.
    """
    lately = [
        one
        for one in silences(scene, seen)
        if (since is None or _over(one, now) >= since) and (one.again or one.first < scene.round.started_at)
    ]
    yield from _silences(scene, _without_consequences(scene, lately), roots, now)
    yield from _holes(scene, seen, since, now)
    for back in set_back:
        by = duration(back.by.total_seconds())
        when = wall(scene, "", now).moment(back.at)
        says = f"{dated(when, f'the clock of this computer was set back by {by}')} Times before that may be wrong."
        yield Told(back.at, back.at, Weight.OURSELVES, says)


def _over(silence: Silence, now: datetime) -> datetime:
    return silence.again or now


def _without_consequences(scene: Scene, found: Sequence[Silence]) -> list[Silence]:
    """Those that did not fall silent together with something that they depend on."""
    by_host: dict[str, list[Silence]] = {}
    for silence in found:
        by_host.setdefault(silence.hosts[0], []).append(silence)

    def follows(silence: Silence) -> bool:
        needed = scene.hosts[silence.hosts[0]].depends_on if silence.hosts[0] in scene.hosts else ()
        return any(
            other.first <= silence.first <= (other.again or silence.first)
            for name in needed
            for other in by_host.get(name, ())
        )

    return [silence for silence in found if not follows(silence)]


def _silences(scene: Scene, found: Sequence[Silence], roots: frozenset[str], now: datetime) -> Iterator[Told]:
    """The widest first: from all other clinics at once, down to one check of one device."""
    whole, partly = _whole_hosts(scene, found)
    sites, hosts = _whole_sites(scene, whole)
    yield from _together(scene, [one for one in sites if one.again or one.keys & roots], now)
    by_host: dict[tuple[str, bool], list[Silence]] = {}
    for silence in (one for one in hosts if one.again or one.keys & roots):
        by_host.setdefault((silence.hosts[0], True), []).append(silence)
    for silence in (one for one in partly if one.again or one.keys & roots):
        by_host.setdefault((silence.hosts[0], False), []).append(silence)
    for (host, is_whole), of_one in by_host.items():
        what = f"{scene.label(host)} {'stopped answering' if is_whole else 'did not answer as it should'}"
        yield from _told(scene, what, of_one, now)


def _whole_hosts(scene: Scene, found: Sequence[Silence]) -> tuple[list[Silence], list[Silence]]:
    whole: list[Silence] = []
    partly: list[Silence] = []
    for silence in found:
        here = scene.by_host.get(silence.hosts[0], ())
        asked = {outcome.key for outcome in here if outcome.reachability}
        called = any(outcome.kind == PING for outcome in here)
        (whole if called and asked <= silence.keys else partly).append(silence)
    return whole, partly


def _whole_sites(scene: Scene, whole: Sequence[Silence]) -> tuple[list[Silence], list[Silence]]:
    """Where every device of another site fell silent together, it is the site that did, until the first is back."""
    at_once: dict[tuple[str, datetime], list[Silence]] = {}
    for silence in whole:
        at_once.setdefault((silence.site, silence.first), []).append(silence)
    sites: list[Silence] = []
    hosts: list[Silence] = []
    for (site, _), group in at_once.items():
        asked = {outcome.host for outcome in scene.by_site.get(site, ()) if outcome.kind == PING}
        if site == scene.practice.watcher or not asked <= {silence.hosts[0] for silence in group}:
            hosts += group
            continue
        back = min(group, key=lambda silence: (silence.again is None, silence.last))
        keys = frozenset[str]().union(*(silence.keys for silence in group))
        sites.append(replace(back, hosts=tuple(silence.hosts[0] for silence in group), keys=keys))
        hosts += [silence for silence in group if silence.again != back.again]
    return sites, hosts


def _together(scene: Scene, sites: Sequence[Silence], now: datetime) -> Iterator[Told]:
    """What fell silent at once is told at once; all other clinics at once: that was our own line."""
    watcher = scene.practice.watcher
    others = {site for site in scene.by_site if site in scene.sites and site != watcher}
    at_once: dict[tuple[datetime, datetime | None], list[Silence]] = {}
    for silence in sites:
        at_once.setdefault((silence.first, silence.again), []).append(silence)
    alone: dict[str, list[Silence]] = {}
    for group in at_once.values():
        silent = {silence.site for silence in group}
        if len(silent) == 1:
            alone.setdefault(group[0].site, []).extend(group)
        elif watcher and silent == others and scene.asked_everywhere:
            yield from _told(scene, f"{watcher} reached no other clinic", list(joined(group)), now, watcher)
        else:
            what = f"nothing at {named(scene, scene.in_order(silent))} answered any more"
            yield from _told(scene, what, list(joined(group)), now)
    for site, of_one in alone.items():
        yield from _told(scene, f"nothing at {site} answered any more", of_one, now)


def _told(scene: Scene, what: str, found: Sequence[Silence], now: datetime, site: str = "") -> Iterator[Told]:
    place = site or found[0].site
    clock = wall(scene, place, now)
    host = found[0].hosts[0]
    if len(found) >= MANY and all(silence.again for silence in found):
        first, last = found[0], found[-1]
        when = clock.between(first.first, last.again or last.last)
        says = dated(when, f"{what} {small(len(found))} times")
        yield Told(first.first, last.again or last.last, Weight.SILENCE, says, place, host)
        return
    for silence in found:
        when = clock.between(silence.well, silence.first) if silence.well else f"since {clock.moment(silence.first)}"
        if silence.again:
            if silence.well is None:
                when = f"until {clock.moment(silence.again)}"
            says = dated(when, ", ".join(filter(None, (what, for_how_long(silence.shortest, silence.longest)))))
        else:
            says = f"{dated(when, what)} That is still so."
        yield Told(silence.first, _over(silence, now), Weight.SILENCE, says, place, host)


def _holes(scene: Scene, seen: Sequence[Look], since: datetime | None, now: datetime) -> Iterator[Told]:
    clock = wall(scene, "", now)
    found = [(start, end) for start, end in holes(seen) if since is None or end > since]
    known = [(start, end) for start, end in found if start is not None]
    yield from (
        Told(end, end, Weight.OURSELVES, dated(f"until {clock.moment(end)}", "not watched"))
        for start, end in found
        if start is None and since is not None and end > since + timedelta(hours=1)
    )
    if len(known) >= MANY:
        whole = sum((end - start for start, end in known), timedelta())
        says = f"not watched {small(len(known))} times, for {duration(whole.total_seconds())} in all"
        when = clock.between(known[0][0], known[-1][1])
        yield Told(known[0][0], known[-1][1], Weight.OURSELVES, dated(when, says))
        return
    for start, end in known:
        says = f"not watched for {duration((end - start).total_seconds())}"
        yield Told(start, end, Weight.OURSELVES, dated(clock.span(start, end), says))
