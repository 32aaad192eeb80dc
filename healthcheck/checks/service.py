"""Whether the programs that should run on a machine do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from healthcheck.api import (
    Answer,
    Check,
    Event,
    Host,
    Levels,
    Metric,
    Previous,
    ProbeError,
    Result,
    Status,
    Target,
    answers,
    count,
    frozen,
    moment,
    plain,
    script,
    small,
)
from healthcheck.checks._units import Unit
from healthcheck.checks._windows import services

_RECENT = timedelta(hours=24)
"""Without an earlier round: how long ago a restart still counts."""
_YEARS = range(1970, 3000)
"""What is outside is no time, and could not be told by our clock."""
_NAME = re.compile(r"[\w:.\\@][\w:.\\@-]*", re.ASCII)
_PROPERTIES = "Id,Type,LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus,ExecMainStartTimestamp"


@frozen
class Units:
    """The units that were asked for, or, when none were named, those that failed. `clock` is the host's own."""

    units: tuple[Unit, ...]
    clock: datetime
    previous: Previous | None = None


@dataclass(frozen=True, kw_only=True)
class Service(Check[Units]):
    """Whether the programs that should run (systemd units) do, and how often they had to be started again.

    units       names of units that should run ("charts.service"); none: every unit that failed is worth a look
    label       what people call what they do ("the charts program")
    restarts    automatic restarts since the last round

    Problem: a named unit is stopped, failed, switched off (masked), not there, or stops again and again.
    Look: it is still starting or is stopping; it was started again since the last round; it runs but is masked; with
    no units named, some unit failed. A one-shot unit that has not failed is OK: whether it ever ran, systemd forgets.
    Could not check: no systemd there, or it does not answer.

    On a Windows host, `units` are services by their short names ("MSSQLSERVER"; `Get-Service` lists them). A disabled
    one is switched off; without `units`, one failed that should start by itself, is stopped and ended with an error.
    Could not check, too: our login is not told of the services that every machine has, or of one of `units`.

    Needs on the host: nothing; every login may ask systemd for states. Automatic restarts are counted by systemd 235
    and later. On a Windows host, a login that WMI answers (root\\cimv2) and the Service Control Manager tells of all
    services; restarts are counted with a login in the group "Event Log Readers". Sources: systemctl(1) of systemd 252,
    org.freedesktop.systemd1(5); Win32_Service, event 7031 of the Service Control Manager.
    """

    kind: ClassVar[str] = "service"
    inside: ClassVar[bool] = True

    units: tuple[str, ...] = ()
    label: str = ""
    restarts: Levels = Levels.above(warning=0, critical=20)

    async def probe(self, target: Target) -> Units:
        if target.host.os == "windows":
            return Units(*await services.read(target, self.units), target.previous)
        ask = _show(self.units) if self.units else "systemctl list-units --failed --all --plain --no-legend --no-pager"
        asked = answers((await target.run(script(clock="date +%s", units=ask))).out, "clock", "units")
        units = shown(asked["units"]) if self.units else failed(asked["units"])
        if self.units and len(units) != len(self.units):
            raise _unreadable(asked["units"])
        return Units(units, clock_of(asked["clock"]), target.previous)

    def evaluate(self, found: Units, now: datetime) -> Iterator[Result | Event]:
        if not self.units:
            yield _any_failed(found.units)
            return
        for unit in found.units:
            status, says = self._judged(unit)
            metric = None if unit.restarts is None else Metric(f"restarts {unit.name}", unit.restarts)
            yield Result(status, says, unit.state, metric)
            yield from self._started_again(unit, found, now)

    def _judged(self, unit: Unit) -> tuple[Status, str]:
        name = self.label or "a program that it should run"
        if unit.load == "not-found":
            return Status.CRITICAL, f"does not know {name}: it is not installed"
        if unit.sub == "auto-restart":
            return Status.CRITICAL, f"cannot keep {name} running: it stops and is started again"
        if unit.load == "masked" and unit.active == "active":
            return Status.WARNING, f"is running {self._ours}, but would not start it again: it has been switched off"
        if unit.load == "masked":
            return Status.CRITICAL, f"is not running {name}: it has been switched off"
        if unit.load != "loaded":
            return Status.CRITICAL, f"cannot start {name}: its settings are wrong"
        if unit.type == "oneshot" and unit.active == "inactive" and unit.result == "success":
            return Status.OK, f"has had no failure of {self._ours}"
        if unit.active not in _STATES:
            raise ProbeError("the state of a program is in words that this check does not know", unit.state)
        status, says = _STATES[unit.active]
        return status, says.format(name if status is not Status.OK else self._ours)

    @property
    def _ours(self) -> str:
        return self.label or "what it should"

    def _started_again(self, unit: Unit, found: Units, now: datetime) -> Iterator[Result | Event]:
        again, since = _restarts_since(unit, found)
        if not again:
            return
        status = self.restarts.judge(again)
        when = f" since {moment(since.astimezone(now.tzinfo), now)}" if since else ""
        name = self.label or "a program"
        often = "once" if again == 1 else count(again, "time")
        yield Result(status, f"had to start {name} again {often}{when}", f"{unit.name}: {count(again, 'restart')}")
        if unit.started:
            at = unit.started - _ahead(found.clock, now)
            yield Event(at, f"started {name} again after it had stopped", "service", not_before=since)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if self.label and not self.units:
            yield "label", "needs `units`: it says what they do"

    def mistakes_on(self, host: Host) -> Iterator[tuple[str, str]]:
        a_name, of_what = (services.NAME, "service") if host.os == "windows" else (_NAME, "unit")
        for unit in self.units:
            if not a_name.fullmatch(unit):
                yield "units", f"{unit!r} is not the name of a {of_what}"


