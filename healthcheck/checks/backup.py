"""Backups: when the last one was made, whether it looks whole, and whether there is a drive with room for the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import (
    MOUNT_TABLE,
    Check,
    Host,
    Levels,
    Metric,
    Previous,
    Result,
    Space,
    Status,
    Target,
    answers,
    frozen,
    mounts_of,
    percent,
    read_spaces,
    script,
    size,
)
from healthcheck.checks._backup import drives
from healthcheck.checks._backup.drives import Drive, Place
from healthcheck.checks._backup.files import HOUR_S, BackupFile, Files
from healthcheck.checks._backup.listing import parse_files, question
from healthcheck.checks._backup.times import HostTimes
from healthcheck.checks._windows import folder as of_windows
from healthcheck.checks._windows import letters


@frozen
class Backups:
    """The backup folder and its files (None where it could not be entered), and the second drive if there is one."""

    folder: Place
    files: Files | None
    standby: Place | None = None
    previous: Previous | None = None


@dataclass(frozen=True, kw_only=True)
class Backup(Check[Backups]):
    """When the last backup was made, whether it looks whole, and whether its drive is there and has room.

    path             the folder that holds the backups
    pattern          names of the files that are backups ("charts-*.sql.gz"); hidden files and folders never are
    depth            how many folders deep to look; 1 is the folder itself
    newest_within_h  the age in hours up to which the newest backup is good
    min_bytes        a smaller file is no backup
    shrink_percent   how much smaller than the one before it may be
    mounted          true: the folder must be on a drive of its own; a path: a drive must be mounted there; false: it
                     may be on the main disk
    free_percent     room left on its drive
    standby_path     a second drive, ready to take over: mounted, writable, with room for one more backup

    Problem: no backup within the time, or none at all that is finished, not empty and not dated in the future; one
    that is far too small; a drive that is not connected, broken, read-only or nearly full. Look: one that is smaller
    than usual, one that failed since the last good one, little room, or anything wrong with the second drive. Could
    not check: a drive that does not answer, or a folder that our login may not read. A backup that is being made is
    said to be, and judged by the one before it; names like *.part and *.tmp never count.

    Ages are counted in seconds by the host's own clock, so that neither a wrong clock nor daylight saving time
    changes them. Sizes are compared between files whose names differ in numbers and days only, or else with the
    round before.

    On a Windows host, `path` and `standby_path` are on drives with a letter (“D:/Backups”), the main disk is C:, and
    whether a drive can be written to is not told. A shared folder is looked at on the server that shares it. What
    Windows itself and Veeam back up has checks of its own, windows_backup and veeam.

    Needs a login that may list the folder, with no right to write, on a Linux host with find, stat, sort, awk and
    timeout of coreutils or BusyBox, or on a Windows host. Formats: /proc/self/mountinfo (proc(5)), `stat -c` and
    `stat -f` (stat(1)); System.IO.DriveInfo and Get-ChildItem of Windows.
    """

    kind: ClassVar[str] = "backup"
    inside: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 30.0

    path: str
    pattern: str = "*"
    depth: int = 3
    newest_within_h: float = 26
    min_bytes: int = 1
    shrink_percent: Levels = Levels.above(warning=50, critical=90)
    mounted: bool | str = True
    free_percent: Levels = Levels.below(warning=10, critical=3)
    standby_path: str = ""

    async def probe(self, target: Target) -> Backups:
        paths = {"folder": self.path} | ({"standby": self.standby_path} if self.standby_path else {})
        if target.host.os == "windows":
            places, files = await of_windows.read(
                target, paths, pattern=self.pattern, depth=self.depth, min_bytes=self.min_bytes
            )
            return Backups(places["folder"], files, places.get("standby"), target.previous)
        spaces = await read_spaces(target, list(paths.values()))
        # Only what has answered is entered: a hung drive would hold up all that follows.
        entered = {name: path for name, path in paths.items() if isinstance(spaces[path], Space)}
        questions = {name: drives.question(path) for name, path in entered.items()} | {"mounts": MOUNT_TABLE}
        if "folder" in entered:
            questions["files"] = question(self.path, pattern=self.pattern, depth=self.depth, min_bytes=self.min_bytes)
        completed = await target.run(script(**questions))
        found = answers(completed.out, *questions)
        mounts = mounts_of(found["mounts"])
        places = {name: drives.place(path, spaces[path], found.get(name), mounts) for name, path in paths.items()}
        files = parse_files(found["files"].text) if isinstance(places["folder"].space, Space) else None
        return Backups(places["folder"], files, places.get("standby"), target.previous)

    def evaluate(self, backups: Backups, now: datetime) -> Iterator[Result]:
        name = "its backup drive" if self.mounted else "its backup folder"
        first = Drive(name, "free", Status.CRITICAL, self.mounted, self.free_percent)
        files = backups.files if first.is_there(backups.folder) else None
        if files is not None:
            yield from self._files(files, backups, HostTimes(files.clock_s, now))
        yield from first.findings(backups.folder)
        if backups.standby is not None:
            # One half of a pair: whatever is wrong with it alone stops no backup.
            second = Drive("its second backup drive", "free standby", Status.WARNING, True, self.free_percent)
            yield from second.findings(backups.standby)
            if second.is_there(backups.standby):
                yield from _can_take_over(backups.standby, backups.folder, files)

    def _files(self, files: Files, backups: Backups, times: HostTimes) -> Iterator[Result]:
        if not files.finished:
            yield self._none(files, backups.folder.path)
            return
        yield self._age(files, times, backups.folder.path)
        yield self._size(files, times, backups.previous)
        yield from _failed_since(files, times)
        if files.running:
            yield Result(Status.OK, f"is making its next backup: {_running(files.running, times)}", files.running.name)

    def _none(self, files: Files, path: str) -> Result:
        detail = f"no file in {path} that matches {self.pattern} counts"
        if files.running:
            return Result(Status.WARNING, "has no finished backup yet; one is running now", detail)
        if files.complaint:
            return _not_readable(files)
        too_small = "an empty one" if not any(file.size_bytes for file in files.small) else "one that is too small"
        for kind, only in (
            (files.small, too_small),
            (files.future, "one that is dated in the future"),
            (files.broken_off, "one that broke off"),
        ):
            if kind:
                says = f"holds no backup that can be used, only {only}"
                return Result(Status.CRITICAL, says, f"{detail}; {kind[0].name}: {kind[0].size_bytes:,} bytes")
        return Result(Status.CRITICAL, "holds no backup at all", detail)

    def _age(self, files: Files, times: HostTimes, path: str) -> Result:
        newest = files.finished[0]
        hours = Metric("age_h", round((files.clock_s - newest.modified_s) / HOUR_S, 2), "h")
        detail = f"{path}/{newest.name}: {hours.value:.1f} hours old, limit {self.newest_within_h:g}{times.note}"
        if hours.value <= self.newest_within_h:
            return Result(Status.OK, _made(newest, times), detail, hours)
        if files.complaint:
            return _not_readable(files)
        meanwhile = f"; {_running(files.running, times)}" if files.running else ""
        return Result(
            Status.CRITICAL, f"has no backup since {times.words(newest.modified_s)}{meanwhile}", detail, hours
        )

    def _size(self, files: Files, times: HostTimes, previous: Previous | None) -> Result:
        newest, before = files.finished[0], _bytes_before(files, times, previous)
        says, detail = _made(newest, times), f"{newest.name}: {newest.size_bytes:,} bytes"
        status = Status.OK
        if before:
            smaller_percent = 100.0 * (before - newest.size_bytes) / before
            status = self.shrink_percent.judge(smaller_percent)
            detail = f"{detail}, the one before {before:,.0f}"
        if status is not Status.OK:
            compared = f"({size(newest.size_bytes)} instead of {size(before)})"
            says = f"{says}, {percent(smaller_percent)} smaller than the one before {compared}"
        return Result(status, says, detail, Metric("size", newest.size_bytes, "B"))

    def mistakes(self) -> Iterator[tuple[str, str]]:
        for setting, path in self._paths():
            if not path.startswith("/") and not letters.drive_of(path):
                yield setting, f"“{path}” must start with “/”"
        if self.standby_path and of_windows.whole(self.standby_path) == of_windows.whole(self.path):
            yield "standby_path", "must be another place than `path`"
        if not self.pattern or "/" in self.pattern:
            yield "pattern", "must be the name of files, without folders: set `path` and `depth` for those"
        for setting, number, least in (("depth", self.depth, 1), ("min_bytes", self.min_bytes, 0)):
            if number < least:
                yield setting, f"must be at least {least}"
        if self.newest_within_h <= 0:
            yield "newest_within_h", "must be more than 0"

    def mistakes_on(self, host: Host) -> Iterator[tuple[str, str]]:
        windows = host.os == "windows"
        for setting, path in self._paths():
            if windows and path.startswith("/"):
                yield setting, f"“{path}” must be on a drive, as “D:/Backups” is"
            elif windows and setting == "mounted" and not letters.tidy(path):
                yield setting, f"“{path}” must be a drive, such as “D:”"
            elif not windows and letters.drive_of(path):
                yield setting, f"“{path}” must start with “/”"
        if windows and re.search(r"\[[!^]|`", self.pattern):
            yield "pattern", "may have *, ? and [a-z], but neither [! nor `"

    def _paths(self) -> Iterator[tuple[str, str]]:
        """Every path in the settings, after the setting's name."""
        yield "path", self.path
        if self.standby_path:
            yield "standby_path", self.standby_path
        if isinstance(self.mounted, str) and self.mounted:
            yield "mounted", self.mounted


