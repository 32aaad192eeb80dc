"""One round, from the plan to the outbox. The command line and the agent both come here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck import deliver, schedule
from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.connections import Connections
from healthcheck.delivery import outbox
from healthcheck.diagnosis import diagnose
from healthcheck.errors import HistoryError
from healthcheck.findings import Diagnosis, Past
from healthcheck.history import History
from healthcheck.lock import only_one
from healthcheck.model import Delivery, Message, Outcome, Posting, Previous, Round, Status
from healthcheck.report import Report, build, files, render
from healthcheck.runner import run_plan

HISTORY_FILE = "history.sqlite"
TREND_DAYS = 90
"""How far back the course of a measured number is looked at."""
STORY_DAYS = 8
"""The story reaches back to the last open day, and at least this far is read for it."""
BEFORE_DUE = timedelta(seconds=45)
"""What is kept of the time until the report is due, to write and send it."""
SPARE_S = 10.0
Deliver = Callable[[Config, History, Path], tuple[Posting, ...]]
PER_CHECK_S = 0.02
"""What a check costs this machine at most, where thousands wait for a processor."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the plan a round by hand looks at; empty means all."""

    sites: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def __contains__(self, planned: object) -> bool:
        return (
            isinstance(planned, Planned)
            and (not self.sites or planned.site.name in self.sites)
            and (not self.hosts or planned.host.name in self.hosts)
            and (not self.kinds or planned.check.kind in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Finished:
    """A round that is over: what was found, what it means, how it is told, and what is to be sent."""

    round: Round
    diagnosis: Diagnosis
    report: Report
    postings: tuple[Posting, ...] = ()
    kept: bool = True
    """Whether history holds it; if not, what must be sent is only in memory."""


def run_round(
    config: Config,
    *,
    trigger: str,
    state_dir: Path,
    selection: Selection | None = None,
    on_done: Callable[[Outcome], None] | None = None,
) -> Finished:
    """Plan, run, diagnose, report, store. `trigger` is report, hand or watch; only a report has postings.

    Raises `lock.Busy` when another round is under way. A history that cannot be used never stops the round: the
    report says so.
    """
    plan = [planned for planned in config.plan if planned in (selection or Selection())]
    with contextlib.ExitStack() as stack:
        notes = list(_locked(stack, state_dir))
        history, trouble = _history(stack, state_dir)
        notes += trouble
        known, trouble = _previous(history, plan)
        notes += trouble
        begun = datetime.now(UTC)
        outcomes = asyncio.run(
            _looked_at(config, plan, state_dir, _deadline_s(config, plan, trigger, begun), known, on_done)
        )
        round = Round(
            _new_id(begun), config.practice.name, trigger, begun, datetime.now(UTC), tuple(outcomes), tuple(notes)
        )
        return _told_and_kept(config, round, history, state_dir)


def deliver_round(config: Config, finished: Finished, state_dir: Path, until: datetime) -> list[str]:
    """Send what a round left in the outbox, trying again until then; a sentence for each that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history = _history(stack, state_dir)[0] if finished.kept else None
        store = deliver.InMemory(finished.postings, history)
        tried = deliver.deliver_until(config, store, state_dir, until)
        return deliver.not_delivered(config, tried, kept=history is not None)


def deliver_outbox(config: Config, state_dir: Path, deliver_some: Deliver = deliver.deliver_once) -> list[str]:
    """Try once what is due in the outbox; a sentence for each posting that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history, trouble = _history(stack, state_dir)
        if history is None:
            return list(trouble)
        tried = deliver_some(config, history, state_dir)
        return deliver.not_delivered(config, tried, kept=True)


def _locked(stack: contextlib.ExitStack, state_dir: Path) -> Iterator[str]:
    try:
        stack.enter_context(only_one(state_dir / "lock"))
    except OSError as error:
        yield f"The folder {state_dir} cannot be written to ({(error.strerror or 'unknown reason').lower()})."


def _history(stack: contextlib.ExitStack, state_dir: Path) -> tuple[History | None, Sequence[str]]:
    try:
        history = History.open(state_dir / HISTORY_FILE, datetime.now(UTC))
    except HistoryError as error:
        return None, (str(error),)
    stack.callback(history.close)
    return history, history.notes


def _previous(history: History | None, plan: Sequence[Planned]) -> tuple[dict[str, Previous], Sequence[str]]:
    if history is None:
        return {}, ()
    try:
        return history.previous([planned.key for planned in plan]), ()
    except HistoryError as error:
        return {}, (str(error),)


def _deadline_s(config: Config, plan: Sequence[Planned], trigger: str, now: datetime) -> float:
    """Until the longest check must be over; for a report that is still on time, not beyond the hour it is due."""
    longest = max((planned.timeout_s * planned.attempts for planned in plan), default=0.0)
    enough = longest + SPARE_S + PER_CHECK_S * len(plan)
    if trigger != "report":
        return enough
    local = now.astimezone(config.practice.timezone)
    due = datetime.combine(local.date(), config.practice.report_due, config.practice.timezone)
    left = (due - BEFORE_DUE - local) / timedelta(seconds=1)
    return min(enough, left) if left > 0 else enough


async def _looked_at(
    config: Config,
    plan: Sequence[Planned],
    state_dir: Path,
    deadline_s: float,
    known: dict[str, Previous],
    on_done: Callable[[Outcome], None] | None,
) -> list[Outcome]:
    reach = Connections(
        config.practice,
        known_hosts=(
            state_dir / "known_hosts",
            config.folder / "known_hosts",
            Path("~/.ssh/known_hosts").expanduser(),
        ),
        default_key=config.default_key,
    )
    try:
        return await run_plan(plan, reach, deadline_s=deadline_s, previous=known, on_done=on_done)
    finally:
        await reach.close()


def _told_and_kept(config: Config, round: Round, history: History | None, state_dir: Path) -> Finished:
    practice = config.practice
    now = round.finished_at.astimezone(practice.timezone)
    past = Past()
    if history is not None:
        try:
            past = history.past(now, _story_begins(config, now), now - timedelta(days=TREND_DAYS))
        except HistoryError as error:
            round, history = round.noting(str(error)), None
    diagnosis = diagnose(practice, round, past, now)
    late = schedule.late(practice, past.last_report_at, _watched_until(past), now) if round.trigger == "report" else ""
    finished = _told(config, round, diagnosis, now, late, kept=history is not None)
    if history is not None:
        try:
            history.save(finished.round, diagnosis, finished.postings)
        except HistoryError as error:
            finished = _told(config, round.noting(str(error)), diagnosis, now, late, kept=False)
    try:
        _write_files(finished, state_dir, now)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        said = f"The report could not be kept as files: {why}."
        finished = _told(config, finished.round.noting(said), diagnosis, now, late, kept=finished.kept)
    return finished


def _story_begins(config: Config, now: datetime) -> datetime:
    opened = config.practice.last_open_day(now.date())
    days = max(STORY_DAYS, (now.date() - opened).days) if opened else STORY_DAYS
    return now - timedelta(days=days)


def _watched_until(past: Past) -> datetime | None:
    return max((earlier.started_at for earlier in past.rounds), default=past.last_report_at)


def _told(config: Config, round: Round, diagnosis: Diagnosis, now: datetime, late: str, *, kept: bool) -> Finished:
    built = build(config.practice, round, diagnosis, now=now, late=late)
    postings = tuple(_postings(config, round, built)) if round.trigger == "report" else ()
    return Finished(round, diagnosis, built, postings, kept)


def _postings(config: Config, round: Round, built: Report) -> Iterator[Posting]:
    for delivery in config.deliveries:
        for number, message in enumerate(_messages(delivery, built), 1):
            yield Posting(
                id=outbox.posting_id(round.id, delivery.name, number),
                round=round.id,
                delivery=delivery.name,
                channel=delivery.channel,
                message=message,
                created_at=round.finished_at,
                waiting_for=delivery.to,
                state=outbox.STANDBY if delivery.only_if_failed else outbox.PENDING,
            )


def _messages(delivery: Delivery, built: Report) -> tuple[Message, ...]:
    """What a delivery carries this time: one summary, or one brief a problem; nothing when there is nothing to say."""
    if delivery.when == "problems" and built.status is Status.OK and not built.fixed:
        return ()
    if delivery.channel == "webhook":
        return (files.for_programs(built),)
    if delivery.content == "brief" and (letters := render.letters(built)):
        return letters
    return (render.message(built, delivery.content),)


def _write_files(finished: Finished, state_dir: Path, now: datetime) -> None:
    """`reports/<date>/<round>/`: written beside it and renamed, so that a folder which is there is whole."""
    folder = state_dir / "reports" / f"{now:%Y-%m-%d}"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    try:
        for name, text in files.written(finished.report).items():
            with (unfinished / name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        unfinished.rename(folder / finished.round.id)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _new_id(begun: datetime) -> str:
    return f"{begun:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
