"""What a check finds: a status, a number and its limits, a result, an event, a fact."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter

from healthcheck.records import frozen


class Status(enum.Enum):
    """How something is. The value is the exit code and the JSON number that Nagios uses."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    def __init__(self, value: int) -> None:
        self.rank = (0, 1, 3, 2)[value]
        """Position in "the worst wins": not knowing is worse than a warning, and less than a known failure."""

    @property
    def word(self) -> str:
        """The word that people see."""
        return _WORD[self]


_WORD = {
    Status.OK: "OK",
    Status.WARNING: "Look",
    Status.CRITICAL: "Problem",
    Status.UNKNOWN: "Could not check",
}


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; of nothing, UNKNOWN: what nobody looked at is not healthy."""
    return max(statuses, key=attrgetter("rank"), default=Status.UNKNOWN)


@frozen
class Metric:
    """A measured number. `name` is stable from round to round; a part follows it after a space ("free /var")."""

    name: str
    value: float
    unit: str = ""


@frozen
class Levels:
    """Where a number becomes a warning and where a problem. Made by `Levels.below` or `Levels.above`."""

    warning: float | None = None
    critical: float | None = None
    falling: bool = False

    @classmethod
    def below(cls, *, warning: float | None = None, critical: float | None = None) -> Levels:
        """Low values are bad: space left, battery charge."""
        return cls(warning, critical, falling=True)

    @classmethod
    def above(cls, *, warning: float | None = None, critical: float | None = None) -> Levels:
        """High values are bad: age, load, loss."""
        return cls(warning, critical, falling=False)

    def judge(self, value: float) -> Status:
        """OK at the limit itself, worse beyond it; UNKNOWN for what is no number."""
        if math.isnan(value):
            return Status.UNKNOWN
        for limit, status in ((self.critical, Status.CRITICAL), (self.warning, Status.WARNING)):
            if limit is not None and (value < limit if self.falling else value > limit):
                return status
        return Status.OK


@frozen
class Result:
    """One finding of a check.

    `says` is a plain predicate that reads after the host's plain name ("did not answer 3 times in 40 seconds"),
    without ports, unit names or exception classes; `detail` is the technical line for IT.
    """

    status: Status
    says: str
    detail: str = ""
    metric: Metric | None = None


class EventKind(enum.StrEnum):
    """What sort of thing happened, for the weekend's story."""

    POWER_CUT = "power_cut"
    RESTART = "restart"
    CRASH = "crash"
    SELF_TEST = "self_test"
    NOTE = "note"


@frozen
class Event:
    """Something that happened at a time. It has no status; `says` reads after the host's plain name.

    `at` is when it began (UTC), `until` when it ended, if it has an end that is known. Where the exact moment is
    not known, `not_before` is the earliest it can have been and `at` the latest.
    """

    at: datetime
    says: str
    source: str
    kind: EventKind = EventKind.NOTE
    until: datetime | None = None
    not_before: datetime | None = None


@frozen
class Facts:
    """What a host has of one sort ("drives"), as found in one look: how each thing is, by the thing's name.

    They carry no judgement; the diagnosis compares them with those of earlier rounds. Of a sort that could not be read
    there are none, so that what nobody saw never looks gone.
    """

    sort: str
    things: Mapping[str, str]
