"""`healthcheck run`: a round by hand. Results as they finish, problems again at the end; nothing is mailed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from healthcheck.cli.formats import FOR_OTHERS, FORMATS
from healthcheck.cli.output import check_place, write
from healthcheck.cli.progress import progress
from healthcheck.cli.root import Paths
from healthcheck.model import Outcome
from healthcheck.report import console
from healthcheck.rounds import Selection, run_round


@click.command("run")
@click.option("--site", "sites", multiple=True, help="Only this clinic; may be given more than once.")
@click.option("--host", "hosts", multiple=True, help="Only this host; may be given more than once.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind of check; may be given more than once.")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there instead of showing it.")
@click.pass_obj
def command(
    paths: Paths, sites: tuple[str, ...], hosts: tuple[str, ...], kinds: tuple[str, ...], form: str, output: Path | None
) -> int:
    """Check everything now, show what was found, and remember it as a round by hand.

    Ends with 0 when all is OK, 1 for Look, 2 for Problem, 3 when something could not be checked.
    """
    if output is not None:
        check_place(output)
    config = paths.load()
    for warning in config.warnings:
        print(f"healthcheck: {warning}", file=sys.stderr)
    selection = Selection(sites, hosts, kinds)
    planned = [planned for planned in config.plan if planned in selection]
    if not planned:
        raise click.UsageError("Nothing in the config fits --site, --host and --kind together.")
    streamed = form == "text" and output is None
    with progress(len(planned)) as show:

        def on_done(outcome: Outcome) -> None:
            show(outcome, console.line(config.practice, outcome) if streamed else "")

        finished = run_round(config, trigger="hand", state_dir=paths.state(), selection=selection, on_done=on_done)
    if streamed:
        click.echo(console.ending(finished.report), nl=False)
    elif output is None:
        click.echo(FORMATS[form](finished, planned), nl=False)
    else:
        write(FORMATS[form](finished, planned), output, FOR_OTHERS.get(form))
    return finished.status.value
