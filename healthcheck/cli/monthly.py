"""`healthcheck monthly`: how a month went, for the practice and its contractor."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from healthcheck.cli.output import by_ending, check_place, write
from healthcheck.cli.root import NOT_DELIVERED, Paths
from healthcheck.monthly import render, sending
from healthcheck.monthly.opening import Month
from healthcheck.rounds import HISTORY_FILE


@click.command("monthly")
@click.option("--month", "text", metavar="YYYY-MM", help="Which month.  [default: the last one]")
@click.option("--format", "form", type=click.Choice(list(render.FORMATS)), help="[default: by the ending of FILE]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there instead of showing it.")
@click.option("--send", is_flag=True, help='Send it now to each [[delivery]] with content = "monthly".')
@click.pass_obj
def command(paths: Paths, text: str | None, form: str | None, output: Path | None, send: bool) -> int:
    """Show how long each clinic and service answered in the opening hours of a month, every trouble and how long it
    lasted, power cuts, late reports, and what nobody watched.

    With a [[delivery]] whose content is "monthly", the report of the last month leaves by itself on the first open day.
    """
    if output is not None:
        check_place(output)
    config = paths.load()
    now = datetime.now(config.practice.timezone)
    month = Month.before(now.date()) if text is None else Month.read(text)
    if month is None:
        raise click.UsageError(f'"{text}" is no month; write it as in --month {Month.before(now.date())}.')
    if month > Month(now.year, now.month):
        raise click.UsageError(f"{month.name} has not begun yet.")
    if send and not sending.deliveries(config):
        raise click.UsageError('No [[delivery]] in the config has content = "monthly", so it can be sent to nobody.')
    if not (paths.state() / HISTORY_FILE).exists():
        raise click.UsageError(f"There is no history at {paths.state() / HISTORY_FILE} yet.")
    not_delivered: list[str] = []
    if send:
        built, not_delivered = sending.deliver_by_hand(config, paths.state(), month, now)
    else:
        with sending.opened(paths.state()) as history:
            built = sending.report(config, history, month, now)
    written = render.FORMATS[form or by_ending(output, render.FORMATS, "text")]
    if output is not None:
        write(written(built), output)
    elif not send:
        click.echo(written(built), nl=False)
    for sentence in not_delivered:
        print(f"healthcheck: {sentence}", file=sys.stderr)
    return NOT_DELIVERED if not_delivered else 0
