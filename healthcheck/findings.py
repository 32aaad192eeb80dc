"""What a round amounts to: causes, verdicts, the weekend's story. Diagnosis makes these, the report tells them.

They stand here, below both, because history keeps incidents and the report reads what diagnosis found.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime

from healthcheck.known import Acknowledgement, Pause
from healthcheck.model import Event, Status
from healthcheck.records import frozen
from healthcheck.words import plain, sentence


class Verdict(enum.StrEnum):
    """Whether a clinic can open."""

    READY = "ready"
    LIMITED = "limited"
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"


@frozen
class SiteVerdict:
    """One clinic's answer. `says` is a predicate of the site: "can open", "cannot open normally: …".

    Of a clinic that is `paused` nobody asks whether it opens: the verdict is "unknown", `status` still what was found.
    `nags` is how it counts for the report as a whole, where something there is known; None where it is `status`.
    """

    site: str
    verdict: Verdict
    status: Status
    says: str
    paused: bool = False
    nags: Status | None = None


@frozen
class ServiceVerdict:
    """One shared service. `sites` are those that use it and feel it; `says` its impact, empty when it works.

    It is `quiet` when all that ails it is known, and no clinic that should open needs it to.
    """

    name: str
    status: Status
    sites: tuple[str, ...] = ()
    essential: bool = False
    says: str = ""
    until_fixed: str = ""
    quiet: bool = False


@frozen
class Paused:
    """A place that is paused, or worked on as planned. `site` is empty unless it is a clinic that is paused.

    `what` is a whole sentence that says where and until when, `why` the reason, `by` who gave it: nobody, where the
    config planned it. `until` is UTC.
    """

    what: str
    why: str
    hosts: frozenset[str]
    until: datetime
    by: str = ""
    site: str = ""

    @property
    def reason(self) -> str:
        """ "Renovation (Maria)." """
        return sentence(f"{plain(self.why)} ({plain(self.by)})" if self.by else plain(self.why))


@frozen
class Known:
    """That an incident is known, in whole sentences. What is `quiet` does not nag; `paused` is where it lies, if there.

    One that keeps a clinic from opening is never quiet, nor one that got worse than what was acknowledged.
    """

    says: str
    quiet: bool
    until: datetime
    paused: Paused | None = None


@frozen
class Incident:
    """One root cause and everything that follows from it.

    `cause` is a key that stays the same from round to round: a check's key, or "site/host" when a whole host is
    gone. `says` is a whole sentence for the administrator; `likely` a guessed cause, worded as a guess; `detail` the
    technical lines. `since` is when it was first seen failing; `last_good` the last time it was seen well, None when
    nobody knows. `closed_at` is set in the round that finds it mended, or that nobody checks it any more. Times are
    UTC.
    """

    reference: str
    cause: str
    status: Status
    site: str
    host: str
    says: str
    detail: str
    keys: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    likely: str = ""
    owner: str = ""
    since: datetime | None = None
    last_good: datetime | None = None
    closed_at: datetime | None = None
    rounds: int = 1
    known: Known | None = None


@frozen
class StoryLine:
    """One dated sentence of what happened since the last open day. `at` (UTC) orders them; `site` may be empty."""

    at: datetime
    says: str
    site: str = ""
    host: str = ""


@frozen
class Change:
    """Something that did not come back as it was, or a trend: a whole sentence, about one host."""

    site: str
    host: str
    says: str
    detail: str = ""
    status: Status = Status.WARNING
    known: Known | None = None


def is_quiet(found: Incident | Change) -> bool:
    """Whether it is known and need not nag."""
    return found.known is not None and found.known.quiet


def quiet_keys(incidents: Iterable[Incident]) -> frozenset[str]:
    """The checks whose failing is known and need not nag: what shows such an incident, and what follows from it."""
    return frozenset(key for one in incidents if is_quiet(one) for key in (*one.keys, *one.consequences))


@frozen
class Diagnosis:
    """Everything that was worked out from a round and what history knows. The same in gives the same out."""

    sites: tuple[SiteVerdict, ...]
    services: tuple[ServiceVerdict, ...] = ()
    incidents: tuple[Incident, ...] = ()
    fixed: tuple[Incident, ...] = ()
    story: tuple[StoryLine, ...] = ()
    changes: tuple[Change, ...] = ()
    events: tuple[PlacedEvent, ...] = ()
    cut_off: str = ""
    """A sentence, when the watcher itself is cut off from every other site."""
    paused: tuple[Paused, ...] = ()
    """Every place that is paused or worked on now, whatever was found there."""
    ended: tuple[Acknowledgement, ...] = ()
    """Acknowledgements that this round ends, because what they are about is mended or got worse."""

    @property
    def quiet_keys(self) -> frozenset[str]:
        """The checks whose failing is known and need not nag."""
        return quiet_keys(self.incidents)

    @property
    def quiet(self) -> tuple[Incident | Change, ...]:
        """What is known and need not nag."""
        return (*filter(is_quiet, self.incidents), *filter(is_quiet, self.changes))


@frozen
class PlacedEvent:
    """An event with the place it happened at."""

    site: str
    host: str
    event: Event


@frozen
class Seen:
    """What an earlier round found for one check, and what it took; `says` and `detail` are empty when it was OK."""

    at: datetime
    status: Status
    says: str = ""
    detail: str = ""
    attempts: int = 1
    duration_s: float = 0.0


@frozen
class EarlierRound:
    """A round of the past in short: when it was, what started it, and each check's status by key."""

    id: str
    trigger: str
    started_at: datetime
    statuses: Mapping[str, Status]


@frozen
class Sampled:
    """One value of a metric in time (UTC)."""

    at: datetime
    value: float


@frozen
class Stretch:
    """What a host had of one sort (`model.Facts`), from the first look that found it so to the last. Times are UTC."""

    things: Mapping[str, str]
    since: datetime
    until: datetime


@frozen
class Past:
    """What history tells a diagnosis. Empty when there is none: then nothing is known, and that is said.

    `last_good` is each check's last OK before this round; `open_incidents` those not closed; `rounds` the earlier
    rounds since the last open day, oldest first; `events` what was recorded since then; `metrics` the course of each
    metric by (check key, metric name), oldest first; `references` those already given out today; `closed` what was
    found mended since the last report was made, so that nobody has been told. Rounds are in the order in which they
    were kept: where their times go back, a clock was set back.
    """

    last_good: Mapping[str, datetime] = field(default_factory=dict)
    open_incidents: tuple[Incident, ...] = ()
    rounds: tuple[EarlierRound, ...] = ()
    events: tuple[PlacedEvent, ...] = ()
    metrics: Mapping[tuple[str, str], tuple[Sampled, ...]] = field(default_factory=dict)
    surveys: Mapping[tuple[str, str], tuple[Stretch, ...]] = field(default_factory=dict)
    """What each host had, by (check key, sort), in the order in which it was found."""
    earlier_incidents: tuple[Incident, ...] = ()
    """The incidents that were closed in the last weeks, for what comes again and again."""
    references: tuple[str, ...] = ()
    last_report_at: datetime | None = None
    closed: tuple[Incident, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()
    """Of each trouble the newest acknowledgement, be it over or not."""
    pauses: tuple[Pause, ...] = ()
