"""One round at a time: a lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from healthcheck.errors import HealthcheckError


class Busy(HealthcheckError):
    """Another round is under way. `doing` is what its holder said that it does, "" when it said nothing."""

    def __init__(self, says: str, doing: str = "") -> None:
        super().__init__(says)
        self.doing = doing


@contextlib.contextmanager
def only_one(path: Path, doing: str = "") -> Iterator[None]:
    """Hold the lock file while the body runs; `Busy` at once when another process holds it.

    The lock is the kernel's (flock), not the file's being there, so a process that was killed leaves none behind.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(os.pread(handle, 80, 0).decode("ascii", "replace")) from None
        with contextlib.suppress(OSError):  # the lock holds even where the disk has no room for our name
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {doing}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _busy(written: str) -> Busy:
    holder, _, doing = written.strip().partition(" ")
    who = f" (process {holder})" if holder else ""
    return Busy(f"Another round is under way{who}, so this one was not started. Wait until it has ended.", doing)
