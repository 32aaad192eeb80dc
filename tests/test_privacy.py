"""What must not leave is taken out of every text, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.model import Event, EventKind, Facts, Metric, Outcome, Result, Status
from healthcheck.privacy import Privacy
from tests.conftest import Look, a_host
from tests.test_runner import Doing

SSN = "123-45-6789"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"row of {SSN} is damaged", "row of [removed] is damaged"),
        (f"({SSN}, 987-65-4321)", "([removed], [removed])"),
        ("123-\u200b45-6789", "[removed]"),
        ("123-45-\x1b[1m6789", "[removed]"),
        ("call 555-0142 or 626-555-0142", "call 555-0142 or 626-555-0142"),
        ("2026-11-23, 192.0.2.10:5432, 1123-45-67890", "2026-11-23, 192.0.2.10:5432, 1123-45-67890"),
        ("chart MRN-004711 of 4711", "chart [removed] of 4711"),
    ],
    ids=["one", "two", "hidden-by-a-character", "hidden-by-a-colour", "telephones-stay", "numbers-stay", "own-pattern"],
)
def test_what_must_not_leave_is_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert Privacy([r"MRN-\d+"]).text(text, 300) == left


def test_nothing_is_cut_in_two_before_it_is_found() -> None:
    assert Privacy().text("x" * 292 + f" {SSN}", 300) == "x" * 292 + " [remov…"


@given(st.text(max_size=400), st.text(max_size=400), st.integers(1, 400))
def test_whatever_stands_around_it_a_number_never_leaves(before: str, after: str, limit: int) -> None:
    assert SSN not in Privacy().text(f"{before} {SSN} {after}", limit)


def test_every_text_of_an_outcome_is_made_private(look: Look) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    finds = (
        Result(Status.UNKNOWN, f"could not be checked: row {SSN}", f"row {SSN}", Metric(f"age {SSN}", 1.0, SSN)),
        Event(at, f"saw {SSN}", SSN, EventKind.NOTE),
        Facts(SSN, {SSN: SSN}),
    )

    outcome = look(Doing(does=lambda target: "fine", finds=finds), a_host())

    assert outcome == Outcome(
        key=outcome.key,
        site="Pasadena",
        host="pasadena-server",
        kind="doing",
        results=(
            Result(
                Status.UNKNOWN,
                "could not be checked: row [removed]",
                "row [removed]",
                Metric("age [removed]", 1.0, "[removed]"),
            ),
        ),
        events=(Event(at, "saw [removed]", "[removed]", EventKind.NOTE),),
        facts=(Facts("[removed]", {"[removed]": "[removed]"}),),
        why="row [removed]",
        started_at=outcome.started_at,
        duration_s=outcome.duration_s,
    )
