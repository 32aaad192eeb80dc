"""Asking by SNMP: real agents, every way to be refused or left alone, and every value that a device may tell."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.checks import nas, printer, switch
from healthcheck.checks._nas import qnap, synology
from healthcheck.checks._nas.storage import Storage
from healthcheck.checks._snmp.asking import SILENT
from healthcheck.checks._snmp.told import Told, Value
from healthcheck.checks._ups import snmp as ups_by_snmp
from healthcheck.checks._ups.unit import Unit
from healthcheck.checks.ups import Ups
from healthcheck.errors import ProbeError
from healthcheck.model import Secret, Status
from tests.conftest import Look, a_host
from tests.lab import free_port
from tests.lab.snmp import AUTH, PRIV, USER, Agent, recordings, snmpd

ON_MAINS = "has mains power; its backup battery is 100 percent charged and would last about 45 minutes"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as running:
        yield running


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with recordings(tmp_path_factory.mktemp("snmpsim")) as port:
        yield port


def with_keys(port: int, auth: str = AUTH, priv: str = PRIV, user: str = USER) -> Ups:
    return Ups(via="snmp", port=port, user=user, auth="sha256", auth_password=Secret(auth), priv_password=Secret(priv))


def test_a_device_is_asked_with_the_community_that_most_come_with(look: Look, agent: Agent) -> None:
    outcome = look(Ups(via="snmp", port=agent.port), a_host())
    assert (outcome.status, outcome.results[0].says) == (Status.OK, ON_MAINS)


def test_a_device_is_asked_with_a_user_and_two_passwords(look: Look, agent: Agent) -> None:
    outcome = look(with_keys(agent.port), a_host())
    assert (outcome.status, outcome.results[0].says) == (Status.OK, ON_MAINS)


@pytest.mark.fault(29)
@pytest.mark.parametrize(
    ("auth", "priv", "user", "why", "named"),
    [
        pytest.param(
            "wrongpass999", PRIV, USER,
            "it refuses our password: the password, or the way it is scrambled, is not the one it has",
            "look at auth_password or auth", id="could-not-check-wrong-password",
        ),
        pytest.param(
            AUTH, PRIV, "nobody", "it does not know the user that we ask as", "look at user",
            id="could-not-check-wrong-user",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_login_is_named(
    look: Look, agent: Agent, auth: str, priv: str, user: str, why: str, named: str
) -> None:
    outcome = look(with_keys(agent.port, auth, priv, user), a_host())
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, why)
    assert outcome.results[0].detail.endswith(named)
    assert auth not in repr(outcome) and priv not in repr(outcome)


@pytest.mark.fault(29)
def test_encryption_that_the_device_cannot_undo_is_silence_and_named_among_its_causes(look: Look, agent: Agent) -> None:
    outcome = look(with_keys(agent.port, priv="wrongpriv999"), a_host(), timeout_s=3.0)
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, SILENT)
    assert "wrong priv_password, priv, port or address" in outcome.results[0].detail


def test_the_right_password_works_after_a_wrong_one_for_the_same_user(look: Look, agent: Agent) -> None:
    assert look(with_keys(agent.port, "wrongpass999"), a_host()).status is Status.UNKNOWN
    assert look(with_keys(agent.port), a_host()).status is Status.OK


@pytest.mark.fault(29)
def test_silence_is_not_taken_for_a_broken_device_and_its_causes_are_told(look: Look, agent: Agent) -> None:
    check = Ups(via="snmp", port=agent.port, community=Secret("c0mmun1ty"))
    outcome = look(check, a_host(), timeout_s=3.0)
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, SILENT)
    assert "wrong community, port or address, a firewall, or the device is off" in outcome.results[0].detail
    assert "c0mmun1ty" not in repr(outcome)


@pytest.mark.fault(29)
def test_a_port_where_nothing_listens_is_silence_too(look: Look) -> None:
    check = Ups(via="snmp", port=free_port(kind=socket.SOCK_DGRAM))
    outcome = look(check, a_host(), timeout_s=3.0)
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, SILENT)


def test_a_ups_that_goes_to_its_battery_is_seen(look: Look, agent: Agent) -> None:
    agent.set(_4_1_0=5, _2_1_0=3, _2_4_0=8, _2_3_0=1)
    try:
        outcome = look(Ups(via="snmp", port=agent.port), a_host())
    finally:
        agent.set(_4_1_0=3, _2_1_0=2, _2_4_0=100, _2_3_0=45)
    low = "is running on its backup battery, which is nearly empty: 8 percent charged, about 1 minute left"
    assert (outcome.status, outcome.results[0].says) == (Status.CRITICAL, low)


@pytest.mark.parametrize(
    ("recording", "status"),
    [
        pytest.param("ups-rfc1628", Status.OK, id="ok-standard"),
        pytest.param("ups-powernet", Status.OK, id="ok-apc"),
        pytest.param("ups-cyberpower", Status.OK, id="ok-cyberpower"),
        pytest.param("ups-odd-numbers", Status.OK, id="ok-numbers-as-texts"),
        pytest.param("foreign", Status.UNKNOWN, id="could-not-check-tells-nothing"),
    ],
)
def test_recordings_of_network_cards(look: Look, simulator: int, recording: str, status: Status) -> None:
    assert look(Ups(via="snmp", port=simulator, community=Secret(recording)), a_host()).status is status


@pytest.mark.parametrize(
    ("check", "status"),
    [
        pytest.param(lambda port: nas.Nas(port=port, community=Secret("nas-synology")), Status.OK, id="ok-storage"),
        pytest.param(
            lambda port: printer.Printer(port=port, community=Secret("printer-office")), Status.OK, id="ok-printer"
        ),
        pytest.param(
            lambda port: switch.Switch(port=port, community=Secret("switch-closet"), ports=("server",)),
            Status.OK,
            id="ok-switch",
        ),
    ],
)
def test_each_kind_reads_tables_over_the_network(look: Look, simulator: int, check: object, status: Status) -> None:
    assert callable(check)
    assert look(check(simulator), a_host()).status is status


def test_what_is_not_installed_is_one_sentence_with_its_command(agent: Agent) -> None:
    program = f"""
