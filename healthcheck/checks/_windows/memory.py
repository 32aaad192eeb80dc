"""How much memory a Windows machine has, and how much of it is left."""

from __future__ import annotations

from healthcheck.api import Target
from healthcheck.checks import _json
from healthcheck.checks._windows.asking import Told, ask, names, unreadable

WHAT = "its memory"
_FIELDS = ("TotalVisibleMemorySize", "FreePhysicalMemory", "SizeStoredInPagingFiles", "FreeSpaceInPagingFiles")
QUESTION = f"Get-CimInstance Win32_OperatingSystem | Select-Object {names(*_FIELDS)}"


async def read(target: Target) -> tuple[int, int, int, int]:
    """Bytes of memory and how many are left for programs, of paging files and how many of those are free."""
    return figures((await ask(target, memory=QUESTION))["memory"])


def figures(told: Told) -> tuple[int, int, int, int]:
    """The same from Win32_OperatingSystem, which counts in kilobytes; "free" there is what programs can have."""
    record = told.record(WHAT)
    numbers = [_json.number(record, field) for field in _FIELDS]
    total, available, swap, swap_free = (number * 1024 if number is not None else -1 for number in numbers)
    if not 0 <= available <= total or not total or swap < 0 or swap_free < 0:
        raise unreadable(WHAT, record)
    return total, available, swap, min(swap, swap_free)
