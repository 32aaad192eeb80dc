"""A server that says exactly what a test wants, for the other sides that no real server can be made to be."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Script = Callable[[socket.socket], None]


@dataclass
class Talker:
    """Where it listens, and the connections it has had."""

    address: str
    port: int
    accepted: list[socket.socket] = field(default_factory=list)


@contextlib.contextmanager
def talker(script: Script, address: str = "127.0.0.1") -> Iterator[Talker]:
    """Give every connection to the script, in a thread of its own; the connection ends when the script returns."""
    with socket.create_server((address, 0), backlog=256) as listener:
        talking = Talker(address, listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def talk(connection: socket.socket) -> None:
            with contextlib.suppress(OSError):
                script(connection)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    talking.accepted.append(connection)
                    threads.append(threading.Thread(target=talk, args=(connection,), name="talker", daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, name="talker", daemon=True)
        accepting.start()
        try:
            yield talking
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            for connection in talking.accepted:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)


def says_nothing(connection: socket.socket) -> None:
    """Accept, listen, and say nothing until the other side goes."""
    while connection.recv(65536):
        pass


def says(words: bytes, *, then: Script = says_nothing) -> Script:
    """Say something and go on otherwise."""

    def script(connection: socket.socket) -> None:
        connection.sendall(words)
        then(connection)

    return script


def hangs_up(connection: socket.socket) -> None:
    """End the connection at once."""


def repeats(words: bytes) -> Script:
    """Say the same without end."""

    def script(connection: socket.socket) -> None:
        while True:
            connection.sendall(words)

    return script


def passes_on(
    address: str, port: int, *, after_s: float = 0.0, until: bytes = b"", cut: threading.Event | None = None
) -> Script:
    """Join the connection to another server, as late as `after_s`.

    Once `cut` is set, or the server has said `until`, nothing more is passed on either way, and nobody hangs up.
    """

    def script(connection: socket.socket) -> None:
        threading.Event().wait(after_s)
        silent = cut or threading.Event()
        with socket.create_connection((address, port)) as other:
            back = threading.Thread(target=_pour, args=(other, connection, silent, until), name="talker", daemon=True)
            back.start()
            _pour(connection, other, silent)
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)
            back.join(5)

    return script


def _pour(source: socket.socket, sink: socket.socket, silent: threading.Event, until: bytes = b"") -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if silent.is_set():
                continue
            if until and until in data:
                silent.set()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
