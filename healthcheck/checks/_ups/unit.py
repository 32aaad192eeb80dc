"""One UPS as it is now, whichever daemon told it: status in NUT's words, numbers as far as they can be believed."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Mapping

from healthcheck.api import Previous, ProbeError, frozen

_NUMBER = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,15})?)(?=[\s%]|$)")
_NO_RUNTIME_S = frozenset({65535.0})
"""What drivers give for "unknown": all bits set."""


class Power(enum.Enum):
    """Where a UPS takes its power from, by its own words."""

    MAINS = enum.auto()
    BATTERY = enum.auto()
    BOTH = enum.auto()
    UNTOLD = enum.auto()


@frozen
class Measured:
    """Numbers of a UPS; None where it tells none that can be believed."""

    charge_percent: float | None = None
    runtime_s: float | None = None
    load_percent: float | None = None
    input_v: float | None = None


@frozen
class Quantity:
    """Where a number is told; `scale` makes our unit of theirs."""

    keys: tuple[str, ...]
    scale: float = 1.0


MOST = {"charge_percent": 100.0, "runtime_s": 7 * 86400.0, "load_percent": 200.0, "input_v": 1000.0}
"""What is beyond this is not believed."""


@frozen
class Unit:
    """`flags` are NUT's status words (RFC 9271, NUT's new-drivers.txt); `told` is the status word for word.

    `not_current` holds the daemon's word when it has no current data; then nothing else is filled. `alarm`,
    `failed_test`, `battery_date`, `last_transfer` (why) and the times of that transfer to battery and back are the
    device's own texts. `notes` name what was not believed; `battery_untold` says that the device told a state of its
    battery that nobody knows, or that it does not know itself.
    """

    name: str
    told: str = ""
    flags: frozenset[str] = frozenset()
    not_current: str = ""
    model: str = ""
    measured: Measured = Measured()
    alarm: str = ""
    failed_test: str = ""
    battery_date: str = ""
    last_transfer: str = ""
    on_battery_at: str = ""
    off_battery_at: str = ""
    notes: tuple[str, ...] = ()
    battery_untold: bool = False

    @property
    def power(self) -> Power:
        """Mains where a word says that mains is there, also when it is only being corrected."""
        mains, battery = bool(self.flags & {"OL", "TRIM", "BOOST", "BYPASS"}), "OB" in self.flags
        if mains and battery:
            return Power.BOTH
        return Power.BATTERY if battery else Power.MAINS if mains else Power.UNTOLD


@frozen
class Reading:
    """The UPSes now, and the lines of the log of their power.

    `log` is None where there is none; `no_log` then says why, if one was looked for, and `log_expected` whether its
    absence is a fault. `history_of` names who keeps it. `asked_for` is the UPS that the check is about, empty for all;
    `previous` is the look before this one.
    """

    units: tuple[Unit, ...]
    log: tuple[str, ...] | None = None
    no_log: ProbeError | None = None
    log_expected: bool = False
    history_of: str = ""
    asked_for: str = ""
    previous: Previous | None = None


def measure(told: Mapping[str, str], quantities: Mapping[str, Quantity]) -> tuple[Measured, tuple[str, ...]]:
    """The believable numbers, and a note for each that is not: some devices tell a charge of 1000 %."""
    values: dict[str, float] = {}
    notes: list[str] = []
    for name, quantity in quantities.items():
        key = next((key for key in quantity.keys if told.get(key, "").strip()), None)
        if key is None:
            continue
        value = number(told[key])
        if value is None or not 0 <= value * quantity.scale <= MOST[name] or _is_filler(name, value):
            notes.append(f"{key} {told[key].strip()[:40]!r} is not believable")
        else:
            values[name] = value * quantity.scale
    return Measured(**values), tuple(notes)


def number(text: str) -> float | None:
    """The number at the start of a value ("100.0 Percent"), None when there is none or it has no bounds."""
    match = _NUMBER.match(text)
    return float(match[1]) if match and math.isfinite(float(match[1])) else None


def _is_filler(name: str, value: float) -> bool:
    return name == "runtime_s" and value in _NO_RUNTIME_S
