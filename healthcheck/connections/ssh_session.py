"""What goes through a connection that is logged in: commands, side by side, and TCP connections to other machines."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shlex
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Sequence

from healthcheck.check import Completed
from healthcheck.connections import commands
from healthcheck.connections.paramiko_light import paramiko
from healthcheck.connections.ssh_login import Transport, in_order
from healthcheck.connections.threads import in_thread
from healthcheck.errors import (
    ConnectError,
    NoAnswer,
    NotResolved,
    ProbeError,
    Prohibited,
    Refused,
    Unreachable,
)

AT_ONCE = 4
"""Commands of one host side by side: well within sshd's own limit (MaxSessions 10)."""

BEGIN = "healthcheck begins"
_POSIX = f"echo '{BEGIN}'; PATH=$PATH:{commands.MORE_FOLDERS} LC_ALL=C; export PATH LC_ALL; exec \"$@\""
"""Runs the command in the C locale with system tools on PATH, whatever the login shell is and whether or not the
server takes our environment. What a login script prints comes before the first line and is cut away."""

_PART_BYTES = 64 * 1024
_NOISE_BYTES = 64 * 1024
_LOOK_AGAIN_S = 0.25
_DYING_S = 0.2
_BUSY_PAUSE_S = (0.2, 0.8)
_PONG_S = 1.0
_NO_STATUS = -1
_PROHIBITED, _UNKNOWN_KIND, _SHORTAGE = 1, 3, 4  # RFC 4254, 5.1

_FAR_END = (
    ("refused", Refused, "refused the connection"),
    ("timed out", NoAnswer, "did not answer"),
    ("no route", Prohibited, "could not be reached: the network turned the connection away"),
    ("unreachable", Prohibited, "could not be reached: the network knows no way to it"),
    ("not known", NotResolved, "its name could not be looked up there"),
    ("name resolution", NotResolved, "its name could not be looked up there"),
    ("nodename", NotResolved, "its name could not be looked up there"),
    ("no address", NotResolved, "its name could not be looked up there"),
)
"""Words of sshd's refusal (strerror and gai_strerror in C locale) and what they mean."""


def command_line(argv: Sequence[str], os: str) -> str:
    """The one string that SSH can send, quoted so that the login shell hands the list on unchanged."""
    if os == "windows":
        return subprocess.list2cmdline(argv)
    return shlex.join(["sh", "-c", _POSIX, "sh", *argv])


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
                code, out, err = await self._talk(argv, input.encode(), time.monotonic() + left_s)
        except TimeoutError:
            raise commands.too_slow(argv, left_s) from None
        answer = _without_noise(out)
        if len(answer) > commands.LIMIT_BYTES:
            raise commands.too_large(argv)
        return commands.completed(argv, code, answer, err, exits)

    async def _talk(self, argv: Sequence[str], data: bytes, deadline: float) -> tuple[int, bytes, bytes]:
        for last in (False, False, True):
            async with self._turns.one() as others:
                command = _Command(self._transport, argv, command_line(argv, self._os), data, deadline)
                try:
                    return await in_thread(command.run, name="ssh command")
                except _NoChannel as refused:
                    if last:
                        raise ProbeError("the server there is busy", f"no further SSH channel: {refused}") from None
                    self._turns.limit = 1
                finally:
                    command.abandon()
            if not others:
                await asyncio.sleep(random.uniform(*_BUSY_PAUSE_S))  # noqa: S311  # spreads the load, guards nothing
        raise AssertionError("the last attempt returns or raises")

    async def open_through(self, name: str, port: int, *, left_s: float) -> paramiko.Channel:
        """A TCP connection from the host to another machine; raises like `Target.connect`."""
        opening = _Opening(self._transport, name, port, time.monotonic() + left_s)
        try:
            async with asyncio.timeout(left_s):
                return await in_thread(opening.run, name="ssh forward")
        except TimeoutError:
            raise Unreachable("its connection fell silent", f"no reply to a channel to {name}:{port}") from None
        except BaseException:
            opening.abandon()
            raise


class _Turns:
    """Lets `limit` in at once; the limit may sink while some are in."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._inside = 0
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[bool]:
        """A turn; yields whether others are in as well."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._inside < self.limit)
            self._inside += 1
        try:
            yield self._inside > 1
        finally:
            self._inside -= 1
            async with self._changed:
                self._changed.notify_all()


class _NoChannel(Exception):
    """The server would not open one more channel."""


