"""One UPS as it is now → findings, each in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from healthcheck.api import Facts, Levels, Metric, Result, Status, duration, frozen, percent
from healthcheck.checks._ups.unit import Power, Unit

ON_BATTERY = "on battery"
"""The metric that is 1 on battery and 0 on mains: the ground for "since the last look"."""

NOT_CURRENT = "has a battery backup whose data is not current"
UNTOLD = "has a battery backup that does not tell whether there is mains power"
BATTERY_UNTOLD = "has a battery backup that does not tell how its battery is"
BOTH = "may be running on its backup battery: it reports mains power and battery power at once"

_FLAGS = {
    "FSD": (Status.CRITICAL, "is being shut down on the word of its battery backup"),
    "OFF": (Status.CRITICAL, "has a battery backup that says it is switched off and gives no power"),
    "OVER": (Status.CRITICAL, "draws more power than its battery backup can give"),
    "NOBATT": (Status.WARNING, "has a battery backup that finds no battery in itself"),
    "RB": (Status.WARNING, "has a backup battery that needs to be replaced"),
    "BYPASS": (Status.WARNING, "has mains power, but nothing would take over in a power cut (bypass)"),
}
MINUTE_S = 60
_ISO_DAY = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)")
_FIRST_YEAR = 1990


@frozen
class Limits:
    """The check's thresholds."""

    charge_percent: Levels
    runtime_s: Levels
    load_percent: Levels


def findings(unit: Unit, limits: Limits, now: datetime, part: str = "") -> Iterator[Result]:
    """What is to say about one UPS, its power first. `part` tells it from others in the names of its metrics."""
    if unit.not_current:
        yield Result(Status.UNKNOWN, NOT_CURRENT, f"{_named(unit)}: {unit.not_current}")
        return
    power = _power(unit, limits)
    on_battery = {Power.MAINS: 0.0, Power.BATTERY: 1.0}.get(unit.power)
    metric = None if on_battery is None else Metric(metric_name(ON_BATTERY, part), on_battery)
    yield Result(*power, described(unit, now), metric)
    for flag, (status, says) in _FLAGS.items():
        if flag in unit.flags:
            yield Result(status, says)
    if unit.alarm or "ALARM" in unit.flags:
        yield Result(Status.WARNING, "has a battery backup that reports an alarm" + _in_quotes(unit.alarm))
    if unit.battery_untold:
        yield Result(Status.UNKNOWN, BATTERY_UNTOLD)
    if unit.failed_test:
        yield Result(Status.WARNING, "has a backup battery that failed its last test")
    yield from _numbers(unit, limits, power, part)


def facts(units: Sequence[Unit]) -> Iterator[Facts]:
    """What each is and how old its battery says it is, for the inventory; nothing of a UPS that tells nothing now."""
    current = [(unit.name or "UPS", unit) for unit in units if not unit.not_current]
    for sort, things in (
        ("ups", {name: unit.model for name, unit in current if unit.model}),
        ("battery", {name: unit.battery_date for name, unit in current if unit.battery_date}),
    ):
        if things:
            yield Facts(sort, things)


def metric_name(name: str, part: str) -> str:
    """ "charge", or "charge ups2" where there are several."""
    return f"{name} {part}" if part else name


def _power(unit: Unit, limits: Limits) -> tuple[Status, str]:
    if unit.power is Power.BATTERY:
        return _on_battery(unit, limits)
    if unit.power is Power.BOTH:
        return Status.WARNING, BOTH
    if unit.power is Power.UNTOLD:
        told = next((_FLAGS[flag] for flag in ("FSD", "OFF") if flag in unit.flags), None)
        return told or (Status.UNKNOWN, UNTOLD)
    if "LB" in unit.flags and "CHRG" in unit.flags:
        return Status.WARNING, "has mains power again, but its backup battery is nearly empty and still charging"
    if "LB" in unit.flags:
        return Status.CRITICAL, "has mains power, but its backup battery is nearly empty"
    return Status.OK, "has mains power" + _battery_is(unit)


