"""One drive → findings in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from healthcheck.api import Levels, Metric, Previous, Result, Status, count, frozen, moment, percent
from healthcheck.checks._smart.drive import Drive

GOOD = "has drives in good health"
ABOUT_TO_FAIL = "has a drive that is about to fail"
UNTOLD = "could not be checked: one of its drives tells nothing about its health"

_NOT_UNDERSTOOD, _NOT_OPENED, _COMMAND_FAILED, _FAILING, _PREFAIL, _ONCE, _ERRORS, _TEST = (
    1 << bit for bit in range(8)
)
_BITS = {
    _NOT_UNDERSTOOD: "command line not understood",
    _NOT_OPENED: "device not opened",
    _COMMAND_FAILED: "a command failed or a checksum is wrong",
    _FAILING: "SMART status: disk failing",
    _PREFAIL: "a pre-fail attribute is at its threshold",
    _ONCE: "an attribute was at its threshold in the past",
    _ERRORS: "errors in the device's log",
    _TEST: "a self-test failed",
}
# NVM Express base specification, SMART / Health Information log, byte 0.
_WARNINGS = {
    1: (Status.CRITICAL, ABOUT_TO_FAIL, "available spare below its threshold"),
    2: (Status.WARNING, "has a drive that is too hot or too cold", "temperature beyond its threshold"),
    4: (Status.CRITICAL, ABOUT_TO_FAIL, "reliability degraded"),
    8: (Status.CRITICAL, "has a drive that can no longer be written to", "media is read-only"),
    16: (Status.WARNING, "has a drive that may lose its latest data in a power cut", "volatile memory backup failed"),
    32: (Status.CRITICAL, "has a drive that can no longer be written to", "persistent memory is read-only"),
}
_NO_SMART = re.compile(
    r"unable to detect device type|unknown usb bridge|please try adding|please specify device type|lacks SMART"
    r"|unsupported (?:scsi|field)|not a (?:SMART|physical)|device type.*not supported|mandatory SMART command failed",
    re.IGNORECASE,
)
_GONE = re.compile(r"no such (?:device|file)", re.IGNORECASE)


@frozen
class Limits:
    """The check's thresholds."""

    worn_percent: Levels
    bad_sectors: Levels
    temperature_c: Levels


def has_no_smart(drive: Drive) -> bool:
    """Whether it cannot tell of its health at all: a virtual disk, a volume of a controller, many USB boxes."""
    complaint = " ".join(drive.messages)
    return drive.passed is None and (drive.supported is False or bool(_NO_SMART.search(complaint)))


def is_gone(drive: Drive) -> bool:
    """Whether there is no such drive."""
    return bool(drive.exit & _NOT_OPENED) and bool(_GONE.search(" ".join(drive.messages)))


def findings(drive: Drive, limits: Limits, now: datetime, previous: Previous | None) -> Iterator[Result]:
    """What is to say about a drive that could be asked. Its own verdict comes first."""
    yield _verdict(drive)
    yield from _warnings(drive)
    yield from _marks(drive)
    yield from _numbers(drive, limits)
    if drive.logged is not None:
        yield _logged(drive, drive.logged, now, previous)


def bits(exit_status: int) -> str:
    """What smartctl's exit code means."""
    return ", ".join(told for bit, told in _BITS.items() if exit_status & bit)


def _verdict(drive: Drive) -> Result:
    told = "; ".join(filter(None, [drive.told, bits(drive.exit), *drive.failing, *drive.messages]))
    hours = None if drive.hours is None else Metric(f"hours {drive.device.name}", drive.hours, "h")
    if drive.passed is False or drive.failing or drive.exit & (_FAILING | _PREFAIL):
        return Result(Status.CRITICAL, ABOUT_TO_FAIL, told, hours)
    if drive.passed is None or drive.exit & (_NOT_UNDERSTOOD | _NOT_OPENED):
        return Result(Status.UNKNOWN, UNTOLD, told, hours)
    if drive.tells_little:
        return Result(
            Status.UNKNOWN, "could not be checked: one of its drives tells only part of its health", told, hours
        )
    return Result(Status.OK, GOOD, told, hours)


def _warnings(drive: Drive) -> Iterator[Result]:
    left = drive.warning or 0
    for bit, (status, says, told) in _WARNINGS.items():
        if left & bit:
            yield Result(status, says, f"{drive.told}: {told}")
        left &= ~bit
    if left:
        says = "could not be checked: one of its drives warns of something that this check does not know"
        yield Result(Status.UNKNOWN, says, f"{drive.told}: critical warning {drive.warning}")
    limit, spare = drive.spare_limit_percent, drive.spare_percent
    if limit is not None and spare is not None and spare < limit and not (drive.warning or 0) & 1:
        yield Result(Status.CRITICAL, ABOUT_TO_FAIL, f"{drive.told}: {spare} % spare left, limit {limit} %")


def _marks(drive: Drive) -> Iterator[Result]:
    if drive.self_test or drive.exit & _TEST:
        told = drive.self_test or _BITS[_TEST]
        yield Result(Status.WARNING, "has a drive that failed its last self-test", f"{drive.told}: {told}")
    if drive.doubted:
        yield Result(Status.WARNING, "has a drive that does not work as it should", f"{drive.told}: {drive.doubted}")
    if drive.failed or drive.exit & _ONCE:
        told = ", ".join(drive.failed) or _BITS[_ONCE]
        yield Result(Status.WARNING, "has a drive that was once beyond its limits", f"{drive.told}: {told}")


def _numbers(drive: Drive, limits: Limits) -> Iterator[Result]:
    name = drive.device.name
    for value, levels, metric, unit, says in (
        (drive.worn_percent, limits.worn_percent, "worn", "%", "has a drive that is worn ({} used up)"),
        (drive.reallocated, limits.bad_sectors, "reallocated", "", "has a drive with worn-out spots: {} so far"),
        (drive.pending, limits.bad_sectors, "pending", "", "has a drive with spots that it cannot read: {}"),
        (
            drive.unreadable,
            limits.bad_sectors,
            "unreadable",
            "",
            "has a drive that failed to keep data: {} times so far",
        ),
        (drive.temperature_c, limits.temperature_c, "temperature", "°C", "has a drive that is too hot ({} °C)"),
    ):
        if value is not None:
            status = levels.judge(value)
            said = percent(value) if unit == "%" else f"{value:,}"
            words = GOOD if status is Status.OK else _singular(says.format(said))
            yield Result(status, words, f"{drive.told}: {metric} {value}", Metric(f"{metric} {name}", value, unit))


def _singular(says: str) -> str:
    return re.sub(r": 1 times\b", ": once", says)


def _logged(drive: Drive, logged: int, now: datetime, previous: Previous | None) -> Result:
    """The log keeps old errors for ever, also those of a bad cable: only new ones are worth a look."""
    metric = Metric(f"errors {drive.device.name}", logged)
    before = previous.metrics.get(metric.name) if previous else None
    detail = f"{drive.told}: {count(logged, 'error')} in its log"
    if previous is None or before is None or logged <= before:
        return Result(Status.OK, GOOD, detail, metric)
    since = moment(previous.at.astimezone(now.tzinfo), now)
    says = f"has a drive that made {count(logged - int(before), 'more error')} since {since}"
    return Result(Status.WARNING, says, detail, metric)
