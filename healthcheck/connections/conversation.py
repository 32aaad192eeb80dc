"""A question and its answer over TCP, both under one deadline: what NUT's and apcupsd's protocols share."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType

from healthcheck.errors import ProbeError
from healthcheck.words import plain

LIMIT_BYTES = 1024 * 1024
"""The most that one answer may hold; the largest UPS known to us tells 30 kB."""
CHUNK_BYTES = 65536
EXCERPT_BYTES = 120


class Conversation:
    """One side of a talk with a daemon, on the event loop: `async with`. It closes the connection when it ends.

    Every call raises `ProbeError` when the line breaks or the answer grows beyond bounds, and the whole of it when
    `left_s` seconds have passed.
    """

    def __init__(self, connected: socket.socket, left_s: float, *, daemon: str) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._limit = asyncio.timeout(left_s)
        self._daemon = daemon
        self._unread = b""
        self._received_bytes = 0

    async def __aenter__(self) -> Conversation:
        self._socket.setblocking(False)
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            raise self._silent() from None

    @property
    def unread(self) -> bytes:
        """What has come and was not taken yet."""
        return self._unread

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        try:
            await self._loop.sock_sendall(self._socket, data)
        except OSError as error:
            raise self._broken_off(error) from error

    async def lines(self, begun: tuple[bytes, ...]) -> list[str]:
        """The next lines, without their ends, up to the first that begins in none of these ways, and with it."""
        found: list[bytes] = []
        while True:
            *whole, self._unread = self._unread.split(b"\n")
            for number, line in enumerate(whole, 1):
                if not line.startswith(begun):
                    self._unread = b"\n".join([*whole[number:], self._unread])
                    text = b"\n".join([*found, *whole[:number]]).decode("utf-8", errors="replace")
                    return [line.removesuffix("\r") for line in text.split("\n")]
            found += whole
            await self._receive_more()

    async def exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._unread) < count:
            await self._receive_more()
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def foreign(self, said: str | bytes) -> ProbeError:
        """What to raise when something else than the expected daemon speaks: a printable excerpt goes to IT."""
        text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
        return ProbeError(
            "something else than the battery backup's program answered",
            f"{self._daemon}: unexpected protocol: {plain(text, EXCERPT_BYTES)!r}",
        )

    async def _receive_more(self) -> None:
        try:
            received = await self._loop.sock_recv(self._socket, CHUNK_BYTES)
        except OSError as error:
            raise self._broken_off(error) from error
        if not received:
            raise self._broken_off(None)
        self._received_bytes += len(received)
        if self._received_bytes > LIMIT_BYTES:
            raise ProbeError("the battery backup's program never stopped talking", f"{self._daemon}: > {LIMIT_BYTES} B")
        self._unread += received

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
