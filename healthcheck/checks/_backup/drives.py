"""The drives that backups are kept on: there, writable, and with room."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from healthcheck.api import (
    Answer,
    Levels,
    Metric,
    Mount,
    Result,
    Space,
    Status,
    frozen,
    mount_of,
    percent,
    size,
)
from healthcheck.checks._windows import letters

_NOT_A_FOLDER = 4
_GONE = frozenset({
    "No such file or directory", "Not a directory", "Transport endpoint is not connected", "Stale file handle",
    "Stale NFS file handle", "No such device", "No such device or address", "Host is down", "No route to host",
})  # fmt: skip
_BROKEN = frozenset({"Input/output error", "Structure needs cleaning", "Bad message"})


@frozen
class Place:
    """A path for backups: where it leads to without links, the mount that is on, and its room or why it is unknown."""

    path: str
    real_path: str
    mount: Mount | None
    space: Space | str

    @property
    def shown(self) -> str:
        """The technical name."""
        where = self.path if self.real_path in ("", self.path) else f"{self.path} -> {self.real_path}"
        return f"{where} on {self.mount.path} ({self.mount.type} on {self.mount.source})" if self.mount else where

    def is_on_a_drive(self, mounted_at: str) -> bool:
        """On a drive of its own, not on the main disk nor in memory; mounted exactly there, if a path is given."""
        if self.mount is None or self.mount.is_main or not (self.mount.is_disk or self.mount.is_network):
            return False
        return not mounted_at or self.mount.path == (letters.tidy(mounted_at) or mounted_at.rstrip("/") or "/")


def question(path: str) -> str:
    """Where a path leads to, as POSIX shell; `place` reads the answer."""
    there = shlex.quote(path)
    return f"if [ -d {there} ]; then cd -P -- {there} && pwd -P || exit 3; else exit {_NOT_A_FOLDER}; fi"


def place(path: str, space: Space | str, answer: Answer | None, mounts: Sequence[Mount]) -> Place:
    """What is known of a path: its room, the answer to `question` if that was asked, and all mounts."""
    if answer is None:
        return Place(path, "", None, space)
    if answer.exit:
        return Place(path, "", None, "Not a directory" if answer.exit == _NOT_A_FOLDER else "Permission denied")
    return Place(path, answer.text, mount_of(answer.text, mounts), space)


@frozen
class Drive:
    """How to judge a place. `name` is what people call it; nothing found on it is worse than `worst`.

    `mounted` is whether it must be on a drive of its own, and if a path where that must be mounted.
    """

    name: str
    metric: str
    worst: Status
    mounted: bool | str
    free_percent: Levels

    def is_there(self, place: Place) -> bool:
        """Whether what lies at the place is the drive's: not the empty folder that an absent drive leaves behind."""
        if isinstance(place.space, str):
            return False
        return not self.mounted or place.is_on_a_drive(self.mounted if isinstance(self.mounted, str) else "")

    def findings(self, place: Place) -> Iterator[Result]:
        """Everything that is wrong with it, or that it has room."""
        if isinstance(place.space, str):
            yield self._not_seen(place, place.space)
        elif not self.is_there(place):
            yield self._gone(f"{place.shown}: no drive is mounted there")
        else:
            if place.mount is not None and place.mount.read_only:
                detail = f"{place.shown} is mounted read-only; see the kernel log for the reason"
                yield Result(self.worst, f"can no longer write to {self.name}", detail)
            yield self._room(place, place.space)

    def _not_seen(self, place: Place, why: str) -> Result:
        detail = f"{place.shown}: {why}"
        if why in _GONE:
            return self._gone(detail)
        if why in _BROKEN:
            return Result(self.worst, f"cannot read {self.name}: it seems to be broken", detail)
        if why == "Permission denied":
            return Result(Status.UNKNOWN, f"could not be checked: our login may not look at {self.name}", detail)
        return Result(Status.UNKNOWN, f"could not be checked: {self.name} did not answer", detail)

    def _gone(self, detail: str) -> Result:
        reason = "it is not connected" if self.mounted else "it is not there"
        return Result(self.worst, f"has lost {self.name}: {reason}", detail)

    def _room(self, place: Place, space: Space) -> Result:
        share = Metric(self.metric, round(space.available_percent, 2), "%")
        status = min(self.free_percent.judge(share.value), self.worst, key=lambda status: status.rank)
        left = f"{'on' if self.mounted else 'in'} {self.name} ({percent(share.value)}, {size(space.available_bytes)})"
        says = f"has room {left}" if status is Status.OK else f"has little room left {left}"
        detail = f"{place.shown}: {space.available_bytes:,} of {space.total_bytes:,} bytes free"
        return Result(status, says, detail, share)
