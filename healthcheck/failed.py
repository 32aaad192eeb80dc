"""The plain note that leaves when the program itself failed: `python -m healthcheck.failed UNIT`, from `OnFailure=`.

It uses as little as it can of what may just have broken: no check, no history, no template, and of the config only who
is to be told. A mistake in the rest of it is the likeliest reason for a failure.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.config.paths import find_config, find_state_dir
from healthcheck.config.salvage import Salvaged, salvage
from healthcheck.delivery import channels
from healthcheck.errors import DeliveryError, HealthcheckError
from healthcheck.model import Delivery, Message, Posting, Practice
from healthcheck.words import clock, plain, short_day

NOT_AGAIN_S = 20 * 3600
"""One failure is told once; that of the next morning is another."""


def main(argv: Sequence[str]) -> int:
    """Send the note to everybody who gets the report; 0 once somebody has accepted it, or has today already."""
    unit = plain(argv[0], 80) if argv else "healthcheck"
    told = find_state_dir(None, os.environ, os.geteuid()) / f"told-{re.sub(r'[^A-Za-z0-9.-]', '-', unit)}"
    if _is_recent(told):
        return 0
    try:
        known = salvage(find_config(None, os.environ, os.geteuid()))
    except HealthcheckError as error:
        print(f"healthcheck: no note could be sent, because the config cannot be read:\n{error}", file=sys.stderr)
        return 1
    now = datetime.now(UTC)
    message = note(known.practice, unit, now)
    if not _sent(known, message, now):
        return 1
    with contextlib.suppress(OSError):  # at worst it is told once more
        told.touch()
    return 0


def _is_recent(told: Path) -> bool:
    try:
        return 0 <= time.time() - told.stat().st_mtime < NOT_AGAIN_S
    except OSError:
        return False


def note(practice: Practice, unit: str, now: datetime) -> Message:
    """The note in words."""
    local = now.astimezone(practice.timezone)
    contractor = next(iter(practice.people_of("it")), None)
    call = f"Call {contractor.name}{f' ({contractor.phone})' if contractor.phone else ''}" if contractor else "Call IT"
    return Message(
        subject=f"NO REPORT: the system check failed - {short_day(local)}",
        text=(
            f"The system check of {practice.name} did not finish its work at {clock(local)}.\n"
            "Nobody has looked at the clinics since. This says nothing about whether they can open.\n\n"
            f'What to do: {call} and say: "The health check itself failed. Please look at {unit} on the '
            'office server."\n\n'
            f"For IT: journalctl -u {unit} -n 100; healthcheck config check; healthcheck run\n"
        ),
    )


def _sent(known: Salvaged, message: Message, now: datetime) -> bool:
    """By every delivery of the report at once, and by the others when none of them took it."""
    first = [one for one in known.deliveries if not one.only_if_failed and one.content != "monthly"]
    rest = [one for one in known.deliveries if one not in first]
    if not known.deliveries:
        print("healthcheck: no note could be sent, because no [[delivery]] can be read.", file=sys.stderr)
    accepted = [_accepted(known, delivery, message, now) for delivery in first]
    return any(accepted) or any(_accepted(known, delivery, message, now) for delivery in rest)


def _accepted(known: Salvaged, delivery: Delivery, message: Message, now: datetime) -> bool:
    number = known.deliveries.index(delivery)
    posting = Posting(
        f"{now:%Y%m%dT%H%M%SZ}.failed.{number}", "", delivery.name, delivery.channel, message, now, delivery.to
    )
    try:
        channels.send(posting, known.practice, known.email, known.deliveries)
    except DeliveryError as error:
        print(f"healthcheck: the note was not sent: {error} {error.reply}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
