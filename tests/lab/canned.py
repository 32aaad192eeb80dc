"""A stream whose other side has said all it will say, for tests of what any bytes at all do to a reader."""

from __future__ import annotations


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
