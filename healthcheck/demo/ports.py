"""Ports of the demonstration: every device at a loopback address of its own, those of one sort at the same port."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
from collections.abc import Callable, Sequence

from healthcheck.errors import HealthcheckError

Talk = Callable[[socket.socket], None]
"""Speaks with one client until the end of the conversation; `OSError` and `EOFError` are such an end, too."""

_TRIES = 50
_PATIENCE_S = 20.0


class NoAddress(HealthcheckError):
    """This computer has no loopback address but 127.0.0.1."""


class Ports:
    """Everything that listens. One thread accepts for all, and each conversation has a thread of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._silent: list[socket.socket] = []

    def open(self, talks: dict[str, Talk | None]) -> int:
        """Listen at each address, all at one port, which is returned; who has no `Talk` there never answers at all."""
        listening = listeners(tuple(talks))
        for one, talk in zip(listening, talks.values(), strict=True):
            if talk is None:
                self._silent += [one, *_crowd(one)]
            else:
                one.setblocking(False)
                self._selector.register(one, selectors.EVENT_READ, talk)
        port: int = listening[0].getsockname()[1]
        return port

    def serve(self, ends: int) -> None:
        """Answer until there is something to read, or nothing any more, at the file descriptor `ends`."""
        self._selector.register(ends, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fd == ends:
                    return
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    assert isinstance(key.fileobj, socket.socket)
                    client, _ = key.fileobj.accept()
                    threading.Thread(target=_one, args=(client, key.data), daemon=True).start()

    def close(self) -> None:
        """Listen no more. Conversations go on to their ends."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        for one in self._silent:
            one.close()


def listeners(addresses: Sequence[str]) -> list[socket.socket]:
    """A listening socket at each address, all at one port that nothing else used. Raises `NoAddress`."""
    for _ in range(_TRIES):
        with contextlib.ExitStack() as stack:
            opened: list[socket.socket] = []
            port = 0
            try:
                for address in addresses:
                    one = stack.enter_context(socket.socket())
                    one.bind((address, port))
                    port = one.getsockname()[1]
                    one.listen()
                    opened.append(one)
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise NoAddress(
                    f"The demonstration gives each of its clinics an address of this computer's own. {address} cannot "
                    f"be had here ({error.strerror}). Linux has all such addresses; run it there."
                ) from None
            stack.pop_all()
            return opened
    raise NoAddress("The demonstration found no port that is free at all of its addresses. Try it once more.")


def _crowd(listening: socket.socket) -> list[socket.socket]:
    """Clients that nobody accepts and that leave no room for another: to it, nothing answers there at all."""
    listening.listen(0)
    waiting = []
    for _ in range(3):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listening.getsockname())
        waiting.append(client)
    return waiting


def _one(client: socket.socket, talk: Talk) -> None:
    with contextlib.suppress(OSError, EOFError), client:
        client.setblocking(True)
        client.settimeout(_PATIENCE_S)
        talk(client)
