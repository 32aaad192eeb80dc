"""A connection that is logged in: commands side by side, and TCP connections to other machines."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Sequence

from healthcheck.check import Completed
from healthcheck.connections import commands
from healthcheck.connections.paramiko_light import paramiko
from healthcheck.connections.ssh_command import Command, NoChannel
from healthcheck.connections.ssh_forward import Forward
from healthcheck.connections.ssh_transport import Transport
from healthcheck.connections.threads import in_thread
from healthcheck.errors import ProbeError, Unreachable

AT_ONCE = 4
"""Commands of one host side by side: well within sshd's own limit (MaxSessions 10)."""

_BUSY_PAUSES_S = (0.1, 0.4)


class Session:
    """A connection that is logged in, shared by the checks of one host."""

    def __init__(self, transport: Transport, os: str) -> None:
        self._transport = transport
        self._os = os
        self._turns = _Turns(AT_ONCE)

    @property
    def alive(self) -> bool:
        """Whether it can still be used."""
        return self._transport.is_active()

    async def run(self, argv: Sequence[str], *, exits: Sequence[int] | None, input: str, left_s: float) -> Completed:
        """Run a command to its end; see `Target.run`."""
        try:
            async with asyncio.timeout(left_s):
                code, out, err = await self._talk(argv, input, time.monotonic() + left_s)
        except TimeoutError:
            raise commands.too_slow(argv, left_s) from None
        return commands.completed(argv, code, out, err, exits)

    async def _talk(self, argv: Sequence[str], input: str, deadline: float) -> tuple[int, bytes, bytes]:
        """Run it when it is its turn. A server that has no channel left gets one command at a time from then on."""
        while True:
            async with self._turns.one():
                for pause_s in (*_BUSY_PAUSES_S, None):
                    command = Command(self._transport, self._os, argv, input, deadline)
                    try:
                        return await in_thread(command.run, name="ssh command")
                    except NoChannel as refused:
                        self._turns.limit = 1
                        if self._turns.inside > 1:
                            break  # the others have the channels; after them it is tried alone
                        if pause_s is None:
                            raise ProbeError("the server there is busy", f"no further SSH channel: {refused}") from None
                    finally:
                        command.abandon()
                    # The turn is kept meanwhile: sshd counts a channel until both sides have closed it.
                    await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  # spreads the load, guards nothing

    async def open_through(self, name: str, port: int, *, left_s: float) -> paramiko.Channel:
        """A TCP connection from the host to another machine; raises like `Target.connect`."""
        forward = Forward(self._transport, name, port, time.monotonic() + left_s)
        try:
            async with asyncio.timeout(left_s):
                return await in_thread(forward.open, name="ssh forward")
        except TimeoutError:
            raise Unreachable("its connection fell silent", f"no reply to a channel to {name}:{port}") from None
        except BaseException:
            forward.abandon()
            raise


class _Turns:
    """Lets `limit` in at once; the limit may sink while some are in."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.inside = 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A turn."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.inside < self.limit)
            self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
            async with self._changed:
                self._changed.notify_all()
