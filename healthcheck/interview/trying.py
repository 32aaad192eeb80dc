"""Tries an answer at once, in the way in which the program will use it, and says in plain words what did not work."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from healthcheck.connections import tcp
from healthcheck.connections.icmp import Pinger
from healthcheck.delivery import email
from healthcheck.delivery.mail_failure import MailFailure, Step, fix
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import ConnectError, DeliveryError, NotResolved, ProbeError
from healthcheck.interview.answers import Answers, Device, MailServer
from healthcheck.records import frozen
from healthcheck.words import plain

ADDRESS_S = 3.0
"""For one device to answer; somebody sits and waits."""
PINGS, PING_EVERY_S = 3, 0.2
MAIL_S = 8.0


@frozen
class Trouble:
    """An answer that did not work. `kept` is what it amounts to if it is kept all the same."""

    says: str
    kept: Answers


def newest_device(answers: Answers) -> Trouble | None:
    """Whether the device that was named last answers, and its SSH where it is to be looked into."""
    says = asyncio.run(_silence(answers.devices[-1]))
    return Trouble(says, answers) if says else None


async def _silence(device: Device) -> str:
    name = plain(device.address)
    try:
        address = await tcp.resolve(device.address, left_s=ADDRESS_S)
        if device.user:
            (await tcp.connect(address, device.port, left_s=ADDRESS_S)).close()
            return ""
    except NotResolved as error:
        return f"{name}: {error.says}."
    except ConnectError as error:
        return f"{name} {error.says} (asked for SSH on port {device.port})."
    pinger = Pinger()
    try:
        reply = await pinger.ping(address, count=PINGS, interval_s=PING_EVERY_S, left_s=ADDRESS_S)
    except ProbeError:
        return f"{name} did not answer on any usual port, and this computer may not send pings."
    finally:
        pinger.close()
    return "" if reply.rtts_s else f"{name} does not answer now."


def mail_server(answers: Answers) -> Trouble | None:
    """Whether the mail server can be connected to and encrypts; nobody logs in yet."""
    assert answers.mail is not None
    return _mail(answers, replace(answers.mail, username=""))


def mail_login(answers: Answers) -> Trouble | None:
    """Whether the mail server takes our name and password."""
    assert answers.mail is not None
    return _mail(answers, answers.mail)


def _mail(answers: Answers, server: MailServer) -> Trouble | None:
    settings = EmailSettings(
        host=server.host,
        port=server.port,
        sender=answers.sender,
        security=server.security,
        auth="password" if server.username else "none",
        username=server.username,
        password=answers.password,
        timeout_s=MAIL_S,
    )
    try:
        email.try_login(settings)
    except DeliveryError as error:
        words = f" ({error.reply})" if error.reply else ""
        if _open_line_would_do(error, answers, settings):
            assert answers.mail is not None
            says = f"{plain(server.host)} offers no encryption, so the report would go over an open line."
            return Trouble(says, replace(answers, mail=replace(answers.mail, security="none")))
        return Trouble(f"{error}{words} {fix(error, settings)}", answers)
    return None


def _open_line_would_do(error: DeliveryError, answers: Answers, settings: EmailSettings) -> bool:
    """Within a practice's own network a mail server may take mail without encryption; never with a password."""
    no_encryption = isinstance(error, MailFailure) and error.step is Step.ENCRYPTION
    return no_encryption and settings.security == "starttls" and not (answers.mail and answers.mail.username)
