"""Whether a machine has enough memory."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, Previous, ProbeError, Result, Status
from healthcheck.checks.memory import Figures, Memory, figures
from tests.conftest import PACIFIC, Look, a_host
from tests.lab.sshd import sshd

DATA = Path(__file__).parents[1] / "data" / "memory"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
FRIDAY = datetime(2026, 11, 20, 5, 45, tzinfo=PACIFIC)
GB = 10**9


def judged(found: Figures) -> list[Result]:
    return list(Memory().evaluate(found, NOW))


@pytest.mark.parametrize(
    ("available", "status", "says"),
    [
        pytest.param(10, Status.OK, "has enough memory", id="ok-at-the-limit"),
        pytest.param(9, Status.WARNING, "is short of memory: 9 percent is left", id="look-below-10"),
        pytest.param(3, Status.WARNING, "is short of memory: 3 percent is left", id="look-at-3"),
        pytest.param(2, Status.CRITICAL, "is short of memory: 2 percent is left", id="problem-below-3"),
    ],
)
def test_memory_is_judged_by_what_programs_can_have(available: int, status: Status, says: str) -> None:
    assert judged(Figures(100 * GB, available * GB, 0, 0)) == [
        Result(status, says, f"{available}{'.0' if available < 10 else ''} GB of 100 GB memory available",
               Metric("available", available, "%")),
    ]  # fmt: skip


def test_a_full_swap_is_worth_a_look() -> None:
    assert judged(Figures(100 * GB, 50 * GB, 100 * GB, 19 * GB))[1:] == [
        Result(
            Status.WARNING,
            "makes up for too little memory with its disk, which is slow",
            "81 percent of 100 GB swap used",
            Metric("swap used", 81, "%"),
        )
    ]


def ended(killed: int, before: float | None) -> Result:
    previous = None if before is None else Previous(FRIDAY, Status.OK, {"killed": before})
    return judged(Figures(100 * GB, 50 * GB, 0, 0, killed, previous))[-1]


def test_programs_that_were_ended_since_the_last_round_are_worth_a_look() -> None:
    assert ended(5, 3) == Result(
        Status.WARNING,
        "ran out of memory and had to end 2 programs since Friday, 5:45 am",
        "5 OOM kills since the start",
        Metric("killed", 5),
    )


@pytest.mark.parametrize(
    ("killed", "before", "status"),
    [
        pytest.param(5, None, Status.OK, id="ok-nobody-knows-when"),
        pytest.param(5, 5, Status.OK, id="ok-none-since"),
        pytest.param(1, 5, Status.WARNING, id="look-counted-anew-since-a-restart"),
        pytest.param(0, 5, Status.OK, id="ok-none-since-a-restart"),
    ],
)
def test_what_was_ended_before_is_no_finding(killed: int, before: float | None, status: Status) -> None:
    assert ended(killed, before).status is status


def test_a_round_that_did_not_count_is_no_ground_to_compare_with() -> None:
    last_round = Previous(FRIDAY, Status.OK, {"available": 50})
    assert judged(Figures(100 * GB, 50 * GB, 0, 0, 5, last_round))[-1].status is Status.OK


def test_a_real_host_over_ssh(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.23") as server:
        outcome = look(Memory(), server.host(), known_hosts=[server.known_hosts])
    assert {metric.name for metric in outcome.metrics} >= {"available"}
    assert outcome.status is not Status.UNKNOWN


def test_this_computer(look: Look) -> None:
    outcome = look(Memory(), a_host(local=True))
    assert {metric.name for metric in outcome.metrics} >= {"available"}
    assert outcome.status is not Status.UNKNOWN


@pytest.mark.fault(20)
def test_a_host_without_proc_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.23") as server:
        server.shim("cat", script='echo "cat: $1: Permission denied" >&2; exit 1')
        outcome = look(Memory(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.UNKNOWN,
        "could not be checked: what it says about its memory is unreadable",
        "/proc/meminfo: cat: /proc/meminfo: Permission denied",
    )


def test_recorded_figures() -> None:
    recorded = (DATA / "meminfo-debian-12.txt").read_text()
    assert figures(recorded, "oom_kill 3") == Figures(24684084 * 1024, 24300288 * 1024, 0, 0, 3)


def test_an_old_kernel_is_read_by_its_parts() -> None:
    old = "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 15 kB\nSwapTotal: 8 kB\nSwapFree: 8 kB\n"
    assert figures(old, "") == Figures(102400, 30 * 1024, 8192, 8192)


@pytest.mark.parametrize(
    "text",
    ["", "MemTotal: 100 kB", "MemTotal: 0 kB\nMemAvailable: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB", "MemTotal: 100 MB"],
)
def test_unreadable_figures_are_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its memory is unreadable"):
        figures(text, "")


@given(st.text(alphabet="MemTotalAvibSwpFr: 0123456789kB\n") | st.text())
def test_any_figures_are_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert judged(figures(text, text))
