"""What a UPS's network card tells by SNMP → a unit."""

from __future__ import annotations

from collections.abc import Mapping

from healthcheck.api import ProbeError, frozen
from healthcheck.checks._snmp.told import DESCRIPTION, Told
from healthcheck.checks._ups.unit import Quantity, Unit, measure

_TENTHS = {"2.2.1.0": "2.3.1.0", "4.2.3.0": "4.3.3.0", "3.2.1.0": "3.3.1.0"}
"""Where PowerNet tells a number once more in tenths; newer cards tell it only there."""
_RFC = "1.3.6.1.2.1.33.1"
_APC = "1.3.6.1.4.1.318.1.1.1"
_CYBERPOWER = "1.3.6.1.4.1.3808.1.1.1"
_LOAD = f"{_RFC}.4.4.1.5"
_INPUT = f"{_RFC}.3.3.1.3"
_ALARMS = f"{_RFC}.6.2.1.2"
TREES = (_INPUT, _LOAD, _ALARMS)

_MINUTE_S = 60.0
_TICK_S = 0.01


@frozen
class _Language:
    """A tree of identifiers (MIB) and what its numbers mean. Identifiers are below `tree`; empty: it has none such."""

    name: str
    tree: str
    output: str
    outputs: Mapping[int, str]
    battery: str
    batteries: Mapping[int, str]
    quantities: Mapping[str, Quantity]
    model: str
    replace: str = ""
    test: str = ""
    failed_tests: Mapping[int, str] | None = None
    battery_date: str = ""

    def oids(self) -> list[str]:
        """Everything that is asked for by name."""
        numbers = [key for quantity in self.quantities.values() for key in quantity.keys]
        others = [self.output, self.battery, self.model, self.replace, self.test, self.battery_date]
        return [f"{self.tree}.{oid}" for oid in (*others, *numbers) if oid]


_LANGUAGES = (
    _Language(
        "PowerNet",
        _APC,
        output="4.1.1.0",
        outputs={
            2: "OL",
            3: "OB",
            4: "OL BOOST",
            5: "OFF",
            6: "BYPASS",
            7: "OFF",
            8: "OFF",
            9: "BYPASS",
            10: "BYPASS",
            11: "OFF",
            12: "OL TRIM",
            13: "OL",
            15: "OB TEST",
            16: "BYPASS",
            17: "BYPASS",
            18: "OL",
            20: "OL",
        },
        battery="2.1.1.0",
        batteries={2: "", 3: "LB", 4: "RB"},
        quantities={
            "charge_percent": Quantity(("2.2.1.0",)),
            "runtime_s": Quantity(("2.2.3.0",), scale=_TICK_S),
            "load_percent": Quantity(("4.2.3.0",)),
            "input_v": Quantity(("3.2.1.0",)),
        },
        model="1.1.1.0",
        replace="2.2.4.0",
        test="7.2.3.0",
        failed_tests={2: "failed"},
        battery_date="2.1.3.0",
    ),
    _Language(
        "CPS-MIB",
        _CYBERPOWER,
        output="4.1.1.0",
        outputs={
            2: "OL",
            3: "OB",
            4: "OL BOOST",
            5: "OFF",
            6: "OFF",
            7: "OFF",
            8: "OL",
            9: "BYPASS",
            10: "OL TRIM",
            11: "OL OVER",
        },
        battery="2.1.1.0",
        batteries={2: "", 3: "LB", 4: "NOBATT"},
        quantities={
            "charge_percent": Quantity(("2.2.1.0",)),
            "runtime_s": Quantity(("2.2.4.0",), scale=_TICK_S),
            "load_percent": Quantity(("4.2.3.0",)),
            "input_v": Quantity(("3.2.1.0",), scale=0.1),
        },
        model="1.1.1.0",
        replace="2.2.5.0",
    ),
    _Language(
        "RFC 1628",
        _RFC,
        output="4.1.0",
        outputs={2: "OFF", 3: "OL", 4: "BYPASS", 5: "OB", 6: "OL BOOST", 7: "OL TRIM"},
        battery="2.1.0",
        batteries={2: "", 3: "LB", 4: "LB"},
        quantities={
            "charge_percent": Quantity(("2.4.0",)),
            "runtime_s": Quantity(("2.3.0",), scale=_MINUTE_S),
            "load_percent": Quantity(("load",)),
            "input_v": Quantity(("input",)),
        },
        model="1.2.0",
        test="7.3.0",
        failed_tests={2: "done, with a warning", 3: "done, with an error"},
    ),
)
"""PowerNet-MIB of APC, CPS-MIB of CyberPower, UPS-MIB (RFC 1628). A maker's own tells more, so it comes first."""

