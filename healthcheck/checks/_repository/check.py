"""Judges what was found in a backup repository, whichever tool made it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Metric, Result, Status, join, plain
from healthcheck.checks._backup.times import HostTimes
from healthcheck.checks._repository.contents import NOTHING, Contents, Rehearsal, Snapshot, Trouble, Work

HOUR_S = 3600
_OTHERS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class RepositoryCheck(Check[Contents]):
    """The settings and the judgement that the checks of repositories have in common."""

    inside: ClassVar[bool] = True
    systems: ClassVar[frozenset[str]] = frozenset({"linux"})
    default_timeout_s: ClassVar[float] = 120.0

    repository: str
    newest_within_h: float = 26
    host_name: str = ""
    rehearse: str = ""
    sha256: str = ""

    def evaluate(self, contents: Contents, now: datetime) -> Iterator[Result]:
        times = HostTimes(contents.seen.clock_s, now)
        if contents.trouble is Trouble.MISSING:
            yield Result(Status.CRITICAL, "has lost its backups: nothing is where they should be", contents.said)
            return
        if contents.trouble is Trouble.DAMAGED:
            yield _damaged(contents)
        if contents.past:
            yield self._age(contents.past[0], contents, times)
            yield from self._future(contents, times)
            yield from _files(contents, times)
            yield from self._rehearsed(contents.rehearsal, contents.past[0])
        elif contents.trouble is None:
            yield self._none(contents)
        if contents.work and not contents.work.alive:
            yield _left_behind(contents.work, times)
        elif contents.work and contents.past:
            yield Result(Status.OK, f"has {_running(contents.work, times)}", _lock(contents.work))
        if contents.verified and contents.trouble is None:
            yield Result(Status.OK, "has backups that can be read", "verified")

    @property
    def _of(self) -> str:
        """Whose backup it is, where the repository is not the machine's own."""
        return f" of {self.host_name}" if self.host_name else ""

    def _age(self, newest: Snapshot, contents: Contents, times: HostTimes) -> Result:
        hours = Metric("age_h", round((contents.seen.clock_s - newest.at.timestamp()) / HOUR_S, 2), "h")
        host = f" of {newest.host}" if newest.host else ""
        detail = (
            f"{self.repository}: {newest.id[:40]}{host}: {hours.value:.1f} hours old, "
            f"limit {self.newest_within_h:g}{times.note}"
        )
        when = times.words(newest.at_s)
        if hours.value <= self.newest_within_h:
            return Result(Status.OK, f"made its last backup{self._of} {when}", detail, hours)
        alive = contents.work is not None and contents.work.alive
        meanwhile = f"; it has {_running(contents.work, times)}" if contents.work and alive else ""
        return Result(Status.CRITICAL, f"has no backup{self._of} since {when}{meanwhile}", detail, hours)

    def _none(self, contents: Contents) -> Result:
        detail = f"{self.repository}: no snapshot counts"
        if contents.snapshots:
            says = f"holds no backup{self._of} that can be used, only one that is dated in the future"
            return Result(Status.CRITICAL, says, f"{detail}; {contents.snapshots[0].id[:40]}")
        if contents.others:
            more = ["others"] if len(contents.others) > _OTHERS_SHOWN else []
            only = join([*contents.others[:_OTHERS_SHOWN], *more])
            return Result(Status.CRITICAL, f"holds no backup{self._of}, only of {only}", detail)
        if contents.work and contents.work.alive:
            return Result(Status.WARNING, f"has no finished backup{self._of} yet; one is running now", detail)
        return Result(Status.CRITICAL, f"holds no backup{self._of} at all", detail)

    def _future(self, contents: Contents, times: HostTimes) -> Iterator[Result]:
        if len(contents.past) < len(contents.snapshots):
            last = times.words(contents.past[0].at_s)
            says = f"has a backup that is dated in the future and does not count; the last good one is from {last}"
            yield Result(Status.WARNING, says, f"{contents.snapshots[0].id[:40]}: {contents.snapshots[0].at}")

    def _rehearsed(self, rehearsal: Rehearsal | None, newest: Snapshot) -> Iterator[Result]:
        if rehearsal is None:
            return
        status, says = _got_back(rehearsal, newest)
        hashes = f"sha256 {rehearsal.restored[:12] or 'none'}, wanted {rehearsal.wanted[:12] or 'none'}"
        yield Result(status, says, f"{newest.id[:40]}: {self.rehearse}: {hashes}")

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not self.repository or self.repository.startswith("-"):
            yield "repository", "must be where the repository is"
        if re.search(r"//[^/@]*:[^/@]*@", self.repository):
            yield "repository", "must not hold a password: every login of the host could read it"
        if self.newest_within_h <= 0:
            yield "newest_within_h", "must be more than 0"
        if self.rehearse and not self.rehearse.startswith("/"):
            yield "rehearse", f"“{plain(self.rehearse, 80)}” must start with “/”"
        if self.sha256 and not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            yield "sha256", "must be 64 digits and letters a to f, as `sha256sum` prints them"
        if self.sha256 == NOTHING:
            yield "sha256", "is that of an empty file, which proves nothing"
        if self.sha256 and not self.rehearse:
            yield "sha256", "needs `rehearse`: it is that file's"


def _damaged(contents: Contents) -> Result:
    if contents.work and contents.work.alive:
        # What is half written or just being removed looks the same.
        says = "could not be checked: part of its backups could not be read while work on them is running"
        return Result(Status.UNKNOWN, says, contents.said)
    return Result(Status.CRITICAL, "has damaged backups: part of them can no longer be read", contents.said)


def _files(contents: Contents, times: HostTimes) -> Iterator[Result]:
    newest = contents.past[0]
    if contents.has_files is False:
        says = f"made its last backup {times.words(newest.at_s)}, but there is nothing in it"
        yield Result(Status.CRITICAL, says, f"{newest.id[:40]}: no file in it that is not empty")


def _got_back(rehearsal: Rehearsal, newest: Snapshot) -> tuple[Status, str]:
    if not rehearsal.restored:
        return Status.CRITICAL, "lacks the test file in its last backup"
    if rehearsal.is_empty:
        return Status.CRITICAL, "got back an empty test file from its last backup"
    if not rehearsal.wanted:
        return Status.UNKNOWN, "could not be checked: there is no test file to compare the one in the backup with"
    if rehearsal.restored == rehearsal.wanted:
        return Status.OK, "could get back a test file from its last backup"
    if rehearsal.changed_s is not None and rehearsal.changed_s >= newest.at_s:
        return Status.UNKNOWN, "could not be checked: the test file has been changed since the last backup"
    return Status.CRITICAL, "got back a test file from its last backup that is not what it should be"


def _running(work: Work, times: HostTimes) -> str:
    since = f" since {times.words(work.since_s)}" if work.since_s is not None else " now"
    return f"work on its backups running{since}"


def _left_behind(work: Work, times: HostTimes) -> Result:
    says = (
        f"has its backups locked by work that broke off, {times.words(work.lock.renewed_s)}: "
        "the next one may not be able to run"
    )
    return Result(Status.WARNING, says, _lock(work))


def _lock(work: Work) -> str:
    return f"lock of {work.lock.host}, process {work.lock.pid}"
