"""When a line of a power log was written: every spelling of a time that apcupsd, upsmon, upslog and syslog use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES_H = {
    "UTC": 0, "GMT": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Zone names that mean one offset (RFC 5322, section 4.3); any other is only known where it is the site's own."""

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?\s?(Z|[+-]\d\d:?\d\d)(?=\s|$)\s*")
_OLD = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d\d?) (\d\d):(\d\d):(\d\d) ([A-Z]{1,5}) (\d{4})(?=\s|$)\s*")
_POLL = re.compile(r"(\d{4})(\d\d)(\d\d) (\d\d)(\d\d)(\d\d)(?=\s|$)\s*")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) +(\d\d?) (\d\d):(\d\d):(\d\d)(?=\s)\s*")


def stamped(line: str, now: datetime, after: datetime | None = None) -> tuple[datetime, str] | None:
    """The time (UTC) at the start of a line and the rest of the line; None when it begins with no time.

    Times without an offset are in the zone of `now`, and without a year in the last twelve months. `after` is the time
    of the line before: it tells the second of two equal hours when clocks are put back.
    """
    for pattern, read in _READERS:
        match = pattern.match(line)
        if match is not None:
            try:
                at = read(match, now, after)
            except (ValueError, OverflowError):  # the 31st of February, or the year 0
                return None
            return (at.astimezone(UTC), line[match.end() :]) if at is not None else None
    return None


def _iso(match: re.Match[str], now: datetime, after: datetime | None) -> datetime:
    return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3]}")


def _old(match: re.Match[str], now: datetime, after: datetime | None) -> datetime | None:
    month, day, hour, minute, second, zone, year = match.groups()
    written = datetime(int(year), _month(month), int(day), int(hour), int(minute), int(second))  # noqa: DTZ001
    for fold in (0, 1):
        local = written.replace(tzinfo=now.tzinfo, fold=fold)
        if local.tzname() == zone:
            return local
    return written.replace(tzinfo=timezone(timedelta(hours=_ZONES_H[zone]))) if zone in _ZONES_H else None


def _poll(match: re.Match[str], now: datetime, after: datetime | None) -> datetime:
    return _local([int(part) for part in match.groups()], now.tzinfo, after)


def _syslog(match: re.Match[str], now: datetime, after: datetime | None) -> datetime:
    month, *rest = match.groups()
    parts = [_month(month), *(int(part) for part in rest)]
    this_year = _local([now.year, *parts], now.tzinfo, after)
    return this_year if this_year <= now + timedelta(days=1) else _local([now.year - 1, *parts], now.tzinfo, after)


def _local(parts: list[int], zone: tzinfo | None, after: datetime | None) -> datetime:
    year, month, day, hour, minute, second = parts
    at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    return at.replace(fold=1) if after is not None and at.astimezone(UTC) < after else at


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1


_Reader = Callable[[re.Match[str], datetime, datetime | None], datetime | None]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = ((_ISO, _iso), (_OLD, _old), (_POLL, _poll), (_SYSLOG, _syslog))
