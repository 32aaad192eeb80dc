"""Backups that Veeam Backup & Replication makes."""

from __future__ import annotations

import contextlib
import json
import shlex
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, ProbeError, Result, Secret, Status
from healthcheck.checks._enterprise_manager import Summary, summary_of
from healthcheck.checks.veeam import Job, Jobs, Run, Veeam, jobs_of
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, a_host, summed_up
from tests.lab import free_port
from tests.lab.probed import all_that_shows, probed
from tests.lab.sshd import SshServer, sshd
from tests.lab.tls import Authority, request
from tests.lab.tls import server as tls_server

DATA = Path(__file__).parents[1] / "data" / "veeam"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
UTC_NOW = NOW.astimezone(UTC)
LookAt = Callable[..., Outcome]


def run(result: str, hours_ago: float) -> Run:
    ended = UTC_NOW - timedelta(hours=hours_ago)
    return Run(result, ended - timedelta(minutes=30), ended)


def under_way(hours_ago: float) -> Run:
    return Run("", UTC_NOW - timedelta(hours=hours_ago))


GOOD = run("Success", 3.7)
CHARTS = Job("Charts", True, (GOOD, run("Success", 27.7)))


def judged(*jobs: Job, check: Veeam | None = None, now: datetime = NOW) -> list[Result]:
    return list((check or Veeam()).evaluate(Jobs(now.astimezone(UTC), jobs), now))


def worst(*jobs: Job, check: Veeam | None = None) -> tuple[Status, str]:
    return summed_up(judged(*jobs, check=check))


def test_a_job_that_went_well_last_night_is_fine() -> None:
    assert judged(CHARTS) == [
        Result(Status.OK, "made its last backups", "Charts: Success, started 2026-11-23 09:33 UTC"),
        Result(Status.OK, "made its last backups", "Charts: 3.7 hours old, limit 26", Metric("age_h Charts", 3.7, "h")),
    ]


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("runs", "status", "says"),
    [
        pytest.param(
            (run("Warning", 3.7),), Status.WARNING,
            "made its last backup “Charts” today, 2:03 am, but with warnings", id="look-warning",
        ),
        pytest.param(
            (run("Failed", 3.7), run("Success", 5)), Status.CRITICAL,
            "failed to make its last backup “Charts” today, 2:03 am", id="problem-failed",
        ),
        pytest.param(
            (run("Success", 3.7), run("Failed", 5)), Status.OK, "made its last backups", id="ok-the-retry-went-well"
        ),
        pytest.param(
            (run("None", 3.7), run("Success", 5)), Status.CRITICAL,
            "ended its last backup “Charts” without a result today, 2:03 am", id="problem-no-result",
        ),
        pytest.param((), Status.CRITICAL, "has never run its backup “Charts”", id="problem-never"),
        pytest.param(
            (run("Success", 54.72),), Status.CRITICAL,
            "has no backup “Charts” since Friday, 11:01 pm", id="problem-old",
        ),
        pytest.param(
            (run("Failed", 3.7), run("Failed", 4)), Status.CRITICAL,
            "failed to make its last backup “Charts” today, 2:03 am; "
            "has no good backup “Charts”: all of its last 2 runs failed",
            id="problem-always",
        ),
        pytest.param(
            (run("Success", -48),), Status.CRITICAL,
            "has no good backup “Charts”: only one that is dated in the future", id="problem-future",
        ),
    ],
)  # fmt: skip
def test_a_job_is_judged_by_its_last_run(runs: tuple[Run, ...], status: Status, says: str) -> None:
    assert worst(Job("Charts", True, runs)) == (status, says)


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("runs", "status", "says"),
    [
        pytest.param(
            (under_way(0.5), GOOD), Status.OK,
            "made its last backups; is making its backup “Charts”: one has been running since today, 5:15 am",
            id="ok-running",
        ),
        pytest.param(
            (under_way(0.5), run("Failed", 3.7), GOOD), Status.CRITICAL,
            "failed to make its last backup “Charts” today, 2:03 am", id="problem-the-one-before-failed",
        ),
        pytest.param(
            (under_way(0.5), run("Success", 54.72)), Status.CRITICAL,
            "has no backup “Charts” since Friday, 11:01 pm; one has been running since today, 5:15 am",
            id="problem-the-one-before-is-old",
        ),
        pytest.param(
            (under_way(0.5),), Status.WARNING,
            "has no finished backup “Charts” yet; one has been running since today, 5:15 am", id="look-the-first",
        ),
    ],
)  # fmt: skip
def test_a_run_under_way_is_told_and_judged_by_the_one_before(runs: tuple[Run, ...], status: Status, says: str) -> None:
    assert worst(Job("Charts", True, runs)) == (status, says)


