"""`healthcheck test-email`: one marked test message, sent as the report would be."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from healthcheck.cli.root import NOT_DELIVERED, Paths
from healthcheck.config.people import is_mail_address
from healthcheck.config.settings import Config
from healthcheck.delivery import channels
from healthcheck.delivery.mail_failure import MailFailure, fix
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Message, Posting
from healthcheck.words import calendar_day, clock, join, plain

EMAIL = "email"


@click.command("test-email")
@click.option("--to", "recipients", multiple=True, metavar="ADDRESS", help="Who gets it; may be given more than once.")
@click.option("--delivery", "name", help="Try this delivery of the config, whatever its channel.")
@click.pass_obj
def command(paths: Paths, recipients: tuple[str, ...], name: str | None) -> int:
    """Send one message that is clearly a test, and say what the other side answered or where it ended.

    It goes the way that the report goes. Nothing is checked, and nothing is kept as a report. Ends with 0 once it was
    accepted by everybody, else with 69.
    """
    config = paths.load()
    delivery = _delivery(config, recipients, name)
    posting = posting_of(config, delivery, datetime.now(UTC))
    try:
        receipt = channels.send(posting, config.practice, config.email, [delivery])
    except DeliveryError as error:
        _explain(config, error)
        return NOT_DELIVERED
    refused = set(receipt.refused)
    taken = join(who for who in delivery.to if who not in refused) or f'"{delivery.name}"'
    click.echo(f"The test message to {taken} was accepted. The exact words: {receipt.reply}")
    if delivery.channel == EMAIL:
        click.echo("Look into the mailbox, and into its folder for junk: accepted is not yet seen.")
    for refusal in receipt.refused.values():
        _explain(config, refusal)
    return NOT_DELIVERED if refused else 0


def _delivery(config: Config, recipients: tuple[str, ...], name: str | None) -> Delivery:
    """The delivery of that name, or one by mail, to those who were named."""
    if name is None:
        if not recipients:
            raise click.UsageError(
                "Say who gets the test message, with --to, or which delivery to try, with --delivery."
            )
        for address in recipients:
            if not is_mail_address(address):
                raise click.UsageError(f'"{plain(address, 80)}" is no mail address; write name@example.org.')
        if config.email is None:
            raise click.UsageError("The config has no [email] section, so there is no mail server to try.")
        return Delivery("test", EMAIL, recipients)
    known = {delivery.name: delivery for delivery in config.deliveries}
    if name not in known:
        there = f"it has {join(known)}" if known else "it has none"
        raise click.UsageError(f'The config has no delivery "{name}"; {there}.')
    if recipients:
        raise click.UsageError("--delivery has its own recipients; leave --to out, or --delivery.")
    return known[name]


def posting_of(config: Config, delivery: Delivery, now: datetime) -> Posting:
    """The message, ready to send; nobody can take it for a report."""
    local = now.astimezone(config.practice.timezone)
    text = (
        f"This is a test of the system check of {config.practice.name}, sent by hand on {calendar_day(local)}, "
        f"{clock(local)}.\n\nNothing was looked at, so it says nothing about any clinic. "
        "If you can read it, the report will reach you by the same way.\n"
    )
    message = Message("TEST, not a report: can you read this?", text)
    return Posting(f"test.{now:%Y%m%dT%H%M%S%fZ}", "test", delivery.name, delivery.channel, message, now, delivery.to)


def _explain(config: Config, error: DeliveryError) -> None:
    """What went wrong, in whose words, and what to do."""
    where = f" It ended at {error.step.value}." if isinstance(error, MailFailure) else ""
    print(f"healthcheck: The test message was not accepted.{where} {error}", file=sys.stderr)
    if error.reply:
        print(f"  The exact words: {error.reply}", file=sys.stderr)
    if isinstance(error, MailFailure) and config.email is not None:
        print(f"  What to do: {fix(error, config.email)}", file=sys.stderr)
