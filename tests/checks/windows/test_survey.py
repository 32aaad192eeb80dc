"""What a Windows machine has and does."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Facts, ProbeError, Result, Status
from healthcheck.checks._windows.asking import Told, told_of
from healthcheck.checks._windows.machine import found
from healthcheck.checks.survey import Found, Survey
from healthcheck.diagnosis.losses import SORTS, lost
from healthcheck.diagnosis.returns import Return
from healthcheck.findings import Stretch
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED

DATA = Path(__file__).parents[2] / "data" / "windows"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
RECORDED = json.loads((DATA / "machine.json").read_text())
QUESTIONS = tuple(RECORDED["Told"])

THINGS = {
    "start": {"boot": "48211"},
    "drives": {
        "Samsung SSD 870 EVO 500GB S62ANJ0R123456": "500105249280 PhysicalDrive0",
        "WDC WD4003FZEX-00Z4SA0 WD-WCC5D0000000": "4000784417280 PhysicalDrive1",
    },
    "mounts": {"C:": r"NTFS \\.\C:", "D:": r"ReFS \\.\D:"},
    "programs": {
        "EventLog": "Windows-Ereignisprotokoll",
        "MSSQLSERVER": "SQL Server (MSSQLSERVER)",
        "RpcSs": "Remoteprozeduraufruf (RPC)",
        "Schedule": "Aufgabenplanung",
        "sshd": "OpenSSH SSH Server",
    },
    "ports": {"22": "", "135": "", "139": "", "1433": ""},
    "lines": {"Ethernet": "1000", "Ethernet 2": "down"},
    "memory": {"memory": "17063006208"},
    "system": {
        "system": "Microsoft Windows Server 2022 Standard",
        "kernel": "Windows 10.0.20348",
        "maker": "Dell Inc.",
        "model": "PowerEdge T150",
    },
}


def answer(failed: dict[str, dict[str, object]] | None = None, **changes: Any) -> str:
    """The recorded answer with other things in it, or with questions that failed."""
    things = {**RECORDED["Told"], **changes}
    return json.dumps({"Told": {k: v for k, v in things.items() if k not in (failed or {})}, "Failed": failed or {}})


def surveyed(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    things, not_known = found(told_of(text, *QUESTIONS))
    return dict(things), not_known


def test_all_that_comes_and_goes_is_left_out() -> None:
    assert surveyed(answer()) == (THINGS, {})


def test_over_ssh_it_is_on_record_in_the_sorts_that_are_compared(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", answer())
    outcome = look_at(Survey())
    assert outcome.results == (
        Result(
            Status.OK,
            "was looked over: 2 drives, 2 disks in use, 5 programs, 4 services for others and 2 network lines",
            "start 1, drives 2, mounts 2, programs 5, ports 4, lines 2, memory 1, system 4",
        ),
    )
    assert outcome.facts == tuple(Facts(sort, things) for sort, things in THINGS.items())
    assert set(THINGS) - {"start", "system"} == {sort.name for sort in SORTS} - {"raid"}


def test_what_our_login_may_not_see_is_not_known_and_never_gone() -> None:
    refused = dict.fromkeys(("start", "uptime", "drives", "programs", "lines", "system"), DENIED)
    things, not_known = surveyed(answer(failed=refused))
    assert things == {sort: THINGS[sort] for sort in ("mounts", "ports")}
    why = "PermissionDenied 0x80070005: Zugriff verweigert"
    assert not_known == dict.fromkeys(("start", "drives", "programs", "lines", "memory", "system"), why)


@pytest.mark.parametrize(
    ("changes", "sort", "why"),
    [
        pytest.param({"start": []}, "start", "it said nothing", id="an-empty-log"),
        pytest.param({"drives": []}, "drives", "it said nothing", id="no-drives"),
        pytest.param({"mounts": []}, "mounts", "it said nothing", id="no-letters"),
        pytest.param({"programs": []}, "programs", "it said nothing", id="no-programs"),
        pytest.param(
            {"programs": [{"Name": "sshd", "DisplayName": "x"}]}, "programs", "it said: ['sshd']", id="some-programs"
        ),
        pytest.param(
            {"ports": [{"Address": "alle", "Port": 22}]}, "ports", "it said: {'Address': 'alle', 'Port': 22}",
            id="no-address",
        ),
        pytest.param(
            {"lines": [{"Name": "LAN", "NdisPhysicalMedium": "802.3"}]}, "lines",
            "it said: {'Name': 'LAN', 'NdisPhysicalMedium': '802.3'}", id="words",
        ),
    ],
)  # fmt: skip
def test_a_sort_that_cannot_be_read_is_not_known(changes: dict[str, Any], sort: str, why: str) -> None:
    things, not_known = surveyed(answer(**changes))
    assert things == {name: facts for name, facts in THINGS.items() if name != sort}
    assert not_known == {sort: why}


def test_programs_are_left_out_while_the_machine_is_starting() -> None:
    uptime = [{"Clock": "2026-11-23T13:45:00Z", "Boot": "2026-11-23T13:40:00Z"}]
    things, not_known = surveyed(answer(uptime=uptime))
    assert things == {name: facts for name, facts in THINGS.items() if name not in ("programs", "ports")}
    assert not_known == {"programs": "up for 300 s only", "ports": "up for 300 s only"}


@pytest.mark.parametrize(
    ("sort", "gone", "says"),
    [
        ("drives", "WDC WD4003FZEX-00Z4SA0 WD-WCC5D0000000", "the file server has lost one of its drives"),
        ("mounts", "D:", "the file server has lost its disk “D:”"),
        ("lines", "Ethernet", "a network line of the file server is dead"),
    ],
    ids=["a-drive", "a-letter", "a-line"],
)
def test_what_is_missing_later_is_told_in_the_same_words(sort: str, gone: str, says: str) -> None:
    rule = next(rule for rule in SORTS if rule.name == sort)
    before = Stretch(THINGS[sort], NOW - timedelta(days=2), NOW - timedelta(days=1))
    now = Stretch({name: how for name, how in THINGS[sort].items() if name != gone}, NOW, NOW)
    assert rule.says("the file server", lost(rule, [before], now), Return.NONE) == says


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ({"MediaConnectState": 1, "ReceiveLinkSpeed": 100_000_000}, "100"),
        ({"MediaConnectState": 1, "ReceiveLinkSpeed": 2**64 - 1}, "up"),
        ({"MediaConnectState": 0, "ReceiveLinkSpeed": None}, "up"),
        ({"MediaConnectState": 2, "ReceiveLinkSpeed": 100_000_000}, "down"),
    ],
    ids=["slow", "no-speed", "no-word", "pulled-out"],
)
def test_a_line_has_its_speed_in_megabits(line: dict[str, Any], how: str) -> None:
    things, _ = surveyed(answer(lines=[{"Name": "LAN", "NdisPhysicalMedium": 14, **line}]))
    assert things["lines"] == {"LAN": how}


def test_a_machine_that_tells_nothing_could_not_be_checked(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", answer(failed=dict.fromkeys(QUESTIONS, DENIED)))
    outcome = look_at(Survey())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, "could not be checked: it tells nothing about itself")


_FIELDS = sorted({field for things in RECORDED["Told"].values() for thing in things for field in thing})
_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers(0, 9), max_size=2)
_RECORDS = st.lists(st.dictionaries(st.sampled_from(_FIELDS), _VALUES), max_size=3)


@given(st.fixed_dictionaries({name: _RECORDS.map(lambda records: Told(tuple(records))) for name in QUESTIONS}))
def test_any_answer_is_kept_or_not_known(told: dict[str, Told]) -> None:
    with contextlib.suppress(ProbeError):
        things, not_known = found(told)
        assert not set(things) & set(not_known)
        assert set(things) | set(not_known) == set(THINGS)
        assert list(Survey().evaluate(Found(things, not_known), NOW))
