"""Planned work in a config: which machines, when, and whether the doors open meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from healthcheck.config import load
from healthcheck.model import Maintenance
from tests.config.conftest import Written
from tests.config.kinds import CATALOGUE

PACIFIC = ZoneInfo("America/Los_Angeles")
HEAD = """
[practice]
name = "Foothill"
timezone = "America/Los_Angeles"
opens = "07:30"
closed = [2026-11-26]
watcher = "Azusa"

[[site]]
name = "Azusa"
[[site.host]]
name = "azusa-router"
address = "192.0.2.1"
role = "gateway"
[[site.host]]
name = "azusa-server"
address = "192.0.2.2"

[[site]]
name = "Covina"
[[site.host]]
name = "covina-server"
address = "192.0.2.3"

[[check]]
kind = "ping"
hosts = ["*"]

[[maintenance]]
reason = "updates"
"""


def planned(written: Written, lines: str) -> tuple[Maintenance, tuple[str, ...]]:
    path = written(HEAD + lines)
    config = load(path, CATALOGUE, {})
    [work] = config.practice.maintenance
    ours = (warning for warning in config.warnings if warning.startswith(f"{path}:"))
    return work, tuple(warning.removeprefix(f"{path}:") for warning in ours)


def at(year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PACIFIC, fold=fold).astimezone(UTC)


def test_work_takes_the_selectors_of_a_check_and_knows_whole_clinics(written: Written) -> None:
    lines = 'hosts = ["site:Azusa", "*-server"]\nexcept = ["covina-*"]\nevery = "sun"\nfrom = "01:00"\nuntil = "04:00"'
    work, warnings = planned(written, lines)
    assert (work.hosts, work.sites, warnings) == (("azusa-router", "azusa-server"), ("Azusa",), ())


@pytest.mark.parametrize(
    ("moment", "window"),
    [
        (at(2026, 11, 22, 1), (at(2026, 11, 22, 1), at(2026, 11, 22, 4))),
        (at(2026, 11, 22, 3, 59), (at(2026, 11, 22, 1), at(2026, 11, 22, 4))),
        (at(2026, 11, 22, 4), None),
        (at(2026, 11, 22, 0, 59), None),
        (at(2026, 11, 23, 2), None),
    ],
    ids=["as-it-begins", "just-before-its-end", "at-its-end", "before", "another-day"],
)
def test_weekly_work_is_under_way_on_its_day_alone(
    written: Written, moment: datetime, window: tuple[datetime, datetime] | None
) -> None:
    work, _ = planned(written, 'hosts = ["*"]\nevery = "sun"\nfrom = "01:00"\nuntil = "04:00"')
    assert work.window(moment) == window


def test_work_over_midnight_belongs_to_the_day_on_which_it_begins(written: Written) -> None:
    work, _ = planned(written, 'hosts = ["*"]\nevery = "sat"\nfrom = "22:00"\nuntil = "02:00"')
    window = (at(2026, 11, 21, 22), at(2026, 11, 22, 2))
    assert [work.window(at(2026, 11, *hour)) for hour in ((21, 23), (22, 1), (20, 23), (22, 2))] == [
        window, window, None, None,
    ]  # fmt: skip


@pytest.mark.fault(63)
def test_an_hour_that_comes_twice_is_part_of_the_work_both_times(written: Written) -> None:
    work, _ = planned(written, 'hosts = ["*"]\nevery = "day"\nfrom = "01:00"\nuntil = "01:30"')
    window = (at(2026, 11, 1, 1), at(2026, 11, 1, 1, 30, fold=1))
    assert window[1] - window[0] == timedelta(minutes=90)
    assert [work.window(at(2026, 11, 1, 1, 15, fold=fold)) for fold in (0, 1)] == [window, window]


@pytest.mark.fault(63)
def test_an_hour_that_is_left_out_leaves_some_of_the_work(written: Written) -> None:
    work, _ = planned(written, 'hosts = ["*"]\nevery = "day"\nfrom = "01:30"\nuntil = "02:30"')
    begin, end = work.on(date(2027, 3, 14))
    assert (begin, end) == (at(2027, 3, 14, 1, 30), at(2027, 3, 14, 3, 30))


@pytest.mark.parametrize(
    "times",
    [
        'from = "2026-12-05 18:00"\nuntil = "2026-12-06T12:00"',
        "from = 2026-12-05T18:00:00\nuntil = 2026-12-06 12:00:00",
    ],
    ids=["in-quotes", "without-quotes"],
)
def test_work_that_happens_once_has_a_day_and_a_time_by_our_clocks(written: Written, times: str) -> None:
    work, warnings = planned(written, f'hosts = ["*"]\n{times}')
    window = (at(2026, 12, 5, 18), at(2026, 12, 6, 12))
    assert ((work.begins, work.ends), warnings) == (window, ())
    assert [work.window(moment) for moment in (window[0], window[1], at(2026, 12, 12, 20))] == [window, None, None]


WARNING = (
    "29: maintenance[1]: the doors open {}, at 7:30, while this work is under way; a clinic that cannot open then is "
    "told all the same, everything else there is not"
)


@pytest.mark.parametrize(
    ("times", "day"),
    [
        ('every = "mon"\nfrom = "05:00"\nuntil = "08:00"', "on mon"),
        ('every = "sun"\nfrom = "22:00"\nuntil = "07:31"', "on mon"),
        ('every = "day"\nfrom = "07:30"\nuntil = "07:31"', "on mon"),
        ('from = "2026-11-25 20:00"\nuntil = "2026-11-27 12:00"', "on 2026-11-27"),
    ],
    ids=["that-morning", "over-midnight", "every-day", "after-a-holiday"],
)
def test_work_while_the_doors_open_earns_a_warning(written: Written, times: str, day: str) -> None:
    assert planned(written, f'hosts = ["*"]\n{times}')[1] == (WARNING.format(day),)


@pytest.mark.parametrize(
    "times",
    [
        'every = "mon"\nfrom = "05:00"\nuntil = "07:30"',
        'every = "sat"\nfrom = "22:00"\nuntil = "09:00"',
        'every = "sun"\nfrom = "08:00"\nuntil = "07:00"',
        'from = "2026-11-25 20:00"\nuntil = "2026-11-26 20:00"',
    ],
    ids=["over-by-then", "on-a-closed-day", "most-of-a-day", "on-a-holiday"],
)
def test_work_while_nobody_opens_earns_none(written: Written, times: str) -> None:
    assert planned(written, f'hosts = ["*"]\n{times}')[1] == ()
