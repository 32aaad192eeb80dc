"""The heartbeat, against real servers that hear it, refuse, send on, drip and are silent."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from healthcheck.delivery.heartbeat import beat
from healthcheck.delivery.settings import Heartbeat
from healthcheck.model import Secret
from tests.lab import free_port
from tests.lab.dns import datagram_server, name_server
from tests.lab.netns import Namespace, towns
from tests.lab.tls import Authority, drips, request, says, says_nothing, self_signed, server

NAMED = Heartbeat(Secret("http://watchdog.test/canary-7391"))
HEARD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def heard(requests: list[str], answer: bytes = HEARD) -> Callable[[socket.socket], None]:
    """A server that notes the first line of what it is asked, and answers."""

    def serve(connection: socket.socket) -> None:
        requests.append(request(connection).decode().split("\r\n", 1)[0])
        connection.sendall(answer)

    return serve


@pytest.mark.parametrize(
    ("path", "well", "expected"),
    [
        ("/ping/3f2a", True, "GET /ping/3f2a HTTP/1.1"),
        ("/ping/3f2a", False, "GET /ping/3f2a/fail HTTP/1.1"),
        ("/ping/3f2a/", False, "GET /ping/3f2a/fail HTTP/1.1"),
        ("/push?id=7&status=up", True, "GET /push?id=7&status=up HTTP/1.1"),
        ("/push?id=7&status=up", False, "GET /push/fail?id=7&status=up HTTP/1.1"),
        ("", True, "GET / HTTP/1.1"),
        ("", False, "GET /fail HTTP/1.1"),
    ],
)
def test_the_address_is_called_and_with_fail_behind_it_when_nobody_accepted(
    path: str, well: bool, expected: str
) -> None:
    requests: list[str] = []
    with server(heard(requests)) as port:
        said = beat(Heartbeat(Secret(f"http://127.0.0.1:{port}{path}")), well=well)
    assert (said, requests) == ("", [expected])


def test_an_encrypted_address_is_verified(tmp_path: Path) -> None:
    authority, requests = Authority(tmp_path), list[str]()
    with server(heard(requests), tls=authority.server("127.0.0.1")) as port:
        address = Secret(f"https://127.0.0.1:{port}/ping")
        assert beat(Heartbeat(address, authority.ca_file), well=True) == ""
        refused = "The heartbeat was not heard: its address could not be called (SSLCertVerificationError)."
        assert beat(Heartbeat(address), well=True) == refused
    with server(heard(requests), tls=self_signed(tmp_path, "127.0.0.1")) as port:
        assert beat(Heartbeat(Secret(f"https://127.0.0.1:{port}/ping"), authority.ca_file), well=True) == refused
    assert requests == ["GET /ping HTTP/1.1"]


@pytest.mark.fault(53)
def test_no_redirect_is_followed() -> None:
    requests: list[str] = []
    with server(heard(requests)) as other:
        sends_on = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other}/\r\nContent-Length: 0\r\n\r\n".encode()
        with server(says(sends_on)) as port:
            said = beat(Heartbeat(Secret(f"http://127.0.0.1:{port}/canary-7391")), well=True)
    assert (said, requests) == ("The heartbeat was not heard: its address answered 302.", [])


@pytest.fixture(params=["silent", "drips its head", "drips its body", "a gigabyte", "an error"])
def trouble(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    serve = {
        "silent": says_nothing,
        "drips its head": drips(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        "drips its body": drips(HEARD[:-2], b"O"),
        "a gigabyte": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", b"x" * 1_000_000),
        "an error": says(b"HTTP/1.1 503 Not now\r\n\r\n"),
    }[request.param]
    with server(serve) as port:
        yield request.param, port


@pytest.mark.fault(53)
def test_no_server_holds_it_up(trouble: tuple[str, int]) -> None:
    name, port = trouble
    expected = {
        "silent": "The heartbeat was not heard: its address did not answer in time.",
        "drips its head": "The heartbeat was not heard: its address did not answer in time.",
        "an error": "The heartbeat was not heard: its address answered 503.",
    }
    begun = time.monotonic()
    assert beat(Heartbeat(Secret(f"http://127.0.0.1:{port}/x")), well=True, at_most_s=1) == expected.get(name, "")
    assert time.monotonic() - begun < 3


@pytest.fixture
def town() -> Iterator[Namespace]:
    with towns("office") as [office]:
        yield office


@pytest.mark.fault(9)
def test_a_silent_name_server_holds_it_up_no_longer(town: Namespace) -> None:
    with contextlib.ExitStack() as stack:
        town.call(lambda: stack.enter_context(datagram_server(lambda question: [], port=53)))
        begun = time.monotonic()
        said = town.call(lambda: beat(NAMED, well=True, at_most_s=0.5), resolv_conf="nameserver 127.0.0.1\n")
    assert said == "The heartbeat was not heard: its address did not answer in time."
    assert time.monotonic() - begun < 3  # the system's resolver alone would take ten


def test_an_address_of_a_name_with_many_has_all_the_time_to_answer(town: Namespace) -> None:
    addresses = [f"127.0.0.{number}" for number in range(2, 7)]

    def answers_late(connection: socket.socket) -> None:
        request(connection)
        threading.Event().wait(0.7)
        connection.sendall(HEARD)

    with contextlib.ExitStack() as stack:
        for address in addresses:
            town.call(partial(stack.enter_context, server(answers_late, address=address, port=80)))
        town.call(lambda: stack.enter_context(name_server("127.0.0.1", {"watchdog.test": addresses})))
        said = town.call(lambda: beat(NAMED, well=True, at_most_s=3), resolv_conf="nameserver 127.0.0.1\n")
    assert said == ""


@pytest.mark.fault(62)
@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/canary-7391", "http://127.0.0.1:x/canary-7391", "http://127.0.0.1:{port}/canary-7391\n"],
    ids=["refused", "no port", "a line break"],
)
def test_the_address_is_a_secret_and_stands_in_no_sentence(address: str) -> None:
    said = beat(Heartbeat(Secret(address.format(port=free_port()))), well=True)
    assert said.startswith("The heartbeat was not heard: ")
    assert "canary" not in said
