"""Room on the drives of a Windows machine."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, Mount, ProbeError, Result, Space, Status
from healthcheck.checks._windows.asking import Told
from healthcheck.checks._windows.letters import Letter, drive_of, letters_of, tidy
from healthcheck.checks.disk import Disk, Disks
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC, a_host
from tests.lab.sshd import SshServer
from tests.lab.windows import told

DATA = Path(__file__).parents[2] / "data" / "windows"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
SYSTEM = {"Name": "C:\\", "Type": 3, "Ready": True, "Format": "NTFS", "Size": 1000, "Free": 500, "Ours": 500}
ROOM = Result(
    Status.OK,
    "has room on its disk “C:” (47 percent, 120 GB)",
    r"C: (NTFS on \\.\C:): 47.0 % free, 120,034,123,776 of 255,464,566,784 bytes",
    Metric("free C:", 46.99, "%"),
)


@pytest.mark.fault(34)
def test_every_built_in_drive_is_looked_at_and_a_full_one_is_a_problem(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", (DATA / "drives.json").read_bytes())
    outcome = look_at(Disk())
    full = "has little room left on its disk “D:” (0 percent, 42 MB)"
    assert [result for result in outcome.results if result.metric is None or result.metric.unit == "%"] == [
        ROOM,
        Result(
            Status.CRITICAL,
            full,
            r"D: (ReFS on \\.\D:): 0.0 % free, 41,943,040 of 4,000,650,883,072 bytes",
            Metric("free D:", 0.0, "%"),
        ),
        Result(
            Status.UNKNOWN,
            "could not be checked: the disk “G:” did not tell how full it is",
            r"G: (unknown on \\.\G:): the device is not ready",
        ),
    ]


@pytest.mark.fault(32)
def test_named_drives_are_the_only_ones_looked_at_and_one_that_is_gone_is_a_problem(
    look_at: LookAt, server: SshServer
) -> None:
    server.shim("powershell", (DATA / "drives.json").read_bytes())
    outcome = look_at(Disk(mounts=("c:\\", "H:", "E:")))
    assert [result for result in outcome.results if result.metric is None or result.metric.unit == "%"] == [
        Result(Status.CRITICAL, "has lost its disk “H:”: it is not connected", "nothing is mounted at H:"),
        Result(Status.CRITICAL, "has lost its disk “E:”: it is not connected", "nothing is mounted at E:"),
        ROOM,
    ]


def test_a_drive_may_be_left_alone(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", (DATA / "drives.json").read_bytes())
    assert look_at(Disk(except_mounts=("D:\\", "g:"))).status is Status.OK


def test_a_machine_without_a_drive_could_not_be_checked(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", told(letters=[]))
    outcome = look_at(Disk())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: what it says about its disks is unreadable",
    )


@pytest.mark.parametrize(
    ("changes", "letter"),
    [
        pytest.param({}, Letter(Mount("C:", "NTFS", r"\\.\C:", "C:"), Space(1000, 500, 500, 0, 0)), id="room"),
        pytest.param(
            {"Ours": 200}, Letter(Mount("C:", "NTFS", r"\\.\C:", "C:"), Space(1000, 500, 200, 0, 0)), id="a-quota"
        ),
        pytest.param(
            {"Type": 2}, Letter(Mount("C:", "NTFS", r"\\.\C:", "C:"), Space(1000, 500, 500, 0, 0), stays=False),
            id="a-stick",
        ),
        pytest.param(
            {"Ready": False, "Format": None},
            Letter(Mount("C:", "unknown", r"\\.\C:", "C:"), "the device is not ready"), id="locked",
        ),
        pytest.param(
            {"Free": 2000}, Letter(Mount("C:", "NTFS", r"\\.\C:", "C:"), "impossible figures: 1000 2000 500"),
            id="impossible",
        ),
        pytest.param(
            {"Size": None, "Says": "Die Datei ist beschädigt."},
            Letter(Mount("C:", "NTFS", r"\\.\C:", "C:"), "Die Datei ist beschädigt."), id="damaged",
        ),
    ],
)  # fmt: skip
def test_a_drive_is_read_whole(changes: dict[str, Any], letter: Letter) -> None:
    assert letters_of(Told(({**SYSTEM, **changes},))) == (letter,)


@pytest.mark.parametrize(
    ("path", "drive", "on"),
    [("c:", "C:", "C:"), ("D:\\", "D:", "D:"), ("d:/", "D:", "D:"), (r"d:\Backups", "", "D:"), ("/mnt", "", ""),
     (r"\\nas\backup", "", ""), ("D:Backups", "", ""), ("DD:", "", ""), ("", "", "")],
)  # fmt: skip
def test_a_drive_has_one_spelling(path: str, drive: str, on: str) -> None:
    assert (tidy(path), drive_of(path)) == (drive, on)


def test_a_path_of_the_right_system_is_none() -> None:
    windows, linux = a_host(os="windows"), a_host()
    assert list(Disk(mounts=("D:",)).mistakes_on(windows)) == list(Disk(mounts=("/srv",)).mistakes_on(linux)) == []


_VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["C:\\", "x", ""])


@given(st.lists(st.dictionaries(st.sampled_from(list(SYSTEM)), _VALUES)))
def test_any_drives_are_judged_or_refused(records: list[dict[str, object]]) -> None:
    with contextlib.suppress(ProbeError):
        found = letters_of(Told(tuple(records)))
        mounts = tuple(letter.mount for letter in found)
        spaces = {letter.mount.path: letter.space for letter in found}
        assert list(Disk().evaluate(Disks(mounts, spaces), NOW))
