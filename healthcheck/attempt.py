"""One look of one check under its deadline: whatever the check does, there is a finding or a reason for none.

Whatever a check does wrong ends here: this catches everything.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from healthcheck.check import Planned, Target
from healthcheck.connections import Ways
from healthcheck.connections.threads import in_thread
from healthcheck.errors import ProbeError, where
from healthcheck.missed import FAULT
from healthcheck.model import Event, Facts, Metric, Previous, Result, Status
from healthcheck.privacy import Privacy
from healthcheck.records import frozen
from healthcheck.words import duration

log = logging.getLogger(__name__)

SETTLE_S = 0.25
"""What an attempt keeps back of its deadline, so that a probe can still say why it ended."""
SAYS_LIMIT = 300
DETAIL_LIMIT = 1000
NAME_LIMIT = 200
THINGS_LIMIT = 1000
"""A host with more things of one sort than this tells nonsense, and they are not kept."""


class Reach(Protocol):
    """Where targets come from; `connections.Connections` is the one."""

    @property
    def ways(self) -> Ways: ...
    def target(self, planned: Planned, deadline: float, previous: Previous | None) -> Target: ...


@frozen
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


Thing = TypeVar("Thing", Attempt, Result, Event, Metric)


async def attempt(planned: Planned, reach: Reach, previous: Previous | None, privacy: Privacy) -> Attempt:
    """Probe and evaluate once, in this process."""
    check, timeout_s = planned.check, planned.timeout_s
    deadline = time.monotonic() + timeout_s - min(SETTLE_S, timeout_s / 10)
    ours = asyncio.current_task()
    cancelled_before = ours.cancelling() if ours else 0
    try:
        async with asyncio.timeout(timeout_s):
            sample = await _probe(check, reach.target(planned, deadline, previous))
        now = datetime.now(UTC).astimezone(planned.site.timezone)
        return cleaned(_judged(tuple(check.evaluate(sample, now))), privacy)
    except ProbeError as error:
        return could_not_look(error, privacy)
    except TimeoutError:
        return could_not_look(too_late(timeout_s), privacy)
    except asyncio.CancelledError:
        if ours and ours.cancelling() > cancelled_before:  # the round is over; anything else is the check's doing
            raise
        return fault(planned, "CancelledError; the traceback is in the log")
    except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        log.error("the check %s has a fault: %s", planned.key, where(error))
        return fault(planned, f"{type(error).__name__}; the traceback is in the log")


async def _probe(check: Any, target: Target) -> Any:
    if inspect.iscoroutinefunction(check.probe):
        return await check.probe(target)
    sample = await in_thread(lambda: check.probe(target), name=f"probe {check.kind}")
    return await sample if isinstance(sample, Awaitable) else sample


def _judged(found: tuple[Any, ...]) -> Attempt:
    for item in found:
        if not isinstance(item, Result | Event | Facts):
            raise TypeError(f"evaluate gave a {type(item).__name__}, not a Result, an Event or Facts")
    results = tuple(item for item in found if isinstance(item, Result))
    if not results:
        raise ValueError("evaluate gave no result")
    unknown = next((result.says for result in results if result.status is Status.UNKNOWN), "")
    return Attempt(
        results,
        tuple(item for item in found if isinstance(item, Event)),
        tuple(item for item in found if isinstance(item, Facts)),
        why=unknown.removeprefix("could not be checked: "),
    )


def cleaned(found: Attempt, privacy: Privacy) -> Attempt:
    """The same with every text made private, safe to print and bounded: whatever leaves went through here."""
    says = privacy.text

    def metric(found: Metric | None) -> Metric | None:
        return found and _with(found, name=says(found.name, NAME_LIMIT), unit=says(found.unit, NAME_LIMIT))

    return _with(
        found,
        results=tuple(
            _with(
                result,
                says=says(result.says, SAYS_LIMIT),
                detail=says(result.detail, DETAIL_LIMIT),
                metric=metric(result.metric),
            )
            for result in found.results
        ),
        events=tuple(
            _with(event, says=says(event.says, SAYS_LIMIT), source=says(event.source, 40)) for event in found.events
        ),
        facts=tuple(
            Facts(
                says(facts.sort, NAME_LIMIT),
                {says(name, NAME_LIMIT): says(how, NAME_LIMIT) for name, how in facts.things.items()},
            )
            for facts in found.facts
            if len(facts.things) <= THINGS_LIMIT
        ),
        why=says(found.why, SAYS_LIMIT),
    )


def _with(thing: Thing, **values: object) -> Thing:
    """`replace`, which costs as much as a probe's own work, only where there is something to replace."""
    for name, value in values.items():
        if getattr(thing, name) != value:
            return replace(thing, **values)  # type: ignore[arg-type]  # each of its own type
    return thing


def could_not_look(error: ProbeError, privacy: Privacy) -> Attempt:
    """What an attempt amounts to that could not look."""
    if error.is_finding:
        return cleaned(Attempt((Result(Status.CRITICAL, error.says, error.detail),), final=error.final), privacy)
    finding = Result(Status.UNKNOWN, f"could not be checked: {error.says}", error.detail)
    return cleaned(Attempt((finding,), why=error.says, final=error.final), privacy)


def too_late(timeout_s: float) -> ProbeError:
    """It was still under way at its deadline."""
    return ProbeError(f"it did not finish in {duration(timeout_s)}", "deadline exceeded")


def fault(planned: Planned, detail: str) -> Attempt:
    """What an attempt amounts to in which the check itself went wrong."""
    finding = Result(Status.UNKNOWN, f"could not be checked: {FAULT}", f"{planned.check.kind}: {detail}")
    return Attempt((finding,), why=FAULT, final=True)
