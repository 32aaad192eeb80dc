"""A mail server that keeps what it accepts, and misbehaves as a test asks."""

from __future__ import annotations

import contextlib
import email
import email.policy
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.lab import free_port

Reply = Callable[[str], str]


@dataclass
class Mailbox:
    """What the server received. `recipient` and `data` give the reply to RCPT and DATA; "" accepts.

    `before_data` is awaited before the message is answered: to hang, or to drop the line.
    """

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    recipient: Reply = lambda address: ""
    data: Reply = lambda subject: ""
    before_data: Callable[[SMTP], Awaitable[None]] | None = None

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.recipient(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.before_data is not None:
            await self.before_data(server)
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if reply := self.data(str(message["Subject"])):
            return reply
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(
            server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        )
        return "250 2.0.0 kept"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        self.logins.append((mechanism, given if isinstance(given, bytes) else given.password))
        good = given if isinstance(given, bytes) else given.password
        return AuthResult(success=b"wrong" not in good, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        import base64

        said = base64.b64decode(args[1]) if len(args) > 1 else await server.challenge_auth("")
        assert isinstance(said, bytes)
        self.logins.append(("XOAUTH2", said))
        return AuthResult(success=b"wrong" not in said, handled=False)


@contextlib.contextmanager
def mail_server(
    mailbox: Mailbox | None = None,
    *,
    address: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    implicit_tls: bool = False,
    login: bool = False,
    login_in_clear: bool = False,
    size_limit: int = 33_554_432,
) -> Iterator[Mailbox]:
    """A running mail server; `tls` offers STARTTLS, or TLS from the first byte with `implicit_tls`."""
    box = mailbox or Mailbox()
    box.port = free_port(address)
    controller = Controller(
        box,
        hostname=address,
        port=box.port,
        ssl_context=tls if implicit_tls else None,
        tls_context=None if implicit_tls else tls,
        require_starttls=False,
        authenticator=box.authenticate if login else None,
        auth_required=login,
        auth_require_tls=login and not implicit_tls and not login_in_clear,
        data_size_limit=size_limit,
    )
    controller.start()
    try:
        yield box
    finally:
        with contextlib.suppress(Exception):
            controller.stop()
