"""The real program in processes that die where a test says: at the n-th thing that they ask of the system.

Run as a module it is a nursery: it has done everything once, so that the rest is quick, and forks one process for each
line it reads. What counts is every call that writes, sends or locks, once as it begins and once as it has returned.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from healthcheck.cli import root

COUNTED = {
    "sqlite3": ("execute", "commit", "rollback", "close"),
    "socket": ("connect", "send", "sendall", "recv", "recv_into", "close", "shutdown"),
    "posix": (
        "open", "write", "pwrite", "fsync", "ftruncate", "close", "mkdir", "rename", "replace", "unlink", "rmdir",
        "fork",
    ),
    "fcntl": ("flock",),
}  # fmt: skip
_NUMBER = struct.Struct("q")


@dataclass(frozen=True)
class Life:
    """How a process ended: its exit code, -9 when it was killed, and how many calls it had made."""

    code: int
    calls: int


@dataclass
class Nursery:
    """Where processes of the program come from."""

    process: subprocess.Popen[str]

    def live(self, words: Sequence[str], *, die_at: int = -1) -> Life:
        """Run the program to its end, or to its n-th call; with -1 nothing is counted."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([list(words), die_at]) + "\n")
        self.process.stdin.flush()
        return Life(**json.loads(self.process.stdout.readline()))


@contextlib.contextmanager
def nursery(environment: dict[str, str], *words: str) -> Iterator[Nursery]:
    """A nursery, gone after the test: the environment that the program would have, and what it does once by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield Nursery(process)
    finally:
        process.communicate()


def _main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        root.run(sys.argv[1:])
    calls = mmap.mmap(-1, _NUMBER.size)
    for line in sys.stdin:
        words, die_at = json.loads(line)
        calls[:] = _NUMBER.pack(0)
        if (child := os.fork()) == 0:
            _count(calls, die_at)
            os._exit(root.run(words))
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "calls": _NUMBER.unpack(calls)[0]}), flush=True)


def _count(calls: mmap.mmap, die_at: int) -> None:
    """Count from now on, and die in the middle of it. What this process forks is not counted."""
    made = 0

    def note(frame: FrameType, event: str, called: object) -> None:
        nonlocal made
        if event in ("c_call", "c_return") and _is_counted(called):
            made += 1
            calls[:] = _NUMBER.pack(made)
            if made == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    os.register_at_fork(after_in_child=lambda: sys.setprofile(None))
    null = os.open(os.devnull, os.O_RDWR)
    for handle in (0, 1, 2):
        os.dup2(null, handle)
    if die_at >= 0:
        sys.setprofile(note)


def _is_counted(called: object) -> bool:
    owner = getattr(called, "__self__", None)
    module = getattr(owner, "__name__", None) or type(owner).__module__
    return getattr(called, "__name__", "") in COUNTED.get(module, ())


if __name__ == "__main__":
    _main()
