"""What the program needs of this computer: to send pings, and to know what time it is, and where."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from healthcheck.config.hours import zone_of_this_computer
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.model import Levels, Status
from healthcheck.words import duration

ASK_S = 5.0
ERROR_S = Levels.above(warning=10)
"""How far the clock may be wrong by its own estimate; a minute decides nothing, but events are put in order by it."""

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized


def pings(premises: Premises) -> Iterator[Finding]:
    """Whether this account may send echo requests, by the same two kinds of socket that a round tries."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        yield Finding(Status.OK, "This account may send pings.")
        return
    yield Finding(
        Status.WARNING,
        "This account may not send pings; whether a machine is there is asked by other means, and silence proves "
        "nothing. The service that comes with the program may send them.",
        "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'",
    )


def clock(premises: Premises) -> Iterator[Finding]:
    """Whether anything keeps the clock right, as the kernel tells it; "not known" where it tells nothing."""
    told = _kernel_clock()
    if told is None:
        told = _timedatectl()
    if told is None:
        yield Finding(Status.UNKNOWN, "Whether anything keeps this computer's clock right is not known.", "timedatectl")
    elif not told[0]:
        says = "Nothing keeps this computer's clock right, so the report may come at the wrong time."
        yield Finding(Status.WARNING, says, "sudo timedatectl set-ntp true")
    elif told[1] is None:
        yield Finding(Status.OK, "The clock is kept right by a time server.")
    else:
        status = ERROR_S.judge(told[1])
        says = f"The clock is kept right by a time server, to within {_about(told[1])}."
        yield Finding(status, says, "" if status is Status.OK else "timedatectl timesync-status")


def _about(seconds: float) -> str:
    return "a second" if seconds <= 1 else duration(seconds)


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (sys/timex.h), and room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def _kernel_clock() -> tuple[bool, float | None] | None:
    """Whether the kernel's clock is synchronized and its largest error (s); None where it may not be asked."""
    read = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(read))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else (state != _TIME_ERROR, read.maxerror / 1e6)


def _timedatectl() -> tuple[bool, float | None] | None:
    argv = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(argv, capture_output=True, text=True, timeout=ASK_S, check=False)
        if done.returncode == 0 and done.stdout.strip() in ("yes", "no"):
            return done.stdout.strip() == "yes", None
    return None


def zone(premises: Premises) -> Iterator[Finding]:
    """Whether this computer keeps the practice's time: timers and cron go by the computer's."""
    here = zone_of_this_computer()
    if premises.practice is None:
        yield Finding(Status.UNKNOWN, "The practice's time zone is not known while the config has a mistake.")
        return
    wanted = premises.practice.timezone.key
    if not here:
        says = f"This computer does not tell its time zone; the practice's is {wanted}."
        yield Finding(Status.UNKNOWN, says, "timedatectl")
    elif here == wanted or _agree(premises, here):
        yield Finding(Status.OK, f"This computer and the practice keep the same time: {wanted}.")
    else:
        says = (
            f"This computer keeps {here}, the practice {wanted}: a timer or cron line without a zone starts the report "
            "at another hour."
        )
        yield Finding(Status.WARNING, says, f"sudo timedatectl set-timezone {wanted}")


def _agree(premises: Premises, here: str) -> bool:
    """Whether two zones have the same time all through the coming year."""
    assert premises.practice is not None
    try:
        other = ZoneInfo(here)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    days = [premises.now + timedelta(days=day) for day in range(0, 366, 7)]
    return all(
        day.astimezone(other).utcoffset() == day.astimezone(premises.practice.timezone).utcoffset() for day in days
    )
