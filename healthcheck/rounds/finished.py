"""What a round amounts to once it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthcheck.model import Posting, Round, Status, worst
from healthcheck.records import frozen

if TYPE_CHECKING:  # what they come with is loaded while a round is looking
    from healthcheck.findings import Diagnosis
    from healthcheck.report.page import Report


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
