"""What starts the report: a real systemd with the timer that ships, lines of cron's, the agent, or nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from healthcheck.doctor import crontab, starting
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.starting import elapse
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab.program import CONFIG, PROGRAM
from tests.lab.systemd import Manager, systemd

SHIPPED = Path(__file__).parents[2] / "systemd"
MAIL = """
[email]
host = "127.0.0.1"
username = "checker"
password = { secret = "smtp_password" }
from = "System check <checker@foothill.example>"

[[delivery]]
name = "chat"
channel = "teams"
url = { secret = "teams_url" }
"""
SECRETS = {
    "HEALTHCHECK_SECRET_SMTP_PASSWORD": "canary-4711",
    "HEALTHCHECK_SECRET_TEAMS_URL": "https://teams.example/canary-4711",
}
UTC_CONFIG = CONFIG.replace("America/Los_Angeles", "Etc/UTC")


class WithSystemd(Protocol):
    def __call__(self, *units: str, program: str = "/bin/sh") -> AbstractContextManager[Manager]: ...


@pytest.fixture
def with_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithSystemd:
    """A real systemd with some of the units that ship, which `systemctl` speaks to."""

    @contextmanager
    def run(*units: str, program: str = "/bin/sh") -> Iterator[Manager]:
        texts = {name: (SHIPPED / name).read_text() for name in units}
        texts = {name: text.replace("/opt/healthcheck/bin/healthcheck", program) for name, text in texts.items()}
        with systemd(tmp_path, texts) as manager:
            shim = tmp_path / "bin" / "systemctl"
            shim.parent.mkdir()
            shim.write_text(f"#!/bin/sh\n{manager.shim}\n")
            shim.chmod(0o755)
            monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
            yield manager

    return run


def found(premises: object) -> list[tuple[Status, str]]:
    return [(one.status, one.says) for one in starting.starts(premises)]  # type: ignore[arg-type]


ALL = ("healthcheck.timer", "healthcheck.service", "healthcheck-watch.timer", "healthcheck-watch.service")


def test_the_timer_that_ships_starts_the_report_at_the_hour_of_the_config(at: At, with_systemd: WithSystemd) -> None:
    premises = at(config=UTC_CONFIG)
    with with_systemd(*ALL) as manager:
        manager.start("healthcheck.timer", "ActiveState=active")
        manager.start("healthcheck-watch.timer", "ActiveState=active")
        [disabled, starts] = starting.starts(premises)
    assert disabled == Finding(
        Status.WARNING,
        "systemd's timer for the report runs, but it will not come back when this computer restarts.",
        "sudo systemctl enable --now healthcheck.timer healthcheck-watch.timer",
    )
    assert starts.status is Status.OK
    assert starts.says.startswith("systemd's timer starts the report; next ")
    assert starts.says.endswith(", 5:45 am.")


def test_a_timer_at_another_hour_than_the_config_is_told_with_the_line_that_mends_it(
    at: At, with_systemd: WithSystemd
) -> None:
    premises = at()  # Los Angeles, while the timer goes by this computer's clock
    with with_systemd(*ALL) as manager:
        manager.start("healthcheck.timer", "ActiveState=active")
        _, starts, watch = starting.starts(premises)
    assert starts.status is Status.WARNING
    assert starts.says.endswith(" The config says 5:45 am.")
    assert starts.fix == (
        'sudo systemctl edit healthcheck.timer, with these lines: "[Timer]", "OnCalendar=", '
        '"OnCalendar=*-*-* 05:45:00 America/Los_Angeles"'
    )
    assert watch == Finding(Status.WARNING, crontab.NO_WATCH, "sudo systemctl enable --now healthcheck-watch.timer")


def test_a_timer_that_is_switched_off_and_a_program_that_is_not_there_are_problems(
    at: At, with_systemd: WithSystemd
) -> None:
    premises = at(config=UTC_CONFIG)
    with with_systemd(*ALL, program="/opt/nowhere/healthcheck") as manager:
        assert found(premises) == [
            (Status.CRITICAL, "systemd's timer for the report is there, but it is not switched on.")
        ]
        manager.start("healthcheck.timer", "ActiveState=active")
        assert (
            Status.CRITICAL,
            "The timer would start /opt/nowhere/healthcheck, and that is not there.",
        ) in found(premises)


def test_a_secret_that_the_service_is_not_given_is_a_problem(at: At, with_systemd: WithSystemd, tmp_path: Path) -> None:
    premises = at(MAIL, config=UTC_CONFIG, environ=SECRETS)
    with with_systemd(*ALL) as manager:
        manager.start("healthcheck.timer", "ActiveState=active")
        [problem] = [one for one in starting.starts(premises) if one.status is Status.CRITICAL]
    assert problem == Finding(
        Status.CRITICAL,
        'The timer\'s service is not given the secret "teams_url", so the report would find it missing.',
        'sudo systemctl edit healthcheck.service, with these lines: "[Service]", '
        f'"LoadCredential=teams_url:{tmp_path}/credentials/teams_url"; the same for healthcheck-watch.service',
    )


def test_with_a_broken_config_the_timer_is_told_all_the_same(at: At, with_systemd: WithSystemd) -> None:
    premises = at("[nonsense]")
    with with_systemd(*ALL) as manager:
        manager.start("healthcheck.timer", "ActiveState=active")
        manager.start("healthcheck-watch.timer", "ActiveState=active")
        assert found(premises)[1:] == [(Status.OK, "systemd's timer starts the report.")]


def test_a_last_run_that_failed_is_worth_a_look(at: At, with_systemd: WithSystemd) -> None:
    with with_systemd(*ALL) as manager:
        manager.start("healthcheck.timer", "ActiveState=active")
        manager.start("healthcheck-watch.timer", "ActiveState=active")
        manager.start("healthcheck.service", "ActiveState=failed")  # a user's systemd has no other accounts
        failed = list(starting.starts(at(config=UTC_CONFIG)))[-1]
    assert (failed.status, failed.fix) == (Status.WARNING, "journalctl -u healthcheck.service -n 100")
    assert failed.says.startswith("The last run that the timer started failed (")


def test_when_nothing_starts_the_report_that_is_a_problem(
    at: At, with_systemd: WithSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "Nothing starts the report in the morning: there is no timer, no line of cron's and no agent."
    with with_systemd():
        [nothing] = starting.starts(at())
        assert nothing == Finding(
            Status.CRITICAL, says, "sudo systemctl enable --now healthcheck.timer healthcheck-watch.timer"
        )
    monkeypatch.setenv("PATH", "/nowhere")
    assert list(starting.starts(at())) == [Finding(Status.CRITICAL, says, "healthcheck agent --here")]


def test_the_agent_counts_where_it_runs_for_this_config(
    tmp_path: Path, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    premises = at()
    other = tmp_path / "other.toml"
    other.write_text(premises.config_file.read_text())
    other.chmod(0o600)
    monkeypatch.setenv("PATH", "/nowhere")
    with agent(tmp_path, premises.config_file) as pid, agent(tmp_path, other):
        assert found(premises) == [(Status.OK, f"The agent runs (process {pid}) and starts the report.")]
        with agent(tmp_path, premises.config_file) as second:
            [both] = starting.starts(premises)
    assert both == Finding(
        Status.WARNING,
        f"More than one agent runs (processes {pid} and {second}), so the report comes more than once.",
        f"sudo kill {second}",
    )


@contextmanager
def agent(folder: Path, config: Path) -> Iterator[int]:
    process = subprocess.Popen([PROGRAM, "agent", "--config", config, "--state-dir", folder / "state"])
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


IDLE = Finding(Status.CRITICAL, "systemd's timer for the report is there, but it is not switched on.", "switch it on")
CRON = Finding(Status.OK, "cron starts the report, by a line in /etc/crontab.")
AT_ANOTHER_HOUR = Finding(Status.WARNING, "systemd's timer starts the report; next today, 6:45 am.", "edit it")


def test_what_does_not_start_it_is_passed_over_where_something_else_does(at: At) -> None:
    assert list(starting.together(at(), [IDLE], [CRON], [])) == [CRON]
    assert list(starting.together(at(), [IDLE], [], [])) == [IDLE]


def test_two_things_that_start_it_are_one_too_many(at: At) -> None:
    first, second, both = starting.together(at(), [AT_ANOTHER_HOUR], [CRON], [])
    assert (first, second) == (AT_ANOTHER_HOUR, CRON)
    assert both == Finding(
        Status.WARNING,
        "More than one thing starts the report, so it comes more than once.",
        "Keep the timer, the line of cron's or the agent; take the others away.",
    )


@pytest.mark.parametrize(
    ("said", "when"),
    [
        ("Mon 2026-11-23 05:45:00 UTC", datetime(2026, 11, 23, 5, 45, tzinfo=UTC)),
        ("", None),
        ("n/a", None),
        ("Mon 2026-11-23 05:45:00 PST", None),
    ],
)
def test_the_next_start_is_read_as_systemd_writes_it_or_not_at_all(said: str, when: datetime | None) -> None:
    assert elapse(said) == when
