"""One round, from the plan to the outbox. The command line comes here, and through it the timer, cron and the agent."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck import pages
from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.connections import Connections
from healthcheck.delivery import outbox
from healthcheck.diagnosis import diagnose
from healthcheck.errors import HistoryError
from healthcheck.findings import Diagnosis, Past
from healthcheck.history import History
from healthcheck.model import Outcome, Posting, Practice, Previous, Round, Status, worst
from healthcheck.privacy import Privacy
from healthcheck.records import frozen
from healthcheck.report import Report, build
from healthcheck.rounds import deliver, leavings, schedule, worker
from healthcheck.rounds.lock import Busy, only_one
from healthcheck.runner import run_plan
from healthcheck.words import calendar_day, count, join, moment

log = logging.getLogger(__name__)

HISTORY_FILE = "history.sqlite"
HEARD_FILE = "heartbeat-heard"
"""It is as old as the last report that the outside watchdog heard of."""
REPORT, WATCH, HAND = "report", "watch", "hand"
"""What started a round."""
TREND_DAYS = 90
"""How far back the course of a measured number is looked at."""
STORY_DAYS = 8
"""The story reaches back to the last open day, and at least this far is read for it."""
BEFORE_DUE = timedelta(seconds=45)
"""What is kept of the time until the report is due, to write and send it."""
SPARE_S = 10.0
PER_CHECK_S = 0.02
"""What a check costs this machine at most, where thousands wait for a processor."""
PATIENCE_S = 600.0
"""How long a report waits for a round of another sort to end: no light pass may cost the morning's report."""
MOST_TRIES = 3
"""So many times a day a report is begun that was never kept; more would be a burst."""
OWED_AFTER = timedelta(minutes=4)
"""Whoever starts the report at its hour gets this time to do so before it counts as missed."""
Deliver = Callable[[Config, History, Path], tuple[Posting, ...]]


@frozen
class Selection:
    """Which part of the plan a round by hand looks at; empty means all, and so does None for `keys`."""

    sites: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    keys: frozenset[str] | None = None

    def __contains__(self, planned: object) -> bool:
        return (
            isinstance(planned, Planned)
            and (not self.sites or planned.site.name in self.sites)
            and (not self.hosts or planned.host.name in self.hosts)
            and (not self.kinds or planned.check.kind in self.kinds)
            and (self.keys is None or planned.key in self.keys)
        )


@frozen
class Finished:
    """A round that is over: what was found, what it means, how it is told, and what is to be sent."""

    round: Round
    diagnosis: Diagnosis
    report: Report
    postings: tuple[Posting, ...] = ()
    kept: bool = True
    """Whether history holds it; if not, what must be sent is only in memory."""
    whole: bool = True
    """Whether the whole plan was looked at."""

    @property
    def status(self) -> Status:
        """A part of the plan answers for itself: what was left out is told, but is no failure of what was asked for."""
        if self.whole:
            return self.report.status
        quiet = self.diagnosis.quiet_keys
        new = [one.status for one in self.round.outcomes if one.key not in quiet]
        return worst([Status.OK, *new]) if self.round.outcomes else Status.UNKNOWN


@dataclass
class _Begun:
    """A round under way: it holds the lock. `history` is None when it cannot be used, which `notes` say."""

    id: str
    trigger: str
    at: datetime
    state_dir: Path
    history: History | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, *sentences: str) -> None:
        """Say something about the round itself, once."""
        self.notes += [sentence for sentence in sentences if sentence not in self.notes]


def run_round(
    config: Config,
    *,
    trigger: str,
    state_dir: Path,
    selection: Selection | None = None,
    on_done: Callable[[Outcome], None] | None = None,
) -> Finished:
    """Plan, run, diagnose, report, store. `trigger` is report or hand; only a report has postings.

    Raises `lock.Busy` when another round is under way. A history that cannot be used never stops the round: the
    report says so.
    """
    plan = [planned for planned in config.plan if planned in (selection or Selection())]
    with _begun(config, trigger, state_dir) as begun:
        if trigger == REPORT and begun.history is not None:
            begun.note(*_left_undone(config.practice, begun))
        round = _looked_at(config, plan, begun, on_done)
        return replace(_told_and_kept(config, round, begun), whole=len(plan) == len(config.plan))


def watch_round(config: Config, state_dir: Path) -> Round | None:
    """A light pass: power and reachability only, one attempt less. It is kept and diagnosed, and told to nobody.

    None when nothing in the plan is watched. Raises `lock.Busy`, and `HistoryError` when it could not be kept, for
    then it was for nothing.
    """
    plan = [replace(planned, attempts=max(1, planned.attempts - 1)) for planned in config.plan if planned.check.watched]
    if not plan:
        return None
    with _begun(config, WATCH, state_dir) as begun:
        if begun.history is None:
            raise HistoryError(" ".join(begun.notes))
        round = _looked_at(config, plan, begun, None)
        now = round.finished_at.astimezone(config.practice.timezone)
        begun.history.save(round, diagnose(config.practice, round, _past(config, begun.history, now), now))
        return round


