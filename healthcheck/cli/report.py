"""`healthcheck report`: a round, then its delivery. What the timer, cron and the agent start."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from healthcheck.cli.root import NOT_DELIVERED, Paths
from healthcheck.config.settings import Config
from healthcheck.errors import HistoryError
from healthcheck.report import render
from healthcheck.rounds import deliver_round, run_round, schedule


@click.command("report")
@click.option("--dry-run", is_flag=True, help="Show the report instead of sending it.")
@click.option("--once", is_flag=True, help="Try to send once; what is put off is left to `healthcheck deliver`.")
@click.pass_obj
def command(paths: Paths, dry_run: bool, once: bool) -> int:
    """Check everything and deliver the report. Ends with 0 once it was accepted, with 69 while it was not.

    What a mail server puts off is tried again, less and less often, until the clinics open.
    """
    config = paths.load()
    finished = run_round(config, trigger="hand" if dry_run else "report", state_dir=paths.state())
    if dry_run:
        click.echo(render.text(finished.report), nl=False)
        return 0
    opens = schedule.at(config.practice, finished.round.finished_at, config.practice.opens)
    until = finished.round.finished_at if once else opens
    not_delivered = deliver_round(config, finished, paths.state(), until)
    for sentence in dict.fromkeys((*not_delivered, *last_month(config, paths.state()))):
        print(f"healthcheck: {sentence}", file=sys.stderr)
    if not config.deliveries:
        print("healthcheck: The report was made, and goes to nobody: there is no [[delivery]].", file=sys.stderr)
    elif not not_delivered and sys.stderr.isatty():
        print("Everything that was to be sent was accepted.", file=sys.stderr)
    return NOT_DELIVERED if not_delivered else 0


def last_month(config: Config, state_dir: Path) -> list[str]:
    """Send the report of the last month where it is owed, once the morning's is on its way: that one comes first."""
    if not any(delivery.content == "monthly" for delivery in config.deliveries):
        return []
    from healthcheck.monthly.sending import deliver_if_owed  # late: few mornings need it

    try:
        return deliver_if_owed(config, state_dir, datetime.now(UTC))
    except HistoryError as error:
        return [f"The service report of the last month was not made. {error}"]
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        return [f"The service report of the last month was not made: {state_dir} cannot be written to ({why})."]
