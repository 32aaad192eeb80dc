"""Storage arrays as their tools tell of them: one shape for all the tools."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from healthcheck.api import ProbeError, frozen, plain


class Health(enum.IntEnum):
    """How an array is, from good to worst."""

    GOOD = 0
    BUSY = 1
    """All there, and checking or building itself as it should."""
    SYNCING = 2
    """All there, but its drives are being brought into line with one another, as after a crash."""
    REBUILDING = 3
    """A drive was lost, and another is being filled in its place."""
    UNTOLD = 4
    """In words that the parser does not know."""
    DEGRADED = 5
    """It works without a drive that it should have."""
    FAILED = 6
    """Its data cannot be reached."""


@frozen
class Array:
    """One array. `told` is its state in its tool's own words.

    drives          how many drives it is made of; 0 if that is not told
    lost            how many of them are gone or not yet filled; None if that is not told
    survives        how many more it can lose without losing data; None if that is not certain
    done_percent    how far a rebuild, a check or the like has got
    """

    name: str
    health: Health
    told: str
    drives: int = 0
    lost: int | None = None
    survives: int | None = None
    done_percent: float | None = None


class Trouble(enum.Enum):
    """What is wrong with a part, whatever the arrays say."""

    FAILED_DRIVE = enum.auto()
    PREDICTED = enum.auto()
    ERRORS = enum.auto()
    DAMAGED_FILES = enum.auto()
    BATTERY = enum.auto()
    CACHE_OFF = enum.auto()
    CONTROLLER = enum.auto()
    UNTOLD = enum.auto()


@frozen
class Part:
    """A drive, battery or controller with which something is wrong."""

    name: str
    trouble: Trouble
    told: str


@frozen
class Found:
    """What one tool told: its arrays, and the parts with which something is wrong."""

    tool: str
    arrays: tuple[Array, ...] = ()
    parts: tuple[Part, ...] = ()


def worst_of_each(arrays: Iterable[Array]) -> tuple[Array, ...]:
    """One array of each name: the worse where two sources tell of it, with what only the other knew."""
    kept: dict[str, Array] = {}
    for array in arrays:
        other = kept.get(array.name)
        if other is None:
            kept[array.name] = array
            continue
        worse, better = (array, other) if array.health > other.health else (other, array)
        kept[array.name] = replace(
            worse,
            drives=worse.drives or better.drives,
            lost=worse.lost if worse.lost is not None else better.lost,
            survives=worse.survives if worse.survives is not None else better.survives,
            done_percent=worse.done_percent if worse.done_percent is not None else better.done_percent,
        )
    return tuple(kept.values())


def can_still_lose(level: str, drives: int, lost: int) -> int | None:
    """How many more drives an array of a RAID level ("raid5", "RAID 1+0", "6") survives; None if it is not certain.

    An array of mirrors (10, 50, 60) may survive more than one, if the next is in another mirror: not certain.
    """
    digits = re.sub(r"[^0-9]", "", level)
    stands = {"0": 0, "1": drives - 1, "4": 1, "5": 1, "6": 2}.get(digits)
    if stands is None or not drives:
        return None
    return max(0, stands - lost)


_MOST_DRIVES = 100_000


def count_of(text: str) -> int:
    """A number of drives or errors as a tool prints it; what is absurdly large counts as very many."""
    return int(text) if len(text) < 7 else _MOST_DRIVES


def percent_of(text: str) -> float | None:
    """The first "12.3%" or "12 %" in a line, or nothing."""
    found = re.search(r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", text)
    if not found:
        return None
    return min(100.0, float(found[1]))


def health_of(words: str, table: Mapping[str, Health]) -> Health:
    """What a tool's word means; UNTOLD if the table does not have it. Case and spaces at the ends do not matter."""
    return table.get(words.strip().lower(), Health.UNTOLD)


def unreadable(tool: str, text: str) -> ProbeError:
    """The answer is not in the tool's form."""
    return ProbeError("what it says about its drives is unreadable", f"{tool} said: {plain(text, 200) or 'nothing'}")