_STATES = {
    "active": (Status.OK, "is running {}"),
    "reloading": (Status.OK, "is running {}"),
    "refreshing": (Status.OK, "is running {}"),
    "activating": (Status.WARNING, "is still starting {}"),
    "deactivating": (Status.WARNING, "is just stopping {}"),
    "maintenance": (Status.WARNING, "is cleaning up after {}"),
    "inactive": (Status.CRITICAL, "is not running {}"),
    "failed": (Status.CRITICAL, "is not running {}: it broke down"),
}


def _any_failed(units: tuple[Unit, ...]) -> Result:
    if not units:
        return Result(Status.OK, "has no program that broke down", "no failed units")
    detail = "; ".join(unit.state for unit in units)
    return Result(
        Status.WARNING,
        f"has {small(len(units))} {'program' if len(units) == 1 else 'programs'} that broke down",
        detail,
    )


def _restarts_since(unit: Unit, found: Units) -> tuple[int, datetime | None]:
    """Automatic restarts since the last round, and when that was; the counter begins anew when a unit is started."""
    if not unit.restarts:
        return 0, None
    before = found.previous.metrics.get(f"restarts {unit.name}") if found.previous else None
    if found.previous and before is not None:
        known = int(before) if before <= unit.restarts else 0
        return unit.restarts - known, found.previous.at
    recent = unit.started is not None and found.clock - unit.started <= _RECENT
    return (unit.restarts if recent else 0), None


def _ahead(clock: datetime, now: datetime) -> timedelta:
    """How far the host's clock is ahead, in whole minutes so that an event keeps its time from round to round."""
    return timedelta(minutes=round((clock - now) / timedelta(minutes=1)))


def _show(units: tuple[str, ...]) -> str:
    return f"TZ=UTC systemctl show --no-pager -p {_PROPERTIES} -- {shlex.join(units)}"


def shown(answer: Answer) -> tuple[Unit, ...]:
    """The units that `TZ=UTC systemctl show -p …` describes: `Key=value` lines, an empty line between two units."""
    if answer.exit != 0:
        raise _no_systemd(answer)
    return tuple(_unit(block, answer) for block in re.split(r"\n\n+", answer.text.strip("\n")))


def _unit(block: str, answer: Answer) -> Unit:
    told = dict(line.partition("=")[::2] for line in block.split("\n"))
    try:
        return Unit(
            name=told["Id"],
            load=told["LoadState"],
            active=told["ActiveState"],
            sub=told["SubState"],
            type=told.get("Type", ""),
            result=told.get("Result", ""),
            restarts=_number(told),
            started=_time(told.get("ExecMainStartTimestamp", "")),
            exit=told.get("ExecMainStatus", ""),
        )
    except KeyError as error:
        raise _unreadable(answer) from error


def _number(told: Mapping[str, str]) -> int | None:
    text = told.get("NRestarts", "")
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _time(text: str) -> datetime | None:
    """A time as systemd prints it in UTC: "Sun 2026-11-22 10:31:05 UTC"; None when there is none."""
    try:
        at = datetime.strptime(text[4:], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at.year in _YEARS else None


_FAILED = re.compile(r"(?:[*●×] )?\s*(?P<name>\S+)\s+(?P<load>\S+)\s+(?P<active>\S+)\s+(?P<sub>\S+)(?:\s.*)?")


def failed(answer: Answer) -> tuple[Unit, ...]:
    """The units of `systemctl list-units --failed --plain --no-legend`: name, load, active, sub, description."""
    if answer.exit != 0:
        raise _no_systemd(answer)
    lines = [line for line in answer.text.split("\n") if line.strip()]
    units = [_FAILED.fullmatch(line) for line in lines]
    if not all(unit and unit["active"] == "failed" for unit in units):
        raise _unreadable(answer)
    return tuple(Unit(unit["name"], unit["load"], unit["active"], unit["sub"]) for unit in units if unit)


def _no_systemd(answer: Answer) -> ProbeError:
    return ProbeError("it does not tell which programs run", f"systemctl: exit {answer.exit}: {plain(answer.text)}")


def _unreadable(answer: Answer) -> ProbeError:
    return ProbeError("what it says about its programs is unreadable", f"systemctl said: {plain(answer.text)}")


def clock_of(answer: Answer) -> datetime:
    """What `date +%s` printed."""
    if not re.fullmatch(r"[0-9]{1,10}", answer.text):
        raise ProbeError("it does not tell its time", f"date: exit {answer.exit}: {plain(answer.text, 80)}")
    return datetime.fromtimestamp(int(answer.text), UTC)
