"""Email over SMTP: the report as a message that mail programs trust, sent only over a line that may be trusted."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from healthcheck.delivery import oauth2
from healthcheck.delivery.line import Line
from healthcheck.delivery.mail_failure import MailFailure, Step, step_of
from healthcheck.delivery.receipt import Receipt
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import DeliveryError
from healthcheck.model import Posting, Secret
from healthcheck.words import plain

SUBJECT_LIMIT = 120
_TOO_BIG = 552
_TOO_BIG_WORDS = ("5.3.4", "5.2.3")
"""The message is larger than the server, or the mailbox, takes any (RFC 3463)."""
_PATIENCE = 4
"""How many times `timeout_s`, which is for one answer, the whole conversation may last."""


def compose(posting: Posting, settings: EmailSettings, *, practice: str, reply_to: str = "") -> EmailMessage:
    """The message of a posting: text, HTML beside it, and its text files attached.

    The `Message-ID` derives from round and delivery, so that a message which is sent twice is folded into one, and so
    that a later report of the day can name the first and stand in its thread.
    """
    domain = parseaddr(settings.sender)[1].rpartition("@")[2] or "localhost"
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"] = plain(posting.message.subject, SUBJECT_LIMIT)
    mail["From"] = settings.sender
    mail["To"] = ", ".join(posting.waiting_for)
    mail["Date"] = format_datetime(posting.created_at)
    mail["Message-ID"] = f"<{posting.id}@{domain}>"
    if posting.message.follows:
        mail["In-Reply-To"] = mail["References"] = f"<{posting.message.follows}@{domain}>"
    if reply_to:
        mail["Reply-To"] = reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = f"{plain(practice, 60)} system check <healthcheck.{domain}>"
    mail.set_content(posting.message.text)
    if posting.message.html:
        mail.add_alternative(posting.message.html, subtype="html")
    for attachment in posting.message.attachments:
        mail.add_attachment(attachment.text, subtype="plain", filename=attachment.name)
    return mail


def send(mail: EmailMessage, recipients: tuple[str, ...], settings: EmailSettings) -> Receipt:
    """Hand a message to the server; `DeliveryError` when it took it for nobody.

    The certificate is verified, and a password is never sent over a line that is not encrypted.
    """
    with _logged_in(settings) as server:
        try:
            refused = server.send_message(mail, from_addr=parseaddr(settings.sender)[1], to_addrs=recipients)
        except smtplib.SMTPRecipientsRefused as error:
            # Raised when nobody was taken; permanent only when that holds for each of them.
            errors = _refusals(error.recipients)
            raise MailFailure(
                "The mail server refused every recipient.",
                step=Step.RECIPIENT,
                permanent=all(refusal.permanent for refusal in errors.values()),
                reply="; ".join(f"{who}: {refusal.reply}" for who, refusal in errors.items()),
            ) from error
    return Receipt(server.taken, _refusals(refused))


def try_login(settings: EmailSettings) -> None:
    """Do all that comes before a message: connect, encrypt, log in. `DeliveryError` as from `send`; nothing is sent."""
    with _logged_in(settings) as server:
        server.ehlo_or_helo_if_needed()


@contextlib.contextmanager
def _logged_in(settings: EmailSettings) -> Iterator[_Server]:
    if settings.auth != "none" and settings.security == "none":
        raise MailFailure(
            "The password was not sent, because the line to the mail server is not encrypted; "
            'set security to "starttls" or "tls" in [email].',
            step=Step.ENCRYPTION,
            permanent=True,
        )
    with _said(settings), _connection(settings) as server:
        _log_in(server, settings)
        yield server


def _refusals(refused: Mapping[str, tuple[int, bytes]]) -> dict[str, DeliveryError]:
    return {
        who: MailFailure(
            f"The mail server refused {who}.", step=Step.RECIPIENT, permanent=code >= 500, reply=_words(code, said)
        )
        for who, (code, said) in refused.items()
    }


@contextlib.contextmanager
def _connection(settings: EmailSettings) -> Iterator[_Server]:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    with Line(settings.host, settings.port, settings.timeout_s * _PATIENCE) as line:
        line.socket.settimeout(settings.timeout_s)
        if settings.security == "tls":
            line.socket = context.wrap_socket(line.socket, server_hostname=settings.host)
        server = _Server(line.socket, settings.host, settings.port)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            yield server
            # The message has been accepted; what the server says to goodbye changes nothing.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()


class _Server(smtplib.SMTP):
    """The other end of a connection that is there already. `taken` is what it said when it had the message."""

    def __init__(self, connected: socket.socket, host: str, port: int) -> None:
        self._connected = connected
        self.taken = ""
        super().__init__(host, port)

    def data(self, msg: bytes | str) -> tuple[int, bytes]:  # type: ignore[override]  # typeshed knows its buffers only
        code, said = super().data(msg)
        self.taken = _words(code, said)
        return code, said

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connected


def _log_in(server: smtplib.SMTP, settings: EmailSettings) -> None:
    if settings.auth == "none":
        return
    server.ehlo_or_helo_if_needed()
    if settings.auth == "oauth2" and settings.oauth2 is not None:
        token = oauth2.access_token(settings.oauth2, timeout_s=settings.timeout_s)
        server.auth("XOAUTH2", _xoauth2(settings.username, token))
    else:
        server.login(settings.username, settings.password.reveal() if settings.password else "")


def _xoauth2(username: str, token: Secret) -> smtplib._AuthObject:
    # Asked a second time, the server has sent its reason for refusing and wants an empty answer.
    def answer(challenge: bytes | None = None) -> str:
        return f"user={username}\x01auth=Bearer {token.reveal()}\x01\x01" if challenge is None else ""

    return answer


@contextlib.contextmanager
def _said(settings: EmailSettings) -> Iterator[None]:
    """Turn what SMTP, TLS and the network raise into one sentence that says whether to try again."""
    server = f"the mail server {settings.host}"
    try:
        yield
    except smtplib.SMTPNotSupportedError as error:
        raise MailFailure(
            f"Nothing was sent: {server} offers no encryption or no login of the kind that the config asks for.",
            step=step_of(error),
            permanent=True,
            reply=plain(str(error)),
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        temporary = 400 <= error.smtp_code < 500
        raise MailFailure(
            f"{server[0].upper()}{server[1:]} refused our name or password.",
            step=step_of(error),
            permanent=not temporary,
            reply=_words(error.smtp_code, error.smtp_error),
        ) from None
    except smtplib.SMTPResponseException as error:
        reply = _words(error.smtp_code, error.smtp_error)
        big = _is_too_big(error.smtp_code, reply)
        raise MailFailure(
            f"The message is too large for {server}."
            if big
            else f"{server[0].upper()}{server[1:]} refused the message.",
            step=step_of(error),
            permanent=error.smtp_code >= 500,
            reply=reply,
            too_large=big,
        ) from None
    except smtplib.SMTPServerDisconnected as error:
        raise MailFailure(
            f"The line to {server} broke.", step=step_of(error), permanent=False, reply=plain(str(error))
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise MailFailure(
            f"Nothing was sent: {server} could not prove who it is ({plain(error.verify_message)}).",
            step=step_of(error),
            permanent=False,
            reply=plain(str(error)),
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailure(
            f"{server[0].upper()}{server[1:]} could not be reached.",
            step=step_of(error),
            permanent=False,
            reply=plain(str(error)),
        ) from None


def _is_too_big(code: int, reply: str) -> bool:
    return code == _TOO_BIG or (code >= 500 and any(f" {words}" in reply for words in _TOO_BIG_WORDS))


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return plain(f"{code} {text}")
