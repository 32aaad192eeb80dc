"""Where a mail ended, and what to do about it."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from healthcheck.delivery.mail_failure import MailFailure, Step, fix, step_of
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import DeliveryError

SETTINGS = EmailSettings("smtp.foothill.example", "checker@foothill.example")
OVER_TLS = EmailSettings("smtp.foothill.example", "checker@foothill.example", 587, security="tls")


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (socket.gaierror(-2, "Name or service not known"), Step.NAME),
        (ConnectionRefusedError(111, "Connection refused"), Step.CONNECTION),
        (TimeoutError("timed out"), Step.CONNECTION),
        (smtplib.SMTPConnectError(554, b"no"), Step.CONNECTION),
        (smtplib.SMTPServerDisconnected("gone"), Step.CONNECTION),
        (smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."), Step.ENCRYPTION),
        (smtplib.SMTPResponseException(454, b"TLS not available"), Step.ENCRYPTION),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), Step.ENCRYPTION),
        (ssl.SSLCertVerificationError(1, "self-signed"), Step.CERTIFICATE),
        (smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."), Step.LOGIN),
        (smtplib.SMTPException("No suitable authentication method found."), Step.LOGIN),
        (smtplib.SMTPAuthenticationError(535, b"no"), Step.LOGIN),
        (smtplib.SMTPSenderRefused(553, b"no", "a@b.example"), Step.SENDER),
        (smtplib.SMTPRecipientsRefused({}), Step.RECIPIENT),
        (smtplib.SMTPDataError(554, b"no"), Step.MESSAGE),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Step) else type(value).__name__,
)
def test_what_smtp_raises_tells_the_step(error: Exception, step: Step) -> None:
    assert step_of(error) is step


@pytest.mark.parametrize(
    ("error", "settings", "begins"),
    [
        (MailFailure("", step=Step.NAME, permanent=False), SETTINGS, "Look for a spelling mistake in host"),
        (MailFailure("", step=Step.CONNECTION, permanent=False), OVER_TLS, "Compare host and port"),
        (MailFailure("", step=Step.ENCRYPTION, permanent=True), SETTINGS, "Ask the provider which port"),
        (MailFailure("", step=Step.ENCRYPTION, permanent=True), OVER_TLS, "Encryption from the first byte is usual"),
        (MailFailure("", step=Step.CERTIFICATE, permanent=False), SETTINGS, "Write the name that is in the server's"),
        (MailFailure("", step=Step.LOGIN, permanent=True, reply="530 no"), SETTINGS, "Compare username"),
        (MailFailure("", step=Step.SENDER, permanent=True, reply="530 5.7.0"), SETTINGS, "The server wants a login"),
        (MailFailure("", step=Step.SENDER, permanent=True, reply="553 no"), SETTINGS, "Write a sender"),
        (MailFailure("", step=Step.RECIPIENT, permanent=True), SETTINGS, "Look for a spelling mistake in the recip"),
        (MailFailure("", step=Step.MESSAGE, permanent=True), SETTINGS, "Ask whoever runs the mail server"),
        (DeliveryError("no token", permanent=True), SETTINGS, "Compare username"),
    ],
    ids=[
        "name", "connection", "encryption", "wrong port", "certificate", "login", "login wanted", "sender", "recipient",
        "message", "token",
    ],
)  # fmt: skip
def test_every_step_has_its_fix(error: DeliveryError, settings: EmailSettings, begins: str) -> None:
    assert fix(error, settings).startswith(begins)
