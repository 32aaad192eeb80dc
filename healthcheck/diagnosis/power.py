"""Power cuts: the same cut told by several sources is one, and those of several sites within minutes are one event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Past, PlacedEvent
from healthcheck.model import Event, EventKind
from healthcheck.records import frozen

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far apart two sources may place the same moment."""
BATTERY_LAG = timedelta(minutes=10)
"""A cut may begin a little before the last answer, because a battery carries on for a while."""
BATTERY_LASTS = timedelta(hours=6)
"""How long a battery may carry what it feeds, before that falls silent."""
UNSEEN = timedelta(days=4)
"""How far back to look where nobody knows when a thing was last well: over a long weekend."""
SAME_AREA = timedelta(minutes=10)
"""Sites that lose power within this time lose it for one reason, most likely."""


@frozen
class Cut:
    """One loss of mains power at one site. `hosts` are those that told of it; times are as in `Event`."""

    site: str
    hosts: tuple[str, ...]
    says: str
    at: datetime
    until: datetime | None = None
    not_before: datetime | None = None

    @property
    def earliest(self) -> datetime:
        """The first moment at which it can have begun."""
        return self.not_before or self.at

    @property
    def latest(self) -> datetime:
        """The last moment at which it is known to have been there."""
        return self.until or self.at


def cuts(events: Iterable[PlacedEvent]) -> tuple[Cut, ...]:
    """Every power cut once, oldest first. What a self-test explains is none."""
    tests: dict[tuple[str, str], list[Event]] = {}
    lost: dict[str, list[PlacedEvent]] = {}
    for placed in events:
        if placed.event.kind is EventKind.SELF_TEST:
            tests.setdefault((placed.site, placed.host), []).append(placed.event)
        elif placed.event.kind is EventKind.POWER_CUT:
            lost.setdefault(placed.site, []).append(placed)
    found = [
        cut
        for site, here in lost.items()
        for cut in _of_site(
            site,
            [one for one in here if not any(_within(one.event, test) for test in tests.get((site, one.host), ()))],
        )
    ]
    return tuple(sorted(found, key=lambda cut: (cut.at, cut.site)))


def _within(event: Event, test: Event) -> bool:
    """Whether a battery that was used was used by its own test."""
    over = test.until or test.at
    return event.at >= test.at - CLOCKS_DIFFER and (event.until or event.at) <= over + CLOCKS_DIFFER


def _of_site(site: str, lost: Iterable[PlacedEvent]) -> Iterator[Cut]:
    told: list[list[PlacedEvent]] = []
    for placed in sorted(
        lost, key=lambda placed: (_earliest(placed.event), placed.event.at, placed.host, placed.event.source)
    ):
        same = next((cut for cut in told if _same(cut, placed)), None)
        if same is None:
            told.append([placed])
        else:
            same.append(placed)
    yield from (_cut(site, cut) for cut in told)


def _same(cut: Sequence[PlacedEvent], other: PlacedEvent) -> bool:
    """Whether another source tells of the same cut: one source never tells it twice."""
    if any((placed.host, placed.event.source) == (other.host, other.event.source) for placed in cut):
        return False
    begins = _earliest(other.event) - CLOCKS_DIFFER
    return any(begins <= (placed.event.until or placed.event.at) + CLOCKS_DIFFER for placed in cut)


def _cut(site: str, told: Sequence[PlacedEvent]) -> Cut:
    """The most exact account of it; where several devices lost power, from the first loss to the last return."""
    hosts = tuple(dict.fromkeys(placed.host for placed in told))
    best = min(told, key=_vagueness).event
    cut = Cut(site, hosts, best.says, best.at, best.until, best.not_before)
    if len(hosts) == 1:
        return cut
    exact = [min(of_one, key=_vagueness).event for of_one in _by_host(told)]
    ends = [event.until for event in exact]
    return replace(
        cut,
        at=min(event.at for event in exact),
        until=max(end for end in ends if end) if all(ends) else None,
        not_before=None if any(event.not_before is None for event in exact) else min(map(_earliest, exact)),
    )


def _by_host(told: Sequence[PlacedEvent]) -> list[list[PlacedEvent]]:
    return [[placed for placed in told if placed.host == host] for host in dict.fromkeys(p.host for p in told)]


def _vagueness(placed: PlacedEvent) -> tuple[bool, bool, str]:
    return placed.event.until is None, placed.event.not_before is not None, placed.event.source


def _earliest(event: Event) -> datetime:
    return event.not_before or event.at


def may_explain(cut: Cut, since: datetime, last_good: datetime | None) -> bool:
    """Whether a cut falls between the last time that a thing was seen well and the first time that it was not.

    One that is not known to be over may have worn a battery down for hours.
    """
    over = cut.until or cut.at + BATTERY_LASTS
    return cut.earliest <= since + BATTERY_LAG and over >= last_well(since, last_good)


def last_well(since: datetime, last_good: datetime | None) -> datetime:
    """From when on to look for what made a thing fail that was first seen failing at `since`."""
    return last_good - BATTERY_LAG if last_good else since - UNSEEN


def lost_together(scene: Scene, past: Past, found: Iterable[Cut]) -> Iterator[tuple[str, ...]]:
    """The sites that lost power within minutes of each other, in the order of the config, where that still matters."""
    since = scene.round.started_at
    lately: list[Cut] = []
    for cut in found:
        good = (past.last_good.get(outcome.key) for outcome in scene.by_site.get(cut.site, ()))
        if may_explain(cut, since, max(filter(None, good), default=None)):
            lately.append(cut)
    for group in areas(lately):
        yield scene.in_order(cut.site for cut in group)


def areas(found: Iterable[Cut]) -> tuple[tuple[Cut, ...], ...]:
    """The cuts in groups that began within minutes of each other, each group oldest first."""
    groups: list[list[Cut]] = []
    for cut in sorted(found, key=lambda cut: (cut.earliest, cut.site)):
        if groups and cut.earliest - groups[-1][0].at <= SAME_AREA:
            groups[-1].append(cut)
        else:
            groups.append([cut])
    return tuple(map(tuple, groups))
