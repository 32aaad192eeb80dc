"""Restarts, crashes and notes in words: the same start told twice is one, and one like many others is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from healthcheck.diagnosis.power import CLOCKS_DIFFER, Cut
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.telling import Told, Weight, dated, wall
from healthcheck.findings import Past, PlacedEvent
from healthcheck.model import Event, EventKind, Outcome
from healthcheck.words import small

MANY = 3
SAME_START = timedelta(minutes=2)
"""Two times of a start this near are one: it is worked out from how long a machine has been running."""
_AFTER_CUT = timedelta(hours=12)
"""A machine that starts so long after a power cut began may have been switched off by it."""
_STARTS = (EventKind.RESTART, EventKind.CRASH)


def gathered(outcomes: Iterable[Outcome], past: Past) -> tuple[PlacedEvent, ...]:
    """Every event on record and of this round, each once, oldest first; what this round says of it counts."""
    found: dict[tuple[str, str, str, EventKind, datetime], PlacedEvent] = {}
    fresh = (PlacedEvent(outcome.site, outcome.host, event) for outcome in outcomes for event in outcome.events)
    for placed in (*past.events, *fresh):
        event = placed.event
        found[placed.site, placed.host, event.source, event.kind, event.at] = placed
    return tuple(
        sorted(found.values(), key=lambda one: (one.event.at, one.site, one.host, one.event.source, one.event.says))
    )


def lines(scene: Scene, events: Sequence[PlacedEvent], cuts: Sequence[Cut], now: datetime) -> Iterator[Told]:
    """All but power cuts, which have words of their own, and self-tests, which are no news."""
    cuts_at: dict[str, list[Cut]] = {}
    for cut in cuts:
        cuts_at.setdefault(cut.site, []).append(cut)
    alike: dict[tuple[str, str, str], list[PlacedEvent]] = {}
    for placed in _once(events):
        kind = "start" if placed.event.kind in _STARTS else placed.event.says
        alike.setdefault((placed.site, placed.host, kind), []).append(placed)
    for (site, _, _), group in alike.items():
        if len(group) >= MANY:
            yield _many(scene, group, now)
        else:
            yield from (_one(scene, placed, cuts_at.get(site, ()), now) for placed in group)


def _once(events: Iterable[PlacedEvent]) -> Iterator[PlacedEvent]:
    last: dict[tuple[str, str, str], PlacedEvent] = {}
    for placed in events:
        event = placed.event
        if event.kind in (EventKind.POWER_CUT, EventKind.SELF_TEST):
            continue
        is_start = event.kind in _STARTS
        what = placed.site, placed.host, "" if is_start else event.says
        before = last.get(what)
        near = SAME_START if is_start else CLOCKS_DIFFER
        if before is None or event.at - before.event.at > near:
            last[what] = placed
            yield placed


def _one(scene: Scene, placed: PlacedEvent, cuts: Iterable[Cut], now: datetime) -> Told:
    event, clock = placed.event, wall(scene, placed.site, now)
    if event.until:
        when = clock.span(event.at, event.until)
    else:
        when = clock.between(event.not_before, event.at) if event.not_before else clock.moment(event.at)
    says = f"{scene.label(placed.host)} {event.says}"
    if event.kind is EventKind.CRASH and any(_switched_off(cut, event) for cut in cuts):
        says += ", likely because of the power cut"
    weight = Weight.RESTART if event.kind in _STARTS else Weight.NOTE
    return Told(event.at, event.until or event.at, weight, dated(when, says), placed.site, placed.host)


def _switched_off(cut: Cut, crash: Event) -> bool:
    earliest = (crash.not_before or crash.at - _AFTER_CUT) - CLOCKS_DIFFER
    return cut.earliest <= crash.at and cut.latest >= earliest


def _many(scene: Scene, group: Sequence[PlacedEvent], now: datetime) -> Told:
    first, last = group[0].event, group[-1].event
    label, times = scene.label(group[0].host), f"{small(len(group))} times"
    when = wall(scene, group[0].site, now).between(first.at, last.at)
    if first.kind not in _STARTS:
        return Told(first.at, last.at, Weight.NOTE, dated(when, f"{label} {first.says} ({times})"), group[0].site)
    crashes = sum(placed.event.kind is EventKind.CRASH for placed in group)
    how = f", {small(crashes)} of them without being shut down properly" if crashes else ""
    says = f"{label} restarted {times}{how}"
    return Told(first.at, last.at, Weight.RESTART, dated(when, says), group[0].site, group[0].host)
