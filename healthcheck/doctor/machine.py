"""What the program needs of this computer: to send pings, and to know what time it is, and where."""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from healthcheck.config.hours import zone_of_this_computer
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises
from healthcheck.doctor.settings import CHECK_IT, NOT_KNOWN
from healthcheck.model import Levels, Status
from healthcheck.records import frozen
from healthcheck.words import duration

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


@frozen
class Clock:
    """Whether anything keeps the clock right, and how far it may be wrong by its own estimate (s)."""

    kept: bool
    error_s: float


def clock(premises: Premises) -> Iterator[Finding]:
    """Whether anything keeps the clock right, as the kernel tells it; "not known" where it tells nothing."""
    yield judged(kernel_clock())


def judged(told: Clock | None) -> Finding:
    """What the kernel told about its clock, as a finding."""
    if told is None:
        return Finding(
            Status.UNKNOWN, "Whether anything keeps this computer's clock right is not known.", "timedatectl"
        )
    if not told.kept:
        says = "Nothing keeps this computer's clock right, so the report may come at the wrong time."
        return Finding(Status.WARNING, says, "sudo timedatectl set-ntp true")
    status = ERROR_S.judge(told.error_s)
    within = "a second" if told.error_s <= 1 else duration(told.error_s)
    says = f"The clock is kept right by a time server, to within {within}."
    return Finding(status, says, "" if status is Status.OK else "timedatectl timesync-status")


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


def kernel_clock() -> Clock | None:
    """What adjtimex(2) tells when it is asked to change nothing; None where it may not be asked."""
    read = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(read))
    except (OSError, AttributeError):
        return None
    return clock_of(state, read.maxerror)


def clock_of(state: int, largest_error_us: int) -> Clock | None:
    """What adjtimex(2) returned, and its `maxerror` (µs)."""
    return None if state < 0 else Clock(state != _TIME_ERROR, largest_error_us / 1e6)


def zone(premises: Premises) -> Iterator[Finding]:
    """Whether this computer keeps the practice's time: timers and cron go by the computer's."""
    yield zone_judged(premises, zone_of_this_computer())


def zone_judged(premises: Premises, here: str) -> Finding:
    """The same, for a computer that keeps the zone of that name; "" where it does not tell."""
    if premises.practice is None:
        return Finding(Status.UNKNOWN, NOT_KNOWN, premises.command(CHECK_IT))
    wanted = premises.practice.timezone.key
    if not here:
        says = f"This computer does not tell its time zone; the practice's is {wanted}."
        return Finding(Status.UNKNOWN, says, "timedatectl")
    if here == wanted or _agree(premises, here):
        return Finding(Status.OK, f"This computer and the practice keep the same time: {wanted}.")
    says = (
        f"This computer keeps {here}, the practice {wanted}: a timer or cron line without a zone starts the report "
        "at another hour."
    )
    return Finding(Status.WARNING, says, f"sudo timedatectl set-timezone {wanted}")


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
