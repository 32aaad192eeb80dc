"""What is remembered: a real history of every sort, an outbox, and a lock that somebody holds."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from healthcheck.doctor import remembering
from healthcheck.doctor.examination import Finding, Subject, examine
from healthcheck.doctor.premises import Premises, enter
from healthcheck.model import Status
from healthcheck.rounds.lock import only_one
from tests.lab.office import Office, office


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Office]:
    """An office where it is ten o'clock."""
    with office(tmp_path) as made:
        yield made


def premises(place: Office) -> Premises:
    return enter(place.config, place.state, " --here")


def test_before_the_first_round_there_is_nothing_to_read(place: Office) -> None:
    assert list(remembering.file(premises(place))) == [
        Finding(Status.WARNING, "There is no history yet.", "healthcheck run --here")
    ]
    assert list(remembering.last_report(premises(place))) == [
        Finding(Status.WARNING, "No report has been made yet.", "healthcheck report --here")
    ]
    assert not place.state.exists()


def test_a_round_by_hand_is_no_report(place: Office) -> None:
    place.remember("by hand", timedelta(hours=1), "hand")
    assert list(remembering.last_report(premises(place))) == [
        Finding(Status.WARNING, "No report has been made yet.", "healthcheck report --here")
    ]


def test_a_sound_history_is_told_with_its_size_and_is_not_changed(place: Office) -> None:
    place.remember("yesterday", timedelta(days=1))
    before = (place.state / "history.sqlite").read_bytes()
    [found] = remembering.file(premises(place))
    assert (found.status, re.sub(r"\d+", "N", found.says)) == (Status.OK, "The history is sound (N kB).")
    assert (place.state / "history.sqlite").read_bytes() == before


@pytest.mark.fault(59)
def test_a_damaged_history_is_a_problem_and_stays_where_it_is(place: Office) -> None:
    place.remember("yesterday", timedelta(days=1))
    path = place.state / "history.sqlite"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20_000)
    [found] = remembering.file(premises(place))
    assert found.status is Status.CRITICAL
    assert found.says.startswith("The history is damaged (")
    path.write_text("this is no database")
    [found] = remembering.file(premises(place))
    assert found.status is Status.CRITICAL
    assert [one.name for one in place.state.iterdir()] == ["history.sqlite"]
    assert [one[0].status for _, one in examine([Subject("outbox", remembering.outbox)], premises(place))] == [
        Status.UNKNOWN
    ]


def test_a_history_that_was_put_aside_is_worth_a_look(place: Office) -> None:
    place.remember("yesterday", timedelta(days=1))
    (place.state / "history.sqlite.damaged-20261123T134500Z").write_text("")
    _, aside = remembering.file(premises(place))
    assert (aside.status, aside.says) == (
        Status.WARNING,
        "1 damaged history was put aside: history.sqlite.damaged-20261123T134500Z.",
    )


def test_a_report_that_everybody_has_is_well_and_one_that_nobody_was_sent_is_not(place: Office) -> None:
    place.remember("today", timedelta(minutes=1))
    [found] = remembering.last_report(premises(place))
    assert (found.status, re.sub(r"\d+:\d\d am", "…", found.says)) == (
        Status.WARNING,
        "The last report was begun today, …, and was sent to nobody.",
    )
    place.healthcheck("report")
    [found] = remembering.last_report(premises(place))
    assert (found.status, re.sub(r"\d+:\d\d am", "…", found.says)) == (
        Status.OK,
        "The last report was begun today, …; everybody had it today, ….",
    )


@pytest.mark.fault(55)
def test_a_report_that_is_missing_this_morning_is_a_problem(place: Office) -> None:
    place.remember("yesterday", timedelta(days=1))
    [found] = remembering.last_report(premises(place))
    assert (found.status, found.fix) == (Status.CRITICAL, "healthcheck report --here")
    assert found.says.startswith("Today's report is missing since 6:30 am. The last report was begun ")


@pytest.mark.fault(48)
def test_a_report_that_nobody_took_is_a_problem_and_waits(place: Office) -> None:
    place.mailbox.recipient = lambda who: "451 4.7.1 greylisted"
    assert place.healthcheck("report", "--once").returncode == 69
    [report] = remembering.last_report(premises(place))
    assert (report.status, report.fix) == (Status.CRITICAL, "healthcheck deliver --here")
    assert 'was not accepted by "morning mail": ' in report.says
    assert "451 4.7.1 greylisted" in report.says
    [waits] = remembering.outbox(premises(place))
    assert waits.status is Status.WARNING
    assert waits.says.startswith('Not accepted yet: 1 message; the oldest, by "morning mail", waits since today, ')
    place.mailbox.recipient = lambda who: ""
    assert place.healthcheck("deliver").returncode == 0
    assert list(remembering.outbox(premises(place))) == [Finding(Status.OK, "Nothing waits to be sent.")]


@pytest.mark.fault(56)
def test_a_round_under_way_is_told_with_its_process_and_one_that_hangs_is_a_problem(place: Office) -> None:
    assert list(remembering.lock(premises(place))) == [Finding(Status.OK, "No round is under way.")]
    path = place.state / "lock"
    with only_one(path, "hand"):
        [found] = remembering.lock(premises(place))
        assert (found.status, found.says) == (
            Status.OK,
            f"A round is under way, for 0 seconds (process {os.getpid()}).",
        )
        before = path.stat().st_mtime - 4 * 3600
        os.utime(path, (before, before))
        assert list(remembering.lock(premises(place))) == [
            Finding(
                Status.CRITICAL,
                f"A round has been under way for 4 hours (process {os.getpid()}); no other can begin.",
                f"sudo kill {os.getpid()}",
            )
        ]
    assert list(remembering.lock(premises(place))) == [Finding(Status.OK, "No round is under way.")]


def test_a_history_that_another_program_holds_is_could_not_check(
    place: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.remember("today", timedelta(hours=1))
    monkeypatch.setattr("healthcheck.history.store.BUSY_S", 0.1)
    holder = sqlite3.connect(place.state / "history.sqlite", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    [(_, [found])] = examine([Subject("history", remembering.file)], premises(place))
    holder.close()
    assert found == Finding(
        Status.UNKNOWN, "Could not be looked at: The history could not be read: another program holds it locked."
    )
