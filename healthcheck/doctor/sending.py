"""Whether the report would get out: the mail server lets us in, the other channels are there. Nothing is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from healthcheck.delivery import email, http
from healthcheck.delivery.mail_failure import fix
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises, history
from healthcheck.doctor.settings import CHECK_IT, NOT_KNOWN
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Secret, Status
from healthcheck.rounds import HEARD_FILE
from healthcheck.words import join, moment, plain

MAIL, APPRISE = "email", "apprise"
ANSWER_S = 8.0


def recipients(premises: Premises) -> Iterator[Finding]:
    """Whether anybody gets the report at all."""
    if not premises.deliveries:
        if premises.config is None:
            yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
            return
        says = "Nobody is sent the report."
        yield Finding(Status.CRITICAL, says, f"Name somebody with [[delivery]] in {premises.config_file}.")
        return
    who = [
        join(one.to) or f'"{one.name}"'
        for one in premises.deliveries
        if one.when == "always" and not one.only_if_failed
    ]
    if who:
        yield Finding(Status.OK, f"The report goes to {join(map(plain, who))} every morning.")
    else:
        says = "Nobody gets a report on a good morning, so a missing one would go unnoticed."
        yield Finding(Status.WARNING, says, f'Write when = "always" in one [[delivery]] of {premises.config_file}.')


def mail(premises: Premises) -> Iterator[Finding]:
    """Whether the mail server can be reached, encrypts and takes our login; no mail is sent."""
    settings = premises.email
    if settings is None:
        if premises.config is None:
            says = "The mail server cannot be read out of the config."
            yield Finding(Status.UNKNOWN, says, premises.command(CHECK_IT))
        else:  # a delivery by mail without a server is a mistake
            yield Finding(Status.OK, "The report does not go by mail.")
        return
    unread = settings.auth == "password" and settings.password is None
    tried = replace(settings, auth="none") if unread else settings
    try:
        email.try_login(replace(tried, timeout_s=min(settings.timeout_s, ANSWER_S)))
    except DeliveryError as error:
        yield Finding(Status.CRITICAL, f"{error}{_words(error)}", fix(error, settings))
        return
    if unread:
        says = f"The mail server {plain(settings.host)} can be reached; its login was not tried without the password."
        yield Finding(Status.UNKNOWN, says, premises.command("doctor", sudo=True))
        return
    did = "takes our mail without a login" if settings.auth == "none" else "takes our name and password"
    yield Finding(Status.OK, f"The mail server {plain(settings.host)} can be reached and {did}; no mail was sent.")
    if settings.security == "none":
        says = "The report goes to the mail server over a line that is not encrypted."
        yield Finding(Status.WARNING, says, 'Write security = "starttls" in [email], if the server can do it.')


def channels(premises: Premises) -> Iterator[Finding]:
    """Whether what stands behind each other delivery can be reached; nothing is posted."""
    others = [delivery for delivery in premises.deliveries if delivery.channel != MAIL]
    for delivery in others:
        yield _channel(premises, delivery)
    if not others and premises.config is None:
        yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
    elif not others:
        yield Finding(Status.OK, "The report goes by no other channel.")


def _channel(premises: Premises, delivery: Delivery) -> Finding:
    name, trial = plain(delivery.name), premises.command(f"test-email --delivery {shlex.quote(delivery.name)}")
    if delivery.channel == APPRISE or delivery.url is None:
        return Finding(Status.UNKNOWN, f'"{name}" cannot be tried without sending a message.', trial)
    trouble = _unreachable(delivery.url, delivery.ca_file)
    if not trouble:
        return Finding(Status.OK, f'The server of "{name}" can be reached; nothing was sent.')
    return Finding(Status.CRITICAL, f'"{name}" cannot be sent now: {trouble}', trial)


def heartbeat(premises: Premises) -> Iterator[Finding]:
    """Whether somebody outside would notice silence, and when it last heard from us."""
    if premises.config is None:
        yield Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
        return
    configured = premises.config.heartbeat
    if configured is None:
        says = "Nobody outside would notice if this computer were gone altogether."
        yield Finding(Status.WARNING, says, f"Give [heartbeat] an address of a watchdog in {premises.config_file}.")
        return
    trouble = _unreachable(configured.url, configured.ca_file)
    if trouble:
        yield Finding(Status.CRITICAL, f"The outside watchdog cannot be reached: {trouble}", premises.command("report"))
        return
    yield _heard(premises)


def _heard(premises: Premises) -> Finding:
    """When it last heard that a report was accepted; it is not called now, for that would say so."""
    try:
        heard = datetime.fromtimestamp((premises.state_dir / HEARD_FILE).stat().st_mtime, UTC)
    except OSError:
        says = "The outside watchdog can be reached, but it has not heard of a report yet."
        return Finding(Status.WARNING, says, premises.command("report"))
    when = moment(heard.astimezone(premises.local_now.tzinfo), premises.local_now)
    with history(premises) as known:
        last = known.last_report_at() if known else None
    if last is not None and heard < last:
        says = f"The outside watchdog can be reached, but it did not hear of the last report, only of that of {when}."
        return Finding(Status.WARNING, says, premises.command("deliver"))
    return Finding(Status.OK, f"The outside watchdog can be reached; it last heard of a report {when}.")


def _unreachable(url: Secret, ca_file: str) -> str:
    """Why the server of an address cannot be talked to; "" when it can."""
    try:
        http.reach(url.reveal(), timeout_s=ANSWER_S, ca_file=ca_file)
    except DeliveryError as error:
        return f"{error}{_words(error)}"
    return ""


def _words(error: DeliveryError) -> str:
    return f" ({error.reply})" if error.reply else ""