@pytest.mark.parametrize(
    ("jobs", "wanted", "status", "says"),
    [
        pytest.param((), (), Status.CRITICAL, "has no backup job that runs", id="problem-none"),
        pytest.param(
            (replace(CHARTS, enabled=False),), (), Status.CRITICAL,
            "has no backup job that runs, all switched off", id="problem-all-switched-off",
        ),
        pytest.param(
            (CHARTS, Job("Old", False, (run("Failed", 9999),))), (), Status.OK, "made its last backups",
            id="ok-one-that-is-switched-off-does-not-count",
        ),
        pytest.param(
            (CHARTS,), ("Charts", "Mail"), Status.CRITICAL, "has no backup job “Mail”", id="problem-not-there"
        ),
        pytest.param(
            (CHARTS, Job("Mail", True, (run("Failed", 1),))), ("Charts",), Status.OK, "made its last backups",
            id="ok-the-other-was-not-asked-for",
        ),
    ],
)  # fmt: skip
def test_which_jobs_count(jobs: tuple[Job, ...], wanted: tuple[str, ...], status: Status, says: str) -> None:
    assert worst(*jobs, check=Veeam(jobs=wanted)) == (status, says)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("ended", "now", "age_h"),
    [
        pytest.param("2026-11-01T06:30:00Z", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 7.25, id="25-hours"),
        pytest.param("2026-11-01T01:30:00-08:00", datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC), 4.25, id="second-1-30"),
        pytest.param("/Date(1805009400000)/", datetime(2027, 3, 14, 5, 45, tzinfo=PACIFIC), 5.25, id="23-hours"),
    ],
)
def test_ages_are_right_on_both_nights_when_the_clocks_change(ended: str, now: datetime, age_h: float) -> None:
    last = {"Result": "Success", "State": "Stopped", "Started": ended, "Ended": ended}
    told = {"Clock": now.isoformat(), "Jobs": {"Name": "Charts", "Enabled": True, "Runs": last}}
    found = jobs_of(json.dumps(told))
    assert list(Veeam().evaluate(found, now))[1].metric == Metric("age_h Charts", age_h, "h")


# Over SSH


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.43") as running:
        yield running


@pytest.fixture
def look_at(look: Look, server: SshServer) -> LookAt:
    """A look at a server whose PowerShell prints what a test wants."""
    return lambda **settings: look(Veeam(**settings), server.host(os="windows"), known_hosts=[server.known_hosts])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_jobs_of_a_server_are_judged(look_at: LookAt, server: SshServer, encoding: str) -> None:
    server.shim("powershell", (DATA / "jobs.json").read_text(encoding="utf-8").encode(encoding))
    outcome = look_at()
    assert outcome.status is Status.CRITICAL
    assert [(result.status, result.detail) for result in outcome.results if result.status is not Status.OK] == [
        (Status.WARNING, "Mail: Warning, started 2026-11-23 08:00 UTC"),
        (Status.CRITICAL, "X-rays: Failed, started 2026-11-23 09:00 UTC"),
    ]


def test_the_script_is_sent_encoded_so_that_no_shell_misreads_it(
    look_at: LookAt, server: SshServer, tmp_path: Path
) -> None:
    server.shim("powershell", script=f'echo "$@" >{tmp_path}/words; cat {DATA}/jobs.json')
    assert look_at(jobs=("Charts",)).status is Status.OK
    encoded = shlex.split((tmp_path / "words").read_text())[-1]
    assert "Get-VBRBackupSession" in b64decode(encoded).decode("utf-16-le")
    assert len(encoded) < 8000  # cmd.exe takes 8,191 characters


@pytest.mark.fault(20)
def test_a_server_without_veeam_could_not_be_checked(look_at: LookAt, server: SshServer) -> None:
    error = "Add-PSSnapin : No snap-ins have been registered for Windows PowerShell version 5."
    server.shim("powershell", error=error, exit=1)
    outcome = look_at()
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: powershell ended with an error there",
    )
    assert outcome.detail.endswith(error)