class _Command:
    """One command on a channel of its own, under one deadline for everything; blocking."""

    def __init__(self, transport: Transport, argv: Sequence[str], line: str, data: bytes, deadline: float) -> None:
        self._transport = transport
        self._argv = argv
        self._line = line
        self._unsent = data
        self._deadline = deadline
        self._channel: paramiko.Channel | None = None
        self._abandoned = False
        self._finished = False

    def run(self) -> tuple[int, bytes, bytes]:
        """Exit code and both streams. `TimeoutError` at the deadline, `ProbeError` if the connection breaks."""
        channel = self._channel = in_order(self._opened())
        if self._abandoned:
            channel.close()
            raise TimeoutError
        woken = _Woken()
        channel.in_buffer.set_event(woken)
        channel.in_stderr_buffer.set_event(woken)
        try:
            channel.exec_command(self._line)
        except (paramiko.SSHException, EOFError, OSError):
            raise self._why(ProbeError("its remote login lets us run no commands", "exec request refused")) from None
        out, err = self._drained(channel, woken)
        self._finished = True
        if channel.exit_status != _NO_STATUS:
            return channel.exit_status, out, err
        # Ended by a signal, or together with its connection, which ends a moment after its channels.
        self._transport.join(_DYING_S)
        if not self._transport.is_active():
            raise self._broke_off()
        return commands.BY_A_SIGNAL, out, err

    def abandon(self) -> None:
        """Nobody waits any more: end the command there and the channel here. Does not block."""
        self._abandoned = True
        if self._channel is not None and not self._channel.closed:
            threading.Thread(target=self._give_up, args=(self._channel,), name="ssh command end", daemon=True).start()

    def _give_up(self, channel: paramiko.Channel) -> None:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            if not self._finished:
                with channel.lock:
                    if not channel.closed:
                        self._transport.kill(channel)
            channel.close()

    def _opened(self) -> paramiko.Channel:
        try:
            return self._transport.open_session(timeout=self._left_s())
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._why(_NoChannel(self._transport.refusal()[1] or str(error))) from None

    def _why(self, otherwise: Exception) -> Exception:
        """Why it came to nothing: we gave up, the connection ended, or otherwise."""
        if self._abandoned or self._left_s() <= 0:
            return TimeoutError()
        if self._transport.is_active():
            return otherwise
        return self._broke_off()

    def _broke_off(self) -> ProbeError:
        return ProbeError(
            "the connection broke off before the answer was complete",
            f"{commands.shown(self._argv)}: the SSH connection ended without an exit status",
        )

    def _drained(self, channel: paramiko.Channel, woken: _Woken) -> tuple[bytes, bytes]:
        """Both streams, side by side, until the command and whatever holds its output have ended."""
        out, err = bytearray(), bytearray()
        while True:
            over = channel.closed or (channel.eof_received and channel.exit_status_ready())
            while channel.recv_ready():
                out += channel.recv(_PART_BYTES)
                self._bound(out)
            while channel.recv_stderr_ready():
                err += channel.recv_stderr(_PART_BYTES)
                self._bound(err)
            if over:
                return bytes(out), bytes(err)
            self._send(channel)
            if self._left_s() <= 0 or self._abandoned:
                raise TimeoutError
            woken.pause(min(_LOOK_AGAIN_S, self._left_s()))

    def _bound(self, kept: bytearray) -> None:
        if len(kept) > commands.LIMIT_BYTES + _NOISE_BYTES:
            raise commands.too_large(self._argv)
        if self._left_s() <= 0:
            raise TimeoutError

    def _send(self, channel: paramiko.Channel) -> None:
        with channel.lock:
            while self._unsent and not channel.closed and channel.send_ready():
                self._unsent = self._unsent[channel.send(self._unsent) :]
            if not (self._unsent or channel.closed or channel.eof_sent):
                channel.shutdown_write()

    def _left_s(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


class _Woken(threading.Event):
    """Set when there is something on either stream. paramiko clears it when one is empty; the other may not be."""

    def clear(self) -> None:
        return

    def pause(self, seconds: float) -> None:
        self.wait(seconds)
        super().clear()


class _Opening:
    """A channel to another machine; blocking. sshd answers once its own connection has come about or failed."""

    def __init__(self, transport: Transport, name: str, port: int, deadline: float) -> None:
        self._transport = transport
        self._name = name
        self._port = port
        self._deadline = deadline
        self._abandoned = False
        self._channel: paramiko.Channel | None = None

    def run(self) -> paramiko.Channel:
        left_s = self._deadline - time.monotonic()
        pong_s = min(_PONG_S, left_s / 4)
        where = (self._name, self._port)
        try:
            self._channel = in_order(
                self._transport.open_channel("direct-tcpip", where, ("127.0.0.1", 0), timeout=left_s - pong_s)
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._failure(error, left_s, pong_s) from None
        if self._abandoned:
            self._channel.close()
        self._channel.settimeout(max(0.01, self._deadline - time.monotonic()))
        return self._channel

    def abandon(self) -> None:
        self._abandoned = True
        if self._channel is not None:
            self._channel.close()

    def _failure(self, error: Exception, waited_s: float, pong_s: float) -> ProbeError:
        code, said = self._transport.refusal()
        detail = f"from there to {self._name}:{self._port}: {said or error}"
        if not self._transport.is_active():
            return Unreachable("the connection broke off", detail)
        if code in (_PROHIBITED, _UNKNOWN_KIND):
            return ProbeError(
                "its remote login does not let us look from there",
                f"{detail}; allow it in authorized_keys: "
                f'restrict,port-forwarding,permitopen="{self._name}:{self._port}" (and AllowTcpForwarding local)',
            )
        if code == _SHORTAGE:
            return ProbeError("the server there is busy", detail)
        if code == 0 and self._answers(pong_s):
            return NoAnswer("did not answer", f"from there to {self._name}:{self._port}: no answer in {waited_s:.1f} s")
        if code == 0:
            return Unreachable("its connection fell silent", detail)
        for words, kind, says in _FAR_END:
            if words in said.lower():
                return kind(says, detail)
        return ConnectError("could not be reached", detail)

    def _answers(self, seconds: float) -> bool:
        """Whether the server itself still speaks, so that the silence is the other machine's."""
        asked = threading.Thread(
            target=lambda: self._transport.global_request("keepalive@openssh.com"), name="ssh pong", daemon=True
        )
        asked.start()
        asked.join(seconds)
        return not asked.is_alive() and self._transport.is_active()


def _without_noise(out: bytes) -> bytes:
    """What the command printed, without what the login shell said before it."""
    before, found, after = out.partition(BEGIN.encode() + b"\n")
    return after if found and len(before) <= _NOISE_BYTES else out
