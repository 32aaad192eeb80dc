"""What every database driver is given, what it brings back, and the ways in which it can fail."""

from __future__ import annotations

import contextlib
import enum
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Any

from healthcheck.api import Secret, frozen
from healthcheck.checks._database.url import Url

if TYPE_CHECKING:
    import ssl

SERVER_SHARE = 0.7
"""The server's own limit for a question, as a share of what is left: it can then still say why it gave up."""
LOCK_SHARE = 0.7
"""The limit for a lock, as a share of the limit for the question: so a lock is told from slowness."""


class Phase(enum.StrEnum):
    """How far we came."""

    CONNECT = "connect"
    LOGIN = "login"
    QUERY = "query"


class Role(enum.StrEnum):
    """What a database server is among its copies. A standby follows a primary; read-only follows nobody."""

    PRIMARY = "primary"
    STANDBY = "standby"
    READ_ONLY = "read-only"


class Tls(enum.StrEnum):
    """How much encryption is asked for: if it is offered, always, always with a proven identity, never."""

    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY = "verify"
    OFF = "off"


class Trouble(enum.Enum):
    """What went wrong, whatever the product. Those after OUR SIDE say nothing about the database itself."""

    REFUSED = enum.auto()
    NO_ANSWER = enum.auto()
    PROHIBITED = enum.auto()
    SILENT = enum.auto()
    FOREIGN = enum.auto()
    LOST = enum.auto()
    STARTING = enum.auto()
    STOPPING = enum.auto()
    FULL = enum.auto()
    NO_DATABASE = enum.auto()
    NO_TABLE = enum.auto()
    BROKEN = enum.auto()
    DAMAGED = enum.auto()
    NO_FILE = enum.auto()
    EMPTY_FILE = enum.auto()
    LOCKED = enum.auto()
    SLOW = enum.auto()
    # OUR SIDE
    LOGIN = enum.auto()
    RIGHTS = enum.auto()
    UNENCRYPTED = enum.auto()
    IDENTITY = enum.auto()
    UNCLEAR = enum.auto()
    UNREADABLE = enum.auto()
    UNFINISHED = enum.auto()


class Watch:
    """How long a look takes, without the time in which it waits for another check's questions to be answered."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def restart(self, already_s: float = 0.0) -> None:
        """The look begins only now; `already_s` is what was done for it before."""
        self._begun = time.monotonic() - already_s

    @property
    def took_s(self) -> float:
        """Seconds until now."""
        return time.monotonic() - self._begun


class Failed(Exception):
    """A driver's way to say what went wrong. The driver's own error, which can hold the password, is behind it."""

    def __init__(self, trouble: Trouble, phase: Phase, detail: str) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.phase = phase
        self.detail = detail


@frozen
class Facts:
    """What a database told about itself; None where it did not tell.

    `receiving` is whether a standby is connected to what it follows, `lag_s` how far it is behind.
    """

    version: str
    role: Role | None = None
    connections: int | None = None
    connections_limit: int | None = None
    receiving: bool | None = None
    lag_s: float | None = None


@frozen
class Call:
    """One look at one database: where it is, who asks, how carefully and until when.

    `open_line` opens a TCP connection or raises `Failed`; `tls_context` gives one for the chosen way of encryption;
    `shared` is what all checks of the round share that log in to this server alike.
    `deadline` is in monotonic seconds.
    """

    url: Url
    port: int
    password: Secret | None
    table: str
    tls: Tls
    ca_file: str
    standby_wanted: bool
    deadline: float
    open_line: Callable[[], socket.socket] = field(repr=False)
    tls_context: Callable[[], ssl.SSLContext] = field(repr=False)
    shared: Callable[[Callable[[], Any]], Any] = field(repr=False)
    watch: Watch = field(default_factory=Watch, repr=False)

    @property
    def secret(self) -> str | None:
        """The password itself, for the one call that needs it."""
        return self.password.reveal() if self.password else None

    def left_s(self) -> float:
        """Seconds until the look must be over, never below 0.01."""
        return max(0.01, self.deadline - time.monotonic())

    def server_limit_s(self) -> float:
        """Seconds after which the server itself should give a question up."""
        return self.left_s() * SERVER_SHARE


@contextlib.contextmanager
def cut_at_the_end(fileno: int, call: Call) -> Iterator[Callable[[], bool]]:
    """Shut a connection down at the deadline: what ends a driver's read for certain, however the server drips.

    `fileno` is the socket's, which a driver may hide. Gives a question: has it been cut?
    """
    handle, cut = socket.socket(fileno=os.dup(fileno)), threading.Event()

    def shut_down() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(call.left_s(), shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield cut.is_set
    finally:
        timer.cancel()
        timer.join()
        handle.close()


_BLANK = re.compile(r"\s+")


def one_line(error: object) -> str:
    """A driver's message on one line."""
    return _BLANK.sub(" ", str(error)).strip()
