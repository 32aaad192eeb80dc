"""Synology's own MIBs (Synology DiskStation MIB Guide, DSM 5 to 7) → a storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from healthcheck.checks._nas.storage import Part, State, Storage, believable
from healthcheck.checks._snmp.told import Told

_SYSTEM = "1.3.6.1.4.1.6574.1"
_DISK = "1.3.6.1.4.1.6574.2.1.1"
_RAID = "1.3.6.1.4.1.6574.3.1.1"
_TEMPERATURE, _MODEL = f"{_SYSTEM}.2.0", f"{_SYSTEM}.5.1.0"
_WHOLE = {
    f"{_SYSTEM}.1.0": ("system", "says that its system failed"),
    f"{_SYSTEM}.3.0": ("power supply", "has a power supply that failed"),
    f"{_SYSTEM}.4.1.0": ("fan", "has a fan that failed"),
    f"{_SYSTEM}.4.2.0": ("processor's fan", "has a fan that failed"),
}
SCALARS = (*_WHOLE, _TEMPERATURE, _MODEL)
TREES = (_DISK, _RAID)

_NORMAL, _FAILED = 1, 2
_POOL = "storage pool"
"""What is free in a pool is room that no volume has yet: nearly none is as it should be."""

_Words = Mapping[int, tuple[str, State, str]]

_DRIVES: _Words = {
    1: ("Normal", State.WELL, ""),
    2: ("Initialized", State.ODD, "has a drive that is not in use: {}"),
    3: ("NotInitialized", State.ODD, "has a drive that is not set up: {}"),
    4: ("SystemPartitionFailed", State.BAD, "has a drive that partly failed: {}"),
    5: ("Crashed", State.BAD, "has a drive that failed: {}"),
}
_HEALTH: _Words = {
    1: ("Normal", State.WELL, ""),
    2: ("Warning", State.ODD, "has a drive that should be watched: {}"),
    3: ("Critical", State.BAD, "has a drive that is about to fail: {}"),
    4: ("Failing", State.BAD, "has a drive that is failing: {}"),
}
_BUSY = "is at work on its storage, and slower meanwhile: {}"
_VOLUMES: _Words = {
    1: ("Normal", State.WELL, ""),
    2: ("Repairing", State.ODD, "is repairing its storage, and one more failure may lose data: {}"),
    3: ("Migrating", State.ODD, _BUSY),
    4: ("Expanding", State.ODD, _BUSY),
    5: ("Deleting", State.ODD, _BUSY),
    6: ("Creating", State.ODD, _BUSY),
    7: ("RaidSyncing", State.ODD, _BUSY),
    8: ("RaidParityChecking", State.WELL, ""),
    9: ("RaidAssembling", State.ODD, _BUSY),
    10: ("Canceling", State.ODD, _BUSY),
    11: ("Degrade", State.BAD, "lost a drive, and one more failure loses data: {}"),
    12: ("Crashed", State.BAD, "lost storage, and the files on it cannot be read or written: {}"),
    13: ("DataScrubbing", State.WELL, ""),
    14: ("RaidDeploying", State.ODD, _BUSY),
    15: ("RaidUnDeploying", State.ODD, _BUSY),
    16: ("RaidMountCache", State.ODD, _BUSY),
    17: ("RaidUnmountCache", State.ODD, _BUSY),
    18: ("RaidExpandingUnfinishedSHR", State.ODD, _BUSY),
    19: ("RaidConvertSHRToPool", State.ODD, _BUSY),
    20: ("RaidMigrateSHR1ToSHR2", State.ODD, _BUSY),
}
"""raidStatus; 21 is RaidUnknownStatus. A check of all data at night is the rule and slows nothing that matters."""


def storage(told: Told) -> Storage | None:
    """The device; None when it is no Synology, or tells of neither drive nor volume."""
    parts = (*_drives(told), *_volumes(told))
    if not parts:
        return None
    return Storage(told.text(_MODEL), (*_system(told), *parts))


def _system(told: Told) -> Iterator[Part]:
    for oid, (name, failed) in _WHOLE.items():
        if oid not in told.values:  # a model without a fan has no such number
            continue
        state = {_NORMAL: State.WELL, _FAILED: State.BAD}.get(told.number(oid) or 0, State.UNTOLD)
        says = {State.WELL: "", State.BAD: failed}.get(state, f"does not tell how its {name} is")
        yield Part(name, state, says, f"state {told.text(oid)}")
    if celsius := believable(told.number(_TEMPERATURE)):
        yield Part("inside", State.WELL, celsius=celsius, told="temperature")


def _drives(told: Told) -> Iterator[Part]:
    names, models = told.texts(f"{_DISK}.2"), told.texts(f"{_DISK}.3")
    celsius, health = told.numbers(f"{_DISK}.6"), told.rows(f"{_DISK}.13")
    for index in told.rows(f"{_DISK}.5"):
        name = names.get(index) or f"drive {index}"
        states = [_part(name, told, f"{_DISK}.5.{index}", _DRIVES)]
        if index in health:
            states.append(_part(name, told, f"{_DISK}.13.{index}", _HEALTH))
        worst = max(states, key=lambda part: part.state.status.rank)
        word = ", ".join(dict.fromkeys((models.get(index, ""), *(part.told for part in states))))
        yield Part(name, worst.state, worst.says, word.strip(", "), believable(celsius.get(index)))


def _volumes(told: Told) -> Iterator[Part]:
    names, free, whole = told.texts(f"{_RAID}.2"), told.numbers(f"{_RAID}.4"), told.numbers(f"{_RAID}.5")
    for index in told.rows(f"{_RAID}.3"):
        name = names.get(index) or f"volume {index}"
        part = _part(name, told, f"{_RAID}.3.{index}", _VOLUMES)
        left, total = free.get(index), whole.get(index)
        if name.lower().startswith(_POOL) or left is None or not total or not 0 <= left <= total:
            yield part
        else:
            share = 100 * left / total
            yield Part(name, part.state, part.says, part.told, free_percent=share, free_bytes=left)


def _part(name: str, told: Told, oid: str, words: _Words) -> Part:
    unknown = (f"state {told.text(oid)}", State.UNTOLD, "has storage in a state that we do not know: {}")
    word, state, says = words.get(told.number(oid) or 0, unknown)
    return Part(name, state, says.format(name) if says else "", word)
