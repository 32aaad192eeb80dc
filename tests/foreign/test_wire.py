"""What goes through the wall comes out the same on the other side, and nonsense does not come out at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.attempt import Attempt
from healthcheck.foreign import wire
from healthcheck.model import (
    Event,
    EventKind,
    Facts,
    Host,
    Metric,
    Practice,
    Previous,
    Result,
    Secret,
    Site,
    SshAccess,
    Status,
)

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
    assert wire.to_attempt(json.loads(json.dumps(wire.of_attempt(FOUND)))) == FOUND


def test_a_practice_comes_out_as_it_went_in() -> None:
    key = Secret("c4n4ry", "ssh_key")
    hosts = (
        Host("a", "Pasadena", "the server", "192.0.2.1", "server", "closet", "Bay IT", ssh=SshAccess("u", 22, key)),
        Host("b", "Pasadena", "b", os="windows", depends_on=("a",)),
        Host("c", "Pasadena", "c", ssh=SshAccess("u", 2222, key_file=Path("/etc/key"), jump="a")),
        Host("d", "Pasadena", "d", local=True),
    )
    site = Site("Pasadena", ZoneInfo("America/Los_Angeles"), "555-0142", "1 Main St", hosts)
    practice = Practice("Foothill", ZoneInfo("America/New_York"), time(7, 30), sites=(site,))

    assert wire.to_practice(json.loads(json.dumps(wire.of_practice(practice)))) == practice


@pytest.mark.parametrize("previous", [None, Previous(AT, Status.CRITICAL, {"age": 26.5})], ids=["first-time", "known"])
def test_what_was_found_the_last_time_goes_along(previous: Previous | None) -> None:
    assert wire.to_previous(json.loads(json.dumps(wire.of_previous(previous)))) == previous


def test_secrets_go_along_by_their_place() -> None:
    secrets = {("password",): Secret("a", "db"), ("headers", 0, "B"): Secret("b")}

    assert wire.to_secrets(json.loads(json.dumps(wire.of_secrets(secrets)))) == secrets


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("OK"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries(dict.fromkeys(("results", "events", "facts", "why", "final"), NONSENSE)))
def test_any_other_answer_is_refused(told: dict[str, object]) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        wire.to_attempt(told)


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
    told = wire.of_attempt(FOUND)
    told["results"][0][where] = what

    with pytest.raises((ValueError, LookupError, TypeError)):
        wire.to_attempt(told)


def test_an_event_without_a_zone_is_refused() -> None:
    told = wire.of_attempt(FOUND)
    told["events"][0]["at"] = "2026-11-22T02:14:00"

    with pytest.raises(ValueError, match="no zone"):
        wire.to_attempt(told)
