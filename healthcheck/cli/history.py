"""`healthcheck history`: earlier reports, troubles, and how often each clinic answered; or a copy of it all."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from healthcheck.cli.root import Paths
from healthcheck.config.settings import Config
from healthcheck.findings import EarlierRound, Incident
from healthcheck.history import History
from healthcheck.history.answered import Answer, answered
from healthcheck.history.review import KeptRound, Sent
from healthcheck.model import Practice, Status
from healthcheck.rounds import HISTORY_FILE, REPORT
from healthcheck.words import clock, count, duration, join, plain, share, short_day

STATE_WORDS = {
    "sent": "accepted",
    "pending": "not accepted yet",
    "standby": "waits",
    "failed": "refused",
    "given_up": "given up",
}


@click.command("history")
@click.option("--days", type=click.IntRange(1, 1830), default=30, show_default=True, help="How far to look back.")
@click.option(
    "--backup", type=click.Path(path_type=Path, dir_okay=False), help="Copy the whole history there; show nothing."
)
@click.pass_obj
def command(paths: Paths, days: int, backup: Path | None) -> None:
    """Show earlier reports and what became of them, every trouble, and how often each clinic answered.

    The copy that --backup makes is whole even while the program runs.
    """
    path = paths.state() / HISTORY_FILE
    if not path.exists():
        raise click.UsageError(f"There is no history at {path} yet.")
    with contextlib.closing(History.open(path, datetime.now(UTC))) as history:
        if backup is not None:
            history.back_up(backup)
            return
        config = paths.load()
        now = datetime.now(config.practice.timezone)
        since = now - timedelta(days=days)
        parts = (
            ("REPORTS", _reports(history.rounds(since), history.sent(since), now)),
            ("TROUBLE", _troubles(config.practice, history.incidents(since), now)),
            ("CLINICS", clinics(config, history.looks(since))),
        )
        click.echo(f"{plain(config.practice.name)}, the last {count(days, 'day')}")
        for title, lines in parts:
            click.echo(f"\n{title}\n")
            for line in list(lines) or ["None."]:
                click.echo(line)


def _reports(rounds: Iterable[KeptRound], sent: Iterable[Sent], now: datetime) -> Iterator[str]:
    postings = list(sent)
    for kept in rounds:
        counts = ", ".join(f"{kept.counts[status]} {status.word}" for status in Status if status in kept.counts)
        by_hand = "" if kept.trigger == REPORT else " (by hand)"
        yield f"{_when(kept.started_at, now)}{by_hand}  {counts or 'nothing was checked'}"
        yield from (
            f"    {posting.delivery}: {_became(posting, now)}"
            for posting in postings
            if posting.created_at == kept.finished_at and kept.trigger == REPORT
        )


def _became(posting: Sent, now: datetime) -> str:
    word = STATE_WORDS.get(posting.state, posting.state)
    if posting.sent_at is not None:
        refused = f", not taken for {join(posting.not_taken_for)}" if posting.not_taken_for else ""
        return f"{word} {_when(posting.sent_at, now)}{refused}"
    whom = f" by {join(posting.not_taken_for)}" if posting.not_taken_for else ""
    reply = f": {plain(posting.reply, 160)}" if posting.reply else ""
    return f"{word}{whom} after {count(posting.attempts, 'attempt')}{reply}"


def _troubles(practice: Practice, incidents: Iterable[Incident], now: datetime) -> Iterator[str]:
    for incident in incidents:
        began = _when(incident.since, now) if incident.since else "before the history begins"
        if incident.closed_at is None:
            over = "not over yet"
        else:
            lasted = (incident.closed_at - (incident.since or incident.closed_at)) / timedelta(seconds=1)
            over = f"over {_when(incident.closed_at, now)}, after {duration(lasted)}"
        yield f"{incident.reference}  {incident.status.word}: {plain(incident.says)}"
        yield f"    seen first {began}; {over}"


def clinics(config: Config, looks: Iterable[EarlierRound]) -> Iterator[str]:
    """How often each clinic answered when it was asked: what nobody could look at counts neither way."""
    every = list(looks)
    width = max((len(site.name) for site in config.practice.sites), default=0)
    for site in config.practice.sites:
        keys = {planned.key for planned in config.plan if planned.site.name == site.name and planned.check.reachability}
        times, asked = _answered(every, keys)
        if not keys:
            says = "is not asked whether it answers"
        elif not asked:
            says = "was not asked in this time"
        else:
            says = f"answered in {times:,} of {count(asked, 'look')} ({share(times, asked)})"
        yield f"{plain(site.name):<{width}}  {says}"


def _answered(looks: Iterable[EarlierRound], keys: Collection[str]) -> tuple[int, int]:
    """In how many looks at least one thing at a clinic answered, and in how many it was asked at all."""
    found = Counter(answered(look.statuses, keys) for look in looks)
    return found[Answer.YES], found[Answer.YES] + found[Answer.NO]


def _when(at: datetime, now: datetime) -> str:
    local = at.astimezone(now.tzinfo)
    year = f" {local.year}" if local.year != now.year else ""
    return f"{short_day(local)}{year}, {clock(local)}"
