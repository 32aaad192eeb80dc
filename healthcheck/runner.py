"""Runs a plan: everything at once, each check under its own deadline, exactly one outcome for each.

Whatever a check does wrong ends here: this is the only place that catches everything.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import resource
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from healthcheck.check import Planned, Target
from healthcheck.connections.threads import in_thread
from healthcheck.errors import ProbeError
from healthcheck.model import Event, Facts, Outcome, Previous, Result, Status
from healthcheck.words import clock, duration, plain

log = logging.getLogger(__name__)

SPACING_S = 2.0
"""Attempts start at least this far apart, so that one lost packet or one restart alarms nobody."""
SETTLE_S = 0.25
"""What an attempt keeps back of its deadline, so that a probe can still say why it ended."""
SAYS_LIMIT = 300
DETAIL_LIMIT = 1000
NAME_LIMIT = 200
THINGS_LIMIT = 1000
"""A host with more things of one sort than this tells nonsense, and they are not kept."""
_RESERVED_FILES = 32
_FILES_PER_CHECK = 3

FAULT = "this check has a fault"


class Reach(Protocol):
    """Where targets come from; `connections.Connections` is the one."""

    def target(self, planned: Planned, deadline: float, previous: Previous | None) -> Target: ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt found."""

    results: tuple[Result, ...]
    events: tuple[Event, ...] = ()
    facts: tuple[Facts, ...] = ()
    why: str = ""
    final: bool = False

    @property
    def status(self) -> Status:
        return max((result.status for result in self.results), key=lambda status: status.rank)


async def run_plan(
    plan: Sequence[Planned],
    reach: Reach,
    *,
    deadline_s: float,
    previous: Mapping[str, Previous] | None = None,
    on_done: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Run every check of the plan and return one outcome for each, in the plan's order.

    `deadline_s` ends the round: what is not finished by then is "could not check". `on_done` hears of each outcome
    as it comes.
    """
    known = previous or {}
    room = asyncio.Semaphore(_at_once())
    ends_at = datetime.now(UTC) + timedelta(seconds=deadline_s)
    done: dict[str, Outcome] = {}

    async def one(planned: Planned) -> None:
        async with room:
            outcome = await _confirmed(planned, reach, known.get(planned.key))
        done[planned.key] = outcome
        if on_done is not None:
            on_done(outcome)

    tasks = [asyncio.create_task(one(planned), name=planned.key) for planned in plan]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=deadline_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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


async def _confirmed(planned: Planned, reach: Reach, previous: Previous | None) -> Outcome:
    """Look until something better than a failure is seen, or the attempts are used up."""
    started_at, begun = datetime.now(UTC), time.monotonic()
    attempts = max(1, planned.attempts)
    attempt = 0
    while True:
        attempt += 1
        next_start = time.monotonic() + min(SPACING_S, planned.timeout_s)
        found = await _attempt(planned, reach, previous)
        if found.status in (Status.OK, Status.WARNING) or found.final or attempt == attempts:
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
        attempts=attempt,
    )


async def _attempt(planned: Planned, reach: Reach, previous: Previous | None) -> Attempt:
    check, timeout_s = planned.check, planned.timeout_s
    deadline = time.monotonic() + timeout_s - min(SETTLE_S, timeout_s / 10)
    ours = asyncio.current_task()
    cancelled_before = ours.cancelling() if ours else 0
    try:
        async with asyncio.timeout(timeout_s):
            sample = await _probe(check, reach.target(planned, deadline, previous))
        now = datetime.now(UTC).astimezone(planned.site.timezone)
        return _judged(tuple(check.evaluate(sample, now)))
    except ProbeError as error:
        return _could_not_look(error)
    except TimeoutError:
        return _could_not_look(ProbeError(f"it did not finish in {duration(timeout_s)}", "deadline exceeded"))
    except asyncio.CancelledError:
        if ours and ours.cancelling() > cancelled_before:  # the round is over; anything else is the check's doing
            raise
        return _fault(planned, "CancelledError")
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        log.exception("the check %s has a fault", planned.key)
        return _fault(planned, type(error).__name__)


async def _probe(check: Any, target: Target) -> Any:
    if inspect.iscoroutinefunction(check.probe):
        return await check.probe(target)
    sample = await in_thread(lambda: check.probe(target), name=f"probe {check.kind}")
    return await sample if isinstance(sample, Awaitable) else sample


def _judged(found: tuple[Any, ...]) -> Attempt:
    for item in found:
        if not isinstance(item, Result | Event | Facts):
            raise TypeError(f"evaluate gave a {type(item).__name__}, not a Result, an Event or Facts")
    results = tuple(_harmless(item) for item in found if isinstance(item, Result))
    if not results:
        raise ValueError("evaluate gave no result")
    events = tuple(
        replace(item, says=plain(item.says, SAYS_LIMIT), source=plain(item.source, 40))
        for item in found
        if isinstance(item, Event)
    )
    unknown = next((result.says for result in results if result.status is Status.UNKNOWN), "")
    why = unknown.removeprefix("could not be checked: ")
    facts = tuple(_kept(item) for item in found if isinstance(item, Facts) and len(item.things) <= THINGS_LIMIT)
    return Attempt(results, events, facts, why)


def _kept(facts: Facts) -> Facts:
    """The same facts with remote text made safe to print and bounded."""
    things = {plain(name, NAME_LIMIT): plain(how, NAME_LIMIT) for name, how in facts.things.items()}
    return Facts(plain(facts.sort, NAME_LIMIT), things)


def _harmless(result: Result) -> Result:
    """The same finding with remote text made safe to print and bounded."""
    return replace(result, says=plain(result.says, SAYS_LIMIT), detail=plain(result.detail, DETAIL_LIMIT))


def _could_not_look(error: ProbeError) -> Attempt:
    says = plain(error.says, SAYS_LIMIT)
    if error.status is Status.UNKNOWN:
        finding = Result(Status.UNKNOWN, f"could not be checked: {says}", error.detail)
        return Attempt((_harmless(finding),), why=says, final=error.final)
    return Attempt((_harmless(Result(error.status, says, error.detail)),), final=error.final)


def _fault(planned: Planned, name: str) -> Attempt:
    detail = f"{planned.check.kind}: {name}; the traceback is in the log"
    return Attempt((Result(Status.UNKNOWN, f"could not be checked: {FAULT}", detail),), why=FAULT, final=True)


def not_finished(planned: Planned, ends_at: datetime) -> Outcome:
    """The outcome of a check that was still under way when the round had to end."""
    why = f"not finished by {clock(ends_at.astimezone(planned.site.timezone))}"
    return _not_looked(planned, why, "the round's deadline")


def lost(planned: Planned, detail: str) -> Outcome:
    """The outcome of a check that was lost with the process it ran in."""
    return _not_looked(planned, FAULT, f"{planned.check.kind}: {detail}")


def _not_looked(planned: Planned, why: str, detail: str) -> Outcome:
    return Outcome(
        key=planned.key,
        site=planned.site.name,
        host=planned.host.name,
        kind=planned.check.kind,
        results=(Result(Status.UNKNOWN, f"could not be checked: {why}", detail),),
        why=why,
        owner=planned.owner,
        reachability=planned.check.reachability,
        other_end=planned.check.other_end(),
        started_at=datetime.now(UTC),
        attempts=0,
    )