_ALARM_FLAGS = {
    1: "RB", 2: "OB", 3: "LB", 4: "LB", 8: "OVER", 9: "BYPASS", 11: "OFF", 12: "OFF", 14: "OFF", 15: "OFF", 22: "FSD",
    23: "FSD",
}  # fmt: skip
_ALARM_TEXTS = {
    5: "temperature", 6: "mains", 7: "output", 10: "bypass", 13: "charger", 16: "fan", 17: "fuse", 18: "fault",
}  # fmt: skip
"""Of upsWellKnownAlarms; 21 (waits for mains) and 24 (test in progress) add nothing to the output's source."""
_TEST_FAILED, _CONTACT_LOST = 19, 20
_APC_CONTACT = f"{_APC}.8.1.0"
_NO_CONTACT = 2
"""upsCommStatus of PowerNet: the card cannot talk to the UPS, and repeats what it heard last."""
_YES = 2
"""PowerNet and CPS-MIB: the battery needs replacing."""

SCALARS = (
    DESCRIPTION,
    _APC_CONTACT,
    *(f"{_APC}.{oid}" for oid in _TENTHS.values()),
    *(oid for language in _LANGUAGES for oid in language.oids() if not oid.endswith((".load", ".input"))),
)


def unit(told: Told) -> Unit:
    """The UPS in the first of the languages in which it tells where its power comes from.

    Raises `ProbeError` when it speaks none of them.
    """
    spoken = [language for language in _LANGUAGES if told.number(f"{language.tree}.{language.output}") is not None]
    if not spoken:
        known = ", ".join(language.name for language in _LANGUAGES)
        raise ProbeError(
            "it answers, but tells nothing about power in a language that we know",
            f"SNMP: no output status of {known}; it is “{told.text(DESCRIPTION)}”",
            final=True,
        )
    return _unit(told, next((one for one in spoken if _output(told, one)), spoken[0]))


def _unit(told: Told, language: _Language) -> Unit:
    def number(oid: str) -> int | None:
        return told.number(f"{language.tree}.{oid}") if oid else None

    output, battery = number(language.output), number(language.battery)
    flags = set(_output(told, language).split())
    flags |= set(language.batteries.get(battery or 0, "").split())
    if number(language.replace) == _YES:
        flags.add("RB")
    alarms = _well_known(told)
    rows = _rows(told) if language.tree == _RFC else {}
    texts = {key: rows.get(key) or told.text(f"{language.tree}.{key}") for key in _keys(language)}
    if language.tree == _APC:
        texts |= {key: _tenths(told.number(f"{_APC}.{_TENTHS[key]}")) for key in _TENTHS if not texts[key]}
    measured, notes = measure(texts, language.quantities)
    test = number(language.test)
    words = f"{language.name} output {output}" + ("" if battery is None else f", battery {battery}")
    if told.number(_APC_CONTACT) == _NO_CONTACT or _CONTACT_LOST in alarms:
        return Unit("", words, not_current="the network card has lost contact with it")
    failed_test = (language.failed_tests or {}).get(test or 0, "")
    return Unit(
        "",
        words,
        frozenset(flags | {_ALARM_FLAGS[number] for number in alarms if number in _ALARM_FLAGS}),
        model=told.text(f"{language.tree}.{language.model}"),
        measured=measured,
        alarm=", ".join(text for number, text in _ALARM_TEXTS.items() if number in alarms),
        failed_test=failed_test or ("failed" if _TEST_FAILED in alarms else ""),
        battery_date=told.text(f"{language.tree}.{language.battery_date}") if language.battery_date else "",
        notes=notes,
        battery_untold=battery is not None and battery not in language.batteries,
    )


def _tenths(value: int | None) -> str:
    return "" if value is None else f"{value / 10:.1f}"


def _keys(language: _Language) -> list[str]:
    return [key for quantity in language.quantities.values() for key in quantity.keys]


def _output(told: Told, language: _Language) -> str:
    return language.outputs.get(told.number(f"{language.tree}.{language.output}") or 0, "")


def _rows(told: Told) -> dict[str, str]:
    """Of several lines the load of the busiest one, and the voltage of the first that tells one."""
    loads, volts = told.numbers(_LOAD).values(), told.numbers(_INPUT).values()
    found = {"load": max(loads, default=None), "input": next((one for one in volts if one > 0), None)}
    return {key: str(value) for key, value in found.items() if value is not None}


def _well_known(told: Told) -> set[int]:
    """The numbers of the alarms that are on now, as RFC 1628 counts them (upsWellKnownAlarms)."""
    start = f"{_RFC}.6.3."
    names = [name.removeprefix(start) for name in told.texts(_ALARMS).values() if name.startswith(start)]
    return {int(name) for name in names if name.isdecimal() and len(name) < 4}
