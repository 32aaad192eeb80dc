"""Rights taken away from one thread: what it and the threads that it starts may no longer do."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import TypeVar

from tests.lab import need_root

Value = TypeVar("Value")

CAP_NET_RAW = 13
_VERSION_3 = 0x20080522  # linux/capability.h

_libc = ctypes.CDLL(None, use_errno=True)


def without_the_right_to_ping(work: Callable[[], Value]) -> Value:
    """Call something in a thread that may open no raw socket, as a plain user may not."""
    need_root()
    done: list[Value] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            _give_up(CAP_NET_RAW)
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(60)
    if failed:
        raise failed[0]
    return done[0]


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
