"""`healthcheck deliver`: try the outbox now."""

from __future__ import annotations

import sys

import click

from healthcheck.cli.root import NOT_DELIVERED, Paths
from healthcheck.rounds import deliver_outbox
from healthcheck.rounds.deliver import deliver_now


@click.command("deliver")
@click.pass_obj
def command(paths: Paths) -> int:
    """Try once more to send what was not accepted yet. Ends with 0 when all was, else with 69."""
    not_delivered = deliver_outbox(paths.load(), paths.state(), deliver_now)
    for sentence in not_delivered:
        print(f"healthcheck: {sentence}", file=sys.stderr)
    return NOT_DELIVERED if not_delivered else 0