# What PowerShell says

RUN = '{"Result": "Success", "State": "Stopped", "Started": "2026-11-23T09:00:00Z", "Ended": "2026-11-23T10:00:00Z"}'


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", '{"Clock": "2026-11-23T13:45:00Z"}', '{"Jobs": []}',
        '{"Clock": "2026-11-23T13:45:00Z", "Jobs": [3]}',
        '{"Clock": "2026-11-23T13:45:00Z", "Jobs": [{"Name": "a"}]}',
        '{"Clock": "2026-11-23T13:45:00Z", "Jobs": [{"Name": "a", "Enabled": true, "Runs": [3]}]}',
        *(
            '{"Clock": "2026-11-23T13:45:00Z", "Jobs": [{"Name": "a", "Enabled": true, "Runs": [%s]}]}' % other  # noqa: UP031  # braces
            for other in (
                RUN.replace("Success", "Splendid"), RUN.replace("Stopped", ""), RUN.replace("T10:00:00Z", ""),
                RUN.replace("T09:00:00Z", "T09:00:00"),
            )
        ),
    ],
)  # fmt: skip
def test_another_answer_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its backup jobs is unreadable"):
        jobs_of(text)


_NAMES = ["Clock", "Jobs", "Name", "Enabled", "Runs", "Result", "State", "Started", "Ended"]
_WORDS = ["Success", "Failed", "Stopped", "Working", "2026-11-23T13:45:00Z", "/Date(1805095800000)/"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(_WORDS),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_NAMES), inner),
)


@given(st.text() | _JSON.map(json.dumps))
def test_any_answer_is_judged_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert list(Veeam().evaluate(jobs_of(text), NOW))


@given(st.sampled_from(_WORDS), st.sampled_from(_WORDS), st.integers(-(10**14), 10**14), st.integers(0, 10**14))
def test_any_run_is_judged_or_refused(result: str, state: str, started: int, ended: int) -> None:
    last = {"Result": result, "State": state, "Started": f"/Date({started})/", "Ended": f"/Date({ended})/"}
    told = {"Clock": "2026-11-23T13:45:00Z", "Jobs": [{"Name": "Charts", "Enabled": True, "Runs": [last]}]}
    with contextlib.suppress(ProbeError):
        assert list(Veeam().evaluate(jobs_of(json.dumps(told)), NOW))


# By Enterprise Manager


FINE = Summary(7, 0, 0, 0, 38, 0, 0)


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        pytest.param(FINE, Status.OK, "made its last backups", id="ok"),
        pytest.param(
            replace(FINE, warned_runs=1), Status.WARNING, "had 1 backup of late that ended with warnings", id="look"
        ),
        pytest.param(
            replace(FINE, failed_runs=2), Status.CRITICAL, "had 2 backups of late that failed", id="problem-a-run"
        ),
        pytest.param(
            replace(FINE, failed_machines=1), Status.CRITICAL,
            "could not back up 1 machine the last time", id="problem-a-machine",
        ),
        pytest.param(
            replace(FINE, good_runs=0), Status.CRITICAL, "has made no backup of late", id="problem-none"
        ),
        pytest.param(
            replace(FINE, good_runs=0, running=1), Status.WARNING,
            "has no finished backup of late; one is running now", id="look-running",
        ),
        pytest.param(
            replace(FINE, good_machines=0), Status.CRITICAL,
            "made its last backups, but of no machine", id="problem-of-nothing",
        ),
    ],
)  # fmt: skip
def test_the_counts_of_enterprise_manager_are_judged(found: Summary, status: Status, says: str) -> None:
    results = list(Veeam().evaluate(found, NOW))
    assert [(result.status, result.says) for result in results] == [(status, says)]


def recorded(name: str) -> dict[str, dict[str, object]]:
    told: dict[str, dict[str, object]] = json.loads((DATA / name).read_text())
    return told


