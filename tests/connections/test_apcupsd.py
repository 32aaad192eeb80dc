"""apcupsd asked for real, and everything that may answer in its place."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.connections import apcupsd as wire
from healthcheck.connections import tcp
from healthcheck.errors import ProbeError
from tests.lab.apcupsd import Apcupsd, apcupsd
from tests.lab.canned import canned
from tests.lab.tls import Serve, says_nothing, server


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apcupsd]:
    old = "".join(f"2026-11-01 10:00:{second:02d} +0000  Power failure.\n" for second in range(60))
    with apcupsd(tmp_path_factory.mktemp("apcupsd"), events=old) as server:
        yield server


def ask(port: int, command: str, *, left_s: float = 3.0) -> tuple[str, ...]:
    async def body() -> tuple[str, ...]:
        return await wire.ask(await tcp.connect("127.0.0.1", port, left_s=left_s), command, left_s=left_s)

    return asyncio.run(body())


def refusal(port: int, command: str = "status", *, left_s: float = 3.0) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        ask(port, command, left_s=left_s)
    return caught.value


def record(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def answering(answer: bytes) -> Serve:
    """A daemon that reads one question, sends these bytes and hangs up."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    return serve


def test_the_status_is_a_line_for_each_record(lab: Apcupsd) -> None:
    lines = ask(lab.port, "status")
    assert lines[0].startswith("APC      : 001,")
    assert lines[-1].startswith("END APC  : ")
    assert "MODEL    : Smart-UPS 1500" in lines


def test_no_more_than_the_last_fifty_events_are_told(lab: Apcupsd) -> None:
    lines = ask(lab.port, "events")
    assert len(lines) == 50
    assert lines[0] == "2026-11-01 10:00:11 +0000  Power failure."
    assert lines[-1].endswith("startup succeeded")


@pytest.mark.fault(28)
@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        pytest.param(record(b"STATUS   : ONLINE \n"), 21, id="could-not-check-no-end"),
        pytest.param(b"\x00\x50STATUS   : ONLINE \n", 21, id="could-not-check-length-beyond-what-was-sent"),
        pytest.param(record(b"STATUS   : ONLINE \n") + b"\x00", 22, id="could-not-check-half-a-length"),
    ],
)
def test_an_answer_that_breaks_off_is_not_believed(answer: bytes, heard: int) -> None:
    with server(answering(answer)) as port:
        error = refusal(port)
    assert (error.says, error.detail) == (
        "the battery backup's program broke off in the middle of its answer",
        f"apcupsd: closed by the other side after {heard} bytes",
    )


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"Not available\n\0", "it keeps no log of its events that it can show"),
        (b"Invalid command\n\0", "it does not know the question"),
        (b"Apcupsd not running\n\0", "only part of the battery backup's program is running"),
    ],
)
def test_a_refusal_is_told_in_words(said: bytes, says: str) -> None:
    with server(answering(record(said) + b"\0\0")) as port:
        assert refusal(port, "events").says == says


def test_the_real_daemon_says_when_its_events_cannot_be_read(lab: Apcupsd) -> None:
    aside = lab.events.with_suffix(".aside")
    lab.events.rename(aside)
    try:
        error = refusal(lab.port, "events")
    finally:
        aside.rename(lab.events)
    assert (error.says, error.detail) == (
        "it keeps no log of its events that it can show",
        "apcupsd: events: Not available",
    )


def test_something_else_on_the_port_is_told_as_such() -> None:
    with server(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = refusal(port)
    assert (error.says, error.detail) == (
        "something else than the battery backup's program answered",
        "apcupsd: unexpected protocol: 'HTTP/1.1 400 Bad Request'",
    )


def test_a_line_that_is_closed_at_once_may_mean_that_we_may_not_ask() -> None:
    with server(lambda connection: None) as port:
        assert refusal(port).says == (
            "the battery backup's program hung up without a word: this computer may not be allowed to ask"
        )


def test_a_daemon_that_accepts_and_says_nothing_costs_its_deadline_alone() -> None:
    begun = time.monotonic()
    with server(says_nothing) as port:
        assert refusal(port, left_s=0.3).detail == "apcupsd: connected, no reply"
    assert time.monotonic() - begun < 5


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_whatever_comes_is_lines_or_a_reason(answer: bytes, framed: bool) -> None:
    try:
        with canned(record(answer) + b"\0\0" if framed else answer) as connected:
            lines = asyncio.run(wire.ask(connected, "status", left_s=1))
    except ProbeError:
        return
    assert all(isinstance(line, str) for line in lines)
