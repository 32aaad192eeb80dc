"""Since when a check fails, and how a look ended in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from healthcheck.explain.standing import failing_since, said
from healthcheck.findings import Seen
from healthcheck.model import Status

OK, LOOK, PROBLEM, UNKNOWN = Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN
START = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statuses", "number"),
    [
        ([], None),
        ([OK, OK], None),
        ([PROBLEM, OK], None),
        ([OK, PROBLEM, UNKNOWN, LOOK], 1),
        ([PROBLEM, OK, LOOK], 2),
        ([PROBLEM], 0),
    ],
    ids=["never looked at", "well", "mended", "one failure", "the second failure", "from the first"],
)
def test_a_failure_begins_after_the_last_good_look(statuses: list[Status], number: int | None) -> None:
    course = tuple(Seen(START + timedelta(hours=hour), status) for hour, status in enumerate(statuses))
    assert failing_since(course) == (None if number is None else START + timedelta(hours=number))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Seen(START, OK), "OK"),
        (Seen(START, LOOK, "has little room left"), "Look: has little room left"),
        (Seen(START, UNKNOWN, "could not be checked: it refused our login"), "Could not check: it refused our login"),
        (Seen(START, PROBLEM, "says \x1b[31mred\x1b[0m\nand more"), "Problem: says red and more"),
    ],
    ids=["ok", "look", "could not check", "hostile"],
)
def test_a_look_in_words(seen: Seen, words: str) -> None:
    assert said(seen) == words
