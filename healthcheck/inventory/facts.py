"""What checks have found a machine to be, sort by sort, in words. What it says of itself is hostile until escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

from healthcheck.words import count, plain, size

Things = Mapping[str, str]
MOST_VALUES = 40
"""A machine with more programs than that is listed in part, and the rest is counted."""

_NUMBER = re.compile(r"[0-9]{1,20}")
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_DAY_S = 86400
_FIRST_YEAR = 1990


def rows(sort: str, things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names and values that a sort of things is shown by. One that no built-in check finds is shown as it is."""
    if sort in _HIDDEN or not things:
        return
    yield from _SORTS.get(sort, _any_other(sort))(things, now)


def _system(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    machine = " ".join(plain(things[name]) for name in ("maker", "model") if name in things)
    system = ", kernel ".join(plain(things[name]) for name in ("system", "kernel") if name in things)
    if machine:
        yield "Machine", (machine,)
    if system:
        yield "System", (system if "system" in things else f"Linux, kernel {system}",)


def _memory(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    # Linux keeps a little for itself; modules are sold in whole ones.
    yield "Memory", tuple(f"{max(1, round(_number(how) / 2**30)):,} GB" for how in things.values())


def _drives(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    def shown(name: str, how: str) -> str:
        bytes_, _, at = how.partition(" ")
        return f"{plain(name)} ({size(_number(bytes_))}{f', {plain(at)}' if at and at != name else ''})"

    yield "Drives", _some(things, shown)


def _raid(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    def shown(name: str, how: str) -> str:
        level, working, members = (*how.split(" ", 2), "", "")[:3]
        some, _, all_ = working.partition("/")
        if not all_:
            return f"{plain(name)}: {plain(how)}"
        return f"{plain(name)}: {plain(level)}, {plain(some)} of {plain(all_)} drives work ({plain(members)})"

    yield "Sets of drives", _some(things, shown)


def _mounts(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    def shown(name: str, how: str) -> str:
        type_, _, source = how.partition(" ")
        return f"{plain(name)} ({plain(type_)} on {plain(source)})" if source else f"{plain(name)} ({plain(how)})"

    yield "Disks in use", _some(things, shown)


def _lines(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    def shown(name: str, how: str) -> str:
        return f"{plain(name)}: {f'{int(how):,} megabits a second' if _NUMBER.fullmatch(how) else plain(how)}"

    yield "Network lines", _some(things, shown)


def _names(title: str) -> Callable[[Things, datetime], Iterator[tuple[str, tuple[str, ...]]]]:
    def told(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
        order = sorted(things, key=lambda name: (_number(name), name))
        yield title, (", ".join(_cut([plain(name).removesuffix(".service") for name in order])),)

    return told


def _ups(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "Model", _some(things, lambda name, how: _of(things, name, plain(how)))


def _battery(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "Battery", _some(things, lambda name, how: _of(things, name, f"dated {plain(how)}{_years(how, now)}"))


def _database(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "Database", _some(things, lambda name, how: f"{plain(how)} ({plain(name)})")


def _device(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, how in things.items():
        yield plain(name).capitalize(), (plain(how),)


def _any_other(sort: str) -> Callable[[Things, datetime], Iterator[tuple[str, tuple[str, ...]]]]:
    def told(things: Things, now: datetime) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield plain(sort).capitalize(), _some(things, lambda name, how: f"{plain(name)}: {plain(how)}")

    return told


_SORTS: Mapping[str, Callable[[Things, datetime], Iterator[tuple[str, tuple[str, ...]]]]] = {
    "device": _device,
    "ups": _ups,
    "battery": _battery,
    "system": _system,
    "memory": _memory,
    "drives": _drives,
    "raid": _raid,
    "mounts": _mounts,
    "lines": _lines,
    "database": _database,
    "programs": _names("Programs that run"),
    "ports": _names("Open to others (TCP)"),
}
ORDER = tuple(_SORTS)
"""In which sorts are told; what is not among them comes behind."""
_HIDDEN = frozenset({"start"})
"""Which start of the machine it was says nothing to a reader."""


def _some(things: Things, shown: Callable[[str, str], str]) -> tuple[str, ...]:
    return tuple(_cut([shown(name, how) for name, how in sorted(things.items())]))


def _cut(values: list[str]) -> list[str]:
    left = len(values) - MOST_VALUES
    return values if left <= 0 else [*values[:MOST_VALUES], f"and {left:,} more"]


def _of(things: Things, name: str, says: str) -> str:
    """The name only where there are several to tell apart."""
    return f"{plain(name)}: {says}" if len(things) > 1 else says


def _number(text: str) -> int:
    found = _NUMBER.match(text)
    return int(found[0]) if found else 0


def _years(text: str, now: datetime) -> str:
    made = _date(text)
    if made is None or made > now.date():
        return ""
    years = int((now.date() - made).days / 365.25)
    return f", {count(years, 'year')} old" if years else ", less than a year old"


def _date(text: str) -> date | None:
    """The day that a battery says it is from: 2023-04-11, 2023/04/11, or as APC writes it 04/11/23."""
    try:
        if found := _DAY.match(text.strip()):
            made = date(int(found[1]), int(found[2]), int(found[3]))
        elif found := _AMERICAN_DAY.match(text.strip()):
            made = date(int(found[3]) + (2000 if len(found[3]) == 2 else 0), int(found[1]), int(found[2]))
        else:
            return None
    except ValueError:
        return None
    return made if made.year >= _FIRST_YEAR else None