@pytest.fixture
def manager_at(look: Look, tmp_path: Path) -> Callable[..., tuple[Outcome, list[bytes]]]:
    """A look at an Enterprise Manager that answers with what was recorded; and the requests that it got."""

    def run(
        name: str = "enterprise-manager-12-healthy.json", *, status: bytes = b"201 Created", trusted: bool = True
    ) -> tuple[Outcome, list[bytes]]:
        told, asked = recorded(name), list[bytes]()

        def serve(connection: socket.socket) -> None:
            asked.append(question := request(connection))
            path = question.split()[1].decode()
            body = json.dumps(told.get(path.rpartition("/")[2], {})).encode()
            line = status + b"\r\nX-RestSvcSessionId: session-1" if path.startswith("/api/sessionMngr") else b"200 OK"
            connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (line, len(body), body))

        authority = Authority(tmp_path)
        with tls_server(serve, tls=authority.server("manager.test")) as port:
            check = Veeam(
                via="enterprise_manager", port=port, username="looker", password=Secret("canary"),
                server_name="manager.test", ca_file=authority.ca_file if trusted else "",
            )  # fmt: skip
            return look(check, a_host()), asked

    return run


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("name", "results"),
    [
        pytest.param("enterprise-manager-12-healthy.json", [(Status.OK, "made its last backups")], id="ok-recorded"),
        pytest.param(
            "enterprise-manager-12-failed.json",
            [
                (Status.CRITICAL, "could not back up 1 machine the last time"),
                (Status.CRITICAL, "had 5 backups of late that failed"),
                (Status.WARNING, "had 3 backups of late that ended with warnings"),
            ],
            id="problem-recorded",
        ),
    ],
)
def test_a_recorded_summary_is_judged(
    manager_at: Callable[..., tuple[Outcome, list[bytes]]], name: str, results: list[tuple[Status, str]]
) -> None:
    outcome, asked = manager_at(name)
    assert [(result.status, result.says) for result in outcome.results] == results
    assert [question.split(b" HTTP")[0] for question in asked] == [
        b"POST /api/sessionMngr/?v=latest",
        b"GET /api/reports/summary/job_statistics",
        b"GET /api/reports/summary/overview",
    ]
    assert [b"Authorization" in question for question in asked] == [True, False, False]
    assert [b"session-1" in question for question in asked] == [False, True, True]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"status": b"401 Unauthorized"}, "Veeam refused our login", id="login"),
        pytest.param({"status": b"503 Busy"}, "Veeam did not answer as it should", id="busy"),
        pytest.param(
            {"trusted": False}, "Veeam's certificate is not trusted, so no password was sent", id="not-trusted"
        ),
        pytest.param({"name": "jobs.json"}, "what it says about its backup jobs is unreadable", id="other-words"),
    ],
)
def test_why_enterprise_manager_could_not_be_asked_is_told(
    manager_at: Callable[..., tuple[Outcome, list[bytes]]], settings: dict[str, Any], says: str
) -> None:
    outcome, asked = manager_at(**settings)
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, f"could not be checked: {says}")
    assert settings.get("trusted", True) or not asked
    assert "canary" not in repr(outcome)


def test_enterprise_manager_that_is_not_there_could_not_be_checked(look: Look) -> None:
    port = free_port()
    check = Veeam(via="enterprise_manager", port=port, username="looker", password=Secret("canary"))
    outcome = look(check, a_host())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, "could not be checked: Veeam refused the connection")
    failure = probed(check, a_host(), timeout_s=5.0)
    assert "canary" not in all_that_shows(failure)
    assert b64encode(b"looker:canary").decode() not in all_that_shows(failure)


_COUNTS = ["SuccessfulJobRuns", "WarningsJobRuns", "FailedJobRuns", "RunningJobs", "SuccessfulVmLastestStates"]
_COUNTS += ["WarningVmLastestStates", "FailedVmLastestStates"]
_REPORT = st.fixed_dictionaries({name: st.integers(-1, 10**7) for name in _COUNTS}) | _JSON


@given(st.text() | _REPORT.map(json.dumps), st.text() | _REPORT.map(json.dumps))
def test_any_summary_is_judged_or_refused(statistics: str, overview: str) -> None:
    with contextlib.suppress(ProbeError):
        assert list(Veeam().evaluate(summary_of(statistics, overview), NOW))


def test_mistakes_in_the_settings_are_named() -> None:
    assert list(Veeam(newest_within_h=0).mistakes()) == [("newest_within_h", "must be more than 0")]
    assert list(Veeam(via="enterprise_manager", jobs=("Charts",)).mistakes()) == [
        ("via", "needs `username` and `password` for Enterprise Manager"),
        ("jobs", 'needs via = "powershell": Enterprise Manager names no jobs'),
    ]
