"""Posting over HTTP, to real servers that answer, refuse, redirect, flood, hang, and cannot be trusted."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.delivery.http import Post, post, wait_s
from healthcheck.errors import DeliveryError
from tests.lab import free_port
from tests.lab.dns import datagram_server
from tests.lab.netns import towns
from tests.lab.receiver import Received, Receiver, receiver, status
from tests.lab.tls import Authority, drips, self_signed, server

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
CANARY = "canary-4711"
PATH = f"/services/T0001/{CANARY}"


@pytest.fixture
def taker() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def a_post(url: str, **headers: str) -> Post:
    return Post(url, b'{"text": "All OK"}', {"Content-Type": "application/json", **headers})


def failing(url: str, *, timeout_s: float = 5.0, ca_file: str = "") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(a_post(url, Authorization=f"Bearer token-{CANARY}"), timeout_s=timeout_s, ca_file=ca_file)
    assert CANARY not in f"{caught.value} {caught.value.reply} {caught.value.__cause__!r}"
    return caught.value


def told(error: DeliveryError) -> tuple[str, bool, str]:
    return str(error), error.permanent, error.reply


def test_a_post_arrives_whole_and_the_answer_comes_back(taker: Receiver) -> None:
    assert post(a_post(f"{taker.url}/in?room=4"), timeout_s=5) == "200 ok"
    assert taker.posts == [
        Received(
            "/in?room=4",
            {
                "host": f"127.0.0.1:{taker.port}",
                "accept-encoding": "identity",
                "content-length": "18",
                "user-agent": "healthcheck",
                "connection": "close",
                "content-type": "application/json",
            },
            b'{"text": "All OK"}',
        )
    ]


def test_letters_of_any_alphabet_may_stand_in_the_address(taker: Receiver) -> None:
    assert post(a_post(f"{taker.url}/büro?raum=küche&tür=1%202"), timeout_s=5) == "200 ok"
    assert [taken.path for taken in taker.posts] == ["/b%C3%BCro?raum=k%C3%BCche&t%C3%BCr=1%202"]


def test_what_cannot_be_sent_is_said_and_ends_nothing_else() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        pytest.raises(DeliveryError, match=r"^127\.0\.0\.1 could not be reached\.$"),
    ):
        post(a_post(f"http://127.0.0.1:{listening.getsockname()[1]}", Title="日曜"), timeout_s=5)


def test_a_post_goes_over_tls_with_a_verified_certificate(authority: Authority) -> None:
    with receiver(tls=authority.server("127.0.0.1")) as taker:
        assert post(a_post(f"{taker.url}/in"), timeout_s=5, ca_file=authority.ca_file) == "200 ok"
    assert len(taker.posts) == 1


def test_a_name_and_password_in_the_address_are_sent_as_a_login(taker: Receiver) -> None:
    post(a_post(f"http://clinic:two%20words@127.0.0.1:{taker.port}/in"), timeout_s=5)
    assert (taker.posts[0].path, taker.posts[0].headers["authorization"]) == ("/in", "Basic Y2xpbmljOnR3byB3b3Jkcw==")


def test_an_answer_without_words_is_an_answer(taker: Receiver) -> None:
    taker.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert post(a_post(taker.url), timeout_s=5) == "204"


@pytest.mark.fault(51)
@pytest.mark.parametrize("bad", ["unknown issuer", "made by itself", "wrong name"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(authority: Authority, tmp_path: Path, bad: str) -> None:
    context = self_signed(tmp_path, "127.0.0.1")
    if bad != "made by itself":
        context = authority.server("127.0.0.1" if bad == "unknown issuer" else "chat.other.example")
    with receiver(tls=context) as taker:
        error = failing(f"{taker.url}{PATH}", ca_file="" if bad == "unknown issuer" else authority.ca_file)
    assert str(error).startswith("Nothing was sent: 127.0.0.1 could not prove who it is (")
    assert not error.permanent
    assert taker.posts == []


def test_a_server_that_speaks_no_tls_gets_nothing(taker: Receiver) -> None:
    error = failing(f"https://127.0.0.1:{taker.port}{PATH}", timeout_s=0.5)
    assert (str(error), error.permanent) == ("127.0.0.1 could not be reached.", False)


@pytest.mark.fault(53)
@pytest.mark.parametrize("code", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed_and_no_credential_goes_elsewhere(code: str, taker: Receiver) -> None:
    with receiver(status(code, b"", f"Location: {taker.url}/collect")) as first:
        error = failing(f"{first.url}{PATH}")
    assert told(error) == ("127.0.0.1 sent us on to another address, and that is not followed.", False, code[:3])
    assert (len(first.posts), taker.posts) == (1, [])


REFUSALS = {
    "later-broken": ("500 Oops", b"rollup_error", True, "500 rollup_error"),
    "later-closed": ("503 Busy", b"", True, "503"),
    "later-gateway": ("502 Bad", b"<html>\r\n\x1b[31mBad\x00</html>", True, "502 <html> Bad</html>"),
    "later-too-many": ("429 Slow", b'{"retry_after": 7}', True, '429 {"retry_after": 7}'),
    "later-slow-request": ("408 Slow", b"", True, "408"),
    "refused-no-such-hook": ("404 Gone", b"no_service", False, "404 no_service"),
    "refused-form": ("400 Bad", b"invalid_blocks", False, "400 invalid_blocks"),
    "refused-login": ("401 Who", b"", False, "401"),
    "refused-archived": ("410 Gone", b"channel_is_archived", False, "410 channel_is_archived"),
}


@pytest.mark.fault(53)
@pytest.mark.parametrize(("line", "body", "later", "reply"), REFUSALS.values(), ids=REFUSALS)
def test_what_may_be_taken_later_is_told_from_what_never_will(
    line: str, body: bytes, later: bool, reply: str, taker: Receiver
) -> None:
    taker.answer = status(line, body)
    says = "127.0.0.1 could not take the message now." if later else "127.0.0.1 refused the message."
    assert told(failing(taker.url)) == (says, not later, reply)


@pytest.mark.fault(49)
def test_a_message_that_is_too_large_is_said_so(taker: Receiver) -> None:
    taker.answer = status("413 Payload Too Large", b"28 KB")
    error = failing(taker.url)
    assert (*told(error), error.too_large) == ("The message is too large for 127.0.0.1.", True, "413 28 KB", True)


@pytest.mark.parametrize("line", ["429 Slow", "503 Busy"])
def test_how_long_the_server_wants_to_be_left_alone_is_kept(line: str, taker: Receiver) -> None:
    taker.answer = status(line, b"", "Retry-After: 90")
    assert failing(taker.url).wait_s == 90


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120),
        ("0.5", 0.5),
        ("Mon, 23 Nov 2026 13:46:30 GMT", 90),
        ("Mon, 23 Nov 2026 13:46:30", 90),
        ("Mon, 23 Nov 2026 13:00:00 GMT", 0),
        ("-5", 0),
        ("nan", 0),
        ("inf", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_wait_is_seconds_or_a_date(written: str, seconds: float) -> None:
    assert wait_s(written, MONDAY) == seconds


@given(st.text())
def test_whatever_stands_in_the_place_of_a_wait_it_is_a_number(written: str) -> None:
    assert 0 <= wait_s(written, MONDAY) < float("inf")


def floods(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000000000\r\n\r\n")
    piece = b"x" * 65536
    for _ in range(1_000_000_000 // len(piece)):
        line.sendall(piece)


@pytest.mark.fault(53)
def test_of_a_flood_only_the_beginning_is_read(taker: Receiver) -> None:
    taker.answer = floods
    tracemalloc.start()
    try:
        error = failing(taker.url, timeout_s=20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (error.permanent, len(error.reply)) == (False, 300)
    assert peak < 5_000_000


@pytest.mark.fault(53)
@pytest.mark.parametrize("how", ["silent", "headers that never end", "a body that never ends", "interim answers"])
def test_a_server_that_never_finishes_is_left_in_time(how: str, taker: Receiver) -> None:
    endless = {
        "silent": drips(b"", b"", 0.05),
        "headers that never end": drips(b"HTTP/1.1 500 Oops\r\nX: ", b"x", 0.05),
        "a body that never ends": drips(b"HTTP/1.1 500 Oops\r\n\r\n", b"x", 0.05),
        "interim answers": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    }[how]
    begun = time.monotonic()
    with server(endless) as port:
        error = failing(f"http://127.0.0.1:{port}{PATH}", timeout_s=0.5)
    assert time.monotonic() - begun < 6
    assert not error.permanent
    if how in ("silent", "interim answers"):
        assert told(error)[::2] == ("127.0.0.1 could not be reached.", "TimeoutError: no answer within 0.5 seconds")
    else:  # that much was said
        assert str(error) == "127.0.0.1 could not take the message now."
        assert error.reply.rstrip("x") in ("500", "500 ")


@pytest.mark.fault(9)
def test_a_silent_name_server_is_left_in_time() -> None:
    with towns("office") as [town], contextlib.ExitStack() as stack:
        town.call(lambda: stack.enter_context(datagram_server(lambda question: [], port=53)))
        begun = time.monotonic()
        error = town.call(
            lambda: failing(f"http://chat.test{PATH}", timeout_s=0.5), resolv_conf="nameserver 127.0.0.1\n"
        )
    assert told(error) == ("chat.test could not be reached.", False, "TimeoutError: the name server did not answer")
    assert time.monotonic() - begun < 3  # the system's resolver alone would take ten


def test_what_was_accepted_is_accepted_however_the_answer_goes_on(taker: Receiver) -> None:
    with server(drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)) as port:
        assert post(a_post(f"http://127.0.0.1:{port}"), timeout_s=0.5).startswith("200")


def hangs_up(line: socket.socket) -> None:
    line.close()


def talks_otherwise(line: socket.socket) -> None:
    line.sendall(f"220 mail.example ESMTP {CANARY}\r\n".encode())


@pytest.mark.fault(53)
@pytest.mark.parametrize("answer", [hangs_up, talks_otherwise], ids=["hangs up", "talks otherwise"])
def test_a_server_that_is_none_is_tried_again(answer: Callable[[socket.socket], None], taker: Receiver) -> None:
    taker.answer = answer
    error = failing(f"{taker.url}{PATH}")
    assert (str(error), error.permanent) == ("127.0.0.1 could not be reached.", False)


@pytest.mark.fault(48)
@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-machine.invalid"])
def test_a_server_that_is_not_there_is_tried_again(host: str) -> None:
    error = failing(f"http://{host}:{free_port()}{PATH}")
    assert (str(error), error.permanent) == (f"{host} could not be reached.", False)


@pytest.mark.fault(62)
@pytest.mark.parametrize(
    "said",
    [
        f"no such hook: {PATH}",
        f"hook {CANARY} is gone",
        "Bearer token-canary-4711 was revoked",
        "canary\x1b[0m-4711",
        "a key%3Dcanary-4711 b",
    ],
)
def test_a_server_that_says_our_secrets_back_does_not_get_them_told(said: str, taker: Receiver) -> None:
    taker.answer = status("404 Gone", said.encode())
    error = failing(f"{taker.url}{PATH}?key%3D{CANARY}=1&key={CANARY}")
    assert "…" in error.reply


def test_a_post_shows_nothing_of_itself() -> None:
    assert CANARY not in repr(a_post(f"https://hooks.example{PATH}"))


def test_nothing_of_a_connection_stays_behind(taker: Receiver) -> None:
    for _ in range(5):
        post(a_post(taker.url), timeout_s=60)
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for timer in timers:
        timer.join(5)
    assert [timer for timer in timers if timer.is_alive()] == []
