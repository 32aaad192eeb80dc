"""Planned work: when the config says that some hosts may be down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from healthcheck.records import frozen


@frozen
class Maintenance:
    """Planned work on `hosts`: once, from `begins` to `ends`, or again and again, by the clock on the wall.

    `days` are the days of the week (0 is Monday) on which it begins; without any, it happens once. Where `until` is not
    later than `since`, it ends on the next day. `sites` are those whose every host it is about.
    """

    reason: str
    zone: ZoneInfo
    hosts: tuple[str, ...]
    sites: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    days: tuple[int, ...] = ()
    since: time = time()
    until: time = time()

    def window(self, at: datetime) -> tuple[datetime, datetime] | None:
        """The beginning and the end (UTC) of the work that is under way at a moment, if any."""
        return next(((begin, end) for begin, end in self._around(at) if begin <= at < end), None)

    def _around(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        if self.begins and self.ends:
            yield self.begins, self.ends
        today = at.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days:
                yield self.on(day)

    def on(self, day: date) -> tuple[datetime, datetime]:
        """The weekly window that begins on a day, in UTC."""
        last = day if self.until > self.since else day + timedelta(days=1)
        return begins(datetime.combine(day, self.since), self.zone), ends(datetime.combine(last, self.until), self.zone)


def begins(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a clock on the wall first shows a time, in UTC; one that clocks leave out as they go forward comes after."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def ends(wall: datetime, zone: tzinfo) -> datetime:
    """When a clock on the wall last shows a time, in UTC: an hour that comes twice is part of what ends in it."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