def _made(file: BackupFile, times: HostTimes) -> str:
    return f"made its last backup {times.words(file.modified_s)}"


def _running(file: BackupFile, times: HostTimes) -> str:
    return "one is running now" if file.begun_s is None else f"one has been running since {times.words(file.begun_s)}"


def _not_readable(files: Files) -> Result:
    says = "could not be checked: our login may not read all of its backup folder"
    return Result(Status.UNKNOWN, says, files.complaint)


def _failed_since(files: Files, times: HostTimes) -> Iterator[Result]:
    """What went wrong after the last good backup."""
    good = files.finished[0]
    empty = files.small and not files.small[0].size_bytes
    too_small = "made an empty backup {when}" if empty else "made a backup that is far too small, {when}"
    for kind, says in (
        (files.small, too_small),
        (files.future, "has a backup that is dated in the future and does not count"),
        (files.broken_off, "broke off a backup {when}"),
    ):
        if kind and kind[0].modified_s > good.modified_s:
            says = says.format(when=times.words(kind[0].modified_s))
            detail = f"{kind[0].name}: {kind[0].size_bytes:,} bytes, changed at {kind[0].modified_s} s of the epoch"
            yield Result(Status.WARNING, f"{says}; the last good one is from {times.words(good.modified_s)}", detail)


def _bytes_before(files: Files, times: HostTimes, previous: Previous | None) -> float:
    """The size of the backup before the newest, 0 if it is not known. A file that is overwritten has only history."""
    if files.before:
        return files.before.size_bytes
    overwritten = len(files.finished) == 1 and previous and previous.at < times.moment(files.finished[0].modified_s)
    return previous.metrics.get("size", 0.0) if previous and overwritten else 0.0


def _can_take_over(standby: Place, folder: Place, files: Files | None) -> Iterator[Result]:
    """Whether the second drive is another one than the first, with room for one more backup."""
    if standby.mount and folder.mount and standby.mount.device == folder.mount.device:
        detail = f"{standby.shown} and {folder.shown} are the same device"
        yield Result(Status.WARNING, "keeps both backup drives on one and the same disk", detail)
    needed = files.finished[0].size_bytes if files and files.finished else 0
    if isinstance(standby.space, Space) and standby.space.available_bytes < needed:
        left = f"({size(standby.space.available_bytes)} left, {size(needed)} needed)"
        detail = f"{standby.shown}: {standby.space.available_bytes:,} bytes free"
        yield Result(Status.WARNING, f"has no room for one more backup on its second backup drive {left}", detail)
