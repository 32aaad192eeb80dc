"""All subjects are looked at, whatever one of them does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.doctor.examination import Finding, Subject, examine
from healthcheck.doctor.premises import Premises
from healthcheck.doctor.visit import document, ending, lines
from healthcheck.errors import HistoryError
from healthcheck.model import Status

NOWHERE = Premises(Path("/nowhere/config.toml"), Path("/nowhere/state"), datetime(2026, 11, 23, 13, 45, tzinfo=UTC))
WELL = Finding(Status.OK, "It is well.")


def well(premises: Premises) -> Iterator[Finding]:
    yield WELL


def faulty(premises: Premises) -> Iterator[Finding]:
    yield WELL
    raise ZeroDivisionError("canary-4711")


def unreadable(premises: Premises) -> Iterator[Finding]:
    raise HistoryError("The history could not be read: the disk gave an error.")


def silent(premises: Premises) -> Iterator[Finding]:
    yield from ()


def could_not(why: str) -> tuple[Finding, ...]:
    return (Finding(Status.UNKNOWN, f"Could not be looked at: {why}"),)


def test_a_look_that_crashes_or_hangs_is_its_own_line_and_never_the_end() -> None:
    over = threading.Event()

    def hangs(premises: Premises) -> Iterator[Finding]:
        over.wait(30)
        yield WELL

    looks = (("hangs", hangs), ("faulty", faulty), ("unreadable", unreadable), ("silent", silent), ("well", well))
    found = examine([Subject(*look) for look in looks], NOWHERE, at_most_s=0.3)
    assert {subject.name: findings for subject, findings in found} == {
        "hangs": could_not("it was not over in 0 seconds."),
        "faulty": could_not("this look has a fault itself (ZeroDivisionError)."),
        "unreadable": could_not("The history could not be read: the disk gave an error."),
        "silent": could_not("nothing was found out."),
        "well": (WELL,),
    }
    over.set()


def test_each_line_has_its_state_and_each_failing_one_its_fix_in_one_piece() -> None:
    long = "sudo chmod go-w " + "/a" * 80
    shown = lines(Subject("clock", well), [WELL, Finding(Status.CRITICAL, "It is wrong.", long)])
    assert shown == (
        "OK               clock                  It is well.\n"
        "Problem          clock                  It is wrong.\n"
        f"                                        → {long}"
    )


def test_a_fix_in_words_is_wrapped() -> None:
    shown = lines(Subject("clock", well), [Finding(Status.WARNING, "It is odd.", "Ask the provider. " * 8)])
    assert [line[40:] for line in shown.splitlines()] == [
        "It is odd.",
        "→ Ask the provider. Ask the provider. Ask the provider. Ask the provider. Ask",
        "  the provider. Ask the provider. Ask the provider. Ask the provider.",
    ]


def test_what_a_line_says_can_do_a_terminal_no_harm() -> None:
    shown = lines(Subject("clock", well), [Finding(Status.OK, "It says \x1b[2Jboo.", "rm \x1b[0m\nx")])
    assert shown.splitlines()[0].endswith("It says boo.")
    assert shown.splitlines()[1].endswith("→ rm x")


def test_the_end_counts_the_worst_first() -> None:
    states = (Status.OK, Status.CRITICAL, Status.OK, Status.UNKNOWN, Status.WARNING)
    assert ending([Finding(status, "") for status in states]) == "1 Problem, 1 Could not check, 1 Look and 2 OK."


def test_the_document_has_every_finding() -> None:
    finding = Finding(Status.WARNING, "It is odd.", "look")
    assert document([(Subject("clock", well), [finding])], Status.WARNING) == {
        "schema": "healthcheck.doctor/1",
        "status": "WARNING",
        "findings": [{"subject": "clock", "status": "WARNING", "says": "It is odd.", "fix": "look"}],
    }
