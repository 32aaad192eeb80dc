"""The check `tcp`: whether a port accepts, and whether the right thing answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Status
from healthcheck.checks._talk import EXCERPT_CHARACTERS, excerpt
from healthcheck.checks.tcp import LISTEN_BYTES, Tcp, listen
from tests.conftest import Look, a_host
from tests.lab import answers, daemon, free_port
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.tls import drips, sends, server

GREETER = """
import socket
with socket.create_server(("127.0.0.1", {port})) as listening:
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"220 here")
"""


@contextlib.contextmanager
def only_listening() -> Iterator[int]:
    """A program that hangs: the system still accepts for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_that_accepts_is_well(look: Look) -> None:
    with only_listening() as port:
        outcome = look(Tcp(port=port), a_host())
    assert (outcome.status, outcome.says) == (Status.OK, "accepts connections")
    assert outcome.detail.startswith(f"TCP port {port}: connected in ")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("connect", "s")]
    assert outcome.reachability


def test_a_port_that_greets_as_it_should_is_well(look: Look) -> None:
    with server(sends(b"SSH-", b"2.0-OpenSSH_9.2p1\r\n")) as port:
        outcome = look(Tcp(port=port, expect="SSH-2.0"), a_host())
    assert (outcome.status, outcome.says) == (Status.OK, "accepts connections")


@pytest.mark.fault(4)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(Tcp(port=port), a_host(THERE), timeout_s=0.5))
    assert [(outcome.status, outcome.says, outcome.detail) for outcome in found] == [
        (Status.CRITICAL, "refused the connection", "TCP 10.0.1.2:80: ECONNREFUSED Connection refused"),
        (Status.CRITICAL, "did not answer", "TCP 10.0.1.2:81: no answer in 0.4 s"),
        (
            Status.CRITICAL,
            "could not be reached: nobody is at its address, or something on the way forbids it",
            "TCP 10.0.1.2:82: EHOSTUNREACH No route to host",
        ),
    ]


@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(Tcp(port=80), a_host("nowhere.invalid"), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


@pytest.mark.fault(11)
def test_a_port_that_accepts_but_never_speaks_is_a_problem(look: Look) -> None:
    with only_listening() as port:
        outcome = look(Tcp(port=port, expect="SSH-2.0"), a_host(), timeout_s=0.3)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the connection, but does not reply")
    assert outcome.detail.endswith(", no greeting; expected 'SSH-2.0'")


@pytest.mark.fault(11)
def test_a_stopped_program_is_a_problem(look: Look) -> None:
    port = free_port()
    with daemon([sys.executable, "-c", GREETER.format(port=port)], answers("127.0.0.1", port)) as process:
        assert look(Tcp(port=port, expect="220 "), a_host()).status is Status.OK
        os.kill(process.pid, signal.SIGSTOP)
        outcome = look(Tcp(port=port, expect="220 "), a_host(), timeout_s=0.3)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the connection, but does not reply")


def breaks_off(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_port_that_hangs_up_is_a_problem(look: Look) -> None:
    with server(lambda connection: None) as port:
        outcome = look(Tcp(port=port, expect="SSH-2.0"), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the connection and hung up at once")
    assert outcome.detail.endswith(", closed by the other side; expected 'SSH-2.0'")


def test_a_port_that_breaks_off_is_a_problem_however_early_that_is_seen(look: Look) -> None:
    with server(breaks_off) as port:
        outcome = look(Tcp(port=port, expect="SSH-2.0"), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the connection and hung up at once")


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("greeting", "shown"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", "HTTP/1.1 400 Bad Request..Server: nginx"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "......F"),
        (bytes(range(256)) * 2, None),
        (b"\x1b[31mred\x07\x00\xff", ".[31mred..."),
    ],
    ids=["problem-http", "problem-tls", "problem-random-bytes", "problem-escapes"],
)
def test_another_service_on_the_port_is_a_problem(look: Look, greeting: bytes, shown: str | None) -> None:
    with server(sends(greeting)) as port:
        outcome = look(Tcp(port=port, expect="SSH-2.0"), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "answers, but something else than it should")
    assert outcome.duration_s < 3
    assert outcome.detail.isprintable()
    if shown is not None:
        assert outcome.detail.endswith(f", greeting {shown!r}; expected 'SSH-2.0'")


@pytest.mark.fault(12)
def test_an_endless_greeting_is_not_read_to_its_end(look: Look) -> None:
    with server(drips(b"", b"x" * 65536, every_s=0.0001)) as port, socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(b"\r\n\r\n")
        said, ended = asyncio.run(listen(one, b"SSH-2.0", 5.0))
    assert (len(said), ended) == (LISTEN_BYTES, False)


def test_a_dripping_greeting_ends_at_the_deadline(look: Look) -> None:
    with server(drips(b"", b"x")) as port, socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(b"\r\n\r\n")
        said, ended = asyncio.run(listen(one, b"SSH-2.0", 0.2))
    assert 0 < len(said) < 100
    assert not ended


@given(st.binary(max_size=5000))
def test_whatever_is_said_the_excerpt_is_short_and_printable(said: bytes) -> None:
    shown = excerpt(said)
    assert shown.isprintable()
    assert len(shown) <= EXCERPT_CHARACTERS + 1


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_cannot_be_is_a_mistake(port: int) -> None:
    assert list(Tcp(port=port).mistakes()) == [("port", "must be between 1 and 65535")]
    assert list(Tcp(port=22).mistakes()) == []


def test_the_host_that_is_asked_is_the_planned_one(look: Look) -> None:
    with socket.create_server(("127.0.3.1", 0)) as listening:
        port = listening.getsockname()[1]
        outcomes = [look(Tcp(port=port), a_host(address)).status for address in ("127.0.3.1", "127.0.3.2")]
    assert outcomes == [Status.OK, Status.CRITICAL]
