"""A connection that ends in time, however slowly the other side speaks."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from concurrent.futures import Future


class Line:
    """A TCP connection with one deadline over everything on it.

    A socket's own timeout begins anew with every byte, so that a server which drips could hold us for days. Here the
    connection is cut once `timeout_s` seconds have passed, whatever is then under way; `overdue` says that it was.
    Looking up the name is within that time. Raises `OSError` when nothing could be connected to, `TimeoutError` when
    the time was over before.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        self.overdue = False
        self.socket = _connected(host, port, deadline)
        # A second handle on the same connection stays good when TLS takes the first one over.
        self._guard = self.socket.dup()
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.overdue = True
        with contextlib.suppress(OSError):
            self._guard.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._guard.close()
        self.socket.close()


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """The first address of the name to answer; each gets an equal share of the time that is left."""
    found = _addresses(host, port, deadline)
    failure: OSError = TimeoutError("timed out")
    for number, address in enumerate(found):
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            break
        try:
            connected = socket.create_connection((address, port), left_s / (len(found) - number))
        except OSError as error:
            failure = error
        else:
            connected.settimeout(left_s)  # its share was for connecting; the answer has all the time that is left
            return connected
    raise failure


def _addresses(host: str, port: int, deadline: float) -> list[str]:
    """Every address of a name. In a thread, because the system's resolver keeps no deadline (RFC 3493, getaddrinfo)."""
    told: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:  # the second for what cannot be a name at all
            told.set_exception(error)
        else:
            told.set_result(list(dict.fromkeys(str(address[0]) for *_, address in found)))

    threading.Thread(target=look_up, name="look up a name", daemon=True).start()
    try:
        return told.result(max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        raise TimeoutError("the name server did not answer") from None
