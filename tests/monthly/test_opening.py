"""Months, and the hours in them in which the doors are open, by the clock on the wall."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.monthly.opening import Month, Span, opening, without
from tests.monthly.october import OCTOBER, PACIFIC, PRACTICE, at, open_days

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-10", Month(2026, 10)),
        ("2026-01", Month(2026, 1)),
        ("2026-13", None),
        ("2026-00", None),
        ("0000-01", None),
        ("9999-12", None),
        ("2026-1", None),
        ("October", None),
        ("2026-10-01", None),
        ("", None),
    ],
)
def test_a_month_is_read_as_it_is_written(text: str, month: Month | None) -> None:
    assert Month.read(text) == month


@given(st.text())
def test_whatever_is_written_is_a_month_or_none(text: str) -> None:
    month = Month.read(text)
    assert month is None or str(month) == text


@pytest.mark.parametrize(
    ("day", "before"),
    [(date(2026, 11, 2), Month(2026, 10)), (date(2027, 1, 1), Month(2026, 12)), (date(2028, 3, 31), Month(2028, 2))],
)
def test_the_last_month_is_the_one_before_a_day(day: date, before: Month) -> None:
    assert Month.before(day) == before


def test_a_month_has_its_days_and_one_midnight_more() -> None:
    february = Month(2028, 2)
    assert [day.day for day in february.days()] == list(range(1, 30))
    midnights = february.midnights(PACIFIC)
    assert (len(midnights), midnights[0].date(), midnights[-1].date()) == (30, date(2028, 2, 1), date(2028, 3, 1))
    assert (str(february), february.name) == ("2028-02", "February 2028")


def test_only_open_days_count_and_not_those_that_are_closed() -> None:
    spans = opening(PRACTICE, OCTOBER, LATER)
    assert [span.begin.astimezone(PACIFIC).day for span in spans] == open_days()
    assert 12 not in open_days()
    assert {span.seconds for span in spans} == {9 * 3600}
    assert spans[0] == Span(at(1, 8), at(1, 17))


@pytest.mark.fault(63)
def test_when_the_clocks_are_changed_the_doors_still_open_by_the_clock_on_the_wall() -> None:
    spans = opening(PRACTICE, Month(2026, 11), LATER)
    assert spans[0].begin == datetime(2026, 11, 2, 16, tzinfo=UTC)
    assert opening(PRACTICE, OCTOBER, LATER)[-1].begin == datetime(2026, 10, 30, 15, tzinfo=UTC)


@pytest.mark.fault(63)
@pytest.mark.parametrize(("month", "day", "hours"), [(11, 1, 17), (3, 8, 15), (3, 7, 16)])
def test_a_day_on_which_the_clocks_are_changed_has_an_hour_more_or_less(month: int, day: int, hours: int) -> None:
    always = replace(PRACTICE, opens=time(1), open_days=("sat", "sun"), closed=())
    spans = {span.begin.astimezone(PACIFIC).day: span for span in opening(always, Month(2026, month), LATER)}
    assert spans[day].seconds == hours * 3600


def test_nothing_counts_that_has_not_come_yet() -> None:
    assert opening(PRACTICE, OCTOBER, at(2, 10)) == (Span(at(1, 8), at(1, 17)), Span(at(2, 8), at(2, 10)))
    assert opening(PRACTICE, OCTOBER, at(1, 8)) == ()
    assert opening(PRACTICE, OCTOBER, at(1, 8) + timedelta(seconds=1))[0].seconds == 1


@pytest.mark.parametrize(
    ("away", "left"),
    [
        ([], [(8, 17)]),
        ([(5, 6)], [(8, 17)]),
        ([(6, 8)], [(8, 17)]),
        ([(18, 19)], [(8, 17)]),
        ([(17, 18)], [(8, 17)]),
        ([(7, 9)], [(9, 17)]),
        ([(16, 19)], [(8, 16)]),
        ([(10, 11)], [(8, 10), (11, 17)]),
        ([(10, 12), (11, 13)], [(8, 10), (13, 17)]),
        ([(7, 18)], []),
    ],
)
def test_hours_may_be_left_out(away: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    gone = [Span(at(1, begin), at(1, end)) for begin, end in away]
    assert without([Span(at(1, 8), at(1, 17))], gone) == tuple(Span(at(1, begin), at(1, end)) for begin, end in left)
