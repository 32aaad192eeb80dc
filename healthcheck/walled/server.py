"""The fork server: one clean process that knows the program by heart and forks a child for each question.

It never loads foreign code, so a child costs milliseconds and begins untouched. It ends every child at its deadline,
when nobody waits for its answer any more, and when it prints without end; and with a child, whatever that started.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from healthcheck.foreign.wall import FLOOD, LATE, ORDER
from healthcheck.walled.questions import answer_to

MEMORY_BYTES = 1024 * 1024 * 1024
"""Address space of a child and of each process that it starts."""
OUTPUT_BYTES = 1024 * 1024
"""What a child may print; nobody reads it."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_ROUNDS = 50


def main(loads: Sequence[str]) -> None:
    """Serve on standard input (a socket of whole messages) until its other end is closed.

    `loads` are modules of ours that the questions will need.
    """
    control = socket.socket(fileno=os.dup(0))
    os.set_inheritable(control.fileno(), False)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a device
        os.dup2(nothing.fileno(), 0)
    _limit(resource.RLIMIT_CORE, 0)  # a core would hold the secrets that go through
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for name in loads:
        importlib.import_module(name)
    gc.freeze()  # the children share our memory for as long as nobody touches it
    Server(control).serve()


@dataclass
class _Child:
    pid: int
    answer: int
    output: int
    ends_at: float
    printed: int = 0
    why: str = ""

    def kill(self, why: str = "") -> None:
        self.why = self.why or why
        for kill in (os.killpg, os.kill):  # it may not have a group of its own yet
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)


class Server:
    """The children by process id, and what is listened to: orders, each child's answer socket and output, deaths."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, _Child] = {}
        self._death, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._death, select.POLLIN)

    def serve(self) -> None:
        """Until nobody asks any more."""
        try:
            while self._turn():
                pass
        finally:
            for child in self._children.values():
                child.kill()
            _sweep()

    def _turn(self) -> bool:
        for descriptor, event in self._poll.poll(self._patience_ms()):
            if descriptor == self._control.fileno():
                if not self._ordered():
                    return False
            elif descriptor == self._death:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._death, 4096)
            else:
                self._heard(descriptor, event)
        now = time.monotonic()
        for child in self._children.values():
            if now >= child.ends_at:
                child.kill(LATE)
        self._bury()
        return True

    def _patience_ms(self) -> float | None:
        first = min((child.ends_at for child in self._children.values()), default=None)
        return None if first is None else max(0.0, (first - time.monotonic()) * 1000) + 1

    def _ordered(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        if not message or not descriptors:
            return False
        [deadline_s] = ORDER.unpack(message)
        output, printing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_the_child(server, descriptors[0], printing)
        os.close(printing)
        self._children[pid] = _Child(pid, descriptors[0], output, time.monotonic() + deadline_s)
        self._poll.register(descriptors[0], 0)  # hang-ups only: what comes in is the child's to read
        self._poll.register(output, select.POLLIN)
        return True

    def _heard(self, descriptor: int, event: int) -> None:
        for child in self._children.values():
            if descriptor == child.answer:  # nobody waits for it any more
                self._poll.unregister(descriptor)
                child.kill()
            elif descriptor == child.output:
                with contextlib.suppress(BlockingIOError):
                    heard = len(os.read(descriptor, 1 << 16))
                    child.printed += heard
                    if not heard:
                        self._poll.unregister(descriptor)
                if child.printed > OUTPUT_BYTES:
                    child.kill(FLOOD)

    def _bury(self) -> None:
        """Take note of every death; what a dead child has left running goes with it."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if child := self._children.pop(pid, None):
                with contextlib.suppress(OSError):
                    os.killpg(pid, signal.SIGKILL)
                for descriptor in (child.answer, child.output):
                    with contextlib.suppress(KeyError):
                        self._poll.unregister(descriptor)
                _last_line(child, os.waitstatus_to_exitcode(status))
                os.close(child.answer)
                os.close(child.output)
                if not self._children:
                    _sweep()


def _last_line(child: _Child, code: int) -> None:
    """How it ended, on a line of its own whatever it wrote before."""
    line = "\n" + json.dumps({"ended": code, "why": child.why}) + "\n"
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(child.answer)) as answer:
        answer.setblocking(False)
        answer.send(line.encode(), socket.MSG_NOSIGNAL)


def _be_the_child(server: int, answer: int, printing: int) -> NoReturn:
    """The whole life of a child. It never returns into the server's code."""
    code = 1
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:  # it died before we had asked to die with it
            os._exit(code)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.set_blocking(printing, True)
        os.dup2(printing, 1)
        os.dup2(printing, 2)
        os.closerange(3, answer)
        os.closerange(answer + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        _limit(resource.RLIMIT_AS, MEMORY_BYTES)
        with contextlib.suppress(OSError):  # where the machine runs out of memory, it is the first to go
            Path("/proc/self/oom_score_adj").write_text("1000")
        answer_to(answer)
        code = 0
    finally:
        os._exit(code)


def _sweep() -> None:
    """End what fled from its group: it is our child now, for we are its next living ancestor that asked for orphans."""
    for _ in range(_ROUNDS):
        orphans = Path(f"/proc/self/task/{os.getpid()}/children")
        try:
            pids = [int(word) for word in orphans.read_text().split()]
        except (OSError, ValueError):
            return
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)  # one that hangs in the kernel does not go, and is not waited for
        for pid in pids:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _limit(what: int, most: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # a sandbox may forbid it, or hold us to less already
        resource.setrlimit(what, (most, most))


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
