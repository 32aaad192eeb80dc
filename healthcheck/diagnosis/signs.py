"""What one outcome shows of the machine that it is about: life, silence, or nothing."""

from __future__ import annotations

from collections.abc import Iterable

from healthcheck.model import Outcome, Status

PING = "ping"
"""The one kind that asks the machine itself; every other asks a program on it."""


def silent(outcome: Outcome) -> bool:
    """Something that asks for an answer got none."""
    return outcome.reachability and outcome.status is Status.CRITICAL and not _measured(outcome)


def shows_life(outcome: Outcome) -> bool:
    """It answered, or a check that looked found something: only silence and "could not look" show nothing."""
    if outcome.status in (Status.OK, Status.WARNING):
        return True
    return outcome.status is Status.CRITICAL and (not outcome.reachability or _measured(outcome))


def lives(outcomes: Iterable[Outcome]) -> bool:
    """Whether any of them shows life."""
    return any(map(shows_life, outcomes))


def can_follow(outcome: Outcome) -> bool:
    """Whether a failure may be no more than a consequence. What was measured is a failure of its own."""
    return outcome.status is Status.UNKNOWN or (
        outcome.status is Status.CRITICAL and (outcome.reachability or bool(outcome.other_end))
    )


def _measured(outcome: Outcome) -> bool:
    """A number was read from the other side, so it answered. That everything was lost is no such number."""
    metrics = outcome.metrics
    return bool(metrics) and not any(metric.unit == "%" and metric.value >= 100 for metric in metrics)
