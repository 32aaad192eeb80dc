"""A round by hand as `run` and `retest` make it: results are shown as they finish, or only at the end."""

from __future__ import annotations

import sys

import click

from healthcheck.cli.progress import progress
from healthcheck.cli.root import Paths
from healthcheck.config.mistakes import nearest
from healthcheck.config.settings import Config
from healthcheck.model import Outcome
from healthcheck.report import console
from healthcheck.rounds import HAND, Finished, Selection, run_round
from healthcheck.words import join


def load(paths: Paths) -> Config:
    """The config; its warnings go to standard error."""
    config = paths.load()
    for warning in config.warnings:
        print(f"healthcheck: {warning}", file=sys.stderr)
    return config


def look(config: Config, paths: Paths, selection: Selection, *, streamed: bool) -> Finished:
    """Look at that part of the plan. `streamed` shows each result as it comes."""
    _look_for_typos(config, selection)
    planned = sum(planned in selection for planned in config.plan)
    if not planned:
        raise click.UsageError("Nothing in the config fits --site, --host and --kind together.")
    with progress(planned) as show:

        def on_done(outcome: Outcome) -> None:
            show(outcome, console.line(config.practice, outcome) if streamed else "")

        return run_round(config, trigger=HAND, state_dir=paths.state(), selection=selection, on_done=on_done)


def _look_for_typos(config: Config, selection: Selection) -> None:
    """`click.UsageError` for a name that the config does not have: one beside a right one would pass unseen."""
    for what, asked, there in (
        ("clinic", selection.sites, {planned.site.name for planned in config.plan}),
        ("host", selection.hosts, {planned.host.name for planned in config.plan}),
        ("check of the kind", selection.kinds, {planned.check.kind for planned in config.plan}),
    ):
        for name in asked:
            if name not in there:
                near = nearest(name, there)
                known = f'Did you mean "{near}"?' if near else f"The config has {join(sorted(there))}."
                raise click.UsageError(f'No {what} "{name}" is looked at. {known}')
