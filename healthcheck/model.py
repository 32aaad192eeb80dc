"""The words of the house as frozen types: what is looked at, what was found, and one round of it.

Times are aware `datetime`s in UTC; durations are seconds unless a name says otherwise.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class Status(enum.Enum):
    """How something is. The value is the exit code and the JSON number that Nagios uses."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def rank(self) -> int:
        """Position in "the worst wins": not knowing is worse than a warning, and less than a known failure."""
        return _RANK[self]

    @property
    def word(self) -> str:
        """The word that people see."""
        return _WORD[self]


_RANK = {Status.OK: 0, Status.WARNING: 1, Status.UNKNOWN: 2, Status.CRITICAL: 3}
_WORD = {
    Status.OK: "OK",
    Status.WARNING: "Look",
    Status.CRITICAL: "Problem",
    Status.UNKNOWN: "Could not check",
}


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of them; of nothing, UNKNOWN: what nobody looked at is not healthy."""
    return max(statuses, key=lambda status: status.rank, default=Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured number. `name` is stable from round to round; a part follows it after a space ("free /var")."""

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a host has of one sort ("drives"), as found in one look: how each thing is, by the thing's name.

    They carry no judgement; the diagnosis compares them with those of earlier rounds. Of a sort that could not be read
    there are none, so that what nobody saw never looks gone.
    """

    sort: str
    things: Mapping[str, str]


class Secret:
    """A value that never shows itself: not in `repr`, not in a log, not when pickled or compared in a message."""

    __slots__ = ("_value", "name")

    def __init__(self, value: str, name: str = "") -> None:
        self._value = value
        self.name = name

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"<secret {self.name}>" if self.name else "<secret>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written down")


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How to log in to a host. `key` is a client key's text; `key_file` the file it is in; neither: the default key."""

    user: str
    port: int = 22
    key: Secret | None = None
    key_file: Path | None = None
    jump: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A device at a site. `name` is its technical name, `label` what people call it, `room` where it stands."""

    name: str
    site: str
    label: str
    address: str = ""
    role: str = "other"
    room: str = ""
    owner: str = ""
    local: bool = False
    os: str = "linux"
    ssh: SshAccess | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A clinic. `timezone` is its own; its hosts are in the order of the config."""

    name: str
    timezone: ZoneInfo
    phone: str = ""
    address: str = ""
    hosts: tuple[Host, ...] = ()

    @property
    def gateway(self) -> Host | None:
        """The device that joins the site to the others."""
        return next((host for host in self.hosts if host.role == "gateway"), None)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to call. `role` is administrator, it, vendor or site."""

    name: str
    role: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """Something the clinics use. It needs all of `needs` and, if given, one of `needs_any` (hosts or check keys)."""

    name: str
    essential: bool = False
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    impact: str = ""
    until_fixed: str = ""


_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Practice:
    """The whole group: its hours, its people, its clinics and the services they share."""

    name: str
    timezone: ZoneInfo
    opens: time
    open_days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    closed: tuple[date, ...] = ()
    watcher: str = ""
    people: tuple[Person, ...] = ()
    sites: tuple[Site, ...] = ()
    services: tuple[Service, ...] = ()
    report_at: time = time(5, 45)
    report_due: time = time(6, 30)

    def is_open_on(self, day: date) -> bool:
        """Whether the doors open on that day."""
        return _DAY_NAMES[day.weekday()] in self.open_days and day not in self.closed

    def last_open_day(self, before: date) -> date | None:
        """The nearest open day before a date, at most a year back."""
        return self._open_day(before, -1)

    def next_open_day(self, after: date) -> date | None:
        """The nearest open day after a date, at most a year on."""
        return self._open_day(after, 1)

    def _open_day(self, start: date, step: int) -> date | None:
        days = (start + timedelta(days=step * n) for n in range(1, 367))
        return next((day for day in days if self.is_open_on(day)), None)

    def site(self, name: str) -> Site:
        """The site of that name; `KeyError` if there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise KeyError(name)

    def hosts(self) -> Iterator[Host]:
        """Every host of every site, in the order of the config."""
        for site in self.sites:
            yield from site.hosts

    def host(self, name: str) -> Host:
        """The host of that name; `KeyError` if there is none."""
        for host in self.hosts():
            if host.name == name:
                return host
        raise KeyError(name)

    def person(self, name: str) -> Person | None:
        """The person of that name, if any."""
        return next((person for person in self.people if person.name == name), None)

    def people_of(self, role: str) -> tuple[Person, ...]:
        """Everybody of a role, in the order of the config."""
        return tuple(person for person in self.people if person.role == role)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Who gets what, how and when. `only_if_failed` names the delivery that this one stands in for.

    `signing_key` is a webhook's, `token` ntfy's. `ca_file` (PEM) is trusted in the place of the system's authorities;
    after `timeout_s` seconds a post that is not over has failed.
    """

    name: str
    channel: str
    to: tuple[str, ...] = ()
    content: str = "summary"
    when: str = "always"
    only_if_failed: str = ""
    url: Secret | None = None
    signing_key: Secret | None = None
    token: Secret | None = None
    ca_file: str = ""
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a message."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A report in the words of one delivery, ready to send. `html` may be empty. No header of it holds a line break.

    `short` says the same in a few paragraphs, one a line, for a chat; where it is empty, the text does.
    """

    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    short: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to send a posting. `accepted` are those it was taken for, `reply` the other side's own words."""

    number: int
    at: datetime
    reply: str
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """One delivery of one round, as the outbox keeps it until the other side has accepted it.

    `id` derives from round and delivery; `waiting_for` are those who have not accepted it yet. `state` is one of those
    that `delivery.outbox` names. `last` is what came of the newest attempt; the store keeps all of them.
    """

    id: str
    round: str
    delivery: str
    channel: str
    message: Message
    created_at: datetime
    waiting_for: tuple[str, ...] = ()
    state: str = "pending"
    attempts: int = 0
    next_at: datetime | None = None
    reply: str = ""
    sent_at: datetime | None = None
    last: Attempt | None = None


@dataclass(frozen=True, slots=True)
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

    @property
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

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Everything that was measured."""
        return tuple(result.metric for result in self.results if result.metric is not None)


@dataclass(frozen=True, slots=True)
class Previous:
    """What the same check found in the round before: the ground for "since then" and "smaller than the last"."""

    at: datetime
    status: Status
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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
