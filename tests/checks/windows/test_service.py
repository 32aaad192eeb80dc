"""The services of a Windows machine."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Event, Metric, Previous, ProbeError, Result, Status
from healthcheck.checks._units import Unit
from healthcheck.checks._windows.asking import Told
from healthcheck.checks._windows.services import Service as WindowsService
from healthcheck.checks._windows.services import crashes_of, known_of, services_of, units
from healthcheck.checks.service import Service, Units
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC, a_host
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED, told

DATA = Path(__file__).parents[2] / "data" / "windows"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
CLOCK = NOW.astimezone(UTC)
ALWAYS = [
    {"Name": name, "DisplayName": name, "State": "Running", "StartMode": "Auto", "ExitCode": 0}
    for name in ("EventLog", "RpcSs", "Schedule")
]
KNOWN = [{"Name": name} for name in ("EventLog", "RpcSs", "Schedule")]
CHARTS = {"Name": "Charts", "DisplayName": "Patient charts", "State": "Running", "StartMode": "Auto", "ExitCode": 0}


def answer(*services: dict[str, Any], **changes: Any) -> str:
    """What a machine with those services answers, besides those that every machine has."""
    known = [*KNOWN, *({"Name": service["Name"]} for service in services)]
    clock = [{"Time": "2026-11-23T13:45:00Z"}]
    return told(**{"services": [*ALWAYS, *services], "known": known, "crashes": [], "clock": clock, **changes})


def test_a_service_that_runs_is_fine(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", answer(CHARTS))
    assert list(look_at(Service(units=("charts",), label="the charts program")).results) == [
        Result(
            Status.OK,
            "is running the charts program",
            "charts: loaded active (Running)",
            Metric("restarts charts", 0),
        )
    ]


@pytest.mark.fault(36)
@pytest.mark.parametrize(
    ("changes", "status", "says", "detail"),
    [
        pytest.param(
            {"State": "Stopped"}, Status.CRITICAL, "is not running the charts program",
            "Charts: loaded inactive (Stopped)", id="problem-stopped",
        ),
        pytest.param(
            {"State": "Stopped", "ExitCode": 1077}, Status.CRITICAL, "is not running the charts program",
            "Charts: loaded inactive (Stopped)", id="problem-never-started",
        ),
        pytest.param(
            {"State": "Stopped", "ExitCode": 1067}, Status.CRITICAL,
            "is not running the charts program: it broke down",
            "Charts: loaded failed (Stopped), exit-code 1067", id="problem-broke-down",
        ),
        pytest.param(
            {"State": "Stopped", "ExitCode": 1066, "ServiceSpecificExitCode": 17051}, Status.CRITICAL,
            "is not running the charts program: it broke down",
            "Charts: loaded failed (Stopped), exit-code 17051", id="problem-broke-down-with-a-code-of-its-own",
        ),
        pytest.param(
            {"State": "Stopped", "StartMode": "Disabled"}, Status.CRITICAL,
            "is not running the charts program: it has been switched off",
            "Charts: masked inactive (Stopped)", id="problem-switched-off",
        ),
        pytest.param(
            {"StartMode": "Disabled"}, Status.WARNING,
            "is running the charts program, but would not start it again: it has been switched off",
            "Charts: masked active (Running)", id="look-switched-off-while-it-runs",
        ),
        pytest.param(
            {"State": "Paused"}, Status.CRITICAL, "is not running the charts program",
            "Charts: loaded inactive (Paused)", id="problem-paused",
        ),
        pytest.param(
            {"State": "Start Pending"}, Status.WARNING, "is still starting the charts program",
            "Charts: loaded activating (Start Pending)", id="look-starting",
        ),
        pytest.param(
            {"State": "Stop Pending"}, Status.WARNING, "is just stopping the charts program",
            "Charts: loaded deactivating (Stop Pending)", id="look-stopping",
        ),
    ],
)  # fmt: skip
def test_a_service_that_does_not_run_is_told_with_the_reason(
    changes: dict[str, Any], status: Status, says: str, detail: str
) -> None:
    services = services_of(Told((*ALWAYS, {**CHARTS, **changes})))
    found = Units(units(["Charts"], services, ["Charts"], {}, None), CLOCK)
    [result] = Service(units=("Charts",), label="the charts program").evaluate(found, NOW)
    assert result == Result(status, says, detail, Metric("restarts Charts", 0))


def test_a_service_that_is_not_installed_is_a_problem(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", answer())
    outcome = look_at(Service(units=("Charts",), label="the charts program"))
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "does not know the charts program: it is not installed",
    )


@pytest.mark.fault(36)
def test_restarts_since_the_last_round_are_told_as_an_event() -> None:
    told_all = json.loads((DATA / "services.json").read_text())["Told"]
    crashes = crashes_of(Told(tuple(told_all["crashes"])), CLOCK - timedelta(days=1))
    services = services_of(Told(tuple(told_all["services"])))
    known = known_of(Told(tuple(told_all["known"])))
    previous = Previous(CLOCK - timedelta(days=1), Status.OK, {"restarts MSSQLSERVER": 5.0})
    found = Units(units(["MSSQLSERVER"], services, known, crashes, previous), CLOCK, previous)
    at = datetime(2026, 11, 23, 10, 3, 12, 123456, tzinfo=UTC)
    assert list(Service(units=("MSSQLSERVER",), label="the database").evaluate(found, NOW)) == [
        Result(
            Status.OK,
            "is running the database",
            "MSSQLSERVER: loaded active (Running)",
            Metric("restarts MSSQLSERVER", 7),
        ),
        Result(
            Status.WARNING,
            "had to start the database again 2 times since Sunday, 5:45 am",
            "MSSQLSERVER: 2 restarts",
        ),
        Event(at, "started the database again after it had stopped", "service", not_before=previous.at),
    ]


def test_what_was_before_the_last_round_is_not_told_again() -> None:
    told_all = json.loads((DATA / "services.json").read_text())["Told"]
    crashes = crashes_of(Told(tuple(told_all["crashes"])), CLOCK - timedelta(hours=4))
    assert crashes == {"SQL Server (MSSQLSERVER)": [datetime(2026, 11, 23, 10, 3, 12, 123456, tzinfo=UTC)]}


def test_without_the_log_nobody_counts_restarts(look_at: LookAt, server: SshServer) -> None:
    text = json.loads(answer(CHARTS))
    del text["Told"]["crashes"]
    server.shim("powershell", json.dumps({**text, "Failed": {"crashes": DENIED}}))
    outcome = look_at(Service(units=("Charts",)))
    assert [(result.says, result.metric) for result in outcome.results] == [("is running what it should", None)]


@pytest.mark.parametrize(
    ("services", "status", "says", "detail"),
    [
        pytest.param([], Status.OK, "has no program that broke down", "no failed units", id="ok"),
        pytest.param(
            [{**CHARTS, "State": "Stopped", "ExitCode": 1067}], Status.WARNING,
            "has one program that broke down", "Charts: loaded failed (Stopped), exit-code 1067", id="look",
        ),
    ],
)  # fmt: skip
def test_without_names_those_that_failed_are_worth_a_look(
    look_at: LookAt, server: SshServer, services: list[dict[str, Any]], status: Status, says: str, detail: str
) -> None:
    server.shim("powershell", answer(*services))
    assert list(look_at(Service()).results) == [Result(status, says, detail)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            answer(services=[]), "could not be checked: our login there may not see its programs", id="none-are-told"
        ),
        pytest.param(
            answer(services=ALWAYS[:2]), "could not be checked: our login there may not see its programs",
            id="some-are-told",
        ),
        pytest.param(
            answer(services=ALWAYS, known=[*KNOWN, {"Name": "Charts"}]),
            "could not be checked: our login there may not see one of its programs", id="ours-is-not-told",
        ),
        pytest.param(
            answer(known=[]), "could not be checked: our login there may not see its programs", id="no-registry"
        ),
        pytest.param(
            answer({**CHARTS, "State": "Wird ausgeführt"}),
            "could not be checked: what it says about its programs is unreadable", id="another-language",
        ),
        pytest.param(
            answer(CHARTS, clock=[]), "could not be checked: what it says about its time is unreadable", id="no-clock"
        ),
    ],
)  # fmt: skip
def test_what_our_login_may_not_see_is_never_gone(look_at: LookAt, server: SshServer, text: str, says: str) -> None:
    server.shim("powershell", text)
    outcome = look_at(Service(units=("Charts",)))
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


def test_names_are_those_of_the_system() -> None:
    named = Service(units=("MSSQL$SQL EXPRESS", "a/b"))
    assert list(named.mistakes_on(a_host(os="windows"))) == [("units", "'a/b' is not the name of a service")]
    assert list(named.mistakes_on(a_host())) == [
        ("units", "'MSSQL$SQL EXPRESS' is not the name of a unit"),
        ("units", "'a/b' is not the name of a unit"),
    ]


def test_a_failed_service_is_a_unit_in_systemd_s_words() -> None:
    crash = datetime(2026, 11, 23, 10, 3, tzinfo=UTC)
    service = WindowsService("Spooler", "Druckwarteschlange", "Stopped", "Auto", 1067)
    assert service.unit("spooler", [crash], 2) == Unit(
        "spooler", "loaded", "failed", "Stopped", "", "exit-code", 3, crash, "1067"
    )


_RECORDS = st.lists(
    st.dictionaries(
        st.sampled_from(["Name", "DisplayName", "State", "StartMode", "ExitCode", "Time"]),
        st.none() | st.integers() | st.text() | st.sampled_from(["Running", "Stopped", "Auto", "Charts"]),
    )
)


@given(_RECORDS, _RECORDS)
def test_any_services_are_judged_or_refused(
    services: list[dict[str, object]], crashes: list[dict[str, object]]
) -> None:
    with contextlib.suppress(ProbeError):
        found = services_of(Told((*ALWAYS, *services)))
        told_units = units(["Charts"], found, ["Charts"], crashes_of(Told(tuple(crashes)), CLOCK), None)
        assert list(Service(units=("Charts",)).evaluate(Units(told_units, CLOCK), NOW))
