"""A web server that takes posts, as chats do, keeps them, and answers as a test asks."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.lab.tls import request, server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    """One post: where it went, its headers in small letters, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What was posted so far. `answer` is sent back as it is, or called with the connection."""

    answer: bytes | Callable[[socket.socket], None] = OK
    port: int = 0
    scheme: str = "http"
    posts: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def __call__(self, line: socket.socket) -> None:
        head, _, body = request(line).partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
        while len(body) < int(headers.get("content-length", 0)):
            body += line.recv(65536)
        self.posts.append(Received(first.split(" ")[1], headers, body))
        if callable(self.answer):
            self.answer(line)
        else:
            line.sendall(self.answer)


@contextlib.contextmanager
def receiver(
    answer: bytes | Callable[[socket.socket], None] = OK, *, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A running receiver, with TLS where a context is given."""
    taker = Receiver(answer, scheme="https" if tls else "http")
    with server(taker, tls=tls) as taker.port:
        yield taker


def status(line: str, body: bytes = b"", *headers: str) -> bytes:
    """An answer: `status("429 Too Many Requests", b"slow down", "Retry-After: 7")`."""
    lines = [f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
