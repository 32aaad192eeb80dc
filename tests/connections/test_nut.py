"""upsd asked for real, and everything that may answer in its place."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.check import NutReading
from healthcheck.connections import nut, tcp
from healthcheck.connections.conversation import LIMIT_BYTES
from healthcheck.errors import ProbeError
from tests.lab import wait_for
from tests.lab.canned import canned
from tests.lab.nut import Upsd, upsd
from tests.lab.tls import Serve, says_nothing, server

TOLD = {"ups.status": "OL CHRG", "battery.charge": "97", "ups.mfr": 'Müller "Strom" #1'}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upsd]:
    devices = {"closet": TOLD, "upstairs": {"ups.status": "OB DISCHRG"}, "old": {"ups.status": "OL"}}
    with upsd(tmp_path_factory.mktemp("nut"), devices) as server:
        yield server


def read(port: int, ups: str, *, left_s: float = 3.0) -> NutReading:
    async def body() -> NutReading:
        return await nut.read(await tcp.connect("127.0.0.1", port, left_s=left_s), ups, left_s=left_s)

    return asyncio.run(body())


def refusal(port: int, ups: str = "closet", *, left_s: float = 3.0) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        read(port, ups, left_s=left_s)
    return caught.value


def answering(*answers: bytes) -> Serve:
    """A daemon that answers each line it is sent with the next of these, then hangs up."""

    def serve(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        for answer in answers:
            lines.readline()
            connection.sendall(answer)

    return serve


def test_one_ups_is_read_with_all_its_variables(lab: Upsd) -> None:
    found = read(lab.port, "closet")
    assert found.errors == {}
    assert list(found.variables) == ["closet"]
    assert {name: found.variables["closet"][name] for name in ("ups.status", "battery.charge")} == {
        "ups.status": "OL CHRG",
        "battery.charge": "97",
    }


def test_every_ups_is_read_when_none_is_named(lab: Upsd) -> None:
    found = read(lab.port, "")
    assert {name: found.variables[name]["ups.status"] for name in ("closet", "upstairs")} == {
        "closet": "OL CHRG",
        "upstairs": "OB DISCHRG",
    }
    assert sorted([*found.variables, *found.errors]) == ["closet", "old", "upstairs"]


@pytest.mark.fault(25)
def test_a_ups_without_current_data_has_an_error_and_hides_no_other(lab: Upsd) -> None:
    lab.silence("old")
    found = read(lab.port, "")
    assert found.errors == {"old": "DATA-STALE"}
    assert sorted(found.variables) == ["closet", "upstairs"]
    lab.kill("old")
    assert read(lab.port, "old") == NutReading({}, {"old": "DRIVER-NOT-CONNECTED"})


@pytest.mark.fault(26)
@pytest.mark.parametrize("ups", ["nobody", "a b", 'a" b', "#1", "closet ups.status", "\\", "ü"])
def test_a_ups_that_upsd_does_not_know_is_a_fault_of_the_configuration(lab: Upsd, ups: str) -> None:
    error = refusal(lab.port, ups)
    assert error.says == "the battery backup's program knows none by the configured name"
    assert error.detail.endswith(": ERR UNKNOWN-UPS")
    assert error.final


@pytest.mark.parametrize("ups", ["closet\nLIST UPS", "closet\rx", "a\0b", "a\x1b[2J"])
def test_a_name_that_could_carry_a_second_command_is_not_sent(lab: Upsd, ups: str) -> None:
    error = refusal(lab.port, ups)
    assert error.says == "the battery backup's configured name cannot be sent"
    assert error.final


@pytest.mark.fault(26)
def test_a_daemon_that_lets_nobody_ask_says_so() -> None:
    with server(answering(b"ERR ACCESS-DENIED\n")) as port:
        error = refusal(port)
    assert (error.says, error.detail, error.final) == (
        "the battery backup's program does not let this computer ask",
        "upsd: LIST VAR closet: ERR ACCESS-DENIED",
        True,
    )


@pytest.mark.fault(26)
@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        pytest.param(b'BEGIN LIST VAR closet\nVAR closet ups.status "OL"\n', 49, id="could-not-check-no-end"),
        pytest.param(b"BEGIN LIST VAR closet\nVAR closet ups.sta", 40, id="could-not-check-half-a-line"),
    ],
)
def test_a_list_without_its_end_is_not_believed(answer: bytes, heard: int) -> None:
    with server(answering(answer)) as port:
        error = refusal(port)
    assert (error.says, error.detail) == (
        "the battery backup's program broke off in the middle of its answer",
        f"upsd: closed by the other side after {heard} bytes",
    )
    assert not error.final


def test_a_line_that_is_closed_at_once_may_mean_that_we_may_not_ask() -> None:
    with server(lambda connection: None) as port:
        assert refusal(port).says == (
            "the battery backup's program hung up without a word: this computer may not be allowed to ask"
        )


@pytest.mark.parametrize(
    ("answer", "excerpt"),
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request", id="a-web-server"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2", id="a-login-server"),
        pytest.param(b"\xff\x00\x1b[31mred\n", "�red", id="random-bytes"),
        pytest.param(b'BEGIN LIST VAR closet\nVAR other ups.status "OL"\n', 'VAR other ups.status "OL"', id="another"),
        pytest.param(b"BEGIN LIST VAR closet\nVAR closet ups.status OL\n", "VAR closet ups.status OL", id="no-quotes"),
    ],
)
def test_something_else_on_the_port_is_told_as_such(answer: bytes, excerpt: str) -> None:
    end = b"END LIST VAR closet\n" if answer.startswith(b"BEGIN") else b""
    with server(answering(answer + end)) as port:
        error = refusal(port)
    assert (error.says, error.detail) == (
        "something else than the battery backup's program answered",
        f"upsd: unexpected protocol: {excerpt!r}",
    )


def test_an_error_that_nobody_foresaw_is_told_with_its_word() -> None:
    with server(answering(b"ERR FEATURE-NOT-CONFIGURED\n")) as port:
        error = refusal(port)
    assert (error.says, error.detail) == (
        "the battery backup's program refused the question",
        "upsd: LIST VAR closet: ERR FEATURE-NOT-CONFIGURED",
    )


def test_a_daemon_without_any_ups_is_told() -> None:
    with server(answering(b"BEGIN LIST UPS\nEND LIST UPS\n")) as port:
        assert refusal(port, "").says == "the battery backup's program watches none"


def test_a_daemon_that_accepts_and_says_nothing_costs_its_deadline_alone() -> None:
    begun = time.monotonic()
    with server(says_nothing) as port:
        error = refusal(port, left_s=0.3)
    assert (error.says, error.detail) == (
        "the battery backup's program did not answer in time",
        "upsd: connected, no reply",
    )
    assert time.monotonic() - begun < 5


def test_a_daemon_that_drips_is_ended_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"BEGIN LIST VAR closet\n")
        pause = threading.Event()
        while not pause.wait(0.001):
            connection.sendall(b"V")

    begun = time.monotonic()
    with server(drip) as port:
        assert refusal(port, left_s=0.4).says == "the battery backup's program did not answer in time"
    assert time.monotonic() - begun < 5


def test_a_daemon_that_never_stops_talking_is_cut_off() -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"BEGIN LIST VAR closet\n" + b'VAR closet a "b"\n' * (LIMIT_BYTES // 8))

    with server(flood) as port:
        assert refusal(port, left_s=10).says == "the battery backup's program never stopped talking"


def test_it_asks_nothing_but_the_list_and_takes_its_leave() -> None:
    asked: list[bytes] = []

    def listening(connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        asked.append(lines.readline())
        connection.sendall(b"BEGIN LIST VAR closet\nEND LIST VAR closet\n")
        asked.append(lines.readline())

    with server(listening) as port:
        assert read(port, "closet") == NutReading({"closet": {}}, {})
    wait_for(lambda: len(asked) == 2, "the last words")
    assert asked == [b"LIST VAR closet\n", b"LOGOUT\n"]


def test_escaped_characters_come_back_as_they_were() -> None:
    answer = b'BEGIN LIST VAR closet\nVAR closet ups.mfr "M\xc3\xbcller \\"Strom\\" \\\\ \\#1"\nEND LIST VAR closet\n'
    with server(answering(answer)) as port:
        assert read(port, "closet").variables == {"closet": {"ups.mfr": 'Müller "Strom" \\ #1'}}


@pytest.mark.parametrize("said", [b"", b"ERR UNKNOWN-UPS\n", b"BEGIN LIST VAR closet\nEND LIST VAR closet\n"])
def test_the_connection_is_closed_whatever_happens(said: bytes) -> None:
    with canned(said) as connected:
        with contextlib.suppress(ProbeError):
            asyncio.run(nut.read(connected, "closet", left_s=1))
        assert connected.fileno() == -1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_whatever_comes_is_a_reading_or_a_reason(answer: bytes, begun: bool) -> None:
    said = b"BEGIN LIST VAR a\n" + answer + b"\nEND LIST VAR a\n" if begun else answer
    try:
        with canned(said) as connected:
            found = asyncio.run(nut.read(connected, "a", left_s=1))
    except ProbeError:
        return
    assert isinstance(found, NutReading)
