"""The health of the drives of a Windows machine."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import ProbeError, Status
from healthcheck.checks._smart.drive import Device, Drive
from healthcheck.checks._windows.asking import Told
from healthcheck.checks._windows.health import drives_of
from healthcheck.checks.smart import Drives, Smart
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC, a_host, summed_up
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED, NO_SUCH_COMMAND, told

DATA = Path(__file__).parents[2] / "data" / "windows"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
COUNTER = {"Temperature": 31, "Wear": 2, "PowerOnHours": 20480, "ReadErrorsUncorrected": 0}
SOUND = {
    "DeviceId": "0",
    "FriendlyName": "Samsung SSD 870 EVO 500GB",
    "SerialNumber": "S62ANJ0R123456",
    "HealthStatus": 0,
    "OperationalStatus": [2],
    "Counter": COUNTER,
}
SILENT = {**SOUND, "Counter": {"Temperature": 0, "Wear": 0, "PowerOnHours": None}}


def worst(*records: dict[str, Any], check: Smart | None = None) -> tuple[Status, str]:
    drives, unread = drives_of(Told(records))
    return summed_up((check or Smart()).evaluate(Drives(tuple(drives), tuple(unread)), NOW))


def test_a_drive_is_read_whole() -> None:
    drives, unread = drives_of(Told((SOUND,)))
    assert unread == []
    assert drives == [
        Drive(
            Device("PhysicalDrive0"),
            "Samsung SSD 870 EVO 500GB",
            "S62ANJ0R123456",
            supported=True,
            passed=True,
            worn_percent=2,
            unreadable=0,
            temperature_c=31,
            hours=20480,
        )
    ]


@pytest.mark.fault(34)
def test_a_drive_about_to_fail_is_a_problem_and_one_that_tells_nothing_is_only_named(
    look_at: LookAt, server: SshServer
) -> None:
    server.shim("powershell", (DATA / "health.json").read_bytes())
    outcome = look_at(Smart())
    assert [(result.status, result.says, result.detail) for result in outcome.results if result.status.value] == [
        (
            Status.CRITICAL,
            "has a drive that is about to fail",
            "PhysicalDrive1 WDC WD4003FZEX (WD-WCC5D0000000); Windows says: Warning (5)",
        ),
        (
            Status.WARNING,
            "has a drive that failed to keep data: 17 times so far",
            "PhysicalDrive1 WDC WD4003FZEX (WD-WCC5D0000000): unreadable 17",
        ),
    ]
    assert outcome.results[-1].detail == "PhysicalDrive2: no SMART"


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        pytest.param({}, Status.OK, "has drives in good health", id="ok"),
        pytest.param({"HealthStatus": 2}, Status.CRITICAL, "has a drive that is about to fail", id="problem-unhealthy"),
        pytest.param(
            {"OperationalStatus": [2, 5]}, Status.CRITICAL, "has a drive that is about to fail", id="problem-predicted"
        ),
        pytest.param(
            {"HealthStatus": 1, "OperationalStatus": [53250]}, Status.WARNING,
            "has a drive that does not work as it should", id="look-doubted",
        ),
        pytest.param(
            {"Counter": {**COUNTER, "Wear": 91}}, Status.WARNING, "has a drive that is worn (91 percent used up)",
            id="look-worn",
        ),
        pytest.param(
            {"Counter": {**COUNTER, "Temperature": 71}}, Status.CRITICAL, "has a drive that is too hot (71 °C)",
            id="problem-hot",
        ),
        pytest.param(
            {"HealthStatus": 5}, Status.UNKNOWN,
            "could not be checked: one of its drives tells nothing about its health", id="could-not-check-unknown",
        ),
        pytest.param(
            {"Counter": SILENT["Counter"]}, Status.UNKNOWN,
            "could not be checked: one of its drives tells nothing about its health",
            id="could-not-check-healthy-by-hearsay",
        ),
        pytest.param(
            {"Counter": None, "Category": "NotSpecified", "Code": -2147467259, "Says": "Nicht unterstützt"},
            Status.UNKNOWN, "could not be checked: one of its drives tells nothing about its health",
            id="could-not-check-no-counter",
        ),
        pytest.param(
            {"Counter": None, **DENIED}, Status.UNKNOWN,
            "could not be checked: our login there may not see the health of its drives", id="could-not-check-refused",
        ),
        pytest.param(
            {"Counter": None, **DENIED, "HealthStatus": 2}, Status.CRITICAL, "has a drive that is about to fail",
            id="problem-whoever-asks",
        ),
        pytest.param(
            {"HealthStatus": "Fehlerfrei"}, Status.UNKNOWN,
            "could not be checked: what it says about the health of its drives is unreadable",
            id="could-not-check-translated",
        ),
    ],
)  # fmt: skip
def test_a_drive_is_judged_by_all_that_is_told(changes: dict[str, Any], status: Status, says: str) -> None:
    assert worst({**SOUND, **changes}) == (status, says)


def test_named_drives_are_the_only_ones_asked_and_one_that_is_gone_is_a_problem(
    look_at: LookAt, server: SshServer
) -> None:
    server.shim("powershell", told(drives=[SOUND, {**SOUND, "DeviceId": "1", "HealthStatus": 2}]))
    assert look_at(Smart(drives=("PhysicalDrive0",))).status is Status.OK
    outcome = look_at(Smart(drives=("physicaldrive0", "PhysicalDrive7")))
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "does not find one of the drives that it should have",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            told(drives=[]), "could not be checked: it finds no drive that could tell of its health", id="none"
        ),
        pytest.param(
            told({"drives": DENIED}),
            "could not be checked: our login there may not see the health of its drives", id="refused",
        ),
        pytest.param(
            told({"drives": NO_SUCH_COMMAND}),
            "could not be checked: it does not tell about the health of its drives", id="too-old-a-windows",
        ),
        pytest.param(
            told(drives=[{**SOUND, "DeviceId": None}]),
            "could not be checked: what it says about the health of its drives is unreadable", id="no-name",
        ),
    ],
)  # fmt: skip
def test_without_an_answer_nothing_is_fine(look_at: LookAt, server: SshServer, text: str, says: str) -> None:
    server.shim("powershell", text)
    outcome = look_at(Smart())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


def test_settings_of_another_system_are_mistakes() -> None:
    check = Smart(drives=("/dev/sda", "PhysicalDrive0"), sudo=True)
    assert list(check.mistakes()) == []
    assert list(check.mistakes_on(a_host(os="windows"))) == [
        ("drives", "'/dev/sda' is no drive of such a host, write “PhysicalDrive0”"),
        ("sudo", "has no use, as the login itself must be an administrator"),
    ]
    assert list(check.mistakes_on(a_host())) == [
        ("drives", "'PhysicalDrive0' is no drive of such a host, write “/dev/sda”")
    ]


_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(0, 6), max_size=2)


@given(
    st.dictionaries(st.sampled_from([*SOUND, "Category", "Code", "Says"]), _VALUES),
    st.none() | st.dictionaries(st.sampled_from(list(COUNTER)), _VALUES),
)
def test_a_drive_is_never_fine_by_hearsay(record: dict[str, object], counter: dict[str, object] | None) -> None:
    with contextlib.suppress(ProbeError):
        status, _ = worst({**record, "DeviceId": "0", "Counter": counter})
        told_something = any(isinstance(value, int) and value > 0 for value in (counter or {}).values())
        assert status is not Status.OK or (record["HealthStatus"] == 0 and told_something)
