"""What a Windows machine's own records say about its starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from healthcheck.api import ProbeError, Target, frozen
from healthcheck.checks import _json, _powershell
from healthcheck.checks._starts import Ending, Start
from healthcheck.checks._windows.asking import Told, ask, unreadable

WHAT = "its starts"
_SYSTEM = "Get-CimInstance Win32_OperatingSystem"
UPTIME_QUESTION = f"@{{Clock = utc (Get-Date); Boot = utc ({_SYSTEM}).LastBootUpTime}}"
# Each number belongs to the provider beside it; other providers use the same ones for other things.
EVENTS_QUESTION = """
$from = @{
  'Microsoft-Windows-Kernel-General' = 12, 13; 'Microsoft-Windows-Kernel-Power' = @(41); 'User32' = @(1074)
  'EventLog' = 6005, 6006, 6008
}
$these = $from.Keys | ForEach-Object {
  "(Provider[@Name='$_'] and (" + (($from[$_] | ForEach-Object { "EventID=$_" }) -join ' or ') + '))'
}
$path = '*[System[' + ($these -join ' or ') + ']]'
Get-WinEvent -LogName System -MaxEvents 200 -FilterXPath $path |
  ForEach-Object { @{Id = $_.Id; Time = utc $_.TimeCreated} }
"""
LAST_QUESTION = f"""
$before = ({_SYSTEM}).LastBootUpTime.AddSeconds(-2)
Get-WinEvent -MaxEvents 1 -FilterHashtable @{{LogName = 'System'; EndTime = $before}} |
  ForEach-Object {{ @{{Time = utc $_.TimeCreated}} }}
"""
UPDATES_QUESTION = r"""
$software = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion'
@{Wait = (Test-Path "$software\WindowsUpdate\Auto Update\RebootRequired") -or
  (Test-Path "$software\Component Based Servicing\RebootPending")}
"""
_BOOT, _STOP, _NOT_STOPPED, _ASKED_TO_STOP = 12, 13, 41, 1074
_LOG_BEGAN, _LOG_ENDED, _LOG_NOT_ENDED = 6005, 6006, 6008
_IDS = frozenset({_BOOT, _STOP, _NOT_STOPPED, _ASKED_TO_STOP, _LOG_BEGAN, _LOG_ENDED, _LOG_NOT_ENDED})


@frozen
class Records:
    """How long the machine has been running, its clock, its starts (newest first), and whether updates wait."""

    uptime_s: float
    clock: datetime
    starts: tuple[Start, ...] = ()
    updates_wait: bool = False


@frozen
class LogEntry:
    """One event of the System log, by its number; UTC by the machine's clock."""

    id: int
    at: datetime


async def read(target: Target) -> Records:
    """All of it. Only how long it runs must be told; without the right to read the log, no start is on record."""
    told = await ask(
        target,
        uptime=UPTIME_QUESTION,
        events=EVENTS_QUESTION,
        last=LAST_QUESTION,
        updates=UPDATES_QUESTION,
    )
    return records_of(told)


def records_of(told: dict[str, Told]) -> Records:
    """The same from what was told."""
    uptime_s, clock = uptime_of(told["uptime"])
    entries = () if told["events"].failure else entries_of(told["events"])
    last = () if told["last"].failure else entries_of(told["last"])
    waits = {"Wait": False} if told["updates"].failure else told["updates"].record(WHAT)
    if not isinstance(waits.get("Wait"), bool):
        raise unreadable(WHAT, waits)
    starts = tuple(reversed(list(_starts(sorted(entries, key=lambda entry: entry.at)))))
    return Records(uptime_s, clock, _with_last_sign(starts, last), waits["Wait"] is True)


def uptime_of(told: Told) -> tuple[float, datetime]:
    """Seconds since the start (Win32_OperatingSystem keeps that right when the clock is set), and the clock."""
    record = told.record("how long it has been running")
    clock, boot = (_powershell.moment_of(record.get(name)) for name in ("Clock", "Boot"))
    if clock is None or boot is None or boot > clock:
        raise ProbeError("it does not say how long it has been running", f"clock and start: {record}")
    return (clock - boot).total_seconds(), clock


def entries_of(told: Told) -> tuple[LogEntry, ...]:
    """Entries of the System log; those without a number are told for their time alone."""
    found = []
    for record in told.records(WHAT):
        at, number = _powershell.moment_of(record.get("Time")), _json.number(record, "Id")
        if at is None or ("Id" in record and number not in _IDS):
            raise unreadable(WHAT, record)
        found.append(LogEntry(number or 0, at))
    return tuple(found)


def _starts(entries: Sequence[LogEntry]) -> Iterator[Start]:
    """The starts in entries that are in order, oldest first.

    A machine that was shut down has written so: that its log ended or that it stopped. One that was not finds that out
    when it starts again. Of the oldest start on record nobody knows what was before.
    """
    beginning = _BOOT if any(entry.id == _BOOT for entry in entries) else _LOG_BEGAN
    start: Start | None = None
    stopped_at: datetime | None = None
    asked_at: datetime | None = None
    signs: list[datetime] = []
    for entry in entries:
        if entry.id == beginning:
            if start is not None:
                yield start
            ending = Ending.CLEAN if stopped_at else Ending.NOT_KNOWN
            down_at = (asked_at or stopped_at) if stopped_at else None
            start = Start(entry.at, ending, max(signs, default=None), down_at)
            stopped_at, asked_at, signs = None, None, []
        elif entry.id in (_NOT_STOPPED, _LOG_NOT_ENDED) and start is not None:
            start = replace(start, ending=Ending.CRASH, down_at=None)
        elif entry.id in (_STOP, _LOG_ENDED):
            stopped_at = stopped_at or entry.at
        elif entry.id == _ASKED_TO_STOP:
            asked_at = entry.at
        signs.append(entry.at)
    if start is not None:
        yield start


def _with_last_sign(starts: tuple[Start, ...], last: tuple[LogEntry, ...]) -> tuple[Start, ...]:
    """The newest start with the last thing on record before it, whatever that was."""
    signs = [entry.at for entry in last if starts and entry.at < starts[0].at]
    if not signs:
        return starts
    newest = max([*signs, *filter(None, [starts[0].last_sign])])
    return (replace(starts[0], last_sign=newest), *starts[1:])
