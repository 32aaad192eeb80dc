"""The wall itself: foreign code gets one question, a process of its own and a deadline, and only data comes back.

A server process (`healthcheck.walled`), which never loads foreign code, forks a process for each question. Whatever
that does (exit, crash, hang, fork, flood its output, eat memory) ends with it and costs nobody else's answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from healthcheck.connections.threads import in_thread
from healthcheck.errors import Fell, HealthcheckError
from healthcheck.foreign.wire import of_config
from healthcheck.words import duration, plain

log = logging.getLogger(__name__)

ORDER = struct.Struct("!d")
"""What goes to the server with the socket of a question: the seconds after which its process is killed."""
LATE, FLOOD = "late", "flood"
"""Why the server killed a process, in its last line."""

AT_ONCE = 32
"""Each question costs a process of some 20 MB."""
START_S = 20.0
"""What the server may take until it answers at all, on a machine that has just started."""
_ANSWER_BYTES = 1024 * 1024
_GONE = "the process for added checks was ended"
_LOG_CHARACTERS = 1000
_END_S = 1.5


class WallFell(HealthcheckError):
    """The server is gone or cannot be started, and it may not be this question's doing."""


class Wall:
    """One server, started with the first question; `close` ends it and everything behind it.

    `loads` names modules of ours that the questions need: loaded once there, they are not loaded for each.
    """

    def __init__(self, loads: Sequence[str] = ()) -> None:
        self._loads = tuple(loads)
        self._server: subprocess.Popen[bytes] | None = None
        self._servers: list[subprocess.Popen[bytes]] = []
        self._control: socket.socket | None = None
        self._room: asyncio.Semaphore | None = None
        self._waiting: set[asyncio.StreamReader] = set()
        self._far_ends: set[str] = set()
        """Of the sockets that the server was given: by these is known what it started, wherever that has fled to."""
        self._sweeping: list[asyncio.Future[None]] = []

    async def ask(self, question: Mapping[str, Any], deadline_s: float) -> dict[str, Any]:
        """The answer to one question. Raises `Fell`.

        If it is the server that falls, the question is asked once more behind a wall of its own: whoever tore down the
        first costs nobody else anything.
        """
        self._room = self._room or asyncio.Semaphore(AT_ONCE)
        async with self._room:
            try:
                return await self._ask(question, deadline_s)
            except WallFell:
                alone = Wall(self._loads)
                try:
                    return await alone._ask(question, deadline_s)
                except WallFell as error:
                    raise Fell(str(error)) from error
                finally:
                    await alone.close()

    async def close(self) -> None:
        """End the server, which ends everything behind the wall."""
        self._give_up()
        await asyncio.gather(*self._sweeping, return_exceptions=True)
        ends_at = time.monotonic() + _END_S
        for server in self._servers:
            while server.poll() is None and time.monotonic() < ends_at:
                await asyncio.sleep(0.005)
            if server.poll() is None:
                server.kill()
                server.wait()

    async def _ask(self, question: Mapping[str, Any], deadline_s: float) -> dict[str, Any]:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._order(theirs, deadline_s)
                self._far_ends.add(f"socket:[{os.fstat(theirs.fileno()).st_ino}]")
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_ANSWER_BYTES)
        except BaseException:
            ours.close()
            raise
        self._waiting.add(reader)
        group = 0
        try:
            async with asyncio.timeout(deadline_s + START_S):
                writer.write(json.dumps(question, default=of_config).encode() + b"\n")
                group = await _group(reader)
                return await _answer(reader, deadline_s)
        except WallFell:
            if group:  # nobody else ends it now
                with contextlib.suppress(OSError):
                    os.killpg(group, signal.SIGKILL)
            raise
        except TimeoutError as error:
            raise Fell(f"not ended {duration(START_S)} after its deadline", late=True) from error
        finally:
            self._waiting.discard(reader)
            writer.close()  # the server sees it and ends the process, should it be there still
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _order(self, theirs: socket.socket, deadline_s: float) -> None:
        if self._control is None:
            self._start()
        assert self._control is not None
        try:
            socket.send_fds(self._control, [ORDER.pack(deadline_s)], [theirs.fileno()])
        except OSError as error:
            self._lost()
            raise WallFell(_GONE) from error

    def _start(self) -> None:
        # Not a stream: an order and its socket arrive together or not at all.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._server = subprocess.Popen(
                    [sys.executable, "-P", "-c", _MAIN, str(Path(__file__).parents[2]), *self._loads],
                    stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env=_environment(), start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                raise WallFell(f"no process for added checks could be started: {error.strerror}") from error
        self._control = ours
        asyncio.get_running_loop().add_reader(ours, self._lost)

    def _lost(self) -> None:
        """The server is gone, whoever ended it. Nobody waits for what a process of its may still hold open."""
        for reader in self._waiting:
            reader.feed_eof()
        fallen, self._far_ends = self._far_ends, set()
        self._sweeping.append(asyncio.ensure_future(in_thread(lambda: _end_holders(fallen), name="fallen wall")))
        self._give_up()

    def _give_up(self) -> None:
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
        if self._server is not None:
            self._servers.append(self._server)
        self._control = self._server = None


_MAIN = "import sys; sys.path.append(sys.argv[1]); from healthcheck.walled.server import main; main(sys.argv[2:])"
"""Wherever this package was found, it is found there too, and nothing in the current folder stands in for it."""


def _environment() -> dict[str, str]:
    """Ours without the secrets that we were given. Few arenas, for each counts in full against a limit of memory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEALTHCHECK_SECRET_")}
    kept.pop("CREDENTIALS_DIRECTORY", None)
    return {**kept, "MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}


async def _group(reader: asyncio.StreamReader) -> int:
    """The process group of whoever answers. It is told before any foreign code is loaded that could tell another."""
    return int(_told(await _line(reader)).get("group", 0))


async def _answer(reader: asyncio.StreamReader, deadline_s: float) -> dict[str, Any]:
    """The first line that is an answer; the last line of all, which the server writes, says how the process ended."""
    while True:
        told = _told(await _line(reader))
        if isinstance(said := told.get("log"), str):
            log.error("%s", plain(said, _LOG_CHARACTERS))
        if isinstance(answer := told.get("answer"), dict):
            return answer
        if "ended" in told:
            raise _fell(told["ended"], told.get("why"), deadline_s)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readline()
    except ValueError as error:
        raise Fell(f"its answer was larger than {_ANSWER_BYTES} bytes") from error
    except OSError as error:
        raise WallFell(_GONE) from error
    if not line:
        raise WallFell(_GONE)
    return line


def _told(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _fell(code: object, why: object, deadline_s: float) -> Fell:
    if why == LATE:
        return Fell(f"ended after {duration(deadline_s)}, at its deadline", late=True)
    if why == FLOOD:
        return Fell("ended because it printed more than 1 MiB")
    if isinstance(code, int) and code < 0:
        return Fell(f"ended by {_signal_name(-code)}")
    return Fell(f"ended with exit code {code} before it had answered")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _end_holders(links: Collection[str]) -> None:
    """End every process that has one of these open (proc(5)): what a fallen server started and cannot end any more."""
    ours = str(os.getpid())
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != ours:
            with contextlib.suppress(OSError):
                if any(str(one.readlink()) in links for one in (process / "fd").iterdir()):
                    os.kill(int(process.name), signal.SIGKILL)
