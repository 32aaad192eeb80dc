"""A person at a terminal: what the program shows there, and what is typed.

with terminal("healthcheck", "init") as person:
    person.reads("What is the practice called?")
    person.types("Foothill Oncology Group")
    assert person.leaves() == 0
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

WITHIN_S = 20.0


class Person:
    """`shown` is all that has stood on the screen, line ends as "\\n"."""

    def __init__(self, line: int, process: subprocess.Popen[bytes]) -> None:
        self._line = line
        self._process = process
        self._seen = 0
        self.shown = ""

    def reads(self, text: str) -> str:
        """Wait until that stands on the screen, behind what was read before; returns what stood before it."""
        end = time.monotonic() + WITHIN_S
        while (at := self.shown.find(text, self._seen)) < 0:
            if not self._more(end):
                raise AssertionError(f"{text!r} never came; the screen ends with: {self.shown[-1500:]}")
        before, self._seen = self.shown[self._seen : at], at + len(text)
        return before

    def types(self, text: str) -> None:
        """Type a line."""
        os.write(self._line, f"{text}\n".encode())

    def interrupts(self) -> int:
        """Press Ctrl-C until the program has ended; its exit code.

        Once may not be enough: Python's readline misses a signal that comes just before it begins to wait.
        """
        for _ in range(5):
            os.write(self._line, b"\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(WITHIN_S / 5)
        raise AssertionError(f"it goes on; the screen ends with: {self.shown[-1500:]}")

    def leaves(self) -> int:
        """Wait for the program's end; its exit code. What it showed until then is in `shown`."""
        end = time.monotonic() + WITHIN_S
        while self._more(end):
            pass
        return self._process.wait(WITHIN_S)

    def _more(self, end: float) -> bool:
        """Take in what is shown next; False when there is nothing more, or not in time."""
        readable, _, _ = select.select([self._line], [], [], max(0.0, end - time.monotonic()))
        if not readable:
            return False
        try:
            data = os.read(self._line, 65536)
        except OSError:  # so ends a terminal whose program is gone
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(*argv: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Person]:
    """Start a program at a terminal of its own; it is gone after the body."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            argv, stdin=theirs, stdout=theirs, stderr=theirs, env=env, preexec_fn=lambda: os.login_tty(theirs)
        )
    finally:
        os.close(theirs)
    try:
        yield Person(ours, process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)
