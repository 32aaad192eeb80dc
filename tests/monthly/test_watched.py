"""How long something answered: each look speaks for a while, and what no look speaks for counts neither way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.history.answered import Answer, answered
from healthcheck.model import Status
from healthcheck.monthly.opening import Span
from healthcheck.monthly.watched import Watched, gaps, watched

YES, NO, BLIND, NOT_ASKED = Answer.YES, Answer.NO, Answer.COULD_NOT_LOOK, Answer.NOT_ASKED
HOLDS = timedelta(minutes=15)
EIGHT = datetime(2026, 10, 1, 8, tzinfo=UTC)


def minute(number: float) -> datetime:
    """So many minutes after eight."""
    return EIGHT + timedelta(minutes=number)


def span(begin: float, end: float) -> Span:
    return Span(minute(begin), minute(end))


HOUR = [span(0, 60)]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], Watched(3600, 0, 0)),
        ([(0, YES)], Watched(3600, 900, 0)),
        ([(-10, YES)], Watched(3600, 300, 0)),
        ([(-15, YES)], Watched(3600, 0, 0)),
        ([(50, YES)], Watched(3600, 600, 0)),
        ([(60, YES), (70, NO)], Watched(3600, 0, 0)),
        ([(0, YES), (5, NO), (10, YES)], Watched(3600, 1200, 0, (span(5, 10),))),
        ([(0, NO), (10, NO), (20, NO)], Watched(3600, 0, 0, (span(0, 35),))),
        ([(0, NO), (30, NO)], Watched(3600, 0, 0, (span(0, 15), span(30, 45)))),
        ([(0, YES), (5, BLIND), (10, YES)], Watched(3600, 1200, 300)),
        ([(0, YES), (5, NOT_ASKED), (10, NO)], Watched(3600, 600, 0, (span(10, 25),))),
        ([(10, NO), (0, YES)], Watched(3600, 600, 0, (span(10, 25),))),
        ([(5, YES), (5, NO)], Watched(3600, 0, 0, (span(5, 20),))),
    ],
    ids=[
        "no look", "one look holds for a while", "a look before the doors open", "one that does not reach so far",
        "one that reaches beyond", "looks after hours", "a silence ends with the next answer", "one long silence",
        "two silences", "could not look", "a look at something else", "a clock that was set back", "two at once",
    ],
)  # fmt: skip
def test_each_look_speaks_until_the_next_and_not_longer_than_it_holds(
    looks: list[tuple[float, Answer]], expected: Watched
) -> None:
    assert watched([(minute(at), answer) for at, answer in looks], HOUR, HOLDS) == expected


def test_a_look_may_speak_for_the_end_of_one_day_and_the_begin_of_the_next() -> None:
    days = [span(0, 10), span(12, 30)]
    assert watched([(minute(5), NO)], days, HOLDS) == Watched(1680, 0, 0, (span(5, 10), span(12, 20)))


def test_what_is_known_and_what_is_not_make_up_the_opening_hours() -> None:
    found = watched([(minute(0), YES), (minute(5), NO), (minute(10), BLIND)], HOUR, HOLDS)
    assert (found.known_s, found.silent_s, found.not_watched_s) == (600, 300, 3600 - 600 - 900)


ANSWERS = st.sampled_from(list(Answer))
LOOKS = st.lists(st.tuples(st.integers(-60, 200).map(minute), ANSWERS), max_size=40)
SPANS = st.lists(st.integers(0, 180), max_size=8, unique=True).map(
    lambda ends: [span(begin, end) for begin, end in list(pairwise(sorted(ends)))[::2]]
)


@given(LOOKS, SPANS)
def test_nothing_is_counted_twice_and_nothing_is_lost(looks: list[tuple[datetime, Answer]], spans: list[Span]) -> None:
    found = watched(looks, spans, HOLDS)
    parts = found.answered_s + found.could_not_look_s + found.silent_s
    assert 0 <= parts <= found.open_s == sum(each.seconds for each in spans)
    assert found.not_watched_s == found.open_s - parts
    assert all(before.end < after.begin for before, after in pairwise(found.silences) if before.end not in ends(spans))


def ends(spans: list[Span]) -> set[datetime]:
    return {each.end for each in spans}


@given(st.lists(st.integers(-60, 200).map(minute), max_size=40), SPANS)
def test_the_gaps_are_all_that_no_look_speaks_for(moments: list[datetime], spans: list[Span]) -> None:
    found = list(gaps(moments, spans, HOLDS))
    seen = watched([(moment, YES) for moment in moments], spans, HOLDS)
    assert sum(gap.seconds for gap in found) == seen.not_watched_s
    assert all(any(each.begin <= gap.begin < gap.end <= each.end for each in spans) for gap in found)


def test_gaps_lie_between_looks_and_at_both_ends_of_a_day() -> None:
    assert list(gaps([minute(10), minute(12)], [span(0, 60), span(100, 110)], HOLDS)) == [
        span(0, 10),
        span(27, 60),
        span(100, 110),
    ]


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        ({}, NOT_ASKED),
        ({"other": Status.OK}, NOT_ASKED),
        ({"a": Status.UNKNOWN}, BLIND),
        ({"a": Status.UNKNOWN, "b": Status.CRITICAL}, NO),
        ({"a": Status.CRITICAL, "b": Status.CRITICAL}, NO),
        ({"a": Status.CRITICAL, "b": Status.WARNING}, YES),
        ({"a": Status.OK, "b": Status.UNKNOWN}, YES),
    ],
)
def test_a_clinic_answers_when_one_thing_does(statuses: dict[str, Status], answer: Answer) -> None:
    assert answered(statuses, {"a", "b"}) is answer
