"""A round beside itself: killed, hurried, without a place to write, and with another one under way. The mail leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psutil
import pytest

from healthcheck.delivery import outbox
from healthcheck.model import Message, Posting
from tests.lab import free_port, need_root, wait_for
from tests.lab.mounts import fill, memory, remount
from tests.lab.office import MEMORY, Office
from tests.lab.tls import request, server

MANAGER = "manager@foothill.example"
HANGS = """
[[check]]
kind = "nagios"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "touch {started}; exec sleep 600"]
timeout_s = 60
"""


@contextlib.contextmanager
def under_way(office: Office, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The program in the middle of a check that hangs."""
    started = office.folder / "started"
    office.write(MEMORY, HANGS.format(started=started))
    with subprocess.Popen(
        office.argv(*words), env=office.env(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            wait_for(started.exists, "the check that hangs")
            office.write(MEMORY)
            yield process
        finally:
            process.kill()


def report(office: Office) -> str:
    """The mail of a report that is accepted."""
    done = office.healthcheck("report", "--once")
    assert (done.returncode, done.stdout) == (0, "")
    return office.text()


@pytest.mark.fault(57)
def test_after_a_kill_the_next_report_starts_clean_and_says_that_the_last_did_not_finish(office: Office) -> None:
    with under_way(office, "report") as process:
        [worker] = psutil.Process(process.pid).children()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the worker's end")
    told = report(office)
    assert "The check that began today, " in told
    assert ", did not finish: this program or its computer was stopped." in told
    assert not list(office.state.rglob(".unfinished-*"))
    assert "did not finish" not in report(office)


@pytest.mark.fault(57)
def test_a_pass_that_was_killed_is_told_by_the_next_report_whatever_came_between(office: Office) -> None:
    with office.history() as history:
        history.begin("killed", "watch", office.now() - timedelta(hours=3))
        history.begin("killed-too", "watch", office.now() - timedelta(hours=2))
    assert office.healthcheck("watch").returncode == 0
    told = report(office)
    assert "The check did not finish 2 times, last the one of today, " in told


@pytest.mark.fault(57)
def test_only_a_later_report_of_the_same_day_goes_on_in_its_thread(office: Office) -> None:
    office.remember("yesterday", timedelta(days=1), "report")
    for _ in range(3):
        report(office)
    first, *later = office.mailbox.messages
    assert first["In-Reply-To"] is None
    assert {str(mail["In-Reply-To"]) for mail in later} == {str(first["Message-ID"])}


def test_a_half_written_report_of_long_ago_is_tidied_away_and_old_reports_go(office: Office) -> None:
    left = office.state / "reports" / "2026-01-02" / ".unfinished-x"
    old = office.state / "reports" / "2020-01-02" / "a-round"
    for folder in (left, old):
        folder.mkdir(parents=True)
        (folder / "report.txt").touch()
    (office.state / "reports" / "2019 by hand").mkdir()
    report(office)
    assert not left.exists()
    assert not old.parent.exists()
    assert (office.state / "reports" / "2019 by hand").exists()


@pytest.mark.fault(65)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "ctrl-c"])
def test_a_report_that_is_interrupted_ends_at_once_and_is_nothing_to_speak_of(
    office: Office, number: signal.Signals
) -> None:
    with under_way(office, "report") as process:
        begun = time.monotonic()
        if number == signal.SIGINT:  # which a terminal sends to the whole group
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        _, said = process.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert (process.returncode, said.strip()) == (130, "healthcheck: interrupted before it had finished.")
    assert office.mails() == []
    assert "did not finish" not in report(office)


@pytest.mark.fault(56)
def test_a_second_round_by_hand_is_refused_with_75_and_no_second_mail_leaves(office: Office) -> None:
    with under_way(office, "report") as process:
        for words in (["run"], ["report"], ["report", "--dry-run"]):
            done = office.healthcheck(*words)
            assert (done.returncode, done.stdout) == (75, "")
            assert done.stderr == (
                f"healthcheck: Another round is under way (process {process.pid}), so this one was not started. "
                "Wait until it has ended.\n"
            )
    assert office.mails() == []


@pytest.mark.fault(56)
def test_a_report_waits_for_a_light_pass_or_a_round_by_hand_to_end(office: Office) -> None:
    with under_way(office, "run") as process, subprocess.Popen(
        office.argv("report", "--once"), env=office.env(), text=True, stderr=subprocess.PIPE
    ) as waiting:  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.5)
        process.terminate()
        assert waiting.wait(30) == 0
    assert len(office.mails()) == 1


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    ("left_bytes", "says"),
    [(0, "The history could not be opened: the disk is full ("), (44_000, "could not be saved: the disk is full.")],
    ids=["full to the last byte", "full before the end"],
)
def test_a_full_disk_is_named_in_the_mail_that_leaves_all_the_same(office: Office, left_bytes: int, says: str) -> None:
    need_root()
    with memory(office.state, "size=400k"):
        assert office.healthcheck("watch").returncode == 0
        fill(office.state, left_bytes)
        told = report(office)
    assert says in told
    assert "The report could not be kept as files: no space left on device." in told


@pytest.mark.fault(59)
def test_a_read_only_disk_is_named_in_the_mail_that_leaves_all_the_same(office: Office) -> None:
    need_root()
    with memory(office.state, "size=2m"):
        assert "could not be" not in report(office)
        remount(office.state, "ro")
        told = report(office)
    assert "The report could not be kept as files: read-only file system." in told
    assert "The history could not be" in told