def is_owed(config: Config, state_dir: Path, now: datetime) -> bool:
    """Whether today's report was missed and may still be made up for: not when nothing can be kept, for then it might
    be sent again and again."""
    with contextlib.ExitStack() as stack:
        history = _history(stack, state_dir)[0]
        if history is None:
            return False
        begins = schedule.at(config.practice, now, config.practice.report_at)
        tries = [tried for tried in history.not_finished() if tried.trigger == REPORT and tried.started_at >= begins]
        return (
            now >= begins + OWED_AFTER
            and len(tries) < MOST_TRIES
            and schedule.owed(config.practice, history.last_report_at(), now)
            and history.is_writable()
        )


def deliver_round(config: Config, finished: Finished, state_dir: Path, until: datetime) -> list[str]:
    """Send what a round left in the outbox, trying again until then; a sentence for each that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history = _history(stack, state_dir)[0] if finished.kept else None
        store = deliver.InMemory(finished.postings, history)
        tried = deliver.deliver_until(config, store, state_dir, until)
        own = [posting for posting in tried if posting.round == finished.round.id]
        _beat(config, state_dir, well=not deliver.not_delivered(config, own, kept=True))
        return deliver.not_delivered(config, tried, kept=history is not None)


def deliver_outbox(config: Config, state_dir: Path, deliver_some: Deliver = deliver.deliver_once) -> list[str]:
    """Try once what is due in the outbox; a sentence for each posting that nobody has accepted."""
    with contextlib.ExitStack() as stack:
        history, trouble = _history(stack, state_dir)
        if history is None:
            return list(trouble)
        tried = deliver_some(config, history, state_dir)
        sent = {posting.round for posting in tried if posting.state == outbox.SENT}
        sent -= {round_id for round_id in sent if round_id.startswith(outbox.MONTHLY)}  # says nothing of the morning's
        if sent and not deliver.not_delivered(config, [one for one in tried if one.round in sent], kept=True):
            _beat(config, state_dir, well=True)
        return deliver.not_delivered(config, tried, kept=True)


def _beat(config: Config, state_dir: Path, *, well: bool) -> None:
    if config.heartbeat is None:
        return
    from healthcheck.delivery import heartbeat  # brings HTTP

    if said := heartbeat.beat(config.heartbeat, well=well):
        log.warning("%s", said)
    elif well:
        with contextlib.suppress(OSError):  # it was heard all the same
            (state_dir / HEARD_FILE).touch()


@contextlib.contextmanager
def _begun(config: Config, trigger: str, state_dir: Path) -> Iterator[_Begun]:
    with contextlib.ExitStack() as stack:
        notes = list(_locked(stack, state_dir, trigger))
        at = datetime.now(UTC)
        begun = _Begun(_new_id(at), trigger, at, state_dir, notes=notes)
        begun.history, trouble = _history(stack, state_dir)
        begun.note(*trouble)
        if begun.history is not None and trigger != HAND:
            _say_if_not(begun, begun.history.begin, begun.id, trigger, at)
        try:
            yield begun
        except BaseException:  # ended in order, by a signal perhaps: not what the next report need speak of
            if begun.history is not None:
                _say_if_not(begun, begun.history.give_up, begun.id)
            raise


def _locked(stack: contextlib.ExitStack, state_dir: Path, trigger: str) -> Iterator[str]:
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            stack.enter_context(only_one(state_dir / "lock", trigger))
        except Busy as busy:
            if trigger != REPORT or busy.doing == REPORT or time.monotonic() > ends_at:
                raise
            time.sleep(0.2)
        except OSError as error:
            yield f"The folder {state_dir} cannot be written to ({(error.strerror or 'unknown reason').lower()})."
            return
        else:
            return


def _history(stack: contextlib.ExitStack, state_dir: Path) -> tuple[History | None, Sequence[str]]:
    try:
        history = History.open(state_dir / HISTORY_FILE, datetime.now(UTC))
    except HistoryError as error:
        return None, (str(error),)
    stack.callback(history.close)
    return history, ()


def _say_if_not(begun: _Begun, do: Callable[..., None], *given: object) -> None:
    try:
        do(*given)
    except HistoryError as error:
        begun.note(str(error))


def _left_undone(practice: Practice, begun: _Begun) -> Iterator[str]:
    """What the rounds before this one did not do: not finish, or not reach somebody."""
    assert begun.history is not None
    try:
        stopped = [one for one in begun.history.not_finished() if one.id != begun.id]
        missed = begun.history.undelivered()
        yield from begun.history.untold()
    except HistoryError as error:
        yield str(error)
        return
    now = begun.at.astimezone(practice.timezone)
    if stopped:
        last = moment(max(one.started_at for one in stopped).astimezone(practice.timezone), now)
        if len(stopped) == 1:
            yield f"The check that began {last}, did not finish: this program or its computer was stopped."
        else:
            times = count(len(stopped), "time")
            yield f"The check did not finish {times}, last the one of {last}: this program or its computer was stopped."
    for posting in missed:
        day = calendar_day(posting.created_at.astimezone(practice.timezone))
        who = join(posting.not_taken_for)
        yield f'The report of {day}, was not delivered by "{posting.delivery}"{f" to {who}" if who else ""}.'


def _looked_at(
    config: Config, plan: Sequence[Planned], begun: _Begun, on_done: Callable[[Outcome], None] | None
) -> Round:
    known: dict[str, Previous] = {}
    if begun.history is not None:
        try:
            known = begun.history.previous([planned.key for planned in plan])
        except HistoryError as error:
            begun.note(str(error))

    deadline_s = _deadline_s(config, plan, begun)

    async def look(tell: Callable[[Outcome], None]) -> None:
        reach = Connections(
            config.practice,
            known_hosts=config.known_hosts(begun.state_dir),
            default_key=config.default_key,
        )
        privacy = Privacy(config.redact, config.secrets)
        try:
            await run_plan(plan, reach, deadline_s=deadline_s, previous=known, on_done=tell, privacy=privacy)
        finally:
            await reach.close()

    started = time.monotonic()
    outcomes = worker.outcomes(plan, look, deadline_s=deadline_s, on_done=on_done)
    # Not the clock, which may have been set meanwhile.
    finished_at = begun.at + timedelta(seconds=time.monotonic() - started)
    return Round(
        begun.id, config.practice.name, begun.trigger, begun.at, finished_at, tuple(outcomes), tuple(begun.notes)
    )


def _deadline_s(config: Config, plan: Sequence[Planned], begun: _Begun) -> float:
    """Until the longest check must be over; for a report that is still on time, not beyond the hour it is due."""
    longest = max((planned.timeout_s * planned.attempts for planned in plan), default=0.0)
    enough = longest + SPARE_S + PER_CHECK_S * len(plan)
    if begun.trigger != REPORT:
        return enough
    due = schedule.at(config.practice, begun.at, config.practice.report_due)
    left = (due - BEFORE_DUE - begun.at) / timedelta(seconds=1)
    return min(enough, left) if left > 0 else enough


def _told_and_kept(config: Config, round: Round, begun: _Begun) -> Finished:
    practice, history = config.practice, begun.history
    now = round.finished_at.astimezone(practice.timezone)
    past = Past()
    if history is not None:
        try:
            past = _past(config, history, now)
        except HistoryError as error:
            round, history = round.noting(str(error)), None
    diagnosis = diagnose(practice, round, past, now)
    late = ""
    if round.trigger == REPORT:
        late = schedule.late(practice, past.last_report_at, _watched_until(past), now)
    built = build(practice, round, diagnosis, now=now, late=late)
    whole = len(round.outcomes) == len(config.plan)  # of what a part left out, a page could say nothing
    what = "report could not be kept as files"
    try:
        leavings.write_files(built, round.id, begun.state_dir, now)
        if whole:
            what = "page of the newest report could not be written"
            pages.write(begun.state_dir / leavings.FOLDER, built, past, history)
    except OSError as error:
        round = round.noting(f"The {what}: {(error.strerror or 'unknown reason').lower()}.")
    first = _first_today(past, now)
    finished = _told(config, round, diagnosis, now, late, first, kept=history is not None)
    if history is not None:
        try:
            history.save(finished.round, diagnosis, finished.postings)
        except HistoryError as error:
            finished = _told(config, round.noting(str(error)), diagnosis, now, late, first, kept=False)
    return finished


def _past(config: Config, history: History, now: datetime) -> Past:
    return history.past(now, _story_begins(config, now), now - timedelta(days=TREND_DAYS))


def _story_begins(config: Config, now: datetime) -> datetime:
    opened = config.practice.last_open_day(now.date())
    days = max(STORY_DAYS, (now.date() - opened).days) if opened else STORY_DAYS
    return now - timedelta(days=days)


def _watched_until(past: Past) -> datetime | None:
    return max((earlier.started_at for earlier in past.rounds), default=past.last_report_at)


def _first_today(past: Past, now: datetime) -> str:
    """The round that reported first today; empty when none did yet."""
    reports = (earlier for earlier in past.rounds if earlier.trigger == REPORT)
    return next((one.id for one in reports if one.started_at.astimezone(now.tzinfo).date() == now.date()), "")


def _told(
    config: Config, round: Round, diagnosis: Diagnosis, now: datetime, late: str, first_today: str, *, kept: bool
) -> Finished:
    built = build(config.practice, round, diagnosis, now=now, late=late)
    postings = tuple(leavings.postings(config, round, built, first_today)) if round.trigger == REPORT else ()
    return Finished(round, diagnosis, built, postings, kept)


def _new_id(begun: datetime) -> str:
    return f"{begun:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
