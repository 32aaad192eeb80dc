"""The services of a Windows machine, told as systemd would tell of its units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from healthcheck.api import Previous, ProbeError, Target, frozen
from healthcheck.checks import _json, _powershell
from healthcheck.checks._units import Unit
from healthcheck.checks._windows.asking import Told, ask, names, unreadable

WHAT = "its programs"
NAME = re.compile(r"[^\\/\x00-\x1f]{1,256}")
CLOCK_QUESTION = "@{Time = utc (Get-Date)}"
SERVICES_QUESTION = """
Get-CimInstance Win32_Service | Where-Object {{ {these} }} |
  Select-Object 'Name', 'DisplayName', 'State', 'StartMode', 'ExitCode', 'ServiceSpecificExitCode'
"""
KNOWN_QUESTION = r"""
{names} | Where-Object {{ Test-Path -LiteralPath "HKLM:\SYSTEM\CurrentControlSet\Services\$_" }} |
  ForEach-Object {{ @{{Name = $_}} }}
"""
CRASHES_QUESTION = """
Get-WinEvent -MaxEvents 1000 -FilterHashtable @{{LogName = 'System'; ProviderName = 'Service Control Manager'; Id = 7031
  StartTime = (Get-Date).AddSeconds(-{seconds})}} |
  ForEach-Object {{ @{{Name = "$($_.Properties[0].Value)"; Time = utc $_.TimeCreated}} }}
"""
_FAILED = "($_.StartMode -eq 'Auto') -and ($_.State -eq 'Stopped') -and ((0, 1077) -notcontains $_.ExitCode)"
_ALWAYS = ("EventLog", "RpcSs", "Schedule")
"""Every Windows machine runs them; who does not see them may not see others either, and is not told so."""
_WITHOUT_PREVIOUS = timedelta(hours=24)
_NEVER_STARTED = 1077
_OWN_CODE = 1066
_ACTIVE = {
    "Running": "active",
    "Start Pending": "activating",
    "Continue Pending": "activating",
    "Stop Pending": "deactivating",
    "Pause Pending": "deactivating",
    "Paused": "inactive",
    "Stopped": "inactive",
}
_START_MODES = frozenset({"Boot", "System", "Auto", "Manual", "Disabled"})


@frozen
class Service:
    """One service, in the words of Win32_Service, which are never translated, but for what it is called."""

    name: str
    called: str
    state: str
    start_mode: str
    exit: int
    own_exit: int = 0

    def unit(self, name: str, crashes: Sequence[datetime] | None, restarts_before: int) -> Unit:
        """The same as a unit of that name. Windows starts it again after each of the crashes, the newest of which is
        when it was last started; None where they are not known."""
        failed = self.state == "Stopped" and self.exit not in (0, _NEVER_STARTED)
        return Unit(
            name=name,
            load="masked" if self.start_mode == "Disabled" else "loaded",
            active="failed" if failed else _ACTIVE[self.state],
            sub=self.state,
            result="exit-code" if failed else "",
            restarts=None if crashes is None else restarts_before + len(crashes),
            started=max(crashes, default=None) if crashes else None,
            exit=str(self.own_exit if self.exit == _OWN_CODE else self.exit) if failed else "",
        )


async def read(target: Target, wanted: Sequence[str]) -> tuple[tuple[Unit, ...], datetime]:
    """The services of those names, or where none is named those that failed; and the machine's clock.

    A service failed that should start by itself, is stopped, and ended with an error.
    """
    named = names(*wanted, *_ALWAYS)
    these = f"{named} -contains $_.Name" if wanted else f"({named} -contains $_.Name) -or ({_FAILED})"
    period = _period(target.previous)
    told = await ask(
        target,
        clock=CLOCK_QUESTION,
        services=SERVICES_QUESTION.format(these=these),
        known=KNOWN_QUESTION.format(names=named),
        crashes=CRASHES_QUESTION.format(seconds=int(period.total_seconds())),
    )
    services, clock = services_of(told["services"]), clock_of(told["clock"])
    if not wanted:
        return tuple(service.unit(service.name, None, 0) for service in services if service.name not in _ALWAYS), clock
    crashes = None if told["crashes"].failure else crashes_of(told["crashes"], clock - period)
    return units(wanted, services, known_of(told["known"]), crashes, target.previous), clock


def _period(previous: Previous | None) -> timedelta:
    """For how long back restarts are of interest."""
    return max(timedelta(), datetime.now(UTC) - previous.at) if previous else _WITHOUT_PREVIOUS


def units(
    wanted: Iterable[str],
    services: Iterable[Service],
    known: Iterable[str],
    crashes: Mapping[str, Sequence[datetime]] | None,
    previous: Previous | None,
) -> tuple[Unit, ...]:
    """The named services, in that order; one that is neither told of nor on record is not installed."""
    by_name = {service.name.lower(): service for service in services}
    on_record = {name.lower() for name in known}
    found = []
    for name in wanted:
        service = by_name.get(name.lower())
        if service is not None:
            before = previous.metrics.get(f"restarts {name}", 0.0) if previous else 0.0
            its_own = None if crashes is None else crashes.get(service.called, ())
            found.append(service.unit(name, its_own, int(before)))
        elif name.lower() in on_record:
            raise ProbeError("our login there may not see one of its programs", f"{name} is installed, but not told of")
        else:
            found.append(Unit(name, "not-found", "inactive", "not installed"))
    return tuple(found)


def services_of(told: Told) -> tuple[Service, ...]:
    """Win32_Service. `ProbeError` where those that always run are missing: then others are kept from us, too."""
    services = tuple(_service(record) for record in told.records(WHAT))
    if missing := sorted(set(_ALWAYS) - {service.name for service in services}):
        raise ProbeError(f"our login there may not see {WHAT}", f"not told of: {', '.join(missing)}")
    return services


def _service(record: dict[str, object]) -> Service:
    name, state, start_mode = (_json.word(record, field) for field in ("Name", "State", "StartMode"))
    exit_code = _json.number(record, "ExitCode")
    if not name or exit_code is None or state not in _ACTIVE or start_mode not in _START_MODES:
        raise unreadable(WHAT, record)
    own_code = _json.number(record, "ServiceSpecificExitCode") or 0
    return Service(name, _json.word(record, "DisplayName"), state, start_mode, exit_code, own_code)


def known_of(told: Told) -> tuple[str, ...]:
    """The names that the registry has services of. `ProbeError` where it has not even those of every machine."""
    found = tuple(_json.word(record, "Name") for record in told.records(WHAT))
    if not set(_ALWAYS) <= set(found):
        raise ProbeError(f"our login there may not see {WHAT}", "the registry does not tell of any service")
    return found


def crashes_of(told: Told, since: datetime) -> dict[str, list[datetime]]:
    """When services ended by themselves and were started again, by what they are called (event 7031), in UTC."""
    found: dict[str, list[datetime]] = {}
    for record in told.records(WHAT):
        name, at = _json.word(record, "Name"), _powershell.moment_of(record.get("Time"))
        if not name or at is None:
            raise unreadable(WHAT, record)
        if at > since:
            found.setdefault(name, []).append(at)
    return found


def clock_of(told: Told) -> datetime:
    """What the machine's clock shows, in UTC."""
    record = told.record("its time")
    at = _powershell.moment_of(record.get("Time"))
    if at is None:
        raise unreadable("its time", record)
    return at
