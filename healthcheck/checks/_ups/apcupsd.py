"""The answer of apcupsd to "status" → a unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from healthcheck.api import ProbeError, plain
from healthcheck.checks._ups.record import CLOCKS_DIFFER, Happening, What
from healthcheck.checks._ups.stamps import stamped
from healthcheck.checks._ups.unit import Quantity, Unit, measure

_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]{1,8}")
_COLUMNS = 9
_MINUTE_S = 60.0
_COMMLOST_BIT = 0x100

_QUANTITIES = {
    "charge_percent": Quantity(("BCHARGE",)),
    "runtime_s": Quantity(("TIMELEFT",), scale=_MINUTE_S),
    "load_percent": Quantity(("LOADPCT",)),
    "input_v": Quantity(("LINEV",)),
}

_FLAGS = {
    "ONLINE": "OL",
    "ONBATT": "OB",
    "LOWBATT": "LB",
    "REPLACEBATT": "RB",
    "OVERLOAD": "OVER",
    "SHUTTING DOWN": "FSD",
}
"""apcupsd's words as NUT's; the rest (TRIM, BOOST, CAL, NOBATT) is spelled alike or has no counterpart."""

_DUMB = {("LINEFAIL", "OK"): "OL", ("LINEFAIL", "DOWN"): "OB", ("BATTSTAT", "FAILING"): "LB"}
"""A UPS that tells two contacts only has these lines and no STATUS."""

_FAILED_TESTS = {"NG": "failed", "BT": "failed: not enough battery capacity"}


def unit(lines: Sequence[str]) -> Unit:
    """The UPS from the records of `status`: nine columns of key, a colon and a value (apcupsd 3.8 to 3.14).

    Raises `ProbeError` when nothing in it reads like that.
    """
    told = fields(lines)
    status = told.get("STATUS", "")
    name, model = told.get("UPSNAME", ""), told.get("MODEL") or told.get("APCMODEL", "")
    flags = _flags(status) or frozenset(_DUMB[pair] for pair in told.items() if pair in _DUMB)
    if "COMMLOST" in status.upper() or (not status and _bits(told) & _COMMLOST_BIT):
        return Unit(name, status, model=model, not_current="COMMLOST")
    if not flags:
        return Unit(name, status, model=model, not_current=status or "no STATUS")
    measured, notes = measure(told, _QUANTITIES)
    return Unit(
        name,
        status or " ".join(f"{key} {told[key]}" for key in ("LINEFAIL", "BATTSTAT") if key in told),
        flags,
        model=model,
        measured=measured,
        failed_test=_FAILED_TESTS.get(told.get("SELFTEST", ""), ""),
        battery_date=told.get("BATTDATE", ""),
        last_transfer=told.get("LASTXFER", ""),
        on_battery_at=told.get("XONBATT", ""),
        off_battery_at=told.get("XOFFBATT", ""),
        notes=notes,
    )


def transfers(unit: Unit, now: datetime) -> Iterator[Happening]:
    """The last transfer to battery, and back if it is over: apcupsd keeps these since its own start."""
    began, ended = stamped(unit.on_battery_at, now), stamped(unit.off_battery_at, now)
    if began is None or began[0] > now + CLOCKS_DIFFER:
        return
    test = "self test" in unit.last_transfer.lower()
    yield Happening(began[0], What.TEST_BEGAN if test else What.MAINS_LOST)
    if ended is not None and began[0] <= ended[0] <= now + CLOCKS_DIFFER:
        yield Happening(ended[0], What.TEST_ENDED if test else What.MAINS_BACK)


def fields(lines: Sequence[str]) -> dict[str, str]:
    """The values by key, stripped; `ProbeError` when no line is a record."""
    found = {
        line[:_COLUMNS].strip(): line[_COLUMNS + 1 :].strip() for line in lines if line[_COLUMNS : _COLUMNS + 1] == ":"
    }
    if not found:
        excerpt = plain(" | ".join(lines), 120)
        raise ProbeError("the battery backup's program told nothing we can read", f"apcupsd: status: {excerpt!r}")
    return found


def _flags(status: str) -> frozenset[str]:
    if "SHUTTING DOWN" in status.upper():
        return frozenset({"FSD"})
    return frozenset(_FLAGS.get(word, word) for word in status.upper().split())


def _bits(told: Mapping[str, str]) -> int:
    match = _HEXADECIMAL.match(told.get("STATFLAG", ""))
    return int(match[0], 16) if match else 0
