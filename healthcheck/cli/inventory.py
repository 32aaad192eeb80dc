"""`healthcheck inventory`: the master document of the practice, or the card for the day when everything is dark."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from healthcheck.cli.output import by_ending, check_place, write
from healthcheck.cli.root import Paths
from healthcheck.inventory import Inventory, inventory, remember, render

FORMATS: dict[str, Callable[[Inventory], str]] = {
    "markdown": render.markdown,
    "html": render.html,
    "json": render.as_json,
}
NEW_FILE = 0o600
"""Telephone numbers and the places of keys are not for every account to read."""


@click.command("inventory")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="[default: by the ending of FILE]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there instead of showing it.")
@click.option("--card", is_flag=True, help="The emergency card instead: one page to print and pin up.")
@click.pass_obj
def command(paths: Paths, form: str | None, output: Path | None, card: bool) -> None:
    """Write down what the practice has: devices, what depends on what, backups, contracts, whom to call.

    It says of each fact how old it is, and of what nobody ever looked at just that. It holds no password, only where
    each is kept. Without --output it is shown as Markdown.
    """
    if card and form not in (None, "html"):
        raise click.UsageError("The card is a page to print: leave --format out, or give --format html.")
    if output is not None:
        check_place(output)
    elif card and sys.stdout.isatty():
        raise click.UsageError("The card is a page to print: say where to write it, with --output card.html.")
    config = paths.load()
    made = inventory(config, remember(config, paths.state()), datetime.now(config.practice.timezone))
    text = render.card(made) if card else FORMATS[form or by_ending(output, FORMATS, "markdown")](made)
    if output is None:
        click.echo(text, nl=False)
    else:
        write(text, output, NEW_FILE)
