"""Backups that Windows makes itself: when the last good one was made, and how the last try ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from healthcheck.api import Check, Metric, Result, Status, Target, frozen
from healthcheck.checks import _json, _powershell
from healthcheck.checks._backup.times import HostTimes

HOUR_S = 3600
AHEAD_S = 60
_SUMMARY = """
$summary = $null; $job = $null
if (Get-Command Get-WBSummary -ErrorAction SilentlyContinue) {
  $summary = Get-WBSummary -ErrorAction Stop |
    Select-Object NumberOfVersions, LastBackupResultHR, LastBackupResultDetailedHR, DetailedMessage,
      @{n='LastSuccessfulBackupTime'; e={utc $_.LastSuccessfulBackupTime}},
      @{n='LastBackupTime'; e={utc $_.LastBackupTime}},
      @{n='CurrentOperationStatus'; e={"$($_.CurrentOperationStatus)"}}
  $job = Get-WBJob -ErrorAction SilentlyContinue |
    Select-Object @{n='StartTime'; e={utc $_.StartTime}}, @{n='JobState'; e={"$($_.JobState)"}}
}
ConvertTo-Json -Compress -Depth 3 @{Clock = utc (Get-Date); Summary = $summary; Job = $job}
"""
_IDLE = ("NoOperationInProgress", 0)
_VERSION = re.compile(r"^(?:[^:\n]{1,80}:)?[ \t]*(\d\d/\d\d/\d{4}-\d\d:\d\d)(?:[ \t].*)?$", re.MULTILINE | re.ASCII)
_NO_VERSION = re.compile(r"^ERROR - No backup was found\.", re.MULTILINE)


@frozen
class Backups:
    """What Windows says of its backups; times are UTC, by the host's clock. `clock` is that clock.

    `last` is the newest good one, `tried` the last try, `failed` how that ended where it did not end well, `warned`
    how it ended where it ended half well. `versions` are those that are kept; None where nobody says. `running` is
    whether one is being made, and `since` when it began if that is known.
    """

    last: datetime | None
    clock: datetime | None = None
    versions: int | None = None
    tried: datetime | None = None
    failed: str = ""
    warned: str = ""
    running: bool = False
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WindowsBackup(Check[Backups]):
    """When Windows' own backup (Windows Server Backup, wbadmin) last succeeded, and how its last run ended.

    newest_within_h  the age in hours up to which the last good backup is good

    Problem: no good backup within the time, none at all, none kept any more, or the last run failed. Look: the last
    run ended with warnings, or the first backup is still running. Could not check: Windows does not answer, or not in
    words that are known. A backup that is running is said to be, and judged by the last good one.

    Asks `Get-WBSummary` and `Get-WBJob`, which come with the feature Windows Server Backup, and where they are missing
    `wbadmin get versions`, which tells only what is kept. Ages are by the host's own clock and in UTC: wbadmin's
    "Version identifier" is, its "Backup time" is local and written after the country's habit, and is not read.

    Needs on the host: os = "windows" in the config, the OpenSSH server of Windows, and a login in the group "Backup
    Operators". No Windows machine was at hand: tested over SSH with answers written after recorded ones. wbadmin says
    that there is no backup in the language of the system; in any other than English that is "could not check".

    Sources: WindowsServerBackup module and wbadmin in Microsoft's documentation.
    """

    kind: ClassVar[str] = "windows_backup"
    inside: ClassVar[bool] = True
    systems: ClassVar[frozenset[str]] = frozenset({"windows"})
    default_timeout_s: ClassVar[float] = 60.0

    newest_within_h: float = 26

    async def probe(self, target: Target) -> Backups:
        clock, found = summary_of(await _powershell.ask(target, _SUMMARY))
        if found is not None:
            return found
        completed = await target.run(["wbadmin", "get", "versions"], exits=None)
        versions = versions_of(completed.out or completed.err)
        return Backups(max(versions, default=None), clock, len(versions))

    def evaluate(self, found: Backups, now: datetime) -> Iterator[Result]:
        times = HostTimes(int((found.clock or now).timestamp()), now)
        if found.last is None:
            yield _none(found)
        elif found.last.timestamp() > times.clock_s + AHEAD_S:
            says = "holds no backup that can be used, only one that is dated in the future"
            yield Result(Status.CRITICAL, says, f"last good backup {found.last}, clock {found.clock}")
        else:
            yield self._age(found, found.last, times)
            yield from _last_run(found, found.last, times)
            if found.versions == 0:
                yield Result(Status.CRITICAL, "keeps no backup that could be got back", "NumberOfVersions 0")
            if found.running:
                yield Result(Status.OK, _running(found, times), "CurrentOperationStatus")

    def _age(self, found: Backups, last: datetime, times: HostTimes) -> Result:
        hours = Metric("age_h", round((times.clock_s - last.timestamp()) / HOUR_S, 2), "h")
        detail = f"last good backup {last:%Y-%m-%d %H:%M} UTC, limit {self.newest_within_h:g} hours{times.note}"
        when = times.words(last.timestamp())
        if hours.value <= self.newest_within_h:
            return Result(Status.OK, f"made its last backup {when}", detail, hours)
        meanwhile = f"; it {_running(found, times)}" if found.running else ""
        return Result(Status.CRITICAL, f"has no backup since {when}{meanwhile}", detail, hours)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if self.newest_within_h <= 0:
            yield "newest_within_h", "must be more than 0"


def _none(found: Backups) -> Result:
    if found.running:
        return Result(Status.WARNING, "has no finished backup yet; one is running now", "no successful backup")
    if found.failed:
        return Result(Status.CRITICAL, "has never made a backup: the last try failed", found.failed)
    return Result(Status.CRITICAL, "holds no backup at all", "no successful backup, no version")


def _last_run(found: Backups, last: datetime, times: HostTimes) -> Iterator[Result]:
    when = f" {times.words(found.tried.timestamp())}" if found.tried else ""
    if found.failed:
        says = f"failed to make its last backup{when}; the last good one is from {times.words(last.timestamp())}"
        yield Result(Status.CRITICAL, says, found.failed)
    elif found.warned:
        yield Result(Status.WARNING, f"made its last backup{when} with warnings", found.warned)


def _running(found: Backups, times: HostTimes) -> str:
    since = f" since {times.words(found.since.timestamp())}" if found.since else " now"
    return f"has work on its backups running{since}"


def summary_of(text: str) -> tuple[datetime | None, Backups | None]:
    """The host's clock, and what `Get-WBSummary | ConvertTo-Json` says, by itself or as "Summary" beside "Clock".

    No backups where the summary is null: that machine has no such command. Raises `ProbeError` for anything else.
    """
    says = "what it says about its backups is unreadable"
    told = _powershell.json_of(text, says)
    told = told[0] if isinstance(told, list) and len(told) == 1 else told
    if not isinstance(told, dict):
        raise _json.unreadable(text, says)
    clock = _powershell.moment_of(told.get("Clock"))
    if "Summary" in told:
        summary, job = told["Summary"], told.get("Job")
        if summary is None and clock is not None:
            return clock, None
    else:
        summary, job = told, None
    if not isinstance(summary, dict):
        raise _json.unreadable(text, says)
    return clock, _summary(summary, job if isinstance(job, dict) else {}, clock, text)


def _summary(summary: dict[str, object], job: dict[str, object], clock: datetime | None, text: str) -> Backups:
    says = "what it says about its backups is unreadable"
    result, versions = _json.number(summary, "LastBackupResultHR"), _json.number(summary, "NumberOfVersions")
    last = _powershell.moment_of(summary.get("LastSuccessfulBackupTime"))
    if result is None or versions is None or "LastSuccessfulBackupTime" not in summary:
        raise _json.unreadable(text, says)
    if last is None and not _powershell.is_no_time(summary["LastSuccessfulBackupTime"]):
        raise _json.unreadable(text, says)
    detailed = _json.number(summary, "LastBackupResultDetailedHR") or 0
    ended = f"HRESULT {_hexadecimal(result)} {_hexadecimal(detailed)}: {_json.word(summary, 'DetailedMessage')}"
    state = summary.get("CurrentOperationStatus")
    running = state is not None and state not in _IDLE
    return Backups(
        last=last,
        clock=clock,
        versions=versions,
        tried=_powershell.moment_of(summary.get("LastBackupTime")),
        failed=ended.rstrip(": ") if result else "",
        warned=ended.rstrip(": ") if detailed and not result else "",
        running=running,
        since=_powershell.moment_of(job.get("StartTime")) if running and job.get("JobState") == "Running" else None,
    )


def _hexadecimal(result: int) -> str:
    return f"{result & 0xFFFFFFFF:#010x}"


def versions_of(text: str) -> tuple[datetime, ...]:
    """The backups that `wbadmin get versions` lists, in UTC, by their "Version identifier" (MM/DD/YYYY-HH:MM).

    The label before it is in the system's language. Empty where it says that there is none; `ProbeError` for all else.
    """
    text = _powershell.text_of(text)
    try:
        found = [datetime.strptime(name, "%m/%d/%Y-%H:%M").replace(tzinfo=UTC) for name in _VERSION.findall(text)]
    except ValueError:
        found = []
    if (found and all(at.year >= 2000 for at in found)) or _NO_VERSION.search(text):
        return tuple(found)
    raise _json.unreadable(text, "what it says about its backups is unreadable")
