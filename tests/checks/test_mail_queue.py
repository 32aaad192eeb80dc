"""The check `mail_queue`: how much mail waits on a server, and for how long."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Metric, ProbeError, Result, Status
from healthcheck.checks._mail_queue import Queue, clock_of, queue
from healthcheck.checks.mail_queue import MailQueue
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, brief
from tests.lab.sshd import SshServer, sshd
from tests.lab.toolbox import TOOLBOXES, toolbox

DATA = Path(__file__).parents[1] / "data" / "mail_queue"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
THERE = datetime(2026, 11, 22, 21, 16, 15, tzinfo=UTC)
"""The clock of the host that is asked, an hour after the mails of the recordings made for the purpose."""


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def asked(look: Look, there: SshServer, at: datetime = THERE, **settings: Any) -> Outcome:
    there.shim("date", f"{at.timestamp():.0f} {at:%z}\n")
    return look(MailQueue(**settings), there.host(), known_hosts=[there.known_hosts])


def metrics(outcome: Outcome) -> dict[str, float]:
    return {metric.name: metric.value for metric in outcome.metrics}


# What the programs say


@pytest.mark.parametrize(
    ("program", "command", "file", "at", "found"),
    [
        ("postfix", "postqueue", "postfix-3.7-three.json", THERE, {"mails": 3, "oldest": 1.0}),
        (
            "postfix",
            "postqueue",
            "postfix-two.json",
            datetime(2020, 2, 6, 10, tzinfo=UTC),
            {"mails": 2, "oldest": 96.0},
        ),
        ("exim", "exim4", "exim-three.txt", THERE, {"mails": 3, "oldest": 0.28}),
        ("exim", "exim", "exim-three.txt", THERE, {"mails": 3, "oldest": 0.28}),
        ("sendmail", "mailq", "sendmail-two.txt", THERE, {"mails": 2, "oldest": 60.27}),
        ("sendmail", "mailq", "sendmail-empty.txt", THERE, {"mails": 0}),
    ],
)
def test_recorded_queues_are_counted(
    look: Look, tmp_path: Path, program: str, command: str, file: str, at: datetime, found: dict[str, float]
) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postconf", "3.7.11\n")
        there.shim(command, recorded(file))
        outcome = asked(look, there, at, program=program)
    assert outcome.why == ""
    assert metrics(outcome) == found


@pytest.mark.parametrize("version", ["2.10.1", "3.0.5"])
def test_an_old_postfix_is_asked_in_its_own_way(look: Look, tmp_path: Path, version: str) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postconf", f"{version}\n")
        there.shim("postqueue", script=f'[ "$1" = -p ] && cat {DATA}/postfix-3.7-three.txt')
        waiting = asked(look, there)
        elsewhere = asked(look, there, THERE.replace(tzinfo=PACIFIC))
        there.shim("postqueue", "Mail queue is empty\n")
        empty = asked(look, there)
    assert metrics(waiting) == {"mails": 3, "oldest": 1.0}
    assert waiting.results[0].detail == "postqueue -p: 3 mails"
    assert metrics(elsewhere) == {"mails": 3, "oldest": 1.0}  # by the host's own clock in its own zone
    assert brief(empty) == (Status.OK, "has no mail waiting")


@pytest.mark.parametrize("name", TOOLBOXES)
@pytest.mark.parametrize(
    ("program", "command", "file"),
    [
        ("postfix", "postqueue", "postfix-3.7-three.txt"),
        ("postfix", "postqueue", "postfix-3.7-three.json"),
        ("exim", "exim", "exim-three.txt"),
        ("sendmail", "mailq", "sendmail-two.txt"),
    ],
)
def test_every_toolbox_shortens_what_the_programs_say(
    look: Look, tmp_path: Path, name: str, program: str, command: str, file: str
) -> None:
    path = toolbox(tmp_path / "tools", name)
    with sshd(tmp_path, "127.0.3.33", lines=[f"SetEnv PATH={tmp_path}/pasadena/bin:{path}"]) as there:
        there.shim("postconf", "2.11\n" if file.endswith(".txt") else "3.7.11\n")
        there.shim(command, recorded(file))
        outcome = asked(look, there, program=program)
    assert outcome.why == ""
    assert metrics(outcome)["mails"] in (2, 3)


def test_no_address_leaves_the_host(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postconf", "3.7.11\n")
        there.shim("postqueue", recorded("postfix-3.7-three.json"))
        there.shim("sed", script=f'/bin/sed "$@" | tee {there.folder}/sent')
        outcome = asked(look, there)
    assert outcome.status is Status.OK
    assert (there.folder / "sent").read_text() == "mail 1795378575\n" * 3 + "exit 0\n"


def test_a_queue_too_long_for_one_answer_is_still_counted(look: Look, tmp_path: Path) -> None:
    line = recorded("postfix-3.7-three.json").splitlines()[0]
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postconf", "3.7.11\n")
        there.shim("postqueue", f"{line}\n" * 10_000)
        outcome = asked(look, there)
    assert brief(outcome) == (Status.CRITICAL, "has 10,000 mails waiting to be sent")


def test_the_first_program_that_is_there_is_asked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postqueue", "")
        there.shim("exim", recorded("exim-three.txt"))
        outcome = asked(look, there)
    assert brief(outcome) == (Status.OK, "has no mail waiting")
    assert outcome.results[0].detail == "postqueue -j: 0 mails"


@pytest.mark.parametrize(
    ("complaint", "code", "says"),
    [
        (
            "postqueue: fatal: Queue report unavailable - mail system is down",
            69,
            "sends no mail, because its mail program is not running",
        ),
        (
            "postqueue: warning: Mail system is down -- accessing queue directly (Connect to the showq service)",
            0,
            "sends no mail, because its mail program is not running",
        ),
    ],
    ids=["problem-seen-by-a-user", "problem-seen-by-root"],
)
def test_a_mail_program_that_does_not_run_is_a_problem(
    look: Look, tmp_path: Path, complaint: str, code: int, says: str
) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("postqueue", error=complaint, exit=code)
        outcome = asked(look, there)
    assert (outcome.status, outcome.results[0].says) == (Status.CRITICAL, says)


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("text", "error", "code", "why", "detail"),
    [
        (
            "",
            "exim: permission denied",
            1,
            "it does not tell which mail is waiting",
            "exim4 -bp; exim: permission denied; exit 1",
        ),
        ("", "", 0, "", ""),
        (
            "25m 512 nonsense\n",
            "",
            0,
            "what it says about its waiting mail is unreadable",
            "exim4 -bp: 1 lines, not as expected",
        ),
        ("", "", 127, "it does not tell which mail is waiting", "exim4 -bp; exit 127"),
    ],
    ids=["could-not-check-not-permitted", "ok-empty", "could-not-check-unreadable", "could-not-check-gone"],
)  # fmt: skip
def test_what_the_program_does_not_tell_could_not_be_checked(
    look: Look, tmp_path: Path, text: str, error: str, code: int, why: str, detail: str
) -> None:
    with sshd(tmp_path, "127.0.3.33") as there:
        there.shim("exim4", text, error=error, exit=code)
        outcome = asked(look, there, program="exim")
    assert outcome.why == why
    if why:
        assert (outcome.status, outcome.detail) == (Status.UNKNOWN, detail)
    else:
        assert brief(outcome) == (Status.OK, "has no mail waiting")


@pytest.mark.fault(20)
def test_a_host_without_a_mail_program_could_not_be_checked() -> None:
    with pytest.raises(ProbeError, match="it has no mail program that we know"):
        queue(Answer(127, ""), THERE)


# What it is worth


@pytest.mark.parametrize(
    ("found", "results"),
    [
        (
            Queue("postqueue -j", 0),
            [Result(Status.OK, "has no mail waiting", "postqueue -j: 0 mails", Metric("mails", 0))],
        ),
        (
            Queue("postqueue -j", 50, 4 * 3600),
            [
                Result(Status.OK, "has 50 mails waiting to be sent", "postqueue -j: 50 mails", Metric("mails", 50)),
                Result(
                    Status.OK,
                    "has 50 mails waiting to be sent",
                    "oldest: 4 hours",
                    Metric("oldest", 4.0, "h"),
                ),
            ],
        ),
        (
            Queue("postqueue -j", 51, 5 * 3600),
            [
                Result(
                    Status.WARNING, "has 51 mails waiting to be sent", "postqueue -j: 51 mails", Metric("mails", 51)
                ),
                Result(
                    Status.WARNING, "could not send a mail for 5 hours", "oldest: 5 hours", Metric("oldest", 5.0, "h")
                ),
            ],
        ),
        (
            Queue("postqueue -j", 1, 3 * 86400),
            [
                Result(Status.OK, "has 1 mail waiting to be sent", "postqueue -j: 1 mail", Metric("mails", 1)),
                Result(
                    Status.CRITICAL, "could not send a mail for 3 days", "oldest: 3 days", Metric("oldest", 72.0, "h")
                ),
            ],
        ),
        (
            Queue("postqueue -j", None, running=False),
            [
                Result(
                    Status.CRITICAL,
                    "sends no mail, because its mail program is not running",
                    "postqueue -j: mail system is down",
                )
            ],
        ),
    ],
    ids=["ok-empty", "ok-at-the-limits", "look", "problem-stuck", "problem-down"],
)
def test_a_queue_is_judged_by_its_length_and_its_oldest_mail(found: Queue, results: list[Result]) -> None:
    assert list(MailQueue().evaluate(found, NOW)) == results


# Any text at all


def answer(*lines: str, program: str = "postqueue -p", code: int = 0) -> Answer:
    return Answer(0, "\n".join([f"asked {program}", *lines, f"exit {code}"]))


@pytest.mark.parametrize(
    ("told", "age"),
    [
        ("Sun Nov 22 20:16:15", timedelta(hours=1)),
        ("Sun Nov 22 22:00:00", timedelta(0)),
        ("Sun Nov 22 23:16:15", timedelta(days=365, hours=-2)),
        ("Thu Feb 29 12:00:00", THERE - datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("Sun Nov 22 20:16", timedelta(hours=1, seconds=15)),
    ],
    ids=["today", "a-clock-ahead", "last-year", "a-leap-day", "without-seconds"],
)
def test_a_time_without_a_year_is_the_latest_that_it_can_be(told: str, age: timedelta) -> None:
    assert queue(answer(f"mail {told}", "total 1"), THERE).oldest_s == age.total_seconds()


@pytest.mark.parametrize(
    "said",
    [
        answer("mail 5m", "total 2"),
        answer("mail 5m"),
        answer(),
        answer("total 0", "total 0"),
        answer("mail yesterday", "total 1"),
        answer("a line of another program", "total 0"),
        answer("mail 5m", "total 1", program="exim -bp"),
        Answer(0, "asked exim -bp\nmail 5m"),
        Answer(0, ""),
    ],
    ids=[
        "wrong-total",
        "no-total",
        "nothing",
        "two-totals",
        "no-time",
        "foreign-line",
        "unasked-total",
        "cut",
        "empty",
    ],
)
def test_half_an_answer_is_refused(said: Answer) -> None:
    with pytest.raises(ProbeError):
        queue(said, THERE)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["asked exim -bp", "asked postqueue -p", "asked mailq", "mail 5m", "mail 1", "total 1", "exit 0"]
        )
        | st.text(max_size=20)
    ).map("\n".join)
)
def test_whatever_is_said_it_is_a_queue_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        found = queue(Answer(0, text), THERE)
        assert list(MailQueue().evaluate(found, NOW))
        assert text.endswith("exit 0") or not found.running


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1795378575 +0000", datetime(2026, 11, 22, 20, 16, 15, tzinfo=UTC)),
        ("1795378575 -0800", datetime(2026, 11, 22, 12, 16, 15, tzinfo=PACIFIC)),
    ],
)
def test_the_hosts_clock_is_read(text: str, moment: datetime) -> None:
    assert clock_of(Answer(0, text)) == moment
    assert clock_of(Answer(0, text)).utcoffset() == moment.utcoffset()


@given(st.text() | st.from_regex(r"[0-9]{1,12} [+-][0-9]{4}", fullmatch=True))
def test_whatever_a_clock_says_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert clock_of(Answer(0, text)).tzinfo is not None
