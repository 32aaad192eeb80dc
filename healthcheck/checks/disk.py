"""Room on the disks of a host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import ClassVar

from healthcheck.api import (
    MOUNT_TABLE,
    Check,
    Host,
    Levels,
    Metric,
    Mount,
    ProbeError,
    Result,
    Space,
    Status,
    Target,
    answers,
    frozen,
    mounts_of,
    percent,
    plain,
    read_spaces,
    script,
    size,
)
from healthcheck.checks._windows import letters


@frozen
class Disks:
    """The mounts that were looked at, what `read_spaces` said of each path, and the paths where nothing is mounted."""

    mounts: tuple[Mount, ...]
    spaces: dict[str, Space | str]
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Disk(Check[Disks]):
    """Room left on each disk, and whether it can still be written to.

    mounts                the paths to look at, as `findmnt` shows them; nothing mounted there is a problem
    except_mounts         paths to leave alone: disks that are full or read-only on purpose
    free_percent          of what ordinary programs may use, as `df` counts; what is kept for root is not free
    free_bytes            the same in bytes, for disks so large that a share says little; no limit unless given
    free_inodes_percent   of the files it can hold: many small ones fill a disk that has bytes to spare

    Without `mounts` it looks at everything on a drive or a file server. Disc images, snaps, container layers and
    memory are left out, and what is mounted in several places counts once.

    Problem: less room than the critical limit; a disk that is read-only, which is what Linux makes of one that it
    finds damaged; a path of `mounts` where nothing is mounted. Look: less room than the warning limit. Could not
    check: a disk that did not answer, as when its file server is gone; the others are reported all the same.

    On a Windows host, `mounts` are drives ("C:", "D:"), and without them it looks at every built-in one that has a
    letter; sticks and discs are left out. There is no limit of files, and whether a drive can be written to is not
    told.

    Needs an ordinary login on a Linux host with `stat` and `timeout` of coreutils or BusyBox, or on a Windows host.
    Formats: /proc/self/mountinfo (proc(5)) and `stat -f` (statvfs(3)); System.IO.DriveInfo of .NET.
    """

    kind: ClassVar[str] = "disk"
    inside: ClassVar[bool] = True

    mounts: tuple[str, ...] = ()
    except_mounts: tuple[str, ...] = ()
    free_percent: Levels = Levels.below(warning=15, critical=5)
    free_bytes: Levels = Levels.below()
    free_inodes_percent: Levels = Levels.below(warning=10, critical=3)

    async def probe(self, target: Target) -> Disks:
        if target.host.os == "windows":
            found = {letter.mount: letter.space for letter in await letters.read(target) if letter.stays or self.mounts}
            looked_at, absent = self._looked_at(tuple(found))
            return Disks(looked_at, {mount.path: found[mount] for mount in looked_at}, absent)
        completed = await target.run(script(mounts=MOUNT_TABLE))
        looked_at, absent = self._looked_at(mounts_of(answers(completed.out, "mounts")["mounts"]))
        spaces = await read_spaces(target, [mount.path for mount in looked_at]) if looked_at else {}
        return Disks(looked_at, spaces, absent)

    def _looked_at(self, mounted: tuple[Mount, ...]) -> tuple[tuple[Mount, ...], tuple[str, ...]]:
        """The mounts to look at, and the paths of `mounts` where there is none; `ProbeError` if that is nothing."""
        chosen = self.chosen(mounted)
        paths = {mount.path for mount in chosen}
        absent = tuple(path for path in map(_tidy, self.mounts) if path not in paths)
        if not chosen and not absent:
            raise ProbeError(
                "no disk was found on it", f"{len(mounted)} mounts, none of them a disk or on a file server"
            )
        return chosen, absent

    def chosen(self, mounted: tuple[Mount, ...]) -> tuple[Mount, ...]:
        """Those of all mounts that this check looks at, in the order of their paths."""
        if self.mounts:
            wanted = set(map(_tidy, self.mounts))
            return tuple(sorted((m for m in mounted if m.path in wanted), key=lambda mount: mount.path))
        left_alone = set(map(_tidy, self.except_mounts))
        real = (m for m in mounted if m.path == "/" or m.is_disk or m.is_network)
        by_depth = sorted(
            (m for m in real if m.path not in left_alone), key=lambda mount: (len(mount.path), mount.path)
        )
        once: dict[str, Mount] = {}
        for mount in by_depth:
            once.setdefault(_pool(mount), mount)
        return tuple(sorted(once.values(), key=lambda mount: mount.path))

    def evaluate(self, disks: Disks, now: datetime) -> Iterator[Result]:
        for path in disks.absent:
            says = f"has lost {_name(path)}: it is not connected"
            yield Result(Status.CRITICAL, says, f"nothing is mounted at {path}")
        for mount in disks.mounts:
            if mount.is_disk and mount.read_only:
                detail = f"{_place(mount)} is mounted read-only; see the kernel log for the reason"
                yield Result(Status.CRITICAL, f"can no longer write to {_name(mount.path)}", detail)
            space = disks.spaces[mount.path]
            if isinstance(space, str):
                says = f"could not be checked: {_name(mount.path, 'the')} did not tell how full it is"
                yield Result(Status.UNKNOWN, says, f"{_place(mount)}: {space}")
            else:
                yield from self._room(mount, space)
                yield from self._files(mount, space)

    def _room(self, mount: Mount, space: Space) -> Iterator[Result]:
        share = Metric(f"free {mount.path}", round(space.available_percent, 2), "%")
        free = Metric(f"free bytes {mount.path}", space.available_bytes, "B")
        judged = (self.free_percent.judge(share.value), self.free_bytes.judge(free.value))
        status = max(judged, key=lambda status: status.rank)
        name, left = _name(mount.path), f"({percent(share.value)}, {size(free.value)})"
        if status is Status.OK:
            says = f"has room on {name} {left}"
        else:
            says = f"has little room left on {name} {left}" if free.value else f"has no room left on {name}"
        detail = f"{_place(mount)}: {share.value:.1f} % free, {free.value:,} of {space.total_bytes:,} bytes"
        yield Result(status, says, detail, share)
        yield Result(status, says, detail, free)

    def _files(self, mount: Mount, space: Space) -> Iterator[Result]:
        if space.free_files_percent is None:
            return
        share = Metric(f"free inodes {mount.path}", round(space.free_files_percent, 2), "%")
        status = self.free_inodes_percent.judge(share.value)
        name = _name(mount.path)
        if status is Status.OK:
            says = f"has room for more files on {name}"
        elif space.free_files:
            says = f"has room for few more files on {name} ({percent(share.value)}), however small"
        else:
            says = f"has room for no more files on {name}, however small"
        detail = f"{_place(mount)}: {space.free_files:,} of {space.files:,} inodes free"
        yield Result(status, says, detail, share)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        for setting, path in self._paths():
            if not path.startswith("/") and not letters.tidy(path):
                yield setting, f"“{path}” must start with “/”"
        if self.mounts and self.except_mounts:
            yield "except_mounts", "has no use beside `mounts`, which already says what to look at"

    def mistakes_on(self, host: Host) -> Iterator[tuple[str, str]]:
        for setting, path in self._paths():
            if host.os == "windows" and path.startswith("/"):
                yield setting, f"“{path}” must be a drive, such as “D:”"
            if host.os != "windows" and letters.tidy(path):
                yield setting, f"“{path}” must start with “/”"

    def _paths(self) -> Iterator[tuple[str, str]]:
        """Every path in the settings, after the setting's name."""
        yield from (("mounts", path) for path in self.mounts)
        yield from (("except_mounts", path) for path in self.except_mounts)


def _tidy(path: str) -> str:
    return letters.tidy(path) or path.rstrip("/") or "/"


def _pool(mount: Mount) -> str:
    """What its room is taken from: the drive, or for ZFS the pool, whose datasets share it."""
    return mount.source.split("/")[0] if mount.type == "zfs" else mount.device


def _name(path: str, whose: str = "its") -> str:
    """What people call it: "its main disk", "its disk “backup”"."""
    return f"{whose} main disk" if path == "/" else f"{whose} disk “{plain(PurePosixPath(path).name, 40)}”"


def _place(mount: Mount) -> str:
    return f"{mount.path} ({mount.type} on {mount.source or 'no device'})"
