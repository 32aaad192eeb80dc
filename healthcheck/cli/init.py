"""`healthcheck init`: eight questions, each answer tried at once, and a config that loads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from healthcheck.cli.root import Paths


@click.command("init")
@click.option("--scan", is_flag=True, help="Propose devices that this computer knows of already; sends nothing.")
@click.option(
    "--answers",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take the answers from this TOML file and ask nothing.",
)
@click.pass_obj
def command(paths: Paths, scan: bool, answers: Path | None) -> None:
    """Ask eight questions, try each answer at once, and write a config that loads. Nothing is overwritten.

    A file of answers has these keys: practice, towns, opens, hosts, it, recipients, mail_server, password_file. Each is
    written as at the terminal; towns, hosts and recipients may be lists. The first three must be there.
    """
    from healthcheck.config.hours import zone_of_this_computer  # brings what reads a config, which takes long to import
    from healthcheck.interview import asking, from_file, neighbours, next_steps, placing, writing

    if answers is not None and scan:
        raise click.UsageError("--scan proposes, and somebody has to choose; leave --answers out, or --scan.")
    if answers is None and not sys.stdin.isatty():
        raise click.UsageError("Nobody can answer here. Write the answers into a file and name it with --answers.")
    path = paths.new_config_file()
    try:
        placing.look_for_room(path)
    except placing.InTheWay as error:
        raise click.UsageError(str(error)) from None
    zone = zone_of_this_computer()
    if answers is not None:
        answered, troubles = from_file.read(answers, zone)
        for trouble in troubles:
            print(f"healthcheck: {trouble}", file=sys.stderr)
    else:
        click.echo(f"This writes the config {path}. Ctrl-C ends it at any time and leaves nothing behind.")
        answered = asking.interview(zone, neighbours.look_around() if scan else None)
    placing.put(path, writing.config_of(answered), answered, os.environ)
    click.echo(next_steps.after(path, answered, is_usual=path == Paths(None, None).config_file(), zone=zone))
