"""What `ack` and `pause` share: who says it, in which words, and the list of all that is known."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from datetime import datetime

import click

from healthcheck.cli import until as untils
from healthcheck.config.settings import Config
from healthcheck.findings import Incident
from healthcheck.history import History
from healthcheck.known import Acknowledgement, Ended
from healthcheck.model import Practice
from healthcheck.privacy import Privacy
from healthcheck.words import calendar_day, day_of, deadline, join_some, plain, sentence

MOST_CHARACTERS = 200


def moment(text: str, now: datetime) -> datetime:
    """What `--until` means, in the practice's zone; `UsageError` says what to write."""
    if not text:
        raise click.UsageError(f"Say how long, with --until: {untils.EXAMPLES}.")
    try:
        return untils.parse(text, now)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--until") from None


def words(config: Config, option: str, text: str, example: str) -> str:
    """A note as it is kept: one line, without what must not leave. `UsageError` where there is none."""
    kept = Privacy(config.redact, config.secrets).text(text, MOST_CHARACTERS)
    if not kept:
        raise click.UsageError(f'Say why, for whoever reads the report: {option} "{example}".')
    return kept


def who(config: Config, given: str) -> str:
    """The name that stands in the report: the one given, else that of whoever is logged in."""
    name = given or os.environ.get("SUDO_USER") or _account()
    return Privacy(config.redact, config.secrets).text(name, 60) or "somebody"


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def comes_back(practice: Practice, until: datetime) -> str:
    """ "the report of Monday, November 30"; what tells it again if it is still there."""
    report = untils.next_report(practice, until)
    return f"the report of {calendar_day(report)}" if report else "the next report"


def listed(config: Config, history: History, now: datetime) -> Iterator[str]:
    """Everything that is acknowledged or paused, the planned work that is under way, and what could be acknowledged."""
    troubles = history.troubles()
    still_open = {trouble.reference for trouble in troubles}
    given = [one for one in history.acknowledged(now) if one.reference in still_open and one.ended is not Ended.REMOVED]
    quiet = {one.reference for one in given if one.holds(now)}
    parts = (
        ("ACKNOWLEDGED", [line for one in given for line in _acknowledged(one, now)]),
        ("PAUSED", [*_paused(history, now), *_planned(config.practice, now)]),
        ("OTHERWISE OPEN", [_trouble(trouble) for trouble in troubles if trouble.reference not in quiet]),
    )
    for number, (title, lines) in enumerate(parts):
        yield from ("", title, "") if number else (title, "")
        yield from lines or ["Nothing."]


def _trouble(trouble: Incident) -> str:
    return f"{plain(trouble.reference)}  {trouble.status.word}: {plain(trouble.says)}"


def _acknowledged(given: Acknowledgement, now: datetime) -> Iterator[str]:
    when, until = day_of(given.at.astimezone(now.tzinfo), now), deadline(given.until.astimezone(now.tzinfo), now)
    yield f"{plain(given.reference)}  {given.status.word}: {plain(given.says)}"
    yield f"    {when} by {plain(given.by)} until {until}: {sentence(plain(given.note))}"
    if given.ended is Ended.WORSE:
        yield f"    It got worse, so it is told again: {sentence(plain(given.worse))}"


def _paused(history: History, now: datetime) -> Iterator[str]:
    for pause in history.pauses(now):
        until = deadline(pause.until.astimezone(now.tzinfo), now)
        yield f"{pause.place}  until {until}, by {plain(pause.by)}: {sentence(plain(pause.reason))}"


def _planned(practice: Practice, now: datetime) -> Iterator[str]:
    for work in practice.maintenance:
        if window := work.window(now):
            where = join_some((*work.sites, *(host for host in work.hosts if not work.sites)), 3)
            until = deadline(window[1].astimezone(now.tzinfo), now)
            yield f"{where}  until {until}, as the config plans it: {sentence(plain(work.reason))}"
