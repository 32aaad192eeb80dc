"""Email over SMTP, against servers that accept, refuse, put off, hang, and cannot be trusted."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP

from healthcheck.delivery import email
from healthcheck.delivery.receipt import Receipt
from healthcheck.delivery.settings import EmailSettings, OAuth2
from healthcheck.errors import DeliveryError
from healthcheck.model import Attachment, Message, Posting, Secret
from tests.lab import free_port
from tests.lab.smtp import Mailbox, mail_server
from tests.lab.tls import Authority, request, self_signed, server

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
CANARY = "canary-4711"


def posting(subject: str = "All OK - Mon Nov 23", to: tuple[str, ...] = ("manager@foothill.example",)) -> Posting:
    message = Message(
        subject, "Everything is well.\n", "<p>Everything is well.</p>", (Attachment("it.txt", "lines\n"),)
    )
    return Posting("r1.morning-mail.1", "r1", "morning mail", "email", message, MONDAY, to)


@pytest.fixture
def plain_box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def settings(port: int, **changes: object) -> EmailSettings:
    base = EmailSettings(
        "127.0.0.1", "System check <checker@foothill.example>", port, security="none", auth="none", timeout_s=5.0
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def send(where: EmailSettings, what: Posting | None = None) -> Receipt:
    what = what or posting()
    mail = email.compose(what, where, practice="Foothill Oncology Group", reply_to="help@bayit.example")
    return email.send(mail, what.waiting_for, where)


def test_a_report_arrives_with_text_page_and_attachment(plain_box: Mailbox) -> None:
    assert send(settings(plain_box.port)) == Receipt("250 2.0.0 kept", {})
    [mail] = plain_box.messages
    assert plain_box.recipients == [["manager@foothill.example"]]
    headers = ("Subject", "From", "To", "Date", "Message-ID", "Reply-To", "Auto-Submitted", "List-Id")
    assert {name: str(mail[name]) for name in headers} == {
        "Subject": "All OK - Mon Nov 23",
        "From": "System check <checker@foothill.example>",
        "To": "manager@foothill.example",
        "Date": "Mon, 23 Nov 2026 13:45:00 +0000",
        "Message-ID": "<r1.morning-mail.1@foothill.example>",
        "Reply-To": "help@bayit.example",
        "Auto-Submitted": "auto-generated",
        "List-Id": "Foothill Oncology Group system check <healthcheck.foothill.example>",
    }
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().splitlines() == ["Everything is well."]
    assert page.get_content().splitlines() == ["<p>Everything is well.</p>"]
    attached = [(item.get_filename(), item.get_content().splitlines()) for item in mail.iter_attachments()]
    assert attached == [("it.txt", ["lines"])]


def test_a_later_report_of_the_day_stands_in_the_thread_of_the_first(plain_box: Mailbox) -> None:
    first = posting()
    send(settings(plain_box.port), first)
    again = replace(first, id="r2.morning-mail.1", message=replace(first.message, follows=first.id))
    send(settings(plain_box.port), again)
    one, other = plain_box.messages
    assert (one["In-Reply-To"], one["References"]) == (None, None)
    assert (str(other["In-Reply-To"]), str(other["References"])) == (str(one["Message-ID"]), str(one["Message-ID"]))


@pytest.mark.fault(52)
def test_a_hostile_subject_adds_no_header(plain_box: Mailbox) -> None:
    send(settings(plain_box.port), posting("Down\r\nBcc: x@y.example\r\n\r\n=?utf-8?q?hi?= " + "a" * 1_000_000))
    [mail] = plain_box.messages
    assert mail["Bcc"] is None
    assert plain_box.recipients == [["manager@foothill.example"]]
    assert len(str(mail["Subject"])) <= 120


def test_the_password_goes_over_starttls_with_a_verified_certificate(authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        send(
            settings(
                box.port,
                security="starttls",
                auth="password",
                username="checker",
                password=Secret("right"),
                ca_file=authority.ca_file,
            )
        )
    assert box.encrypted == [True]
    assert box.logins == [("PLAIN", b"right")] or box.logins == [("LOGIN", b"right")]


def test_tls_from_the_first_byte_works_too(authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), implicit_tls=True) as box:
        send(settings(box.port, security="tls", ca_file=authority.ca_file))
    assert box.encrypted == [True]


def failing(where: EmailSettings, what: Posting | None = None) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(where, what)
    assert CANARY not in f"{caught.value} {caught.value.reply} {caught.value.__cause__!r}"
    return caught.value


SECURE = {"security": "starttls", "auth": "password", "username": "checker", "password": Secret(CANARY)}


@pytest.mark.fault(51)
def test_without_starttls_nothing_is_sent_and_no_password_leaves(plain_box: Mailbox) -> None:
    error = failing(settings(plain_box.port, **SECURE))
    assert str(error) == (
        "Nothing was sent: the mail server 127.0.0.1 offers no encryption or no login of the kind "
        "that the config asks for."
    )
    assert error.permanent
    assert (plain_box.messages, plain_box.logins) == ([], [])


@pytest.mark.fault(51)
def test_a_password_is_never_sent_over_an_open_line() -> None:
    with mail_server(login=True, login_in_clear=True) as box:
        error = failing(settings(box.port, **{**SECURE, "security": "none"}))
    assert str(error).startswith("The password was not sent, because the line to the mail server is not encrypted")
    assert (box.messages, box.logins) == ([], [])


@pytest.mark.fault(51)
@pytest.mark.parametrize("bad", ["unknown issuer", "wrong name"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(authority: Authority, tmp_path: Path, bad: str) -> None:
    context = self_signed(tmp_path, "127.0.0.1") if bad == "unknown issuer" else authority.server("mail.other.example")
    with mail_server(tls=context, login=True) as box:
        error = failing(settings(box.port, ca_file=authority.ca_file, **SECURE))
    assert str(error).startswith("Nothing was sent: the mail server 127.0.0.1 could not prove who it is (")
    assert not error.permanent
    assert (box.messages, box.logins) == ([], [])


@pytest.mark.fault(51)
def test_a_refused_password_is_permanent_and_not_shown(authority: Authority) -> None:
    wrong = {**SECURE, "password": Secret(f"wrong {CANARY}")}
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        error = failing(settings(box.port, ca_file=authority.ca_file, **wrong))
    assert str(error) == "The mail server 127.0.0.1 refused our name or password."
    assert error.permanent
    assert error.reply.startswith("535 ")


TWO = ("manager@foothill.example", "bad@foothill.example")


@pytest.mark.fault(49)
@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("550 5.1.1 no such user", True), ("451 4.7.1 greylisted, come back later", False)],
    ids=["refused", "put off"],
)
def test_a_partly_refused_report_reaches_the_others_and_names_the_refused(reply: str, permanent: bool) -> None:
    box = Mailbox(recipient=lambda address: reply if address.startswith("bad@") else "")
    with mail_server(box):
        receipt = send(settings(box.port), posting(to=TWO))
    assert box.recipients == [["manager@foothill.example"]]
    assert {who: (error.permanent, error.reply) for who, error in receipt.refused.items()} == {
        "bad@foothill.example": (permanent, reply)
    }


@pytest.mark.fault(49)
@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("550 5.1.1 no such user", True), ("451 4.7.1 greylisted", False)],
    ids=["refused", "put off"],
)
def test_a_report_that_everybody_was_refused_is_an_error(reply: str, permanent: bool) -> None:
    box = Mailbox(recipient=lambda address: reply)
    with mail_server(box):
        error = failing(settings(box.port), posting(to=TWO))
    assert str(error) == "The mail server refused every recipient."
    assert error.permanent is permanent
    assert error.reply == "; ".join(f"{who}: {reply}" for who in TWO)


@pytest.mark.fault(49)
@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("452 4.3.1 disk full", False), ("554 5.6.0 looks like spam", True)],
    ids=["full", "spam"],
)
def test_a_refused_message_carries_the_servers_own_words(reply: str, permanent: bool) -> None:
    box = Mailbox(data=lambda subject: reply)
    with mail_server(box):
        error = failing(settings(box.port))
    assert (str(error), error.permanent, error.reply) == (
        "The mail server 127.0.0.1 refused the message.",
        permanent,
        reply,
    )


@pytest.mark.fault(49)
def test_a_message_that_is_too_large_is_said_so() -> None:
    with mail_server(size_limit=200) as box:
        error = failing(settings(box.port))
    assert str(error) == "The message is too large for the mail server 127.0.0.1."
    assert error.permanent


@pytest.mark.fault(49)
def test_a_server_that_turns_us_away_at_the_door_is_tried_again() -> None:
    def busy(line: socket.socket) -> None:
        line.sendall(b"421 4.3.2 too busy\r\n")
        line.recv(100)

    with server(busy) as port:
        error = failing(settings(port))
    assert (error.permanent, error.reply) == (False, "421 4.3.2 too busy")


@pytest.mark.fault(48)
def test_a_server_that_is_not_there_is_tried_again() -> None:
    error = failing(settings(free_port()))
    assert (str(error), error.permanent) == ("The mail server 127.0.0.1 could not be reached.", False)


@pytest.mark.fault(50)
@pytest.mark.parametrize("how", ["hangs", "drops"])
def test_a_line_that_hangs_or_breaks_after_the_message_is_tried_again_with_the_same_id(how: str) -> None:
    async def misbehave(smtp: SMTP) -> None:
        if how == "drops":
            assert smtp.transport is not None
            smtp.transport.close()
        await asyncio.sleep(2)

    box = Mailbox(before_data=misbehave)
    with mail_server(box):
        error = failing(settings(box.port, timeout_s=0.5))
        assert not error.permanent
        box.before_data = None
        send(settings(box.port))
    assert {str(mail["Message-ID"]) for mail in box.messages} == {"<r1.morning-mail.1@foothill.example>"}


@pytest.mark.fault(50)
def test_a_server_that_speaks_a_letter_at_a_time_is_left_in_time() -> None:
    def tarpit(line: socket.socket) -> None:
        pause = threading.Event()
        while not pause.wait(0.05):
            line.sendall(b"2")

    begun = time.monotonic()
    with server(tarpit) as port:
        error = failing(settings(port, timeout_s=0.2))
    assert time.monotonic() - begun < 5
    assert not error.permanent


@dataclass
class TokenServer:
    """Answers every request for a token the same way, and keeps what it was asked."""

    answer: dict[str, object]
    status: str = "200 OK"
    asked: list[bytes] = field(default_factory=list)

    def __call__(self, line: socket.socket) -> None:
        head = request(line)
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        body = head.partition(b"\r\n\r\n")[2]
        while len(body) < length:
            body += line.recv(4096)
        self.asked.append(head.partition(b"\r\n")[0] + b" " + body)
        said = json.dumps(self.answer).encode()
        line.sendall(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)


def oauth(port: int, authority: Authority) -> OAuth2:
    return OAuth2(
        f"https://127.0.0.1:{port}/token",
        "client-1",
        Secret(f"refresh-{CANARY}"),
        scope="mail",
        ca_file=authority.ca_file,
    )


def test_an_access_token_is_had_for_the_refresh_token_and_logs_in(authority: Authority) -> None:
    tokens = TokenServer({"access_token": "token-1", "expires_in": 3600})
    with (
        server(tokens, tls=authority.server("127.0.0.1")) as port,
        mail_server(tls=authority.server("127.0.0.1"), login=True) as box,
    ):
        send(
            settings(
                box.port,
                security="starttls",
                auth="oauth2",
                username="checker@foothill.example",
                oauth2=oauth(port, authority),
                ca_file=authority.ca_file,
            )
        )
    assert box.logins == [("XOAUTH2", b"user=checker@foothill.example\x01auth=Bearer token-1\x01\x01")]
    assert len(box.messages) == 1
    assert tokens.asked == [
        b"POST /token HTTP/1.1 grant_type=refresh_token&client_id=client-1&refresh_token=refresh-canary-4711&scope=mail"
    ]


@pytest.mark.fault(62)
def test_a_withdrawn_grant_is_permanent_and_shows_no_token(authority: Authority) -> None:
    tokens = TokenServer(
        {"error": "invalid_grant", "error_description": f"refresh-{CANARY} was revoked"}, "400 Bad Request"
    )
    with (
        server(tokens, tls=authority.server("127.0.0.1")) as port,
        mail_server(tls=authority.server("127.0.0.1"), login=True) as box,
    ):
        error = failing(
            settings(
                box.port,
                security="starttls",
                auth="oauth2",
                username="checker",
                oauth2=oauth(port, authority),
                ca_file=authority.ca_file,
            )
        )
    assert (str(error), error.permanent, error.reply) == (
        "The mail account's login has expired or was withdrawn; it must be renewed.",
        True,
        "400 invalid_grant",
    )
