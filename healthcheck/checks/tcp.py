"""Whether something listens on a port, and whether it is the right thing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from healthcheck.api import Check, NoAnswer, Prohibited, Refused, Result, Status, Stream, Target, frozen
from healthcheck.checks._talk import FOREIGN, HUNG_UP, SILENT, connected, excerpt

if TYPE_CHECKING:
    import socket

LISTEN_BYTES = 4096
"""How much of a greeting is read: enough for every banner, and no flood gets past it."""
LULL_S = 1.0
"""How long the rest of a greeting is waited for once it has begun."""


@frozen
class Greeting:
    """What a port did: `failed` is the predicate when no connection came about, else `said` is what it sent unasked.

    `ended` tells that the other side closed the connection.
    """

    failed: str = ""
    detail: str = ""
    connect_s: float = 0.0
    said: bytes = b""
    ended: bool = False


@dataclass(frozen=True, kw_only=True)
class Tcp(Check[Greeting]):
    """Whether a port accepts a connection and, if asked, greets as it should; seconds to connect.

    port      the TCP port
    expect    text that the greeting must contain ("SSH-2.0", "220 "); empty: whatever it says or does not say is fine

    Problem: the connection is refused, not answered in time, or forbidden on the way; where a greeting is expected
    also silence, or another greeting. Could not check: the name has no address.

    Needs nothing on the other side. Nothing is sent, so a service that waits for the client to speak first (web
    servers, most databases) shows no greeting: leave `expect` empty for it, or use the kind made for it. Without
    `expect` a program that hangs but still listens looks well, because the system accepts for it.
    """

    kind: ClassVar[str] = "tcp"
    reachability: ClassVar[bool] = True
    watched: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 5.0
    default_attempts: ClassVar[int] = 3

    port: int
    expect: str = ""

    async def probe(self, target: Target) -> Greeting:
        begun = time.monotonic()
        try:
            stream = await target.connect(self.port)
        except (Refused, NoAnswer, Prohibited) as error:
            return Greeting(failed=error.says, detail=error.detail)
        connect_s = time.monotonic() - begun
        try:
            said, ended = await listen(stream, self.expect.encode(), target.left_s()) if self.expect else (b"", False)
        finally:
            stream.close()
        return Greeting(connect_s=connect_s, said=said, ended=ended)

    def evaluate(self, greeting: Greeting, now: datetime) -> Iterator[Result]:
        if greeting.failed:
            yield Result(Status.CRITICAL, greeting.failed, greeting.detail)
            return
        if self.expect.encode() in greeting.said:
            status, says = Status.OK, "accepts connections"
        elif greeting.said:
            status, says = Status.CRITICAL, FOREIGN
        else:
            status, says = Status.CRITICAL, HUNG_UP if greeting.ended else SILENT
        yield Result(status, says, self._detail(greeting), connected(greeting.connect_s))

    def _detail(self, greeting: Greeting) -> str:
        said = f"TCP port {self.port}: connected in {greeting.connect_s * 1000:.0f} ms"
        if not self.expect:
            return said
        if not greeting.said:
            return (
                f"{said}, {'closed by the other side' if greeting.ended else 'no greeting'}; expected {self.expect!r}"
            )
        return f"{said}, greeting {excerpt(greeting.said)!r}; expected {self.expect!r}"

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"


async def listen(stream: Stream, wanted: bytes, left_s: float) -> tuple[bytes, bool]:
    """What the other side says unasked, and whether it hung up; ends as soon as the wanted words are there."""
    import asyncio  # late: who only reads a config needs no event loop

    line, loop = cast("socket.socket", stream), asyncio.get_running_loop()  # from here it is always a socket
    line.setblocking(False)
    said, deadline = b"", time.monotonic() + left_s
    while wanted not in said and len(said) < LISTEN_BYTES:
        wait_s = deadline - time.monotonic()
        if wait_s <= 0:
            break
        try:
            async with asyncio.timeout(min(wait_s, LULL_S) if said else wait_s):
                more = await loop.sock_recv(line, LISTEN_BYTES - len(said))
        except TimeoutError:
            break
        except OSError:
            return said, True
        if not more:
            return said, True
        said += more
    return said, False
