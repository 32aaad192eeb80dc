"""The weekend of the demonstration reads well on every day of the week, at every hour, when clocks are changed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.demo.weekend import OTHERWISE, Cut, Weekend, own_zone, weekend
from tests.conftest import PACIFIC

ANY_MOMENT = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001
ANY_ZONE = st.sampled_from(["America/Los_Angeles", "UTC", "Asia/Kathmandu", "Pacific/Chatham", "Africa/Cairo"])


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=PACIFIC)


def test_on_a_monday_the_weekend_is_the_one_before() -> None:
    assert weekend(at(23, 5, 45)) == Weekend(
        now=at(23, 5, 45),
        short_cut=Cut(at(21, 5, 12).replace(second=9), at(21, 5, 29).replace(second=44)),
        long_cut=Cut(at(21, 17, 47).replace(second=12), at(21, 18, 28).replace(second=40)),
        last_backup=at(20, 21).replace(second=31),
        closed=(),
        open_days=("mon", "tue", "wed", "thu", "fri"),
        due=time(6, 30),
    )


@pytest.mark.parametrize(
    ("day", "closed", "open_days"),
    [
        (22, (), ("mon", "tue", "wed", "thu", "fri", "sun")),
        (24, (23,), ("mon", "tue", "wed", "thu", "fri")),
        (27, (23, 24, 25, 26), ("mon", "tue", "wed", "thu", "fri")),
        (28, (21, 23, 24, 25, 26, 27), ("mon", "tue", "wed", "thu", "fri", "sat")),
    ],
    ids=["sunday", "tuesday", "friday", "saturday"],
)
def test_the_weekend_lasts_until_today_and_today_is_open(
    day: int, closed: tuple[int, ...], open_days: tuple[str, ...]
) -> None:
    when = weekend(at(day, 14))
    assert when.long_cut.lost.date() == date(2026, 11, 21)
    assert when.closed == tuple(date(2026, 11, number) for number in closed)
    assert when.open_days == open_days


@pytest.mark.parametrize(
    ("hour", "minute", "due"),
    [(6, 19, time(6, 30)), (6, 20, time(6, 45)), (6, 29, time(6, 45)), (6, 30, time(6, 30)), (23, 59, time(6, 30))],
)
def test_a_report_that_would_be_due_within_moments_is_due_a_little_later(hour: int, minute: int, due: time) -> None:
    assert weekend(at(23, hour, minute)).due == due


@given(ANY_MOMENT, ANY_ZONE)
def test_at_any_moment_everything_lies_in_the_past_and_the_backup_is_stale(moment: datetime, zone: str) -> None:
    now = moment.replace(tzinfo=ZoneInfo(zone))
    when = weekend(now)
    in_order = [when.last_backup, when.short_cut.lost, when.short_cut.back, when.long_cut.lost, when.long_cut.back, now]
    assert [one.timestamp() for one in in_order] == sorted(one.timestamp() for one in in_order)
    assert now.timestamp() - when.last_backup.timestamp() > timedelta(hours=26).total_seconds()
    # What is told of power cuts and restarts reaches back eight days.
    assert now.timestamp() - when.short_cut.lost.timestamp() < timedelta(days=8).total_seconds()
    assert now.date() not in when.closed


@pytest.mark.parametrize(
    "named", ["America/Los_Angeles", ":America/Los_Angeles", "/usr/share/zoneinfo/America/Los_Angeles"]
)
def test_the_computers_own_time_zone_is_the_practices(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", named)
    assert own_zone() == PACIFIC


@pytest.mark.parametrize("named", ["PST8PDT,M3.2.0,M11.1.0", "/etc/shadow", "../../etc/passwd", "Nowhere/AtAll"])
def test_a_time_zone_without_a_name_is_utc(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", named)
    assert own_zone() == OTHERWISE
