"""Another side that has said all it will say, for tests of what any bytes at all do to a reader."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from healthcheck.checks._line import Line


@contextlib.contextmanager
def canned(said: bytes) -> Iterator[socket.socket]:
    """A connection on which these few bytes have come, and then the end; it takes whatever is sent."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        yield ours


class CannedLine(Line):
    """The same for what checks read from a line of their own: gives its bytes once and then ends."""

    def __init__(self, said: bytes) -> None:
        self.connect_s = 0.0
        self._said = said

    def sendall(self, data: bytes) -> None: ...

    def receive(self, most: int, *, within_s: float = 0.0) -> bytes:
        said, self._said = self._said[:most], self._said[most:]
        return said
