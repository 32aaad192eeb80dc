"""What the tools told → findings in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.api import Metric, Result, Status, percent, small
from healthcheck.checks._raid.array import Array, Found, Health, Part, Trouble

GOOD = "has all drives of its storage in working order"
UNTOLD = "could not be checked: its drives are in a state that this check does not know"

_PARTS = {
    Trouble.FAILED_DRIVE: (Status.WARNING, "has a drive in its storage that has failed"),
    Trouble.PREDICTED: (Status.WARNING, "has a drive in its storage that is about to fail"),
    Trouble.ERRORS: (Status.WARNING, "has a drive in its storage that makes mistakes when it reads or writes"),
    Trouble.DAMAGED_FILES: (Status.CRITICAL, "has damaged files: part of the data on its drives cannot be read"),
    Trouble.BATTERY: (
        Status.WARNING,
        "has a bad battery in the part that runs its drives: it is slower, and a power cut may lose work",
    ),
    Trouble.CACHE_OFF: (
        Status.WARNING,
        "is slower than usual: the part that runs its drives has switched off its memory",
    ),
    Trouble.CONTROLLER: (Status.WARNING, "reports a fault in the part that runs its drives"),
    Trouble.UNTOLD: (Status.UNKNOWN, UNTOLD),
}


def findings(found: Found) -> Iterator[Result]:
    """One for each array, and one for each part with which something is wrong."""
    for array in found.arrays:
        status, says = _judged(array)
        yield Result(status, says, f"{found.tool}: {array.told}", _metric(array))
    for part in found.parts:
        yield _of_a_part(found.tool, part)


def _of_a_part(tool: str, part: Part) -> Result:
    status, says = _PARTS[part.trouble]
    return Result(status, says, f"{tool}: {part.told}")


def _metric(array: Array) -> Metric | None:
    if array.done_percent is not None:
        return Metric(f"done {array.name}", array.done_percent, "%")
    return None if array.lost is None else Metric(f"lost {array.name}", array.lost)


def _judged(array: Array) -> tuple[Status, str]:
    done = f": {percent(array.done_percent)} done" if array.done_percent is not None else ""
    if array.health in (Health.GOOD, Health.BUSY):
        return Status.OK, GOOD
    if array.health is Health.SYNCING:
        return Status.WARNING, f"is bringing the drives of its storage into line with one another{done}"
    if array.health is Health.REBUILDING:
        return Status.WARNING, f"is rebuilding a drive of its storage{done}; until then, {_the_next(array)}"
    if array.health is Health.DEGRADED:
        return Status.CRITICAL, f"has lost {_lost(array)}; it still works, but {_the_next(array)}"
    if array.health is Health.FAILED:
        return Status.CRITICAL, "cannot reach the data on its storage, which has failed"
    return Status.UNKNOWN, UNTOLD


def _lost(array: Array) -> str:
    if not array.lost or array.lost > array.drives:
        return "a drive of its storage"
    return f"{small(array.lost)} of the {small(array.drives)} drives of its storage"


def _the_next(array: Array) -> str:
    if array.survives == 0:
        return "the next failure loses data"
    if array.survives is None:
        return "the next failure may lose data"
    return f"it is less safe than it should be: it can lose {small(array.survives)} more, and no further"
