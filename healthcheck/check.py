"""What a check is, and what it is given to look with."""

from __future__ import annotations

import abc
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from healthcheck.model import Event, Facts, Host, Previous, Result, Site
from healthcheck.records import frozen

if TYPE_CHECKING:  # not every round speaks TLS, and no config connects to anything
    import socket
    import ssl

Sample = TypeVar("Sample")
Thing = TypeVar("Thing", bound="Closing")


@frozen
class Completed:
    """A command that ran to its end. `exit` is its code, negative for a signal; both streams are decoded and capped."""

    command: str
    exit: int
    out: str
    err: str


@frozen
class PingReply:
    """What came back from a burst of echo requests. `rtts_s` has one round-trip time for each answer.

    `method` names how it was asked ("icmp", or "tcp" where the machine may not send ICMP); `error` holds what the
    network itself said ("no route to host"), if it did.
    """

    address: str
    sent: int
    rtts_s: tuple[float, ...]
    method: str = "icmp"
    error: str = ""

    @property
    def loss_percent(self) -> float:
        """Share of requests without an answer."""
        return 100.0 * (self.sent - len(self.rtts_s)) / self.sent if self.sent else 100.0


class Stream(Protocol):
    """A connected byte stream with a read deadline: a socket, or a channel through an SSH connection."""

    def sendall(self, data: bytes, /) -> object: ...
    def recv(self, size: int, /) -> bytes: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def close(self) -> None: ...


class Closing(Protocol):
    """What is closed when nobody needs it any more. `close` is called once, from any thread, and does not wait."""

    def close(self) -> None: ...


@frozen
class NutReading:
    """What upsd said: variables by UPS name, and for a UPS without data its error word ("DATA-STALE")."""

    variables: dict[str, dict[str, str]]
    errors: dict[str, str]


class Target(Protocol):
    """One host, as one check sees it during one attempt. The connections are shared, the deadline is its own.

    Every method keeps the attempt's deadline and raises `ProbeError` when it cannot do what it was asked.
    `async def` probes await the coroutines; a plain `def` probe runs in a thread and hands them to `wait`.
    """

    @property
    def host(self) -> Host: ...
    @property
    def site(self) -> Site: ...
    @property
    def previous(self) -> Previous | None:
        """What this very check found the last time, if history knows."""

    def left_s(self) -> float:
        """Seconds until the attempt must be over, never below 0.01."""

    def wait(self, work: Awaitable[Any]) -> Any:
        """From a plain `def` probe only: run a coroutine of this target on the event loop and return its value."""

    async def run(self, argv: Sequence[str], *, exits: Sequence[int] | None = (0,), input: str = "") -> Completed:
        """Run a command on the host: here when it is this computer, else over SSH.

        `argv` is a list; no shell reads it (a pipeline is `["sh", "-c", …]`). The locale is C. An exit code outside
        `exits` raises `ProbeError` with the reason (missing, not permitted, killed); `None` accepts every code that
        the command itself can have given (126, 127 and signals still raise). Output beyond 1 MiB raises.
        """

    async def run_here(self, argv: Sequence[str], *, exits: Sequence[int] | None = (0,), input: str = "") -> Completed:
        """Run a command on this computer, whatever the host: a plug-in that looks from outside."""

    async def resolve(self, name: str = "") -> str:
        """The numeric address of a name (the host's own when empty); raises when it is not resolved in time."""

    async def connect(self, port: int, name: str = "") -> Stream:
        """A TCP connection from here to a port of the host (or of `name`); blocking, with the deadline set.

        Raises `Refused`, `NoAnswer`, `Prohibited` or `NotResolved` (all `ConnectError`), which a check that asks
        about reachability turns into its own finding.
        """

    def connected(self, port: int, name: str = "") -> socket.socket:
        """From a plain `def` probe only: `connect`, in its own thread, which costs less than to `wait` for it."""

    async def open_through(self, name: str, port: int) -> Stream:
        """A TCP connection *from the host* to another machine, through its SSH connection. Raises like `connect`."""

    async def ping(self, *, count: int, interval_s: float) -> PingReply:
        """Send `count` echo requests, one each `interval_s`, and wait for the answers until the deadline."""

    async def ask_nut(self, ups: str, port: int) -> NutReading:
        """The variables of a UPS as the host's upsd tells them (RFC 9271); all UPSes it knows when `ups` is empty."""

    async def ask_apcupsd(self, command: str, port: int) -> tuple[str, ...]:
        """The lines that the host's apcupsd answers to "status" or "events" (its network information server)."""

    def tls(self, *, ca_file: str = "", verify: bool = True) -> ssl.SSLContext:
        """A client's TLS context, shared by the whole round: making one costs more than a check."""

    def shared(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """What all checks of the round share that ask with the same key: `make` is called for the first of them.

        It is closed when the round is over; nothing is carried from one round to the next.
        """


class Check(abc.ABC, Generic[Sample]):
    """A kind of check. A subclass is a frozen, keyword-only dataclass whose fields are its settings.

    The class docstring is its manual page: the first line says what it looks at.
    """

    kind: ClassVar[str]
    inside: ClassVar[bool] = False
    """Whether it looks inside the host, so that the host must be `local` or have `ssh`."""
    systems: ClassVar[frozenset[str]] = frozenset({"linux", "windows"})
    """The systems of hosts that it can look into, as `os` in the config names them."""
    reachability: ClassVar[bool] = False
    """Whether "no answer" is its finding, so that its failure may only mean that the whole host is gone."""
    watched: ClassVar[bool] = False
    """Whether the light pass between reports runs it too: power and reachability only."""
    default_timeout_s: ClassVar[float] = 15.0
    """Seconds for one attempt, where the config gives none."""
    default_attempts: ClassVar[int] = 1
    """How many times a failure must be seen in a row before it is believed."""

    @abc.abstractmethod
    def probe(self, target: Target) -> Sample | Awaitable[Sample]:
        """Look: I/O only. `async def` runs on the event loop, a plain `def` in a thread of its own."""

    @abc.abstractmethod
    def evaluate(self, sample: Sample, now: datetime) -> Iterator[Result | Event | Facts]:
        """Judge: pure. `now` is aware and in the site's own time zone, for the words."""

    def other_end(self) -> str:
        """The address of another machine that must be up for this check to succeed; empty for most."""
        return ""

    def needs(self) -> Mapping[str, str]:
        """The packages it cannot look without, by the name they are imported by; each with the extra that brings it."""
        return {}

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """Rules between settings, as (setting, what is wrong): asked once, when the config is read."""
        yield from ()

    def mistakes_on(self, host: Host) -> Iterator[tuple[str, str]]:
        """Settings that mean nothing on such a host, in the same form: asked of built-in checks for each host."""
        yield from ()


@frozen
class Planned:
    """One check on one host, with the engine's settings for it. `key` is stable from round to round."""

    key: str
    site: Site
    host: Host
    check: Check[Any]
    timeout_s: float
    attempts: int
    owner: str = ""
