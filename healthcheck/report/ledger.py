"""The ledger: of every planned check, whether it was done, or why not."""

from __future__ import annotations

from collections.abc import Iterable

from healthcheck.model import Outcome, Status
from healthcheck.report.facts import Facts
from healthcheck.report.parts import Coverage, Missed
from healthcheck.words import count, join, plain

_MOST_DEVICES = 3
_COULD_NOT = "could not be checked: "


def coverage(facts: Facts) -> Coverage:
    """How many checks were done of those planned; what was not is told reason by reason."""
    outcomes = facts.round.outcomes
    missed = [outcome for outcome in outcomes if not was_done(outcome)]
    planned, done = len(outcomes), len(outcomes) - len(missed)
    return Coverage(planned, done, _in_short(planned, done), reasons(facts, missed))


def _in_short(planned: int, done: int) -> str:
    if not planned:
        return "No check was planned, so nothing was checked."
    if planned == 1:
        return "The one check was done." if done else "The one check could not be done."
    if done in (0, planned):
        return f"{'All' if done else 'None of the'} {planned:,} checks {'were' if done else 'could be'} done."
    return f"{done:,} of {planned:,} checks {'was' if done == 1 else 'were'} done."


def reasons(facts: Facts, missed: Iterable[Outcome]) -> tuple[Missed, ...]:
    """Each reason once, with the devices that it kept from being checked."""
    by_reason: dict[str, list[Outcome]] = {}
    for outcome in missed:
        by_reason.setdefault(why_not(outcome), []).append(outcome)
    return tuple(Missed(_what(facts, outcomes), why) for why, outcomes in by_reason.items())


def _what(facts: Facts, outcomes: list[Outcome]) -> str:
    devices = list(dict.fromkeys(plain(facts.label(outcome.host)) for outcome in outcomes))
    where = join(devices) if len(devices) <= _MOST_DEVICES else count(len(devices), "device")
    return f"{count(len(outcomes), 'check')} of {where}"


def was_done(outcome: Outcome) -> bool:
    """Whether the check could look at everything, whatever it then found."""
    statuses = [result.status for result in outcome.results]
    return bool(statuses) and not outcome.why and Status.UNKNOWN not in statuses


def why_not(outcome: Outcome) -> str:
    """Why it could not look, in plain words, as a clause that stands by itself."""
    if outcome.why or outcome.says.startswith(_COULD_NOT):
        return plain(outcome.why or outcome.says.removeprefix(_COULD_NOT))
    return plain(f"it {outcome.says}") if outcome.says else "it gave no answer"
