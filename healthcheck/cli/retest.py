"""`healthcheck retest [REFERENCE]`: look again at what was wrong, and say what became of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from healthcheck.cli.by_hand import load, look
from healthcheck.cli.root import Paths
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.settings import Config
from healthcheck.findings import Incident, Past
from healthcheck.history import History
from healthcheck.report import document
from healthcheck.rounds import HISTORY_FILE, Finished, Selection, retest
from healthcheck.words import calendar_day, clock, count, join, plain, sentence

SCHEMA = "healthcheck.retest/1"
LOOK_BACK = timedelta(days=8)
"""What could not be checked longer ago than this is what the next report is for."""


@click.command("retest")
@click.argument("references", metavar="[REFERENCE]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def command(paths: Paths, references: tuple[str, ...], form: str) -> int:
    """Check again only what was wrong (HC-20261123-1), and what it depends on; mails nothing.

    Without REFERENCE: everything that is open, and everything that could not be checked the last time. What is well
    again is closed, and the next report says so; what was not looked at stays as it is. Ends as `run` does, with what
    is acknowledged counting as any other trouble.
    """
    config = load(paths)
    asked, past, keys = _to_look_at(config, paths, references)
    wanted = retest.plan_for(config.practice, config.plan, keys)
    if not wanted:
        return _nothing_to_do(asked, form)
    finished = look(config, paths, Selection(keys=wanted), streamed=form == "text")
    told = retest.answers(asked, past.open_incidents, past.last_good, finished.round, finished.diagnosis)
    if form == "json":
        click.echo(json.dumps(_json(told, finished), ensure_ascii=False, indent=2))
    else:
        _show(told, finished)
    return finished.round.status.value  # the answer to what was asked, be the trouble known or not


def _to_look_at(
    config: Config, paths: Paths, references: Sequence[str]
) -> tuple[Sequence[Incident], Past, frozenset[str]]:
    """The troubles that were asked for, what was known before, and the checks to do again."""
    path = paths.state() / HISTORY_FILE
    if not path.exists():
        raise click.UsageError(f"There is no history at {path} yet. `healthcheck run` checks everything.")
    now = datetime.now(config.practice.timezone)
    with contextlib.closing(History.open(path, datetime.now(UTC))) as history:
        past = history.past(now, now - LOOK_BACK, now)
        if references:
            every = history.incidents(datetime.min.replace(tzinfo=UTC))
            asked = [_meant(every, past.open_incidents, reference, now) for reference in references]
            return asked, past, retest.keys_of(asked)
    return past.open_incidents, past, retest.keys_of(past.open_incidents) | retest.not_well(past.rounds)


def _meant(every: Sequence[Incident], still_open: Sequence[Incident], reference: str, now: datetime) -> Incident:
    meant = next((one for one in every if one.reference.casefold() == reference.strip().casefold()), None)
    lines = "".join(f"\n  {one.reference}  {sentence(plain(one.says))}" for one in still_open)
    listed = f" Open now:{lines}" if still_open else " No trouble is open."
    if meant is None:
        guess = did_you_mean(reference, [one.reference for one in every]) or "."
        raise click.UsageError(f"There is no trouble {quoted(reference)} on record{guess}{listed}")
    if meant.closed_at is not None:
        closed = meant.closed_at.astimezone(now.tzinfo)
        over = f"{meant.reference} is over since {calendar_day(closed)}, {clock(closed)}"
        raise click.UsageError(f"{over}, so there is nothing to look at again.{listed}")
    return meant


def _nothing_to_do(asked: Sequence[Incident], form: str) -> int:
    """Nothing is open, or what is open is in the config no longer."""
    if asked:
        raise click.UsageError(
            f"Nothing of {join(one.reference for one in asked)} is in the config any more; the next report closes it."
        )
    if form == "json":
        click.echo(json.dumps({"schema": SCHEMA, "status": "OK", "answers": [], "new": [], "left_open": []}, indent=2))
    else:
        click.echo("Nothing is open, so there is nothing to look at again. `healthcheck run` checks everything.")
    return 0


def _show(told: retest.Answers, finished: Finished) -> None:
    click.echo()
    for answer in told.answers:
        click.echo(answer.says)
    for incident in told.new:
        click.echo(f"New: {sentence(plain(incident.says))} [{incident.reference}]")
    if not (told.answers or told.new):
        click.echo(f"What was looked at again is well: {count(len(finished.round.outcomes), 'check')}.")
    if told.left_open:
        are = (
            "This trouble was not asked for and stays"
            if len(told.left_open) == 1
            else "These were not asked for and stay"
        )
        click.echo(f"{are} open: {join(incident.reference for incident in told.left_open)}.")
    for note in finished.round.notes:
        click.echo(sentence(plain(note)))
    click.echo()
    click.echo(finished.report.coverage.says)


def _json(told: retest.Answers, finished: Finished) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "status": finished.round.status.name,
        "answers": [
            {"reference": one.reference, "became": one.became.value, "says": one.says, "now": list(one.now)}
            for one in told.answers
        ],
        "new": [incident.reference for incident in told.new],
        "left_open": [incident.reference for incident in told.left_open],
        "report": document.json(finished.report),
    }
