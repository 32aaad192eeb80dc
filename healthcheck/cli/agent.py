"""`healthcheck agent`: stay running and do everything on schedule."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from healthcheck.cli.config import next_report
from healthcheck.cli.root import Paths


@click.command("agent")
@click.pass_obj
def command(paths: Paths) -> int:
    """Make the report at its hour on open days and a light pass every few minutes, until SIGTERM.

    Each is a process of its own that is ended if it hangs. SIGHUP reads the config again; one with a mistake is not
    taken. At the start, a report that was missed is made up for.
    """
    from healthcheck.agent import Agent  # brings APScheduler, which takes long to import

    agent = Agent(paths.config_file(), paths.state())
    if sys.stderr.isatty():
        config = paths.load()
        told = next_report(config, datetime.now(config.practice.timezone))
        print(f"{told} Stay logged in, or it ends with this terminal; Ctrl-C ends it, too.", file=sys.stderr)
    return agent.run()
