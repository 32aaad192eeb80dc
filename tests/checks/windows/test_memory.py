"""The memory of a Windows machine."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, ProbeError, Result, Status
from healthcheck.checks._windows.asking import Told
from healthcheck.checks._windows.memory import figures
from healthcheck.checks.memory import Figures, Memory
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC
from tests.lab.sshd import SshServer
from tests.lab.windows import told

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
GIB = 2**30
SOUND = {
    "TotalVisibleMemorySize": 16 * 2**20,
    "FreePhysicalMemory": 4 * 2**20,
    "SizeStoredInPagingFiles": 2 * 2**20,
    "FreeSpaceInPagingFiles": 2**20,
}


def test_memory_and_paging_files_are_judged_as_on_linux(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", told(memory=[SOUND]))
    assert list(look_at(Memory()).results) == [
        Result(Status.OK, "has enough memory", "4.3 GB of 17 GB memory available", Metric("available", 25.0, "%")),
        Result(Status.OK, "has enough memory", "50 percent of 2.1 GB swap used", Metric("swap used", 50.0, "%")),
    ]


def test_a_machine_short_of_memory_is_a_problem(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", told(memory=[{**SOUND, "FreePhysicalMemory": 200_000}]))
    outcome = look_at(Memory())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "is short of memory: 1 percent is left")


def test_figures_are_bytes() -> None:
    assert figures(Told((SOUND,))) == (16 * GIB, 4 * GIB, 2 * GIB, GIB)


@pytest.mark.parametrize(
    "wrong",
    [
        {"FreePhysicalMemory": None}, {"FreePhysicalMemory": "4194304"}, {"FreePhysicalMemory": -1},
        {"FreePhysicalMemory": 17 * 2**20}, {"TotalVisibleMemorySize": 0, "FreePhysicalMemory": 0},
        {"SizeStoredInPagingFiles": -5}, {"FreePhysicalMemory": True},
    ],
)  # fmt: skip
def test_impossible_figures_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProbeError, match="what it says about its memory is unreadable"):
        figures(Told(({**SOUND, **wrong},)))


@given(st.dictionaries(st.sampled_from(list(SOUND)), st.none() | st.booleans() | st.integers() | st.text()))
def test_any_figures_are_judged_or_refused(record: dict[str, object]) -> None:
    with contextlib.suppress(ProbeError):
        assert list(Memory().evaluate(Figures(*figures(Told((record,)))), NOW))
