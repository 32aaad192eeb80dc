"""What somebody knows already: troubles that were acknowledged, places that are paused or worked on as planned.

History keeps it, diagnosis heeds it. It changes how a finding nags, never whether it is looked for, nor what is true.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from healthcheck.model import Status
from healthcheck.records import frozen


class Ended(enum.StrEnum):
    """Why an acknowledgement ended before its time."""

    MENDED = "mended"
    WORSE = "worse"
    REMOVED = "removed"


def shape(says: str) -> str:
    """A sentence without its numbers: "about 9 days left" is known again as "about 12 days left"."""
    return _NUMBER.sub("#", says)


_NUMBER = re.compile(r"\d[\d.,:]*")


@frozen
class Then:
    """How one check was when its trouble was acknowledged."""

    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)


@frozen
class Acknowledgement:
    """Somebody knows of a trouble, so that it need not nag until then. Times are UTC.

    `reference` and `cause` are the incident's; `says`, `status`, `checks` (by key) and `sites` are how it was at that
    moment: what is worse than that comes back, and `worse` says how. `changes` is what did not come back as it was on
    the same host, each in its `shape`. Where nothing else is wrong there, `checks` is empty and the host ("site/host")
    stands for the reference. `number` is the store's.
    """

    reference: str
    cause: str
    says: str
    by: str
    note: str
    at: datetime
    until: datetime
    status: Status
    checks: Mapping[str, Then]
    sites: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    ended_at: datetime | None = None
    ended: Ended | None = None
    worse: str = ""
    number: int = 0

    def holds(self, at: datetime) -> bool:
        """Whether it still keeps its trouble quiet at a moment."""
        return self.ended_at is None and at < self.until


@frozen
class Pause:
    """A clinic that is closed or moved, or a device in it that is replaced: `host` is empty for the whole clinic.

    Times are UTC; `until` is earlier than was said where somebody ended it. `number` is the store's.
    """

    site: str
    host: str
    by: str
    reason: str
    at: datetime
    until: datetime
    number: int = 0

    def holds(self, at: datetime) -> bool:
        """Whether it is in effect at a moment."""
        return at < self.until

    @property
    def place(self) -> str:
        """ "Azusa", "Azusa/azusa-server"."""
        return f"{self.site}/{self.host}" if self.host else self.site
