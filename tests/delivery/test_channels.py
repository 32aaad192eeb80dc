"""Every channel against real servers: what arrives, and what a server that misbehaves leads to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from healthcheck.config.schema import DeliveryTable
from healthcheck.config.table import settings_of
from healthcheck.delivery import apprise, channels
from healthcheck.delivery.receipt import Receipt
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Message, Posting, Practice, Secret
from tests.lab import free_port
from tests.lab.receiver import Receiver, receiver, status
from tests.lab.tls import Authority, says_nothing

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
PRACTICE = Practice("Foothill", ZoneInfo("America/Los_Angeles"), opens=time(7, 30))
CANARY = "canary-4711"
MESSAGE = Message("OK: 9 clinics", "Long.\n", short="All 9 clinics can open.\nNothing needs your attention today.\n")
POSTS = tuple(channels.POSTS)
EVERY = (*POSTS, "apprise")


@pytest.fixture
def secure(authority: Authority) -> Iterator[Receiver]:
    with receiver(tls=authority.server("127.0.0.1")) as taker:
        yield taker


def delivery(channel: str, url: str, **changes: object) -> Delivery:
    if channel == "apprise":
        url = url.replace("https://", "jsons://").replace("http://", "json://")
    base = Delivery("chat", channel, url=Secret(url), timeout_s=20.0 if channel == "apprise" else 5.0)
    return replace(base, **changes)  # type: ignore[arg-type]


def send(where: Delivery) -> Receipt:
    posting = Posting("r1.chat.1", "r1", "chat", where.channel, MESSAGE, MONDAY)
    return channels.send(posting, PRACTICE, None, [where])


def failing(where: Delivery) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(where)
    assert CANARY not in f"{caught.value} {caught.value.reply} {caught.value.__cause__!r}"
    return caught.value


@pytest.mark.parametrize("channel", POSTS)
def test_the_report_arrives_over_tls(channel: str, secure: Receiver, authority: Authority) -> None:
    assert send(delivery(channel, f"{secure.url}/{CANARY}", ca_file=authority.ca_file)) == Receipt("200 ok")
    [post] = secure.posts
    assert b"OK: 9 clinics" in post.body
    assert (b"Long." if channel == "webhook" else b"All 9 clinics can open.") in post.body
    assert post.path == {"ntfy": "/", "discord": f"/{CANARY}?wait=true"}.get(channel, f"/{CANARY}")


def test_the_webhooks_key_and_ntfys_token_are_used(secure: Receiver, authority: Authority) -> None:
    send(delivery("webhook", secure.url, ca_file=authority.ca_file, signing_key=Secret(CANARY)))
    send(delivery("ntfy", f"{secure.url}/topic", ca_file=authority.ca_file, token=Secret("tk_1")))
    [hook, push] = secure.posts
    assert hook.headers["x-healthcheck-signature"].startswith("sha256=")
    assert push.headers["authorization"] == "Bearer tk_1"


def test_apprise_reaches_what_it_knows() -> None:
    with receiver() as taker:
        assert send(delivery("apprise", f"{taker.url}/{CANARY}")) == Receipt("accepted")
    [post] = taker.posts
    assert (post.content["title"], post.content["message"]) == (
        "OK: 9 clinics",
        "All 9 clinics can open.\nNothing needs your attention today.",
    )


@pytest.mark.fault(51)
@pytest.mark.parametrize("channel", EVERY)
def test_nothing_is_sent_to_a_server_that_cannot_prove_who_it_is(channel: str, secure: Receiver) -> None:
    error = failing(delivery(channel, f"{secure.url}/{CANARY}"))
    assert not error.permanent
    assert secure.posts == []


@pytest.mark.fault(53)
@pytest.mark.parametrize("channel", EVERY)
def test_no_redirect_is_followed(channel: str) -> None:
    with receiver() as elsewhere, receiver(status("307 There", b"", f"Location: {elsewhere.url}")) as taker:
        error = failing(delivery(channel, f"{taker.url}/{CANARY}"))
    assert not error.permanent
    assert (len(taker.posts), elsewhere.posts) == (1, [])


def floods(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000000000000\r\n\r\n")
    piece = b"x" * 1_000_000
    for _ in range(1_000_000):
        line.sendall(piece)


@pytest.mark.fault(53)
@pytest.mark.parametrize("how", [says_nothing, floods], ids=["silent", "flood"])
@pytest.mark.parametrize("channel", EVERY)
def test_a_server_that_never_ends_is_left_in_time(channel: str, how: Callable[[socket.socket], None]) -> None:
    with receiver(how) as taker:
        error = failing(delivery(channel, f"{taker.url}/{CANARY}", timeout_s=2.0 if channel == "apprise" else 0.5))
    assert not error.permanent


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("line", "permanent"), [("500 Oops", False), ("429 Slow", False), ("404 Gone", True), ("403 No", True)]
)
@pytest.mark.parametrize("channel", EVERY)
def test_a_refusal_is_for_now_or_for_good(channel: str, line: str, permanent: bool) -> None:
    with receiver(status(line, b"", "Retry-After: 1")) as taker:
        assert failing(delivery(channel, f"{taker.url}/{CANARY}")).permanent is permanent


@pytest.mark.fault(48)
@pytest.mark.parametrize("channel", EVERY)
def test_a_server_that_is_not_there_is_tried_again(channel: str) -> None:
    assert not failing(delivery(channel, f"http://127.0.0.1:{free_port()}/{CANARY}")).permanent


def test_apprise_says_when_it_cannot_read_an_address() -> None:
    error = failing(delivery("apprise", f"nosuchservice://{CANARY}"))
    assert (str(error), error.permanent) == ("Apprise cannot read the address of this delivery.", True)


def test_without_the_extra_one_sentence_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise, "is_installed", lambda: False)
    error = failing(delivery("apprise", "json://127.0.0.1"))
    assert (str(error), error.permanent) == (
        "The channel \"apprise\" needs one more package. Install it with: pip install 'healthcheck[apprise]'",
        True,
    )


def test_a_delivery_that_the_config_does_not_know_any_more_is_over() -> None:
    posting = Posting("r1.chat.1", "r1", "chat", "slack", MESSAGE, MONDAY)
    with pytest.raises(DeliveryError, match=r'^The config has no delivery "chat" any more\.$') as caught:
        channels.send(posting, PRACTICE, None, [])
    assert caught.value.permanent
    with pytest.raises(DeliveryError, match=r'^The delivery "chat" has no address in the config any more\.$'):
        channels.send(posting, PRACTICE, None, [Delivery("chat", "slack")])


def test_every_channel_that_the_config_knows_can_be_sent_by() -> None:
    known = get_args(settings_of(DeliveryTable)["channel"].type)
    assert set(known) == {"email", *EVERY}
