"""A question and its answer over a byte stream, both under one deadline: what NUT's and apcupsd's protocols share."""

from __future__ import annotations

import contextlib
import time
from types import TracebackType

from healthcheck.check import Stream
from healthcheck.errors import ProbeError
from healthcheck.words import plain

LIMIT_BYTES = 1024 * 1024
"""The most that one answer may hold; the largest UPS known to us tells 30 kB."""
CHUNK_BYTES = 65536
LEAST_S = 0.01
EXCERPT_BYTES = 120


class Conversation:
    """One side of a talk with a daemon. Blocking: meant for a thread. It closes the stream when it ends.

    Every call raises `ProbeError` when the deadline passes, the line breaks, or the answer grows beyond bounds.
    """

    def __init__(self, stream: Stream, left_s: float, *, daemon: str) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + left_s
        self._daemon = daemon
        self._unread = b""
        self._received_bytes = 0

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()

    @property
    def unread(self) -> bytes:
        """What has come and was not taken yet."""
        return self._unread

    def send(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._stream.settimeout(self._left_s())
            self._stream.sendall(data)
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._broken_off(error) from error

    def line(self) -> str:
        """The next line, without its end."""
        while b"\n" not in self._unread:
            self._receive_more()
        line, self._unread = self._unread.split(b"\n", 1)
        return line.removesuffix(b"\r").decode("utf-8", errors="replace")

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._unread) < count:
            self._receive_more()
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def foreign(self, said: str | bytes) -> ProbeError:
        """What to raise when something else than the expected daemon speaks: a printable excerpt goes to IT."""
        text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
        return ProbeError(
            "something else than the battery backup's program answered",
            f"{self._daemon}: unexpected protocol: {plain(text, EXCERPT_BYTES)!r}",
        )

    def _receive_more(self) -> None:
        try:
            self._stream.settimeout(self._left_s())
            received = self._stream.recv(CHUNK_BYTES)
        except TimeoutError as error:
            raise self._silent() from error
        except OSError as error:
            raise self._broken_off(error) from error
        if not received:
            raise self._broken_off(None)
        self._received_bytes += len(received)
        if self._received_bytes > LIMIT_BYTES:
            raise ProbeError("the battery backup's program never stopped talking", f"{self._daemon}: > {LIMIT_BYTES} B")
        self._unread += received

    def _left_s(self) -> float:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise self._silent()
        return max(LEAST_S, left_s)

    def _silent(self) -> ProbeError:
        heard = f"{self._received_bytes} bytes came, no end" if self._received_bytes else "connected, no reply"
        return ProbeError("the battery backup's program did not answer in time", f"{self._daemon}: {heard}")

    def _broken_off(self, error: OSError | None) -> ProbeError:
        how = f"{type(error).__name__}: {error.strerror or error}" if error else "closed by the other side"
        if self._received_bytes:
            says = "the battery backup's program broke off in the middle of its answer"
            return ProbeError(says, f"{self._daemon}: {how} after {self._received_bytes} bytes")
        return ProbeError(
            "the battery backup's program hung up without a word: this computer may not be allowed to ask",
            f"{self._daemon}: {how} before any answer (access rules of the daemon or tcp wrappers)",
        )
