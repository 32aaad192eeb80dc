"""The outcome of a check that nobody could finish: the round was over, or the process that looked was lost."""

from __future__ import annotations

from datetime import UTC, datetime

from healthcheck.check import Planned
from healthcheck.model import Outcome, Result, Status
from healthcheck.words import clock

FAULT = "this check has a fault"


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