import sys
sys.modules["pysnmp"] = None
from healthcheck.checks._nas import qnap, synology
from healthcheck.checks._nas.storage import Storage
from healthcheck.checks._snmp.asking import _Talk
from healthcheck.checks._snmp.login import Login
import asyncio
try:
    asyncio.run(_Talk(Login(), "127.0.0.1", {agent.port}, 1.0).hold((), ()))
except Exception as error:
    print(error.says, "|", error.detail.rpartition("; ")[2], "|", error.final)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    says = "the part of this program that asks such devices is not installed here"
    assert done.stdout == f"{says} | install it with: pip install 'healthcheck[snmp]' | True\n"


@pytest.mark.parametrize(
    ("check", "mistakes"),
    [
        pytest.param(Ups(via="snmp"), [], id="ok"),
        pytest.param(
            Ups(via="snmp", user="mon", community=Secret("x")),
            [("community", "belongs to version 2c and `user` to version 3; leave one of them out")],
            id="mistake-two-versions",
        ),
        pytest.param(
            Ups(via="snmp", user="mon", priv_password=Secret("x")),
            [("priv_password", "needs an auth_password too: SNMP does not encrypt for whom it does not know")],
            id="mistake-encryption-alone",
        ),
        pytest.param(
            Ups(via="snmp", auth_password=Secret("x")), [("auth_password", "needs a user")], id="mistake-no-user"
        ),
        pytest.param(
            Ups(via="nut", user="mon"), [("user", 'belongs to via = "snmp"; leave it out')], id="mistake-other-way"
        ),
        pytest.param(
            Ups(via="snmp", log="/var/log/ups.log"),
            [("log", "a network card keeps no log that we could read; leave it out")],
            id="mistake-log",
        ),
    ],
)
def test_mistakes_in_a_login_are_told(check: Ups, mistakes: list[tuple[str, str]]) -> None:
    assert list(check.mistakes()) == mistakes


def test_numbers_are_read_from_texts_of_digits_only() -> None:
    told = Told({"1.1": 7, "1.2": b"42\0", "1.3": b"", "1.4": b"7 C", "1.5": "1.3.6", "1.6": b"-1", "1.7": b"\xff"})
    assert [told.number(f"1.{last}") for last in range(1, 9)] == [7, 42, None, None, None, -1, None, None]


def test_texts_are_harmless_and_bytes_that_are_none_are_shown_as_digits() -> None:
    told = Told({"1.1": b"Smart-UPS\r\n", "1.2": b"\x00\xc0\xff\xee", "1.3": b"a\x1b[31mb", "1.4": 5})
    assert [told.text(f"1.{last}") for last in range(1, 6)] == ["Smart-UPS", "0x00c0ffee", "0x611b5b33316d62", "5", ""]


def test_a_column_is_not_taken_for_another_that_begins_alike() -> None:
    told = Told({"1.2.1": 1, "1.20.1": 2, "1.2": 3})
    assert told.rows("1.2") == {"1": 1}


values: st.SearchStrategy[Value] = st.one_of(
    st.integers(-(2**31), 2**64), st.sampled_from([-3, -1, 0, 1, 2, 3, 5, 99]), st.binary(max_size=40),
    st.just("1.3.6.1.2.1.25.3.1.5"),
    st.text(max_size=20).map(str.encode),
)  # fmt: skip
OIDS = sorted(
    {
        *ups_by_snmp.SCALARS,
        *(f"{tree}.1" for tree in (*ups_by_snmp.TREES, *printer.TREES)),
        *(f"1.3.6.1.2.1.25.3.5.1.{column}.1" for column in (1, 2)),
        *(f"1.3.6.1.2.1.43.11.1.1.{column}.1.1" for column in range(1, 10)),
        *(f"1.3.6.1.2.1.2.2.1.{column}.1" for column in (2, 7, 8)),
        *(f"1.3.6.1.2.1.31.1.1.1.{column}.1" for column in (1, 15, 18)),
        *synology.SCALARS, *qnap.SCALARS,
        *(f"{tree}.{column}.1" for tree in (*synology.TREES, *qnap.TREES) for column in range(1, 14)),
    }
)  # fmt: skip


@settings(deadline=2000)
@given(st.dictionaries(st.sampled_from(OIDS), values, max_size=30))
def test_whatever_is_told_becomes_a_sample_or_could_not_check(answer: dict[str, Value]) -> None:
    told = Told(answer)
    for parse, sample in (
        (ups_by_snmp.unit, Unit),
        (printer.reading, printer.Reading),
        (switch.read_ports, tuple),
        (nas.storage, Storage),
    ):
        with contextlib.suppress(ProbeError):
            assert isinstance(parse(told), sample)
