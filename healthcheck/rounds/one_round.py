"""One round, from the plan to the outbox. The command line comes here, and through it the timer, cron and the agent."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.errors import HistoryError
from healthcheck.model import Outcome, Previous, Round
from healthcheck.privacy import Privacy
from healthcheck.records import frozen
from healthcheck.rounds import schedule, worker
from healthcheck.rounds.begun import REPORT, WATCH, Begun, begun, left_undone, opened
from healthcheck.rounds.finished import Finished

BEFORE_DUE = timedelta(seconds=45)
"""What is kept of the time until the report is due, to write and send it."""
SPARE_S = 10.0
PER_CHECK_S = 0.02
"""What a check costs this machine at most, where thousands wait for a processor."""
MOST_TRIES = 3
"""So many times a day a report is begun that was never kept; more would be a burst."""
OWED_AFTER = timedelta(minutes=4)
"""Whoever starts the report at its hour gets this time to do so before it counts as missed."""


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
    with begun(trigger, state_dir) as under_way:
        if trigger == REPORT:
            under_way.note(*left_undone(config.practice, under_way))
        round = _looked_at(config, plan, under_way, on_done)
        from healthcheck.rounds.telling import told_and_kept  # loaded while the worker looked

        return replace(told_and_kept(config, round, under_way), whole=len(plan) == len(config.plan))


def watch_round(config: Config, state_dir: Path) -> Round | None:
    """A light pass: power and reachability only, one attempt less. It is kept and diagnosed, and told to nobody.

    None when nothing in the plan is watched. Raises `lock.Busy`, and `HistoryError` when it could not be kept, for
    then it was for nothing.
    """
    plan = [replace(planned, attempts=max(1, planned.attempts - 1)) for planned in config.plan if planned.check.watched]
    if not plan:
        return None
    with begun(WATCH, state_dir) as under_way:
        if under_way.history is None:
            raise HistoryError(" ".join(under_way.notes))
        round = _looked_at(config, plan, under_way, None)
        from healthcheck.rounds.telling import kept  # heavy

        kept(config, round, under_way.history)
        return round


def is_owed(config: Config, state_dir: Path, now: datetime) -> bool:
    """Whether today's report was missed and may still be made up for: not when nothing can be kept, for then it might
    be sent again and again."""
    with contextlib.ExitStack() as stack:
        history = opened(stack, state_dir)[0]
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


def _looked_at(
    config: Config, plan: Sequence[Planned], begun: Begun, on_done: Callable[[Outcome], None] | None
) -> Round:
    known: dict[str, Previous] = {}
    if begun.history is not None:
        try:
            known = begun.history.previous([planned.key for planned in plan])
        except HistoryError as error:
            begun.note(str(error))

    deadline_s = _deadline_s(config, plan, begun)

    async def look(tell: Callable[[Outcome], None]) -> None:
        from healthcheck.connections import Connections  # in the worker alone: they bring asyncio and TLS
        from healthcheck.runner import run_plan

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
    outcomes = worker.outcomes(
        plan,
        look,
        deadline_s=deadline_s,
        on_done=on_done,
        meanwhile=_get_ready_to_tell if begun.trigger != WATCH else None,
    )
    # Not the clock, which may have been set meanwhile.
    finished_at = begun.at + timedelta(seconds=time.monotonic() - started)
    return Round(
        begun.id, config.practice.name, begun.trigger, begun.at, finished_at, tuple(outcomes), tuple(begun.notes)
    )


def _get_ready_to_tell() -> None:
    from healthcheck.rounds import telling  # the diagnosis and the report: nobody needs them before

    telling.get_ready()


def _deadline_s(config: Config, plan: Sequence[Planned], begun: Begun) -> float:
    """Until the longest check must be over; for a report that is still on time, not beyond the hour it is due."""
    longest = max((planned.timeout_s * planned.attempts for planned in plan), default=0.0)
    enough = longest + SPARE_S + PER_CHECK_S * len(plan)
    if begun.trigger != REPORT:
        return enough
    due = schedule.at(config.practice, begun.at, config.practice.report_due)
    left = (due - BEFORE_DUE - begun.at) / timedelta(seconds=1)
    return min(enough, left) if left > 0 else enough
