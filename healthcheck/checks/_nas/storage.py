"""A network storage as a list of parts, whoever made it."""

from __future__ import annotations

import enum

from healthcheck.api import Status, frozen


class State(enum.Enum):
    """How a part is."""

    WELL = enum.auto()
    ODD = enum.auto()
    BAD = enum.auto()
    UNTOLD = enum.auto()

    @property
    def status(self) -> Status:
        """As a finding."""
        return _STATUS[self]


_STATUS = {
    State.WELL: Status.OK,
    State.ODD: Status.WARNING,
    State.BAD: Status.CRITICAL,
    State.UNTOLD: Status.UNKNOWN,
}


@frozen
class Part:
    """A volume, a drive, the power supply, a fan. `told` is the device's own word; `says` is empty where it is well."""

    name: str
    state: State
    says: str = ""
    told: str = ""
    celsius: float | None = None
    free_percent: float | None = None
    free_bytes: float | None = None


@frozen
class Storage:
    """One device."""

    model: str
    parts: tuple[Part, ...]


def believable(celsius: float | None) -> float | None:
    """A temperature inside a device, or None: -1 and 0 stand for "no sensor"."""
    return celsius if celsius is not None and 0 < celsius < 150 else None
