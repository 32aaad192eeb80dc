"""`healthcheck pause PLACE`: a clinic that is closed or moves, a device that is being replaced."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import click

from healthcheck.cli import known
from healthcheck.cli.root import Paths
from healthcheck.cli.until import said_back
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.history import History
from healthcheck.known import Pause
from healthcheck.model import Practice
from healthcheck.rounds import HISTORY_FILE
from healthcheck.words import sentence


@click.command("pause")
@click.argument("place", default="")
@click.option("--until", "until_text", default="", help='Until when: friday, "tomorrow 18:00", 2026-12-01, "3 days".')
@click.option("--reason", default="", help='Why, for whoever reads the report: "renovation".')
@click.option("--by", default="", help="Who says so.  [else: the account you are logged in with]")
@click.option("--remove", is_flag=True, help="End the pause now.")
@click.option("--list", "show", is_flag=True, help="Show what is acknowledged and paused; so does no PLACE at all.")
@click.pass_obj
def command(paths: Paths, place: str, until_text: str, reason: str, by: str, remove: bool, show: bool) -> None:
    """Say that a clinic is closed, or a device is being worked on: what fails there is told, and does not nag.

    PLACE is a clinic or a host. It is checked as ever. What others feel of it is told as a problem all the same: pause
    the shared database, and every clinic that needs it still cannot open. A day is meant to its end; "friday" is the
    next one.
    """
    config = paths.load()
    now = datetime.now(config.practice.timezone)
    with contextlib.closing(History.open(paths.state() / HISTORY_FILE, datetime.now(UTC))) as history:
        if show or not place:
            if place or until_text or reason or remove:
                raise click.UsageError("Name the clinic or the host that you mean.")
            for line in known.listed(config, history, now):
                click.echo(line)
            return
        site, host = find(config.practice, place)
        named = config.practice.host(host).label if host else site
        if remove:
            if not history.end_pause(site, host, now):
                raise click.UsageError(f"{sentence(named)[:-1]} is not paused.")
            click.echo(f"{sentence(named)[:-1]} is no longer paused.")
            return
        until = known.moment(until_text, now)
        kept, name = known.words(config, "--reason", reason, "renovation"), known.who(config, by)
        history.pause(Pause(site, host, name, kept, now.astimezone(UTC), until.astimezone(UTC)))
        click.echo(f"{sentence(named)[:-1]} is paused until {said_back(until)}: {kept} ({name}).")
        click.echo(
            "It is checked as ever, and reports tell what fails there as known. "
            f"With {known.comes_back(config.practice, until)}, all of it counts again."
        )


def find(practice: Practice, place: str) -> tuple[str, str]:
    """The clinic, and the host in it if a host is meant; `UsageError` has the nearest name."""
    wanted = place.strip().casefold()
    for site in practice.sites:
        if site.name.casefold() == wanted:
            return site.name, ""
    for host in practice.hosts():
        if wanted in (host.name.casefold(), f"{host.site}/{host.name}".casefold()):
            return host.site, host.name
    names = [*(site.name for site in practice.sites), *(host.name for host in practice.hosts())]
    raise click.UsageError(f"There is no clinic and no host {quoted(place)}{did_you_mean(place, names) or '.'}")
