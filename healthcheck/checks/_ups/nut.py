"""NUT's variables of one UPS → a unit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from healthcheck.checks._ups.unit import Quantity, Unit, measure

_QUANTITIES = {
    "charge_percent": Quantity(("battery.charge",)),
    "runtime_s": Quantity(("battery.runtime",)),
    "load_percent": Quantity(("ups.load",)),
    "input_v": Quantity(("input.voltage", "input.L1-N.voltage")),
}

_FAILED = re.compile(r"fail|and error", re.IGNORECASE)


def unit(name: str, variables: Mapping[str, str]) -> Unit:
    """One UPS from its variables, named as in NUT's nut-names.txt (NUT 2.8).

    `WAIT` is upsd's own word while the driver has told nothing yet; an empty or missing `ups.status` is no news either.
    """
    told = variables.get("ups.status", "").strip()
    flags = frozenset(told.upper().split())
    if not flags or "WAIT" in flags:
        return Unit(name, told, not_current=told or "no ups.status")
    measured, notes = measure(variables, _QUANTITIES)
    test = variables.get("ups.test.result", "")
    return Unit(
        name,
        told,
        flags,
        model=_first(variables, "device.model", "ups.model"),
        measured=measured,
        alarm=variables.get("ups.alarm", "").strip(),
        failed_test=test.strip() if _FAILED.search(test) else "",
        battery_date=_first(variables, "battery.date", "battery.mfr.date"),
        notes=notes,
    )


def _first(variables: Mapping[str, str], *names: str) -> str:
    return next((found for name in names if (found := variables.get(name, "").strip())), "")
