"""When a report is owed and when it is late: power cuts, closed days, and the nights when clocks change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from healthcheck.model import Practice
from healthcheck.rounds.schedule import late, owed
from tests.conftest import OPENS, PACIFIC

PRACTICE = Practice("Foothill", PACIFIC, OPENS, closed=(date(2026, 11, 26),))


def when(text: str, zone: ZoneInfo = PACIFIC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


LATE = "This report is late: it was due at 6:30 am."
FRIDAY = when("2026-11-20T05:45:03")


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (FRIDAY, when("2026-11-23T05:44:59"), False),
        (FRIDAY, when("2026-11-23T05:45:00"), True),
        (FRIDAY, when("2026-11-23T15:00:00"), True),
        (when("2026-11-23T05:45:02"), when("2026-11-23T15:00:00"), False),
        (FRIDAY, when("2026-11-22T09:00:00"), False),
        (when("2026-11-25T05:45:01"), when("2026-11-26T09:00:00"), False),
        (None, when("2026-11-23T15:00:00"), False),
        (when("2026-11-02T05:45:00"), when("2026-11-23T15:00:00"), True),
        (when("2027-11-02T05:45:00"), when("2026-11-23T15:00:00"), True),
    ],
    ids=[
        "not before its hour",
        "owed at its hour",
        "owed all day",
        "paid",
        "a Sunday",
        "a holiday",
        "never before",
        "three weeks missed, one owed",
        "owed after one whose clock ran ahead",
    ],
)
def test_a_report_is_owed_once_on_open_days(last: datetime | None, now: datetime, expected: bool) -> None:
    assert owed(PRACTICE, last, now) is expected


@pytest.mark.fault(63)
@pytest.mark.parametrize("change", ["2027-03-14", "2027-11-07"], ids=["clocks forward", "clocks back"])
def test_no_report_is_lost_or_doubled_when_clocks_change(change: str) -> None:
    practice = Practice("Foothill", PACIFIC, OPENS, open_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    last = when(f"{change}T00:00:00") - timedelta(days=1, hours=-6)
    hour, paid = when(f"{change}T00:00:00").astimezone(ZoneInfo("UTC")), []
    for _ in range(24 * 12):
        if owed(practice, last, hour):
            last = hour
            paid.append(hour.astimezone(PACIFIC).isoformat())
        hour += timedelta(minutes=5)
    assert [moment[:16] for moment in paid] == [f"{change}T05:45"]


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("last", "watched", "now", "expected"),
    [
        (FRIDAY, FRIDAY, when("2026-11-23T06:35:00"), ""),
        (
            FRIDAY,
            FRIDAY,
            when("2026-11-23T07:52:00"),
            LATE + " Nobody watched between Friday, 5:45 am and today, 7:52 am, for 3 days.",
        ),
        (
            FRIDAY,
            when("2026-11-23T02:10:00"),
            when("2026-11-23T07:52:00"),
            LATE + " Nobody watched between today, 2:10 am and 7:52 am, for 5 hours 42 minutes.",
        ),
        (FRIDAY, None, when("2026-11-23T07:52:00"), LATE),
        (when("2026-11-23T05:45:00"), FRIDAY, when("2026-11-23T07:52:00"), ""),
        (None, None, when("2026-11-23T07:52:00"), ""),
        (FRIDAY, FRIDAY, when("2026-11-22T11:00:00"), ""),
    ],
    ids=[
        "in time",
        "late after a weekend",
        "late after a night",
        "late, nothing known",
        "the second of the day",
        "the first of all",
        "a Sunday",
    ],
)
def test_a_late_report_names_the_gap(
    last: datetime | None, watched: datetime | None, now: datetime, expected: str
) -> None:
    assert late(PRACTICE, last, watched, now) == expected
