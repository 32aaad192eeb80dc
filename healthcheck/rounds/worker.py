"""Looks at a plan in a child process, so that nothing a check does can keep the report from leaving.

A driver that holds the interpreter, a call that blocks the event loop and a crash of the whole process all end the same
way: at the deadline the parent takes what was told until then.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import resource
import select
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from healthcheck import processes
from healthcheck.check import Planned
from healthcheck.errors import where
from healthcheck.missed import lost, not_finished
from healthcheck.model import Outcome

OnDone = Callable[[Outcome], None]
Look = Callable[[OnDone], Coroutine[Any, Any, object]]
"""Looks at the plan and calls back with each outcome."""

GRACE_S = 2.0
"""How long the worker may take beyond the deadline, or after its last word, to close what it has open."""
_HEAD = struct.Struct("!I")
_READ_BYTES = 1 << 16
_GATHER_S = 0.002
"""What comes within this time is taken together: to be woken for each outcome costs as much as to read it."""
_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def outcomes(
    plan: Sequence[Planned],
    look: Look,
    *,
    deadline_s: float,
    on_done: OnDone | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> list[Outcome]:
    """One outcome for each check, in the plan's order, at most `GRACE_S` after the deadline.

    `meanwhile` is done in a thread of this process while the worker looks; what goes wrong in it goes wrong again where
    it is needed.

    What the worker did not tell "could not be checked". On any exception, an interruption too, the worker and all that
    it started is ended.
    """
    ends_at = datetime.now(UTC) + timedelta(seconds=deadline_s)
    done: dict[str, Outcome] = {}

    def note(outcome: Outcome) -> None:
        if outcome.key not in done:
            done[outcome.key] = outcome
            if on_done is not None:
                on_done(outcome)

    with contextlib.ExitStack() as stack:
        with processes.interruptions_wait():
            worker = stack.enter_context(contextlib.closing(_Worker(look)))
        if meanwhile is not None:
            stack.enter_context(_done_beside(meanwhile))
        for outcome in worker.told(deadline_s + GRACE_S):
            note(outcome)
            if len(done) == len(plan):
                break
        code = worker.end(GRACE_S if worker.closed or len(done) == len(plan) else 0.0)
    for planned in plan:
        if planned.key not in done:
            if code is None:
                note(not_finished(planned, ends_at))
            else:
                note(lost(planned, f"the process that looked ended with {code}"))
    return [done[planned.key] for planned in plan]


@contextlib.contextmanager
def _done_beside(do: Callable[[], None]) -> Iterator[None]:
    def body() -> None:
        with contextlib.suppress(Exception):
            do()

    # Daemonic: whoever interrupts a round does not wait for it.
    thread = threading.Thread(target=body, name="meanwhile", daemon=True)
    thread.start()
    yield
    thread.join()


class _Worker:
    """A child process that looks. `closed` when it has told all that it ever will."""

    def __init__(self, look: Look) -> None:
        self._pipe, write_end = os.pipe()
        self.closed = False
        parent = os.getpid()
        gc.freeze()  # a collection in the child would touch, and so copy, all that it shares with us
        self._pid: int | None = os.fork()
        if self._pid == 0:
            _work(look, write_end, parent)
        os.close(write_end)

    def told(self, at_most_s: float) -> Iterator[Outcome]:
        """Each outcome as it comes, until there are no more or the time is up."""
        ends_at, read, ready = time.monotonic() + at_most_s, bytearray(), select.poll()
        ready.register(self._pipe, select.POLLIN)
        while (left := ends_at - time.monotonic()) > 0 and ready.poll(left * 1000):
            chunk = os.read(self._pipe, _READ_BYTES)
            if not chunk:
                self.closed = True
                return
            read += chunk
            at = 0
            while len(read) - at >= _HEAD.size:
                begin = at + _HEAD.size
                end = begin + _HEAD.unpack_from(read, at)[0]
                if end > len(read):
                    break
                yield pickle.loads(read[begin:end])  # noqa: S301  # from our own child
                at = end
            del read[:at]
            time.sleep(_GATHER_S)

    def end(self, at_most_s: float) -> int | None:
        """Its exit code, negative for a signal; None when it did not end in that time and was ended."""
        assert self._pid is not None
        code = _waited(self._pid, at_most_s)
        if code is None:
            processes.end_tree(self._pid)
            _waited(self._pid, processes.GONE_S)
        self._pid = None
        return code

    def close(self) -> None:
        """See that it is gone, with everything it started."""
        if self._pid is not None:
            self.end(0.0)
        os.close(self._pipe)


def _waited(pid: int, at_most_s: float) -> int | None:
    ends_at = time.monotonic() + at_most_s
    while True:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # whoever started us lets the kernel wait for our children
            return 0
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= ends_at:
            return None
        time.sleep(0.002)


def _work(look: Look, pipe: int, parent: int) -> NoReturn:
    """The whole life of the worker. It never returns into the code that it was forked from."""
    code = 1
    try:
        _settle_in(pipe, parent)

        def tell(outcome: Outcome) -> None:
            data = pickle.dumps(outcome)
            view = memoryview(_HEAD.pack(len(data)) + data)
            while view:
                view = view[os.write(pipe, view) :]

        import asyncio  # the parent has no use for it

        asyncio.run(look(tell))
        code = 0
    finally:
        if (error := sys.exception()) is not None:
            with contextlib.suppress(OSError):  # where it happened, not its own words, which may hold anything
                os.write(2, f"The process that looked has a fault: {where(error)}\n".encode())
        os._exit(code)


def _settle_in(pipe: int, parent: int) -> None:
    """Let go of all that is the parent's: its open files, so that its lock ends with it, and its signals."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the whole group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, processes.INTERRUPTIONS)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
