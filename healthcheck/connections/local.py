"""Commands on this computer, each in a process group of its own that never outlives its deadline."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from healthcheck.check import Completed
from healthcheck.connections import commands
from healthcheck.errors import ProbeError

REAP_S = 0.5
"""How long a killed process may take to go; one that hangs in the kernel is left behind."""


async def run(argv: Sequence[str], *, exits: Sequence[int] | None, input: str, left_s: float) -> Completed:
    """Run a command and return its answer; see `Target.run`. Everything it started is killed at the deadline."""
    loop = asyncio.get_running_loop()
    try:
        transport, talk = await loop.subprocess_exec(_Talk, *argv, env=_environment(), start_new_session=True)
    except (OSError, ValueError) as error:
        raise _not_started(argv, error) from error
    try:
        async with asyncio.timeout(left_s):
            _send(transport, input)
            await talk.ended
    except TimeoutError as error:
        raise commands.too_slow(argv, left_s) from error
    finally:
        # A process whose output is still open, or that nobody waits for any more, goes with everything it started.
        if not talk.ended.done() or talk.ended.cancelled() or talk.overflowed:
            await _end(transport, talk)
        transport.close()
    if talk.overflowed:
        raise commands.too_large(argv)
    code = transport.get_returncode()
    return commands.completed(argv, -1 if code is None else code, bytes(talk.kept[1]), bytes(talk.kept[2]), exits)


class _Talk(asyncio.SubprocessProtocol):
    """Both streams, drained side by side as they come; `ended` is set when the process and its output have ended."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.kept = {1: bytearray(), 2: bytearray()}
        self.overflowed = False

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if self.overflowed:
            return
        self.kept[fd] += data
        if len(self.kept[fd]) > commands.LIMIT_BYTES:
            self.overflowed = True
            self._set(self.ended)

    def process_exited(self) -> None:
        self._set(self.exited)

    def connection_lost(self, exc: Exception | None) -> None:
        self._set(self.ended)

    @staticmethod
    def _set(future: asyncio.Future[None]) -> None:
        if not future.done():
            future.set_result(None)


def _environment() -> dict[str, str]:
    """Ours, with the C locale and the folders of system tools, and without the secrets that we were given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEALTHCHECK_SECRET_")}
    kept.pop("CREDENTIALS_DIRECTORY", None)
    return {**kept, "LC_ALL": "C", "PATH": f"{kept.get('PATH', os.defpath)}:{commands.MORE_FOLDERS}"}


def _send(transport: asyncio.SubprocessTransport, text: str) -> None:
    pipe = transport.get_pipe_transport(0)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(text.encode())
        pipe.close()  # after what is buffered has gone


async def _end(transport: asyncio.SubprocessTransport, talk: _Talk) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    await asyncio.wait([talk.exited], timeout=REAP_S)


def _not_started(argv: Sequence[str], error: Exception) -> ProbeError:
    detail = f"{commands.shown(argv)}: {error}"
    if isinstance(error, FileNotFoundError):
        return ProbeError(f"the tool {commands.tool(argv)} is not installed there", detail)
    if isinstance(error, PermissionError):
        return ProbeError(f"our login there may not use {commands.tool(argv)}", detail)
    return ProbeError(f"{commands.tool(argv)} could not be started there", detail)
