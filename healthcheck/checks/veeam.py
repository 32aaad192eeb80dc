"""Backups that Veeam Backup & Replication makes: how each job's last run ended, and how old its last good one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import Check, Metric, Result, Secret, Status, Target, frozen
from healthcheck.checks import _enterprise_manager, _json, _powershell
from healthcheck.checks._backup.times import HostTimes
from healthcheck.checks._enterprise_manager import UNREADABLE, Login, Summary

HOUR_S = 3600
AHEAD_S = 60
_JOBS = """
$ErrorActionPreference = 'Stop'
if (Get-Module -ListAvailable Veeam.Backup.PowerShell) { Import-Module Veeam.Backup.PowerShell -DisableNameChecking }
else { Add-PSSnapin VeeamPSSnapIn }
$runs = @(Get-VBRBackupSession) | Group-Object { "$($_.JobId)" } -AsHashTable -AsString
if (-not $runs) { $runs = @{} }
$jobs = @(Get-VBRJob | ForEach-Object {
  $last = @($runs["$($_.Id)"] | Where-Object { $_ } | Sort-Object CreationTime -Descending | Select-Object -First 6 |
    ForEach-Object {
      @{Result = "$($_.Result)"; State = "$($_.State)"; Started = utc $_.CreationTime; Ended = utc $_.EndTime} })
  @{Name = $_.Name; Enabled = [bool]$_.IsScheduleEnabled; Runs = $last} })
ConvertTo-Json -Compress -Depth 5 @{Clock = utc (Get-Date); Jobs = $jobs}
"""
_RESULTS = ("Success", "Warning", "Failed", "None")
_STOPPED = "Stopped"


@frozen
class Run:
    """One run of a job. `result` is Veeam's word; empty while it runs, and then there is no `ended`. Times are UTC."""

    result: str
    started: datetime
    ended: datetime | None = None


@frozen
class Job:
    """A job and its last runs, newest first. `enabled` is whether it runs by itself."""

    name: str
    enabled: bool
    runs: tuple[Run, ...] = ()

    @property
    def running(self) -> Run | None:
        return next((run for run in self.runs if run.ended is None), None)

    @property
    def finished(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.ended is not None)


@frozen
class Jobs:
    """Every job that the server knows, and its clock."""

    clock: datetime
    jobs: tuple[Job, ...]


