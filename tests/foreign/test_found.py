"""What was found comes out of the wall the same, and nonsense does not come out at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.attempt import Attempt
from healthcheck.foreign import found
from healthcheck.model import Event, EventKind, Facts, Metric, Result, Status

AT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
FOUND = Attempt(
    results=(Result(Status.OK, "is well", "all 3 of them", Metric("rtt", 0.2, "s")), Result(Status.WARNING, "is slow")),
    events=(
        Event(AT, "lost mains power", "ups", EventKind.POWER_CUT, AT + timedelta(minutes=5), AT - timedelta(minutes=5)),
        Event(AT, "was started", "journal"),
    ),
    facts=(Facts("drives", {"sda": "931 GB"}),),
    why="no idea",
    final=True,
)


def test_what_was_found_comes_back_the_same() -> None:
    assert found.to_attempt(json.loads(json.dumps(found.of_attempt(FOUND)))) == FOUND


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("OK"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries(dict.fromkeys(("results", "events", "facts", "why", "final"), NONSENSE)))
def test_any_other_answer_is_refused(told: dict[str, object]) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        found.to_attempt(told)


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("status", "FINE"),
        ("status", 0),
        ("says", 5),
        ("detail", None),
        ("metric", ["age", "5", ""]),
        ("metric", ["age", True, ""]),
        ("metric", [1]),
    ],
    ids=lambda value: str(value),
)
def test_a_finding_of_the_wrong_shape_is_refused(where: str, what: object) -> None:
    told = found.of_attempt(FOUND)
    told["results"][0][where] = what

    with pytest.raises((ValueError, LookupError, TypeError)):
        found.to_attempt(told)


def test_an_event_without_a_zone_is_refused() -> None:
    told = found.of_attempt(FOUND)
    told["events"][0]["at"] = "2026-11-22T02:14:00"

    with pytest.raises(ValueError, match="no zone"):
        found.to_attempt(told)
