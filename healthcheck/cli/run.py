"""`healthcheck run`: a round by hand. Results as they finish, problems again at the end; nothing is mailed."""

from __future__ import annotations

from pathlib import Path

import click

from healthcheck.cli.by_hand import load, look
from healthcheck.cli.formats import FOR_OTHERS, FORMATS
from healthcheck.cli.output import by_ending, check_place, write
from healthcheck.cli.root import Paths
from healthcheck.report import console
from healthcheck.rounds import Selection


@click.command("run")
@click.option("--site", "sites", multiple=True, help="Only this clinic; may be given more than once.")
@click.option("--host", "hosts", multiple=True, help="Only this host; may be given more than once.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind of check; may be given more than once.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="[default: by the ending of FILE]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there instead of showing it.")
@click.pass_obj
def command(
    paths: Paths,
    sites: tuple[str, ...],
    hosts: tuple[str, ...],
    kinds: tuple[str, ...],
    form: str | None,
    output: Path | None,
) -> int:
    """Check everything now, show what was found, and remember it as a round by hand.

    Ends with 0 when all is OK, 1 for Look, 2 for Problem, 3 when something could not be checked.
    """
    if output is not None:
        check_place(output)
    form = form or by_ending(output, FORMATS, "text")
    config = load(paths)
    selection = Selection(sites, hosts, kinds)
    streamed = form == "text" and output is None
    finished = look(config, paths, selection, streamed=streamed)
    if streamed:
        click.echo(console.ending(finished.report), nl=False)
        if finished.report.cards:
            reference = finished.report.cards[0].reference
            click.echo(f"\nWhat it is, and what to say to IT of it: healthcheck explain {reference}{paths.given()}")
    elif output is None:
        click.echo(FORMATS[form](finished, config.plan), nl=False)
    else:
        write(FORMATS[form](finished, config.plan), output, FOR_OTHERS.get(form))
    return finished.status.value
