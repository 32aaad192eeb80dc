"""The clock on a site's wall: other zones are named, and the nights on which the clocks change are told honestly."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from healthcheck.diagnosis.wall import Wall

PACIFIC, MOUNTAIN, ARIZONA = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/Denver"), ZoneInfo("America/Phoenix")
MONDAY = datetime(2026, 11, 2, 5, 45, tzinfo=PACIFIC)
"""The day after the clocks went back at 2 am."""


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


HERE = Wall(PACIFIC, PACIFIC, MONDAY)


def test_at_home_the_place_is_not_named() -> None:
    assert HERE.moment(utc(1, 18, 30)) == "Sunday, 10:30 am"


def test_in_another_zone_its_place_is_named() -> None:
    there = Wall(MOUNTAIN, PACIFIC, MONDAY)
    assert there.span(utc(1, 18, 30), utc(1, 18, 45)) == "Sunday, 11:30 am to 11:45 am Denver time"


def test_a_zone_is_named_only_while_its_clocks_differ() -> None:
    there = Wall(ARIZONA, PACIFIC, MONDAY)
    assert there.moment(utc(31, 18, 30, month=10)) == "Saturday, 11:30 am"
    assert there.moment(utc(1, 18, 30)) == "Sunday, 11:30 am Phoenix time"


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(utc(1, 7, 30), "Sunday, 12:30 am", id="an-hour-that-was-there-once"),
        pytest.param(utc(1, 8, 30), "Sunday, 1:30 am (before the clocks went back)", id="the-first-half-past-one"),
        pytest.param(utc(1, 9, 30), "Sunday, 1:30 am (after the clocks went back)", id="the-second-half-past-one"),
        pytest.param(utc(1, 10, 30), "Sunday, 2:30 am", id="the-hour-after"),
    ],
)
def test_an_hour_that_is_there_twice_is_told_apart(at: datetime, told: str) -> None:
    assert HERE.moment(at) == told


@pytest.mark.fault(63)
def test_a_stretch_over_the_change_says_so() -> None:
    assert HERE.span(utc(1, 8, 30), utc(1, 9, 10)) == "Sunday, 1:30 am to 1:10 am (the clocks went back in between)"
    assert HERE.between(utc(1, 8, 30), utc(1, 9, 10)) == (
        "between Sunday, 1:30 am and 1:10 am (the clocks went back in between)"
    )


def test_over_a_weekend_nobody_counts_the_hours() -> None:
    assert HERE.span(utc(30, 18, 30, month=10), utc(2, 12)) == "Friday, 11:30 am to today, 4:00 am"
