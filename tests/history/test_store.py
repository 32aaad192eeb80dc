"""The history store: what goes in comes out, and a bad file never stops a report."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.errors import HistoryError
from healthcheck.findings import Diagnosis, Incident, PlacedEvent, Sampled
from healthcheck.history import History, schema, store
from healthcheck.model import (
    Attachment,
    Event,
    EventKind,
    Message,
    Metric,
    Outcome,
    Posting,
    Previous,
    Result,
    Round,
    Status,
)
from tests.history.conftest import MONDAY
from tests.lab.mounts import memory

NOTHING = Diagnosis(sites=())


def outcome(status: Status = Status.OK, *, value: float = 0.2, events: tuple[Event, ...] = ()) -> Outcome:
    return Outcome(
        key="Pasadena/pasadena-server/ping",
        site="Pasadena",
        host="pasadena-server",
        kind="ping",
        results=(Result(status, "answers", "rtt 0.2 s", Metric("rtt", value, "s")),),
        started_at=MONDAY,
        duration_s=0.25,
        events=events,
    )


def a_round(name: str, at: datetime, *outcomes: Outcome, trigger: str = "report") -> Round:
    moved = tuple(replace(one, started_at=at) for one in outcomes)
    return Round(name, "Foothill", trigger, at, at + timedelta(seconds=9), moved, ("A note.",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


def test_the_last_outcome_of_a_check_is_known_the_next_time(history: History) -> None:
    history.save(a_round("r1", MONDAY - timedelta(days=3), outcome(value=0.1)), NOTHING)
    history.save(a_round("r2", MONDAY, outcome(Status.WARNING, value=0.9)), NOTHING)
    assert history.previous(["Pasadena/pasadena-server/ping", "never/seen/ping"]) == {
        "Pasadena/pasadena-server/ping": Previous(MONDAY, Status.WARNING, {"rtt": 0.9})
    }


def test_the_past_tells_the_last_good_the_rounds_the_events_and_the_course_of_each_number(history: History) -> None:
    friday = MONDAY - timedelta(days=3)
    cut = Event(
        friday + timedelta(hours=20), "lost mains power", "ups", EventKind.POWER_CUT,
        until=friday + timedelta(hours=21), not_before=friday + timedelta(hours=19),
    )  # fmt: skip
    history.save(a_round("old", MONDAY - timedelta(days=30), outcome(value=0.3)), NOTHING)
    history.save(a_round("r1", friday, outcome(value=0.1, events=(cut,))), NOTHING)
    history.save(a_round("r2", MONDAY, outcome(Status.CRITICAL, value=0.9, events=(cut,)), trigger="watch"), NOTHING)

    past = history.past(MONDAY, friday, MONDAY - timedelta(days=90))

    key = "Pasadena/pasadena-server/ping"
    assert past.last_good == {key: friday}
    assert [(earlier.id, earlier.trigger, earlier.started_at, dict(earlier.statuses)) for earlier in past.rounds] == [
        ("r1", "report", friday, {key: Status.OK}),
        ("r2", "watch", MONDAY, {key: Status.CRITICAL}),
    ]
    assert past.events == (PlacedEvent("Pasadena", "pasadena-server", cut),)
    assert past.metrics == {(key, "rtt"): (Sampled(MONDAY - timedelta(days=30), 0.3), Sampled(friday, 0.1))}
    assert past.last_report_at == friday


def test_an_incident_stays_open_until_a_round_closes_it(history: History) -> None:
    incident = Incident(
        reference="HC-20261123-1", cause="Pasadena/pasadena-server", status=Status.CRITICAL, site="Pasadena",
        host="pasadena-server", says="The server in Pasadena does not answer.", detail="no answer", keys=("a", "b"),
        consequences=("c",), sites=("Pasadena",), likely="", owner="Bay IT", since=MONDAY, last_good=None,
    )  # fmt: skip
    history.save(a_round("r1", MONDAY, outcome()), replace(NOTHING, incidents=(incident,)))
    past = history.past(MONDAY, MONDAY, MONDAY)
    assert (past.open_incidents, past.references) == ((incident,), ("HC-20261123-1",))

    mended = replace(incident, closed_at=MONDAY + timedelta(hours=1))
    history.save(a_round("r2", MONDAY + timedelta(hours=1), outcome()), replace(NOTHING, fixed=(mended,)))
    past = history.past(MONDAY, MONDAY, MONDAY)
    assert (past.open_incidents, past.references) == ((), ("HC-20261123-1",))


def test_a_posting_waits_in_the_outbox_until_it_is_sent(history: History) -> None:
    posting = Posting(
        "r1.morning-mail.1", "r1", "morning mail", "email",
        Message("Subject", "Text é", "<p>é</p>", (Attachment("technical.txt", "lines"),)), MONDAY, ("a@b.example",),
    )  # fmt: skip
    history.save(a_round("r1", MONDAY, outcome()), NOTHING, [posting])
    assert history.pending() == (posting,)
    history.update(replace(posting, state="sent", sent_at=MONDAY, waiting_for=()))
    assert history.pending() == ()


def test_a_round_and_its_postings_are_kept_together_or_not_at_all(history: History) -> None:
    history.save(a_round("r1", MONDAY, outcome()), NOTHING)
    with pytest.raises(HistoryError, match="could not be saved"):
        history.save(a_round("r1", MONDAY, outcome()), NOTHING)
    assert len(history.past(MONDAY, MONDAY, MONDAY).rounds) == 1


def test_watch_rounds_go_after_their_days_and_reports_stay(history: History) -> None:
    for name, trigger in (("w", "watch"), ("r", "report")):
        history.save(a_round(name, MONDAY - timedelta(days=75), outcome(), trigger=trigger), NOTHING)
    history.save(a_round("now", MONDAY, outcome()), NOTHING)
    assert [earlier.id for earlier in history.past(MONDAY, MONDAY - timedelta(days=80), MONDAY).rounds] == ["r", "now"]


@pytest.mark.fault(59)
@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, None], ids=["empty", "nonsense", "torn"])
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(path: Path, content: bytes | None) -> None:
    opened = History.open(path, MONDAY)
    for number in range(40):
        opened.save(a_round(f"r{number}", MONDAY, outcome(value=number)), NOTHING)
    opened.close()
    path.write_bytes(path.read_bytes()[:6000] + b"\xff" * 20_000 if content is None else content)

    again = History.open(path, MONDAY)

    if content == b"":  # SQLite takes an empty file for a new one: there is nothing in it to keep
        assert again.untold() == ()
    else:
        assert again.untold() == (
            (
                "The history was damaged and has been put aside as history.sqlite.damaged-20261123T134500Z; "
                "a new one was begun."
            ),
        )
        assert path.with_name("history.sqlite.damaged-20261123T134500Z").exists()
    again.save(a_round("r", MONDAY, outcome()), NOTHING)
    again.close()


@pytest.mark.fault(59)
def test_a_locked_file_is_said_and_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.1)
    first = History.open(path, MONDAY)
    second = History.open(path, MONDAY)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="The history could not be saved: another program holds it locked"):
        second.save(a_round("r", MONDAY, outcome()), NOTHING)
    other.close()
    first.close()
    second.close()


@pytest.mark.fault(59)
def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HistoryError, match="The history could not be opened: "):
        History.open(tmp_path / "file" / "history.sqlite", MONDAY)


@pytest.mark.fault(58)
def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path: Path) -> None:
    with memory(tmp_path / "small", "size=400k") as small:
        history = History.open(small / "history.sqlite", MONDAY)
        history.save(a_round("kept", MONDAY, outcome()), NOTHING)
        (small / "ballast").write_bytes(b"\0" * 20_000)
        big = Result(Status.CRITICAL, "x" * 300, "y" * 900)
        many = [replace(outcome(), key=f"Pasadena/host/{n}", results=(big,)) for n in range(2000)]
        with pytest.raises(HistoryError, match="The history could not be saved: the disk is full"):
            history.save(a_round("too much", MONDAY, *many), NOTHING)
        assert [earlier.id for earlier in history.past(MONDAY, MONDAY, MONDAY).rounds] == ["kept"]
        history.close()


def test_a_history_of_a_newer_version_is_refused_by_name(path: Path) -> None:
    History.open(path, MONDAY).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(HistoryError, match="written by a newer version"):
        History.open(path, MONDAY)


@pytest.mark.fault(57)
def test_a_round_that_did_not_finish_is_known_until_a_report_was_kept(history: History) -> None:
    history.begin("killed", "watch", MONDAY - timedelta(hours=3))
    history.begin("ended in order", "report", MONDAY)
    history.give_up("ended in order")
    history.begin("w", "watch", MONDAY)
    history.save(a_round("w", MONDAY, outcome(), trigger="watch"), NOTHING)
    assert [(one.id, one.trigger, one.started_at) for one in history.not_finished()] == [
        ("killed", "watch", MONDAY - timedelta(hours=3))
    ]
    history.save(a_round("r", MONDAY, outcome()), NOTHING)
    assert history.not_finished() == ()


@pytest.mark.fault(57)
def test_a_writer_that_is_killed_leaves_a_sound_file_without_what_it_had_not_finished(path: Path) -> None:
    history = History.open(path, MONDAY)
    history.save(a_round("kept", MONDAY, outcome()), NOTHING)
    history.close()
    half = (
        "import os, signal, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA cache_size = 1')\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "for n in range(2000):\n"
        '    connection.execute("INSERT INTO untold VALUES (?)", (str(n) * 200,))\n'
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", half, path], check=False).returncode == -9
    again = History.open(path, MONDAY)
    assert (again.untold(), [one.id for one in again.looks(MONDAY)]) == ((), ["kept"])
    again.close()


def test_a_backup_is_whole_while_another_process_writes_and_replaces_the_last_one(
    history: History, tmp_path: Path
) -> None:
    history.save(a_round("r1", MONDAY, outcome()), NOTHING)
    target = tmp_path / "copy.sqlite"
    target.write_text("the last one")
    history.back_up(target)
    history.save(a_round("r2", MONDAY, outcome()), NOTHING)
    copy = History.open(target, MONDAY)
    assert [one.id for one in copy.looks(MONDAY)] == ["r1"]
    copy.close()
    assert target.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".copy*"))


def test_a_backup_that_cannot_be_written_says_so_and_leaves_the_last_one(history: History, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(HistoryError, match="The history could not be copied: "):
        history.back_up(tmp_path / "folder")
    with pytest.raises(HistoryError, match="The history could not be copied: no such file or directory"):
        history.back_up(tmp_path / "missing" / "copy.sqlite")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["folder", "state"]


def test_many_may_open_a_new_history_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def open_it(path: Path, together: threading.Barrier) -> None:
        together.wait(20)
        try:
            History.open(path, MONDAY).close()
        except HistoryError as error:
            failed.append(error)

    for number in range(30):
        together = threading.Barrier(6)
        path = tmp_path / f"history-{number}.sqlite"
        opening = [threading.Thread(target=open_it, args=(path, together)) for _ in range(6)]
        for thread in opening:
            thread.start()
        for thread in opening:
            thread.join()
    assert failed == []


def test_a_history_that_another_process_brings_up_to_date_meanwhile_is_taken_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        first.execute("BEGIN IMMEDIATE")
        waiting, failed = threading.Event(), list[BaseException]()

        def second() -> None:
            with contextlib.closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
                connection.set_trace_callback(lambda sql: waiting.set() if sql.startswith("BEGIN") else None)
                try:
                    schema.migrate(connection)
                except sqlite3.Error as error:
                    failed.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(20)
        for script in schema.MIGRATIONS:
            for statement in schema._statements(script):
                first.execute(statement)
        first.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        first.execute("COMMIT")
        thread.join()
    assert failed == []


def test_a_history_of_an_older_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path, isolation_level=None) as old:
        for number, script in enumerate(schema.MIGRATIONS[:1], 1):
            old.executescript(f"{script}; PRAGMA user_version = {number};")
        old.execute("INSERT INTO round VALUES (1, 'r0', 'report', ?, ?, 0, '[]')", ("2026-11-20T13:45:00.000000Z",) * 2)
        old.execute("""INSERT INTO "check" VALUES (1, 'Pasadena/pasadena-server/ping', 'P', 'p', 'ping', 1, NULL)""")
        old.execute("INSERT INTO outcome VALUES (1, 1, 0, 1, 5, NULL, NULL)")
        old.execute("INSERT INTO series VALUES (1, 1, 'rtt', 's')")
        old.execute("INSERT INTO metric VALUES (1, 1, 0.25)")
        old.execute("INSERT INTO event VALUES (1, 1, 'P', 'p', 'ups', 'note', ?, NULL, NULL, 'x')", ("2026-11-20T01",))
    old.close()
    history = History.open(path, MONDAY)
    friday = datetime(2026, 11, 20, 13, 45, tzinfo=UTC)
    key = "Pasadena/pasadena-server/ping"
    assert history.previous([key]) == {key: Previous(friday, Status.OK, {"rtt": 0.25})}
    history.save(a_round("r", MONDAY, outcome()), NOTHING)
    history.close()


def test_the_last_report_is_the_last_that_was_kept_whatever_a_clock_said_meanwhile(history: History) -> None:
    history.save(a_round("clock ran ahead", MONDAY + timedelta(days=400), outcome()), NOTHING)
    history.save(a_round("set right", MONDAY, outcome()), NOTHING)
    assert history.last_report_at() == MONDAY
