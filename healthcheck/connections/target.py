"""One host as one check sees it: every way to reach it, under the attempt's own deadline."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import field
from typing import Any

from healthcheck.check import Completed, NutReading, PingReply, Stream
from healthcheck.connections import apcupsd, local, nut, tcp, tls
from healthcheck.connections.icmp import Pinger
from healthcheck.connections.shared import Shared, Thing
from healthcheck.connections.ssh import SshConnections
from healthcheck.errors import ProbeError
from healthcheck.model import Host, Previous, Site
from healthcheck.records import frozen

LEAST_S = 0.01


@frozen(slots=False)
class HostTarget:
    """The `Target` of a real round. `deadline` is in monotonic seconds."""

    host: Host
    site: Site
    previous: Previous | None
    deadline: float
    ssh: SshConnections
    pinger: Pinger
    things: Shared
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def left_s(self) -> float:
        return max(LEAST_S, self.deadline - time.monotonic())

    def wait(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(self.left_s() + 1)

    async def run(self, argv: Sequence[str], *, exits: Sequence[int] | None = (0,), input: str = "") -> Completed:
        if self.host.local:
            return await self.run_here(argv, exits=exits, input=input)
        if self.host.ssh is None:
            raise ProbeError("nobody gave us a way to look inside", f"{self.host.name} has neither `local` nor `ssh`")
        return await self.ssh.run(self.host, argv, exits=exits, input=input, left_s=self.left_s())

    async def run_here(self, argv: Sequence[str], *, exits: Sequence[int] | None = (0,), input: str = "") -> Completed:
        return await local.run(argv, exits=exits, input=input, left_s=self.left_s())

    async def resolve(self, name: str = "") -> str:
        return await tcp.resolve(name or self.host.address, left_s=self.left_s())

    async def connect(self, port: int, name: str = "") -> socket.socket:
        return await tcp.connect(name or self.host.address, port, left_s=self.left_s())

    def connected(self, port: int, name: str = "") -> socket.socket:
        address = name or self.host.address
        if tcp.is_numeric(address):
            return tcp.connect_blocking(address, port, left_s=self.left_s())
        found: socket.socket = self.wait(self.connect(port, name))
        return found

    async def open_through(self, name: str, port: int) -> Stream:
        if self.host.local:
            return await tcp.connect(name, port, left_s=self.left_s())
        return await self.ssh.open_through(self.host, name, port, left_s=self.left_s())

    async def ping(self, *, count: int, interval_s: float) -> PingReply:
        address = await self.resolve()
        return await self.pinger.ping(address, count=count, interval_s=interval_s, left_s=self.left_s())

    async def ask_nut(self, ups: str, port: int) -> NutReading:
        return await nut.read(await self.connect(port), ups, left_s=self.left_s())

    async def ask_apcupsd(self, command: str, port: int) -> tuple[str, ...]:
        return await apcupsd.ask(await self.connect(port), command, left_s=self.left_s())

    def tls(self, *, ca_file: str = "", verify: bool = True) -> ssl.SSLContext:
        return tls.client_context(ca_file=ca_file, verify=verify)

    def shared(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        return self.things.of(key, make)
