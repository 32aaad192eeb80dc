"""One pass over everything: an outcome for each planned check, and what was found the time before."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from functools import cached_property

from healthcheck.model.finding import Event, Facts, Metric, Result, Status, worst
from healthcheck.records import frozen


@frozen(slots=False)
class Outcome:
    """What became of one planned check. There is exactly one for each, whatever happened.

    `why` is set when the check could not look: plain words that continue "could not be checked: …". `reachability`
    and `other_end` are the check's own, for the diagnosis: a failure of such a check may follow from another's.
    """

    key: str
    site: str
    host: str
    kind: str
    results: tuple[Result, ...]
    started_at: datetime
    duration_s: float = 0.0
    attempts: int = 1
    events: tuple[Event, ...] = ()
    why: str = ""
    owner: str = ""
    reachability: bool = False
    other_end: str = ""
    facts: tuple[Facts, ...] = ()

    @cached_property  # whoever tells of a check asks for it, twenty times in all
    def status(self) -> Status:
        """The worst of the findings."""
        return worst(result.status for result in self.results)

    @property
    def says(self) -> str:
        """The worst findings in one predicate."""
        status = self.status
        return "; ".join(dict.fromkeys(result.says for result in self.results if result.status is status))

    @property
    def detail(self) -> str:
        """Every finding's technical line, in order."""
        return "; ".join(dict.fromkeys(result.detail for result in self.results if result.detail))

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """Everything that was measured."""
        return tuple(result.metric for result in self.results if result.metric is not None)


@frozen
class Previous:
    """What the same check found in the round before: the ground for "since then" and "smaller than the last"."""

    at: datetime
    status: Status
    metrics: dict[str, float] = field(default_factory=dict)


@frozen
class Round:
    """One pass over everything. `trigger` is report, hand or watch; `notes` are sentences about the round itself."""

    id: str
    practice: str
    trigger: str
    started_at: datetime
    finished_at: datetime
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """The worst of the outcomes; UNKNOWN when nothing was checked."""
        return worst(outcome.status for outcome in self.outcomes)

    def noting(self, *notes: str) -> Round:
        """The same round with more to say about itself; no sentence twice."""
        return replace(self, notes=tuple(dict.fromkeys(self.notes + notes)))
