"""Whether a machine is busier than it can be."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, ProbeError, Result, Status
from healthcheck.checks.load import Averages, Load, averages
from tests.conftest import PACIFIC, Look, a_host
from tests.lab.sshd import sshd

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("fifteen", "status", "says"),
    [
        pytest.param(8, Status.OK, "is not too busy", id="ok-at-the-limit"),
        pytest.param(9, Status.WARNING, "is busier than it should be, so what it does may be slow", id="look-above-2"),
        pytest.param(33, Status.CRITICAL, "is so busy that it can hardly do its work", id="problem-above-8"),
    ],
)
def test_a_machine_is_judged_by_its_last_quarter_of_an_hour(fifteen: float, status: Status, says: str) -> None:
    assert list(Load().evaluate(Averages(99, 50, fifteen, 4), NOW)) == [
        Result(status, says, f"load 99.00, 50.00, {fifteen:.2f} on 4 processors", Metric("load", fifteen / 4))
    ]


def test_a_recorded_load_over_ssh(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.24") as server:
        server.shim("cat", script="echo 9.10 8.20 30.00 3/412 12345")
        server.shim("getconf", script="exit 1")
        server.shim("nproc", script="echo 4")
        outcome = look(Load(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.detail) == (Status.WARNING, "load 9.10, 8.20, 30.00 on 4 processors")


def test_a_real_host_over_ssh(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.24") as server:
        outcome = look(Load(), server.host(), known_hosts=[server.known_hosts])
    assert [metric.name for metric in outcome.metrics] == ["load"]


def test_this_computer(look: Look) -> None:
    assert [metric.name for metric in look(Load(), a_host(local=True)).metrics] == ["load"]


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("load", "processors"),
    [
        ("", "4"),
        ("9.10 8.20", "4"),
        ("0,48 0,41 0,44 2/94 1234", "4"),
        ("0.48 0.41 0.44 2/94 1234", ""),
        ("0.48 0.41 0.44 2/94 1234", "0"),
    ],
)
def test_an_unreadable_load_is_refused(load: str, processors: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its load is unreadable"):
        averages(load, processors)


@given(st.text(alphabet="0123456789./ \n") | st.text(), st.text(alphabet="0123456789\n ") | st.text())
def test_any_answer_is_read_or_refused(load: str, processors: str) -> None:
    with contextlib.suppress(ProbeError):
        assert list(Load().evaluate(averages(load, processors), NOW))
