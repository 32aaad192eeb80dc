"""QNAP's own MIB (NAS-MIB of QTS 4, the part SystemInfo) → a storage. It tells most numbers as texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.checks._nas.storage import Part, State, Storage, believable
from healthcheck.checks._snmp.told import Told

_INFO = "1.3.6.1.4.1.24681.1.2"
_TEMPERATURE, _MODEL = f"{_INFO}.6.0", f"{_INFO}.12.0"
_DRIVE = f"{_INFO}.11.1"
_VOLUME = f"{_INFO}.17.1"
SCALARS = (_TEMPERATURE, _MODEL)
TREES = (_DRIVE, _VOLUME)

_NO_DRIVE = -5
_DRIVES = {
    0: ("ready", State.WELL, ""),
    -6: ("invalid", State.BAD, "has a drive that cannot be used: {}"),
    -9: ("read or write error", State.BAD, "has a drive that failed: {}"),
}
"""HdStatus; -4 is "unknown". An empty slot (-5) is nothing to tell of."""
_HEALTH = {
    "GOOD": (State.WELL, ""),
    "NORMAL": (State.WELL, ""),
    "WARNING": (State.ODD, "has a drive that should be watched: {}"),
    "ABNORMAL": (State.BAD, "has a drive that is about to fail: {}"),
    "--": (State.WELL, ""),
}
_VOLUMES = (
    (re.compile(r"ready\b", re.I), State.WELL, ""),
    (re.compile(r"(rebuild|recover|repair)", re.I), State.ODD, "is repairing its storage: {}"),
    (re.compile(r"(synchroni|checking|formatting|creating|initiali|migrat|expand)", re.I), State.ODD,
     "is at work on its storage, and slower meanwhile: {}"),
    (re.compile(r"degraded", re.I), State.BAD, "lost a drive, and one more failure loses data: {}"),
    (re.compile(r"(unmounted|not active|inactive|fail|error|read.?only)", re.I), State.BAD,
     "lost storage, and the files on it cannot be read or written: {}"),
)  # fmt: skip
_CELSIUS = re.compile(r"(-?[0-9]{1,3})(?:\.[0-9]+)? ?°?C\b")
_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([KMGTP]?)(?:B|Bytes)?", re.I)
_UNIT = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}


def storage(told: Told) -> Storage | None:
    """The device; None when it is no QNAP, or tells of neither drive nor volume."""
    parts = (*_drives(told), *_volumes(told))
    if not parts:
        return None
    celsius = _celsius(told.text(_TEMPERATURE))
    inside = () if celsius is None else (Part("inside", State.WELL, celsius=celsius, told="temperature"),)
    return Storage(told.text(_MODEL), (*inside, *parts))


def _drives(told: Told) -> Iterator[Part]:
    names, models, health = told.texts(f"{_DRIVE}.2"), told.texts(f"{_DRIVE}.5"), told.texts(f"{_DRIVE}.7")
    celsius = told.texts(f"{_DRIVE}.3")
    for index in told.rows(f"{_DRIVE}.4"):
        number = told.number(f"{_DRIVE}.4.{index}")
        if number == _NO_DRIVE:
            continue
        name = names.get(index) or f"drive {index}"
        unknown = (f"state {told.text(f'{_DRIVE}.4.{index}')}", State.UNTOLD, _UNKNOWN)
        word, state, says = _DRIVES.get(number, unknown) if number is not None else unknown
        smart = health.get(index, "")
        if state is State.WELL and smart:
            state, says = _HEALTH.get(smart.upper(), (State.UNTOLD, _UNKNOWN))
        told_by = ", ".join(filter(None, (models.get(index, ""), word, smart)))
        yield Part(name, state, says.format(name), told_by, _celsius(celsius.get(index, "")))


_UNKNOWN = "has storage in a state that we do not know: {}"


def _volumes(told: Told) -> Iterator[Part]:
    names, states = told.texts(f"{_VOLUME}.2"), told.texts(f"{_VOLUME}.6")
    whole, free = told.texts(f"{_VOLUME}.4"), told.texts(f"{_VOLUME}.5")
    for index, word in states.items():
        name = names.get(index) or f"volume {index}"
        found = next(((state, says) for fits, state, says in _VOLUMES if fits.search(word)), None)
        state, says = found or (State.UNTOLD, _UNKNOWN)
        total, left = _bytes(whole.get(index, "")), _bytes(free.get(index, ""))
        known = total is not None and left is not None and total > 0 and left <= total
        share = 100 * left / total if known and left is not None and total else None
        free_bytes = left if known else None
        yield Part(name, state, says.format(name), word, free_percent=share, free_bytes=free_bytes)


def _celsius(text: str) -> float | None:
    match = _CELSIUS.match(text)
    return believable(float(match[1])) if match else None


def _bytes(text: str) -> float | None:
    match = _SIZE.fullmatch(text)
    return float(match[1]) * _UNIT[match[2].upper()] if match else None
