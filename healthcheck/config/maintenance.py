"""Planned work: which hosts may be down, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthcheck.config.lines import Place
from healthcheck.config.reading import Reading
from healthcheck.config.schema import DAYS, MaintenanceTable, PracticeTable
from healthcheck.config.selectors import Selection
from healthcheck.config.sites import Sites
from healthcheck.model import Maintenance
from healthcheck.model.maintenance import begins, ends

LONGEST = timedelta(days=90)
_EVERY_DAY = "day"
_MINUTES_A_DAY = 24 * 60


def maintenance(
    reading: Reading, sites: Sites, zone: ZoneInfo | None, hours: PracticeTable | None
) -> Iterator[Maintenance]:
    """Every `[[maintenance]]` without a mistake; its times are those of the practice's own clocks."""
    for place, table in reading.tables(MaintenanceTable):
        names = tuple(host.name for host in Selection(reading, sites, place).hosts(table.hosts, table.but_not))
        whole = tuple(
            site.name for site in sites.found if site.hosts and {host.name for host in site.hosts} <= {*names}
        )
        zone = zone or ZoneInfo("UTC")  # without a zone there is a mistake, and nothing is built
        if table.every:
            yield from _weekly(reading, place, table, Maintenance(table.reason, zone, names, whole), hours)
        else:
            yield from _once(reading, place, table, Maintenance(table.reason, zone, names, whole), hours)


def _weekly(
    reading: Reading, place: Place, table: MaintenanceTable, work: Maintenance, hours: PracticeTable | None
) -> Iterator[Maintenance]:
    since, until = table.begins, table.until
    for name, value in (("from", since), ("until", until)):
        if isinstance(value, datetime):
            says = 'with every, this is a time of day such as "01:00"; without every, it happens once'
            reading.mistakes.add((*place, name), says)
    if isinstance(since, datetime) or isinstance(until, datetime):
        return
    if since == until:
        reading.mistakes.add((*place, "until"), f"it would end as it begins, at {_said(until)}")
        return
    days = tuple(range(len(DAYS))) if table.every == _EVERY_DAY else (DAYS.index(str(table.every)),)
    if hours and (day := _opening_during(days, since, until, hours)):
        _warn(reading, place, hours, f"on {day}")
    yield Maintenance(work.reason, work.zone, work.hosts, work.sites, days=days, since=since, until=until)


def _opening_during(days: Iterable[int], since: time, until: time, hours: PracticeTable) -> str:
    """The first open day on which the doors open while it lasts; empty if there is none."""
    length = (_minutes(until) - _minutes(since)) % _MINUTES_A_DAY
    for day in days:
        for name in hours.open_days:
            opens = DAYS.index(name) * _MINUTES_A_DAY + _minutes(hours.opens)
            after = (opens - day * _MINUTES_A_DAY - _minutes(since)) % (len(DAYS) * _MINUTES_A_DAY)
            if after < length:
                return name
    return ""


def _once(
    reading: Reading, place: Place, table: MaintenanceTable, work: Maintenance, hours: PracticeTable | None
) -> Iterator[Maintenance]:
    since, until = table.begins, table.until
    for name, value in (("from", since), ("until", until)):
        if not isinstance(value, datetime):
            says = f'a time of day needs every = "sun" beside it; for once, write "2026-12-05 {value:%H:%M}"'
            reading.mistakes.add((*place, name), says)
    if not isinstance(since, datetime) or not isinstance(until, datetime):
        return
    if until <= since:
        reading.mistakes.add((*place, "until"), "it would end before it begins")
        return
    if until - since > LONGEST:
        reading.mistakes.add((*place, "until"), f"it would last longer than {LONGEST.days} days")
        return
    if hours:
        days = (since.date() + timedelta(days=number) for number in range((until.date() - since.date()).days + 1))
        for day in days:
            is_open = DAYS[day.weekday()] in hours.open_days and day not in hours.closed
            if is_open and since <= datetime.combine(day, hours.opens) < until:
                _warn(reading, place, hours, f"on {day}")
                break
    yield Maintenance(work.reason, work.zone, work.hosts, work.sites, begins(since, work.zone), ends(until, work.zone))


def _warn(reading: Reading, place: Place, hours: PracticeTable, day: str) -> None:
    reading.mistakes.warn(
        place,
        f"the doors open {day}, at {_said(hours.opens)}, while this work is under way; a clinic that cannot open then "
        "is told all the same, everything else there is not",
    )


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def _said(value: time) -> str:
    return f"{value.hour}:{value.minute:02d}"