@pytest.mark.fault(59)
def test_a_history_that_another_program_holds_is_named_in_the_mail_that_leaves_all_the_same(office: Office) -> None:
    report(office)
    other = sqlite3.connect(office.state / "history.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    told = report(office)
    other.close()
    assert "The history could not be saved: another program holds it locked." in told


@pytest.mark.fault(59)
@pytest.mark.parametrize("content", [b"", b"no database at all" * 300], ids=["empty", "nonsense"])
def test_a_damaged_history_is_put_aside_and_named_although_a_light_pass_met_it_first(
    office: Office, content: bytes
) -> None:
    office.state.mkdir()
    (office.state / "history.sqlite").write_bytes(content)
    assert office.healthcheck("watch").returncode == 0
    told = report(office)
    assert ("The history was damaged and has been put aside as history.sqlite.damaged-" in told) is bool(content)
    assert "damaged" not in report(office)


@pytest.mark.fault(59)
def test_a_state_folder_that_cannot_be_made_costs_no_mail(office: Office) -> None:
    office.state = office.folder / "file" / "state"
    (office.folder / "file").write_text("in the way")
    told = report(office)
    assert "The history could not be opened: " in told


@pytest.mark.fault(48)
@pytest.mark.fault(49)
@pytest.mark.parametrize(
    "became",
    [{"state": outbox.FAILED, "waiting_for": (MANAGER,)}, {"state": outbox.SENT, "refused": (MANAGER,)}],
    ids=["nobody took it", "one was refused"],
)
def test_whom_a_report_did_not_reach_is_named_in_the_next_one(office: Office, became: dict[str, Any]) -> None:
    yesterday = office.now() - timedelta(days=1)
    lost = Posting("r.1", "r", "morning mail", "email", Message("PROBLEM", ""), yesterday, attempts=1, **became)
    office.remember("r", timedelta(days=1), "report", lost)
    told = " ".join(report(office).split())
    missed = f'The report of {yesterday:%A, %B} {yesterday.day}, was not delivered by "morning mail" to {MANAGER}.'
    assert missed in told
    assert "was not delivered" not in report(office)


AT = """
import sys, time_machine
from datetime import datetime
from zoneinfo import ZoneInfo
from healthcheck.cli.root import run
at = datetime.fromisoformat(sys.argv[1]).replace(tzinfo=ZoneInfo(sys.argv[2]))
with time_machine.travel(at):
    sys.exit(run(sys.argv[3:]))
"""


def at(office: Office, hour: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program as if it were that hour of a Monday."""
    argv = [sys.executable, "-c", AT, f"2026-11-23T{hour}", office.zone, *office.words(*words)]
    return subprocess.run(argv, env=office.env(), capture_output=True, text=True, check=False)


def test_at_the_hour_it_is_due_the_report_leaves_with_what_is_done(office: Office) -> None:
    office.write(MEMORY, HANGS.format(started=office.folder / "started"))
    done = at(office, "06:29:10", "report", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = office.text()
    assert "not finished by 6:29 am" in told
    assert "1 of 2 checks" in told
    assert "late" not in told


@pytest.mark.fault(63)
def test_a_clock_that_is_set_back_during_a_round_makes_no_negative_time(office: Office) -> None:
    hours_back = (
        "import time, datetime, sys\n"
        "import time_machine\n"
        "from healthcheck.rounds import worker\n"
        "from healthcheck.cli.root import run\n"
        "real = worker.outcomes\n"
        "def set_back(*given, **named):\n"
        "    found = real(*given, **named)\n"
        "    time_machine.travel(time.time() - 7200, tick=True).start()\n"
        "    return found\n"
        "worker.outcomes = set_back\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    argv = [sys.executable, "-c", hours_back, *office.words("report", "--once")]
    done = subprocess.run(argv, env=office.env(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    with office.history() as history:
        [kept] = history.rounds(office.now() - timedelta(days=1))
    assert timedelta(0) < kept.finished_at - kept.started_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("reply", "code", "called"),
    [("", 0, "GET /ping/canary-7391 HTTP/1.1"), ("451 later", 69, "GET /ping/canary-7391/fail HTTP/1.1")],
    ids=["accepted", "put off"],
)
def test_an_outside_watchdog_is_called_once_the_report_was_accepted_or_told_that_it_was_not(
    office: Office, reply: str, code: int, called: str
) -> None:
    office.mailbox.data = lambda subject: reply
    requests: list[str] = []

    def serve(connection: socket.socket) -> None:
        requests.append(request(connection).decode().split("\r\n", 1)[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with server(serve) as port:
        office.write(f'[heartbeat]\nurl = {{ secret = "watchdog" }}\n{MEMORY}')
        secret = office.folder / "credentials" / "watchdog"
        secret.parent.mkdir(mode=0o700)
        secret.write_text(f"http://127.0.0.1:{port}/ping/canary-7391")
        secret.chmod(0o600)
        done = office.healthcheck("report", "--once")
        assert office.healthcheck("run").returncode == 0
        assert (done.returncode, requests) == (code, [called])
        office.mailbox.data = lambda subject: ""
        assert office.healthcheck("deliver").returncode == 0
    assert requests[1:] == (["GET /ping/canary-7391 HTTP/1.1"] if code else [])


def test_a_watchdog_that_does_not_answer_fails_no_delivery(office: Office) -> None:
    office.write(f'[heartbeat]\nurl = "http://127.0.0.1:{free_port()}/ping"\n{MEMORY}')
    done = office.healthcheck("report", "--once")
    assert done.returncode == 0
    says = "healthcheck: The heartbeat was not heard: its address could not be called (ConnectionRefusedError).\n"
    assert done.stderr.endswith(says)
    assert len(office.mails()) == 1
