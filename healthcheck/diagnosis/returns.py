"""Whether a host came back from something between two looks at it: a power cut, a crash, a restart."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from healthcheck.diagnosis.power import Cut
from healthcheck.findings import Past, PlacedEvent, Stretch
from healthcheck.model import EventKind, Facts, Outcome

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far a host may place its start from where our own clock does."""
_STARTS = (EventKind.RESTART, EventKind.CRASH)


class Return(enum.Enum):
    """What a host came back from, in the words that follow "before"."""

    NONE = ""
    RESTART = "the restart"
    POWER_CUT = "the power cut"

    @property
    def came_back(self) -> str:
        """What it did, in the words that go before "without one of its drives"."""
        return "came back from the power cut" if self is Return.POWER_CUT else "came back"


class Returns:
    """The power cuts and starts that are known from events, and from the number that the kernel gives each start."""

    def __init__(self, events: Iterable[PlacedEvent], cuts: Iterable[Cut], past: Past) -> None:
        self._cuts: dict[str, list[Cut]] = {}
        for cut in cuts:
            self._cuts.setdefault(cut.site, []).append(cut)
        self._starts: dict[tuple[str, str], list[datetime]] = {}
        for placed in events:
            if placed.event.kind in _STARTS:
                self._starts.setdefault((placed.site, placed.host), []).append(placed.event.at)
        self._surveys = past.surveys

    def between(self, outcome: Outcome, seen: datetime, missed: datetime) -> Return:
        """What lies between a look that found all well and the next, on the host of a survey or at its site."""
        if any(cut.at <= missed and cut.latest >= seen for cut in self._cuts.get(outcome.site, ())):
            return Return.POWER_CUT
        starts = self._starts.get((outcome.site, outcome.host), ())
        started = any(seen - CLOCKS_DIFFER <= at <= missed + CLOCKS_DIFFER for at in starts)
        return Return.RESTART if started or self._started_anew(outcome, seen, missed) else Return.NONE

    def _started_anew(self, outcome: Outcome, seen: datetime, missed: datetime) -> bool:
        """Whether it was another start that was seen then; this needs no clock of the host's."""
        course = with_now(self._surveys.get((outcome.key, "start"), ()), outcome, "start")
        before, after = _boot(course, seen), _boot(course, missed)
        return bool(before and after and before != after)

    def last_start(self, site: str, host: str) -> datetime | None:
        """When a host last started, as far as events tell."""
        return max(self._starts.get((site, host), ()), default=None)

    def last_cut(self, site: str) -> Cut | None:
        """The last power cut at a site."""
        return max(self._cuts.get(site, ()), key=lambda cut: cut.at, default=None)


def facts_of(outcome: Outcome, sort: str) -> Facts | None:
    """What an outcome holds of a sort; None where that was not known."""
    return next((facts for facts in outcome.facts if facts.sort == sort), None)


def with_now(before: Sequence[Stretch], outcome: Outcome, sort: str) -> tuple[Stretch, ...]:
    """The course of a sort up to and with this round's look."""
    facts = facts_of(outcome, sort)
    now = (Stretch(facts.things, outcome.started_at, outcome.started_at),) if facts else ()
    return (*before, *now)


def _boot(course: Sequence[Stretch], at: datetime) -> str:
    found = (stretch.things.get("boot", "") for stretch in reversed(course) if stretch.since <= at <= stretch.until)
    return next(found, "")
