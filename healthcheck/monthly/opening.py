"""A month of the practice's calendar, and the hours in it in which the doors are open. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthcheck.model import Practice
from healthcheck.records import frozen
from healthcheck.words import month_name

_WRITTEN = re.compile(r"(\d{4})-(\d\d)")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar. Made by `Month.read` or `Month.before`."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> Month | None:
        """ "2026-10"; None for what is no month."""
        found = _WRITTEN.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) < 9999:
            return None
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def before(cls, day: date) -> Month:
        """The month before the one that a day is in."""
        last = day.replace(day=1) - timedelta(days=1)
        return cls(last.year, last.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def name(self) -> str:
        """October 2026."""
        return month_name(date(self.year, self.month, 1))

    def days(self) -> Iterator[date]:
        """Each of its days."""
        day = date(self.year, self.month, 1)
        while day.month == self.month:
            yield day
            day += timedelta(days=1)

    def midnights(self, zone: ZoneInfo) -> list[datetime]:
        """When each of its days begins, and when the last one ends."""
        *days, last = self.days()
        return [datetime.combine(day, time(), zone) for day in (*days, last, last + timedelta(days=1))]


@frozen
class Span:
    """A stretch of time, in UTC."""

    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.begin) / timedelta(seconds=1)


def opening(practice: Practice, month: Month, until: datetime) -> tuple[Span, ...]:
    """From the doors' opening to their closing on each open day, by the clock on the wall; none after `until`."""
    hours = (
        Span(
            datetime.combine(day, practice.opens, practice.timezone).astimezone(UTC),
            min(datetime.combine(day, practice.closes, practice.timezone).astimezone(UTC), until.astimezone(UTC)),
        )
        for day in month.days()
        if practice.is_open_on(day)
    )
    return tuple(span for span in hours if span.begin < span.end)


def without(spans: Iterable[Span], away: Iterable[Span]) -> tuple[Span, ...]:
    """The same hours but for those of `away`, in order."""
    left = tuple(spans)
    for gone in away:
        pieces = (
            piece
            for span in left
            for piece in (Span(span.begin, min(span.end, gone.begin)), Span(max(span.begin, gone.end), span.end))
        )
        left = tuple(piece for piece in pieces if piece.begin < piece.end)
    return left