def _on_battery(unit: Unit, limits: Limits) -> tuple[Status, str]:
    measured = unit.measured
    found = [Status.CRITICAL if unit.flags & {"LB", "FSD"} else Status.WARNING]
    left = []
    if measured.charge_percent is not None:
        found.append(limits.charge_percent.judge(measured.charge_percent))
        left.append(f"{percent(measured.charge_percent)} charged")
    if measured.runtime_s is not None:
        found.append(limits.runtime_s.judge(measured.runtime_s))
        left.append(f"{_about(measured.runtime_s)} left")
    says = "is running on its backup battery"
    if unit.flags & {"CAL", "TEST"}:
        says = "is testing its backup battery and runs on it meanwhile"
    if "LB" in unit.flags:
        says += ", which is nearly empty"
    return max(found, key=lambda status: status.rank), says + (f": {', '.join(left)}" if left else "")


def _battery_is(unit: Unit) -> str:
    measured = unit.measured
    facts = []
    if measured.charge_percent is not None:
        facts.append(f"is {percent(measured.charge_percent)} charged")
    if measured.runtime_s is not None:
        facts.append(f"would last {_about(measured.runtime_s)}")
    return f"; its backup battery {' and '.join(facts)}" if facts else ""


def _numbers(unit: Unit, limits: Limits, power: tuple[Status, str], part: str) -> Iterator[Result]:
    """One result for each number, so that each has its metric; a good one repeats the sentence about the power."""
    measured, says = unit.measured, power[1]
    battery = unit.power is Power.BATTERY
    recovering = not battery and "CHRG" in unit.flags
    if (charge := measured.charge_percent) is not None:
        status = _while(recovering, limits.charge_percent.judge(charge))
        low = (
            f"has a backup battery that is only {percent(charge)} charged" if charge else "has an empty backup battery"
        )
        low += ", and charging" if recovering else ""
        metric = Metric(metric_name("charge", part), charge, "%")
        yield Result(status, says if battery or status is Status.OK else low, metric=metric)
    if (runtime_s := measured.runtime_s) is not None:
        status = _while(recovering, limits.runtime_s.judge(runtime_s))
        short = f"has a backup battery that would last {'' if runtime_s < MINUTE_S else 'only '}{_about(runtime_s)}"
        metric = Metric(metric_name("runtime", part), runtime_s, "s")
        yield Result(status, says if battery or status is Status.OK else short, metric=metric)
    if (load := measured.load_percent) is not None:
        status = limits.load_percent.judge(load)
        heavy = f"draws {percent(load)} of what its battery backup can give"
        yield Result(
            status, says if status is Status.OK else heavy, metric=Metric(metric_name("load", part), load, "%")
        )
    if (input_v := measured.input_v) is not None and power[0] is Status.OK:
        yield Result(Status.OK, says, metric=Metric(metric_name("input voltage", part), input_v, "V"))


def _while(recovering: bool, status: Status) -> Status:
    """A battery that is filling again after a cut is on its way to good."""
    return Status.WARNING if recovering and status is Status.CRITICAL else status


def described(unit: Unit, now: datetime) -> str:
    """Everything about a UPS in one line for IT, its status word for word."""
    measured = unit.measured
    facts = [f"status {unit.told}"]
    for value, shown in (
        (measured.charge_percent, "charge {:g} %"),
        (measured.runtime_s, "{:.0f} s left"),
        (measured.load_percent, "load {:g} %"),
        (measured.input_v, "input {:g} V"),
    ):
        if value is not None:
            facts.append(shown.format(value))
    if unit.battery_date:
        facts.append(f"battery dated {unit.battery_date}{_age(unit.battery_date, now.date())}")
    for name, text in (
        ("alarm", unit.alarm),
        ("last test", unit.failed_test),
        ("last transfer", unit.last_transfer),
    ):
        if text:
            facts.append(f"{name}: {text}")
    return f"{_named(unit)}: {', '.join((*facts, *unit.notes))}"


def _named(unit: Unit) -> str:
    return (unit.name or "UPS") + (f" ({unit.model})" if unit.model else "")


def _age(text: str, today: date) -> str:
    match = _ISO_DAY.match(text)
    if match is None:
        return ""
    try:
        made = date(*(int(part) for part in match.groups()))
    except ValueError:
        return ""
    years = (today - made).days / 365.25
    return f" ({years:.0f} years old)" if made.year >= _FIRST_YEAR and years >= 0 else ""


def _about(seconds: float) -> str:
    return "less than a minute" if seconds < MINUTE_S else f"about {duration(seconds)}"


def _in_quotes(text: str) -> str:
    return f": “{text[:80]}”" if text else ""
