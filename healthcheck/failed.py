"""The plain note that leaves when the program itself failed: `python -m healthcheck.failed UNIT`, from `OnFailure=`.

It uses as little as it can of what may just have broken: no check, no history, no template.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from healthcheck import config as configs
from healthcheck.config.paths import find_config
from healthcheck.config.settings import Config
from healthcheck.delivery import email
from healthcheck.errors import DeliveryError, HealthcheckError
from healthcheck.model import Message, Posting
from healthcheck.words import clock, plain


def main(argv: Sequence[str]) -> int:
    """Send the note by every email delivery; 0 once somebody has accepted it."""
    unit = plain(argv[0], 80) if argv else "healthcheck"
    try:
        config = configs.load(find_config(None, os.environ, os.geteuid()))
    except HealthcheckError as error:
        print(f"healthcheck: no note could be sent, because the config cannot be read:\n{error}", file=sys.stderr)
        return 1
    sent = [_sent(config, posting) for posting in _postings(config, unit)]
    return 0 if any(sent) else 1


def _postings(config: Config, unit: str) -> list[Posting]:
    now = datetime.now(UTC)
    message = _note(config, unit, now)
    return [
        Posting(f"{now:%Y%m%dT%H%M%SZ}.failed.{number}", "", delivery.name, "email", message, now, delivery.to)
        for number, delivery in enumerate(config.deliveries)
        if delivery.channel == "email"
    ]


def _note(config: Config, unit: str, now: datetime) -> Message:
    practice = config.practice
    local = now.astimezone(practice.timezone)
    contractor = next(iter(practice.people_of("it")), None)
    call = f"Call {contractor.name}{f' ({contractor.phone})' if contractor.phone else ''}" if contractor else "Call IT"
    return Message(
        subject=f"NO REPORT: the system check failed - {local:%a %b} {local.day}",
        text=(
            f"The system check of {practice.name} did not finish its work at {clock(local)}.\n"
            "Nobody has looked at the clinics since. This says nothing about whether they can open.\n\n"
            f'What to do: {call} and say: "The health check itself failed. Please look at {unit} on the '
            'office server."\n\n'
            f"For IT: journalctl -u {unit} -n 100; healthcheck run\n"
        ),
    )


def _sent(config: Config, posting: Posting) -> bool:
    if config.email is None:
        return False
    try:
        email.send(
            email.compose(posting, config.email, practice=config.practice.name), posting.waiting_for, config.email
        )
    except DeliveryError as error:
        print(f"healthcheck: the note was not sent: {error} {error.reply}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
