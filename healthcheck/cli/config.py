"""`healthcheck config`: is the config right, and what may stand in it?"""

from __future__ import annotations

import os
from datetime import datetime

import click

from healthcheck.cli.root import Paths
from healthcheck.config import load
from healthcheck.config.settings import Config
from healthcheck.words import calendar_day, clock, count, join


@click.group("config")
def command() -> None:
    """Check the config, or print its schema."""


@command.command("check")
@click.pass_obj
def check(paths: Paths) -> None:
    """Read the config, secrets included, and say every mistake in it at once; nothing is looked at or sent."""
    config = load(paths.config_file(), environ=os.environ)
    for warning in config.warnings:
        click.echo(warning, err=True)
    click.echo(summary(config, datetime.now(config.practice.timezone)))


@command.command("schema")
@click.pass_obj
def schema(paths: Paths) -> None:
    """Print the JSON Schema of the config, for an editor's completion; drop-in checks are in it too."""
    import json

    from healthcheck import plugins
    from healthcheck.config.json_schema import json_schema  # brings the whole of pydantic, which takes long to import
    from healthcheck.foreign.drop_ins import DropIns
    from healthcheck.plugins import Catalogue

    kinds = plugins.load().kinds
    with DropIns(paths.config_file().absolute().parent / "checks.d") as drop_ins:
        schemas = drop_ins.schemas()
        programs = {name: kind for name, kind in drop_ins.all().kinds.items() if name not in schemas}
        ours = {name: kind for name, kind in {**kinds, **programs}.items() if name not in schemas}
        found = json_schema(Catalogue(ours), schemas)
        for sentence in drop_ins.refused:
            click.echo(sentence, err=True)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


def summary(config: Config, now: datetime) -> str:
    """A right config in two sentences. `now` is in the practice's time zone."""
    practice = config.practice
    sizes = join(
        (
            count(len(practice.sites), "site"),
            count(len(list(practice.hosts())), "host"),
            count(len(config.plan), "check"),
            count(len(config.deliveries), "delivery", "deliveries"),
        )
    )
    return f"OK: {sizes}. {next_report(config, now)}"


def next_report(config: Config, now: datetime) -> str:
    """When the next report is due, or that nobody gets one. `now` is in the practice's time zone."""
    if not config.deliveries:
        return "Nobody is sent a report yet: there is no [[delivery]]."
    due = next_due(config, now)
    if due is None:
        return "No report is due: there is no open day within a year."
    return f"The next report is due on {calendar_day(due)}, at {clock(due)}."


def next_due(config: Config, now: datetime) -> datetime | None:
    """When the next report is due, in the practice's time zone; None when no day within a year is an open one."""
    practice = config.practice
    due = datetime.combine(now.date(), practice.report_due, practice.timezone)
    if practice.is_open_on(now.date()) and now < due:
        return due
    day = practice.next_open_day(now.date())
    return datetime.combine(day, practice.report_due, practice.timezone) if day else None
