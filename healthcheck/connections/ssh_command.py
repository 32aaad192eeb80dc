"""One command over an SSH connection: both streams drained side by side under one deadline.

paramiko's own timeouts are for each read, and its wait for the exit code knows none.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence

from healthcheck.connections import commands
from healthcheck.connections.paramiko_light import paramiko
from healthcheck.connections.ssh_transport import Transport, in_order
from healthcheck.errors import ProbeError

BEGIN = "healthcheck begins"
_BEFORE = f"echo '{BEGIN}'; PATH=$PATH:{commands.MORE_FOLDERS} LC_ALL=C; export PATH LC_ALL"
"""Goes before a command, so that it runs in the C locale with system tools on PATH, whatever the login shell is and
whether or not the server takes our environment. What a login script prints comes before it and is cut away."""

_PART_BYTES = 64 * 1024
_NOISE_BYTES = 64 * 1024
_LOOK_AGAIN_S = 0.25
_DYING_S = 0.2
_NO_STATUS = -1


def command_line(argv: Sequence[str], os: str) -> str:
    """The one string that SSH can send, quoted so that the login shell hands the list on unchanged."""
    if os == "windows":
        return subprocess.list2cmdline(argv)
    match argv:
        case ["sh", "-c", script]:  # no second shell there
            return shlex.join(["sh", "-c", f"{_BEFORE}\n{script}"])
    return shlex.join(["sh", "-c", f'{_BEFORE}; exec "$@"', "sh", *argv])


class NoChannel(Exception):
    """The server would not open one more channel."""


class Command:
    """One command on a channel of its own, under one deadline for everything; blocking."""

    def __init__(self, transport: Transport, os: str, argv: Sequence[str], input: str, deadline: float) -> None:
        self._transport = transport
        self._argv = argv
        self._line = command_line(argv, os)
        self._unsent = input.encode()
        self._deadline = deadline
        self._channel: paramiko.Channel | None = None
        self._abandoned = False
        self._finished = False

    def run(self) -> tuple[int, bytes, bytes]:
        """Exit code and both streams. `NoChannel`, `TimeoutError` at the deadline, or `ProbeError` says why not."""
        channel = self._channel = in_order(self._opened())
        if self._abandoned:
            channel.close()
            raise TimeoutError
        woken = _Woken(channel)
        channel.in_buffer.set_event(woken)
        channel.in_stderr_buffer.set_event(woken)
        try:
            channel.exec_command(self._line)
        except (paramiko.SSHException, EOFError, OSError):
            raise self._why(ProbeError("its remote login lets us run no commands", "exec request refused")) from None
        out, err = self._drained(channel, woken)
        self._finished = True
        if channel.exit_status != _NO_STATUS:
            return channel.exit_status, self._without_noise(out), err
        # Ended by a signal, or together with its connection, which ends a moment after its channels.
        self._transport.join(_DYING_S)
        if not self._transport.is_active():
            raise self._broke_off()
        return commands.BY_A_SIGNAL, self._without_noise(out), err

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
            raise self._why(NoChannel(self._transport.refusal()[1] or str(error))) from None

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

    def _without_noise(self, out: bytes) -> bytes:
        """What the command printed, without what the login shell said before it."""
        before, found, after = out.partition(BEGIN.encode() + b"\n")
        answer = after if found and len(before) <= _NOISE_BYTES else out
        if len(answer) > commands.LIMIT_BYTES:
            raise commands.too_large(self._argv)
        return answer

    def _left_s(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


class _Woken(threading.Event):
    """Set when a channel has nothing more to say. paramiko sets it at every word, and clears it again."""

    def __init__(self, channel: paramiko.Channel) -> None:
        super().__init__()
        self._channel = channel

    def set(self) -> None:
        if self._channel.eof_received or self._channel.closed:
            super().set()

    def clear(self) -> None:
        return

    def pause(self, seconds: float) -> None:
        self.wait(seconds)
        super().clear()
