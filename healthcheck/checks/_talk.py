"""A question to a service on a TCP port and what came of it, with the words for every way in which it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from healthcheck.api import Metric, NoAnswer, Prohibited, Refused, Result, Status, Target, frozen
from healthcheck.checks._line import Line

Answer = TypeVar("Answer")

SILENT = "took the connection, but does not reply"
HUNG_UP = "took the connection and hung up at once"
FOREIGN = "answers, but something else than it should"
UNFINISHED = "began to answer, but did not finish"
BROKE_OFF = "broke off in the middle of its answer"

MOST_BYTES = 1 << 16
"""The most that is read of an answer: no flood gets past it."""
EXCERPT_CHARACTERS = 120


@frozen
class Failure:
    """Why there is no answer: `says` is the predicate; `connect_s` None where not even a connection came about."""

    says: str
    detail: str
    connect_s: float | None = None

    def result(self) -> Result:
        """The finding that it amounts to where an answer is what is asked for."""
        metric = None if self.connect_s is None else connected(self.connect_s)
        return Result(Status.CRITICAL, self.says, self.detail, metric)


class Failed(Exception):
    """A talk has come to an end without an answer. `heard` tells whether the other side said anything at all."""

    def __init__(self, says: str, why: str, *, heard: bool = True) -> None:
        super().__init__(says)
        self.says = says
        self.why = why
        self.heard = heard


def connected(connect_s: float) -> Metric:
    """How long a connection took."""
    return Metric("connect", connect_s, "s")


def ask(
    target: Target, port: int, question: Callable[[Talk], Answer], *, name: str = "", left_s: float = 0.0
) -> Answer | Failure:
    """Connect to a port of the host (or of `name`) and put a question; from a plain `def` probe only.

    It may take `left_s` seconds, or what the attempt has left.

    What the question raises as `Failed` becomes a `Failure`, and so does a connection that is refused, not answered
    or forbidden on the way. Other errors of the connection pass through, because they say nothing about the host.
    """
    try:
        with Line(target, port, name, left_s=left_s) as line:
            try:
                return question(Talk(line))
            except Failed as failed:
                detail = f"TCP port {port}: connected in {line.connect_s * 1000:.0f} ms, {failed.why}"
                return Failure(failed.says, detail, line.connect_s)
    except (Refused, NoAnswer, Prohibited) as error:
        return Failure(error.says, error.detail)


class Talk:
    """One conversation. Every method raises `Failed` when the other side is silent, hangs up or says too much."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._unread = b""
        self._heard_bytes = 0

    @property
    def connect_s(self) -> float:
        """How long the connection took."""
        return self.line.connect_s

    def send(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self.line.sendall(data)
        except TimeoutError:
            raise self._silent() from None
        except OSError as error:
            raise self._hung_up(error) from None

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._unread) < count:
            self._receive()
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def text_line(self, most: int = 1024) -> bytes:
        """The next line, without its end; `Failed` when it is longer than `most` bytes."""
        while b"\n" not in self._unread[: most + 1]:
            if len(self._unread) > most:
                raise self.foreign(self._unread)
            self._receive()
        taken, self._unread = self._unread.split(b"\n", 1)
        return taken.removesuffix(b"\r")

    def foreign(self, said: bytes) -> Failed:
        """What to raise when something else speaks there than should."""
        return Failed(FOREIGN, f"unexpected protocol: {excerpt(said + self._unread)!r}")

    def _receive(self) -> None:
        if self._heard_bytes >= MOST_BYTES:
            raise self.foreign(b"")
        try:
            received = self.line.receive(4096)
        except TimeoutError:
            raise self._silent() from None
        except OSError as error:
            raise self._hung_up(error) from None
        if not received:
            raise self._hung_up(None)
        self._heard_bytes += len(received)
        self._unread += received

    def _silent(self) -> Failed:
        if self._heard_bytes:
            return Failed(UNFINISHED, f"no end after {self._heard_bytes} bytes: {excerpt(self._unread)!r}")
        return Failed(SILENT, "no reply", heard=False)

    def _hung_up(self, error: OSError | None) -> Failed:
        how = "broken off" if error else "closed by the other side"
        if self._heard_bytes:
            return Failed(BROKE_OFF, f"{how} after {self._heard_bytes} bytes: {excerpt(self._unread)!r}")
        return Failed(HUNG_UP, f"{how} before any reply", heard=False)


def excerpt(said: bytes) -> str:
    """The beginning of what came, with a dot for all that cannot be printed."""
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in said[:EXCERPT_CHARACTERS].rstrip())
    return shown + ("…" if len(said) > EXCERPT_CHARACTERS else "")
