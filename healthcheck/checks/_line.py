"""A connection to a service with one deadline over everything that is sent and received, however slowly it comes."""

from __future__ import annotations

import io
import math
import ssl
import time

from healthcheck.api import Target


class Line(io.RawIOBase):
    """Blocking: meant for a thread. Every call raises `OSError` when the line breaks, `TimeoutError` at the deadline.

    A socket's own timeouts begin anew with every byte. `connect_s` is how long the connection took.
    """

    def __init__(self, target: Target, port: int, name: str = "", *, left_s: float = 0.0) -> None:
        """Connect to a port of the host, or of `name`; `left_s` seconds for all, or what the attempt has left."""
        begun = time.monotonic()
        self._deadline = begun + (left_s or target.left_s())
        self._socket = target.connected(port, name)
        self.connect_s = time.monotonic() - begun

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def encrypt(self, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
        """Speak TLS from here on; `name` is whom the other side must be. Raises `ssl.SSLError`, an `OSError` too."""
        self._socket.settimeout(self._left_s())
        secure = context.wrap_socket(self._socket, server_hostname=name)
        self._socket = secure
        return secure

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.settimeout(self._left_s())
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `http.client` reads from: the line stands in for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer, says io
        self._socket.settimeout(self._left_s())
        return self._socket.recv_into(buffer)

    def receive(self, most: int, *, within_s: float = math.inf) -> bytes:
        """Up to `most` bytes as they come, none when the other side has ended; waits no longer than `within_s`."""
        self._socket.settimeout(min(within_s, self._left_s()))
        return self._socket.recv(most)

    def close(self) -> None:
        """Nothing: `http.client` closes as soon as it has the headers; the `with` statement ends the connection."""

    def _left_s(self) -> float:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("deadline exceeded")
        return left_s
