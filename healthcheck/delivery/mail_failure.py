"""A mail that was not taken: at which step of the conversation it ended, and what to do about it."""

from __future__ import annotations

import enum
import smtplib
import socket
import ssl

from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import DeliveryError


class Step(enum.Enum):
    """The steps from here to an accepted mail, in their order."""

    NAME = "looking up the mail server's name"
    CONNECTION = "connecting to the mail server"
    ENCRYPTION = "beginning an encrypted line"
    CERTIFICATE = "checking the mail server's certificate"
    LOGIN = "logging in"
    SENDER = "naming the sender"
    RECIPIENT = "naming the recipient"
    MESSAGE = "handing over the message"


class MailFailure(DeliveryError):
    """A mail server did not take a message; `step` is where it ended."""

    def __init__(self, says: str, *, step: Step, permanent: bool, reply: str = "", too_large: bool = False) -> None:
        super().__init__(says, permanent=permanent, reply=reply, too_large=too_large)
        self.step = step


_STEPS: tuple[tuple[type[BaseException], Step], ...] = (
    (smtplib.SMTPAuthenticationError, Step.LOGIN),
    (smtplib.SMTPSenderRefused, Step.SENDER),
    (smtplib.SMTPRecipientsRefused, Step.RECIPIENT),
    (smtplib.SMTPDataError, Step.MESSAGE),
    (smtplib.SMTPConnectError, Step.CONNECTION),
    (smtplib.SMTPHeloError, Step.CONNECTION),
    (smtplib.SMTPServerDisconnected, Step.CONNECTION),
    (smtplib.SMTPResponseException, Step.ENCRYPTION),  # STARTTLS was refused: nothing else raises the bare class
    (smtplib.SMTPException, Step.LOGIN),  # no kind of login in common
    (ssl.SSLCertVerificationError, Step.CERTIFICATE),
    (ssl.SSLError, Step.ENCRYPTION),
    (socket.gaierror, Step.NAME),
)


def step_of(error: BaseException) -> Step:
    """Where a conversation ended that raised this."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Step.ENCRYPTION if "STARTTLS" in str(error) else Step.LOGIN
    return next((step for kind, step in _STEPS if isinstance(error, kind)), Step.CONNECTION)


def fix(error: DeliveryError, settings: EmailSettings) -> str:
    """What to do next, for whoever sets the mail server up: one or two sentences that name the settings of [email]."""
    step = error.step if isinstance(error, MailFailure) else Step.LOGIN  # a token that was not had
    if step is Step.SENDER and error.reply.startswith("530"):
        return 'The server wants a login first: write auth = "password", username and password in [email].'
    if step is Step.ENCRYPTION and settings.security == "tls":
        return (
            'Encryption from the first byte is usual on port 465; on port 587 write security = "starttls" in [email].'
        )
    if step is Step.ENCRYPTION:
        return 'Ask the provider which port is the encrypted one: 587 with security = "starttls", or 465 with "tls".'
    return _FIXES[step]


_FIXES = {
    Step.NAME: "Look for a spelling mistake in host in [email]; else this computer cannot ask its name server.",
    Step.CONNECTION: "Compare host and port in [email] with what the provider says; 587 and 465 are usual. "
    "Many firewalls let nobody out to a mail server: ask IT.",
    Step.CERTIFICATE: "Write the name that is in the server's certificate as host in [email]; if the practice has a "
    "certificate authority of its own, name its file there with ca_file.",
    Step.LOGIN: "Compare username in [email] and the password's file with what the provider says; some want a "
    "password made for programs alone.",
    Step.SENDER: "Write a sender that this account may use as from in [email]; the account's own address is safe.",
    Step.RECIPIENT: "Look for a spelling mistake in the recipient's address; else ask the provider whether this "
    "account may write to others.",
    Step.MESSAGE: "Ask whoever runs the mail server, with its words above.",
}
