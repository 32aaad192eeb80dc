"""Ends a process together with everything it started, whatever sessions those made for themselves."""

from __future__ import annotations

import contextlib
import os
import signal

GONE_S = 2.0
"""How long killed processes may take to go; one that hangs in the kernel is left behind."""


def end_tree(pid: int) -> None:
    """Kill a process and all its descendants. Whoever started it still has to wait for it.

    It is stopped first, so that it starts nothing more while its descendants are looked up.
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
