"""A stream whose other side has said all it will say, for tests of what any bytes at all do to a reader."""

from __future__ import annotations

from healthcheck.checks._line import Line


class Canned:
    """Gives its bytes once and then ends; takes whatever is sent. `closed` tells whether it was closed."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self.closed = False

    def sendall(self, data: bytes, /) -> object:
        return None

    def recv(self, size: int, /) -> bytes:
        said, self._said = self._said, b""
        return said

    def settimeout(self, seconds: float | None, /) -> None: ...

    def close(self) -> None:
        self.closed = True


class CannedLine(Line):
    """The same for what checks read from a line of their own."""

    def __init__(self, said: bytes) -> None:
        self.connect_s = 0.0
        self._said = said

    def sendall(self, data: bytes) -> None: ...

    def receive(self, most: int, *, within_s: float = 0.0) -> bytes:
        said, self._said = self._said[:most], self._said[most:]
        return said
