"""Runs a plan: everything at once, each check under its own deadline, exactly one outcome for each."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from healthcheck.attempt import Attempt, Reach, attempt
from healthcheck.check import Planned
from healthcheck.foreign.checks import Foreign
from healthcheck.foreign.look import LOADS, LOADS_FOR_SSH, look
from healthcheck.foreign.wall import Wall
from healthcheck.missed import not_finished
from healthcheck.model import Outcome, Previous, Status
from healthcheck.privacy import Privacy

NOTHING_BUT_NUMBERS = Privacy()
SPACING_S = 2.0
"""Attempts start at least this far apart, so that one lost packet or one restart alarms nobody."""
_RESERVED_FILES = 32
_FILES_PER_CHECK = 3


async def run_plan(
    plan: Sequence[Planned],
    reach: Reach,
    *,
    deadline_s: float,
    previous: Mapping[str, Previous] | None = None,
    on_done: Callable[[Outcome], None] | None = None,
    privacy: Privacy = NOTHING_BUT_NUMBERS,
) -> list[Outcome]:
    """Run every check of the plan and return one outcome for each, in the plan's order.

    `deadline_s` ends the round: what is not finished by then is "could not check". `on_done` hears of each outcome
    as it comes. No text of an outcome holds what `privacy` takes out.
    """
    known = previous or {}
    ends_at = datetime.now(UTC) + timedelta(seconds=deadline_s)
    done: dict[str, Outcome] = {}
    wall = Wall((*LOADS, *(LOADS_FOR_SSH if any(planned.host.ssh for planned in plan) else ())))

    async def once(planned: Planned) -> Attempt:
        before = known.get(planned.key)
        if isinstance(planned.check, Foreign):
            return await look(wall, planned, planned.check, reach.ways, before, privacy)
        return await attempt(planned, reach, before, privacy)

    waiting = iter(plan)

    async def one_after_the_other() -> None:
        for planned in waiting:
            outcome = await _confirmed(planned, once)
            done[planned.key] = outcome
            if on_done is not None:
                on_done(outcome)

    tasks = [asyncio.create_task(one_after_the_other()) for _ in range(min(_at_once(), len(plan)))]
    try:
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=deadline_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await wall.close()
    for planned in plan:
        if planned.key not in done:
            done[planned.key] = not_finished(planned, ends_at)
            if on_done is not None:
                on_done(done[planned.key])
    return [done[planned.key] for planned in plan]


def _at_once() -> int:
    """How many checks may be under way: silent hosts must not starve live ones, nor the machine run out of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(2, (max(soft, wanted) - _RESERVED_FILES) // _FILES_PER_CHECK)


async def _confirmed(planned: Planned, once: Callable[[Planned], Awaitable[Attempt]]) -> Outcome:
    """Look until something better than a failure is seen, or the attempts are used up."""
    started_at, begun = datetime.now(UTC), time.monotonic()
    attempts = max(1, planned.attempts)
    tried = 0
    while True:
        tried += 1
        next_start = time.monotonic() + min(SPACING_S, planned.timeout_s)
        found = await once(planned)
        if found.status in (Status.OK, Status.WARNING) or found.final or tried == attempts:
            break
        await asyncio.sleep(max(0.0, next_start - time.monotonic()))
    return Outcome(
        key=planned.key,
        site=planned.site.name,
        host=planned.host.name,
        kind=planned.check.kind,
        results=found.results,
        events=found.events,
        facts=found.facts,
        why=found.why,
        owner=planned.owner,
        reachability=planned.check.reachability,
        other_end=planned.check.other_end(),
        started_at=started_at,
        duration_s=time.monotonic() - begun,
        attempts=tried,
    )
