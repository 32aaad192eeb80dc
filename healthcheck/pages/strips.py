"""Each clinic's last thirty days, one cell a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthcheck.history.days import SiteDay
from healthcheck.model import Outcome, Status, worst
from healthcheck.records import frozen
from healthcheck.words import count

DAYS = 30
Days = Mapping[tuple[datetime, str], SiteDay]


@frozen
class Cell:
    """A clinic on one day. `status` is None when nobody looked; `whole` as in `SiteDay`."""

    day: date
    status: Status | None = None
    looks: int = 0
    whole: bool = False

    @classmethod
    def of(cls, day: date, known: SiteDay | None) -> Cell:
        """What the history knows of that day, if anything."""
        return cls(day, known.status, known.looks, known.whole) if known else cls(day)

    @property
    def word(self) -> str:
        """The state in words, and what it rests on."""
        if self.status is None:
            return "not watched"
        light = "" if self.whole else ", power and lines only"
        return f"{self.status.word} ({count(self.looks, 'look')}{light})"


def midnights(today: date, zone: ZoneInfo) -> list[datetime]:
    """When each of the last days began, and when today ends."""
    days = (today + timedelta(days=ahead) for ahead in range(1 - DAYS, 2))
    return [datetime.combine(day, time(), zone) for day in days]


def cells(site: str, moments: Sequence[datetime], days: Days, found: Iterable[Outcome]) -> tuple[Cell, ...]:
    """A clinic's strip. What was `found` just now is part of the last day, though no history holds it yet."""
    past = [Cell.of(moment.date(), days.get((moment, site))) for moment in moments[:-1]]
    statuses = [outcome.status for outcome in found]
    if statuses:
        today = past[-1]
        seen = worst([*statuses, *([today.status] if today.status else [])])
        past[-1] = Cell(today.day, seen, today.looks + 1, whole=True)
    return tuple(past)