@dataclass(frozen=True, kw_only=True)
class Veeam(Check[Jobs | Summary]):
    """How the last run of each Veeam backup job ended, and how old its last good one is.

    via              powershell: by SSH to the backup server; enterprise_manager: by Veeam Backup Enterprise Manager,
                     which tells how many backups failed of late, but neither which nor when
    jobs             names of the jobs that must be there; none: every job that is scheduled (powershell)
    newest_within_h  the age in hours up to which a job's last good run is good (powershell)
    port             where the REST API of Enterprise Manager answers (this and all below: enterprise_manager)
    username         of an account there
    password         of that account, as { secret = "name" }
    server_name      the name in the server's certificate; empty: the host's address
    ca_file          PEM file of the only authorities to trust, or of the certificate itself; empty: the system's

    Problem: a job's last run failed or ended without a result, it has no good run within the time or none at all, it
    is not there, or there is no job; by Enterprise Manager: any failed of late, none was made, or of no machine. Look:
    its last run ended with warnings, or its first one is still running. Could not check: PowerShell or Veeam does not
    answer, or in words that are not known, the login is refused, or the certificate is not trusted (then no password
    is sent). A job that is running is said to be, and judged by its runs before; a retry that went well counts. A run
    with warnings made a backup.

    Needs by PowerShell, on the backup server: os = "windows" in the config, the OpenSSH server of Windows, the console
    with its PowerShell module (Veeam.Backup.PowerShell of version 11 and later, or the snap-in of older ones), and a
    login with the role "Veeam Backup Viewer". By Enterprise Manager: an account with the role "Portal User". No Veeam
    server was at hand: tested over SSH with answers written after the reference, and over HTTPS with recorded ones of
    Enterprise Manager 12.

    Sources: Get-VBRJob and Get-VBRBackupSession in Veeam's PowerShell reference; "reports/summary" in its Enterprise
    Manager REST reference.
    """

    kind: ClassVar[str] = "veeam"
    default_timeout_s: ClassVar[float] = 120.0

    via: Literal["powershell", "enterprise_manager"] = "powershell"
    jobs: tuple[str, ...] = ()
    newest_within_h: float = 26
    port: int = 9398
    username: str = ""
    password: Secret | None = None
    server_name: str = ""
    ca_file: str = ""

    def probe(self, target: Target) -> Jobs | Summary:
        if self.via == "powershell" or self.password is None:
            answer: str = target.wait(_powershell.ask(target, _JOBS))
            return jobs_of(answer)
        name = self.server_name or target.host.address
        return _enterprise_manager.ask(target, Login(self.port, self.username, self.password, name, self.ca_file))

    def evaluate(self, found: Jobs | Summary, now: datetime) -> Iterator[Result]:
        if isinstance(found, Summary):
            yield from _enterprise_manager.judged(found)
            return
        times = HostTimes(int(found.clock.timestamp()), now)
        known = {job.name: job for job in found.jobs}
        for name in self.jobs:
            if name not in known:
                yield Result(Status.CRITICAL, f"has no backup job “{name}”", f"{len(found.jobs)} jobs, none so named")
        asked = [known[name] for name in self.jobs if name in known]
        judged = asked if self.jobs else [job for job in found.jobs if job.enabled]
        for job in judged:
            yield from self._judged(job, times)
        if not judged and not self.jobs:
            switched_off = ", all switched off" if found.jobs else ""
            yield Result(Status.CRITICAL, f"has no backup job that runs{switched_off}", f"{len(found.jobs)} jobs")

    def _judged(self, job: Job, times: HostTimes) -> Iterator[Result]:
        running = _running(job, times)
        if not job.finished:
            if job.running:
                yield Result(Status.WARNING, f"has no finished backup “{job.name}” yet; {running}", job.name)
            else:
                yield Result(Status.CRITICAL, f"has never run its backup “{job.name}”", f"{job.name}: no session")
            return
        yield self._last_run(job, job.finished[0], times)
        yield self._age(job, times)
        if job.running:
            yield Result(Status.OK, f"is making its backup “{job.name}”: {running}", job.name)

    def _last_run(self, job: Job, run: Run, times: HostTimes) -> Result:
        when = times.words((run.ended or run.started).timestamp())
        detail = f"{job.name}: {run.result}, started {run.started:%Y-%m-%d %H:%M} UTC"
        if run.result == "Success":
            return Result(Status.OK, "made its last backups", detail)
        if run.result == "Warning":
            return Result(Status.WARNING, f"made its last backup “{job.name}” {when}, but with warnings", detail)
        if run.result == "Failed":
            return Result(Status.CRITICAL, f"failed to make its last backup “{job.name}” {when}", detail)
        return Result(Status.CRITICAL, f"ended its last backup “{job.name}” without a result {when}", detail)

    def _age(self, job: Job, times: HostTimes) -> Result:
        good = [run.ended for run in job.finished if run.result in ("Success", "Warning") and run.ended]
        past = [ended for ended in good if ended.timestamp() <= times.clock_s + AHEAD_S]
        if not past:
            why = "only one that is dated in the future" if good else f"all of its last {len(job.finished)} runs failed"
            return Result(Status.CRITICAL, f"has no good backup “{job.name}”: {why}", job.name)
        hours = Metric(f"age_h {job.name}", round((times.clock_s - past[0].timestamp()) / HOUR_S, 2), "h")
        detail = f"{job.name}: {hours.value:.1f} hours old, limit {self.newest_within_h:g}{times.note}"
        if hours.value <= self.newest_within_h:
            return Result(Status.OK, "made its last backups", detail, hours)
        meanwhile = f"; {_running(job, times)}" if job.running else ""
        says = f"has no backup “{job.name}” since {times.words(past[0].timestamp())}{meanwhile}"
        return Result(Status.CRITICAL, says, detail, hours)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if self.newest_within_h <= 0:
            yield "newest_within_h", "must be more than 0"
        if self.via == "enterprise_manager" and not (self.username and self.password):
            yield "via", "needs `username` and `password` for Enterprise Manager"
        if self.via == "enterprise_manager" and self.jobs:
            yield "jobs", 'needs via = "powershell": Enterprise Manager names no jobs'


def _running(job: Job, times: HostTimes) -> str:
    return f"one has been running since {times.words(job.running.started.timestamp())}" if job.running else ""


def jobs_of(text: str) -> Jobs:
    """The jobs in {"Clock", "Jobs": [{"Name", "Enabled", "Runs": [{"Result", "State", "Started", "Ended"}]}]}.

    Lists of one may be that one alone. Result is Success, Warning, Failed or None; State is Stopped where a run has
    ended; Enabled is a truth value; times tell their zone. Raises `ProbeError` for anything else.
    """
    told = _powershell.json_of(text, UNREADABLE)
    clock = _powershell.moment_of(told.get("Clock")) if isinstance(told, dict) else None
    if not isinstance(told, dict) or clock is None or "Jobs" not in told:
        raise _json.unreadable(text, UNREADABLE)
    return Jobs(clock, tuple(_job(entry, text) for entry in _powershell.listed(told["Jobs"])))


def _job(entry: object, text: str) -> Job:
    if not isinstance(entry, dict) or not _json.word(entry, "Name") or not isinstance(entry.get("Enabled"), bool):
        raise _json.unreadable(text, UNREADABLE)
    runs = [_run(run, text) for run in _powershell.listed(entry.get("Runs"))]
    newest_first = sorted(runs, key=lambda run: run.started, reverse=True)
    return Job(_json.word(entry, "Name"), entry["Enabled"], tuple(newest_first))


def _run(entry: object, text: str) -> Run:
    if not isinstance(entry, dict):
        raise _json.unreadable(text, UNREADABLE)
    result, state = _json.word(entry, "Result"), _json.word(entry, "State")
    started, ended = _powershell.moment_of(entry.get("Started")), _powershell.moment_of(entry.get("Ended"))
    if started is None or result not in _RESULTS or not state:
        raise _json.unreadable(text, UNREADABLE)
    if state != _STOPPED:
        return Run("", started)
    if ended is None:
        raise _json.unreadable(text, UNREADABLE)
    return Run(result, started, ended)
