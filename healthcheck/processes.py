"""Starts a process so that an interruption finds it, and ends one with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

GONE_S = 2.0
"""How long killed processes may take to go; one that hangs in the kernel is left behind."""

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def interruptions_wait() -> Iterator[None]:
    """Hold back a Ctrl-C until the body is over, in which a process is started and put on record.

    Raised while Python forks, it would be lost in a callback of Python's own, or leave a process that nobody ends.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_tree(pid: int) -> None:
    """Kill a process and all its descendants. Whoever started it still has to wait for it.

    These may have made sessions of their own. It is stopped first, so that it starts nothing more while they are
    looked up.
    """
    import psutil  # heavy, and only what hangs is ended so

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for process in below:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.kill()
    psutil.wait_procs(below, timeout=GONE_S)
