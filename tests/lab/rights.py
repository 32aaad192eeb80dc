"""Rights taken away from one thread: what it and the threads that it starts may no longer do."""

from __future__ import annotations

import ctypes
import os
import platform
import threading
from collections.abc import Callable
from typing import TypeVar

from tests.lab import need_root

Value = TypeVar("Value")

CAP_NET_RAW = 13
NOBODY = 65534
_NUMBERS = {
    ("setgroups", "x86_64"): 116,
    ("setresuid", "x86_64"): 117,
    ("setresgid", "x86_64"): 119,
    ("setresuid", "aarch64"): 147,
    ("setresgid", "aarch64"): 149,
    ("setgroups", "aarch64"): 159,
}
"""asm/unistd.h"""
_VERSION_3 = 0x20080522  # linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)


def without_the_right_to_ping(work: Callable[[], Value]) -> Value:
    """Call something in a thread that may open no raw socket, as a plain user may not."""
    return _apart(lambda: _give_up(CAP_NET_RAW), work)


def as_nobody(work: Callable[[], Value]) -> Value:
    """Call something in a thread that is the account `nobody`; the rest of the process stays what it is."""
    return _apart(_become_nobody, work)


def _apart(change: Callable[[], None], work: Callable[[], Value]) -> Value:
    """Call something in a thread that was changed first."""
    need_root()
    done: list[Value] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            change()
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(60)
    if failed:
        raise failed[0]
    return done[0]


def _become_nobody() -> None:
    # By the system's own numbers: the library's functions would change every thread.
    for name, *arguments in (("setgroups", 0, None), ("setresgid", *[NOBODY] * 3), ("setresuid", *[NOBODY] * 3)):
        _ask(_libc.syscall(_NUMBERS[str(name), platform.machine()], *arguments))


def _give_up(capability: int) -> None:
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 capabilities
    _ask(_libc.capget(header, sets))
    for place in (0, 1, 2):
        sets[place] &= ~(1 << capability)
    _ask(_libc.capset(header, sets))


def _ask(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
