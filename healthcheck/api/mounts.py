"""The file systems of a host: what is mounted where, and how much room is left on each.

A file system whose server or drive is gone never answers, not even to a kill; nothing here waits for one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from healthcheck.api.script import Answer, answers, script
from healthcheck.check import Target
from healthcheck.errors import ProbeError
from healthcheck.records import frozen
from healthcheck.words import duration, plain

MOUNT_TABLE = "cat /proc/self/mountinfo"
"""What to ask a host; `mounts_of` reads the answer."""

_DISC_IMAGES = frozenset({"squashfs", "iso9660", "udf", "cramfs", "erofs", "romfs"})
_DEVICES = ("/dev/", "\\\\.\\")
_MAIN = ("/", "C:")
_WITHOUT_DEVICE = frozenset({"zfs", "bcachefs", "ubifs"})
_NETWORK = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "fuse.ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "afs",
    "lustre", "9p", "virtiofs",
})  # fmt: skip
# A file system that found itself damaged: "ro" is what errors=remount-ro leaves; ext4 has the others since Linux 6.15.
_READ_ONLY = frozenset({"ro", "emergency_ro", "shutdown"})

_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\043": "#", "\\134": "\\"}
_ESCAPE = re.compile("|".join(re.escape(escape) for escape in _ESCAPES))
_DEVICE = re.compile(r"\d+:\d+")
_FIGURES = re.compile(r"(?P<number>\d{1,6}) (?P<exit>\d{1,3})(?: (?P<said>.*))?")
_SPACE = re.compile(r"(\d{1,20}) (\d{1,20}) (\d{1,20}) (-?\d{1,20}) (\d{1,20}) (\d{1,20})")
_KILLED = (124, 137)

_MOST_WAIT_S = 5
_KEPT_BACK_S = 1

# Each path is asked by a process of its own, and each writes its one line into the pipe; the reader leaves when all
# have answered or time is up. What still hangs then holds no stream that anybody waits for: hence `exec`, for a
# redirection of the whole group would keep the old stream open in its children.
_ASK_ROOM = """
{{
  exec 2>/dev/null
  number=0
  for place; do
    number=$((number + 1))
    {{
      said=$(timeout -s KILL {wait_s} stat -f -c '%S %b %f %a %c %d' -- "$place" 2>&1); code=$?
      echo "$number $code ${{said##*: }}"
    }} &
  done
  {{ sleep {wait_s}; sleep 1; echo late; }} &
}} | while [ $# -gt 0 ] && read -r line && [ "$line" != late ]; do shift; echo "$line"; done
"""


@frozen
class Mount:
    """A mounted file system. `device` is its "major:minor", the same for every place where it is mounted.

    `read_only` is the state of the file system itself: one that is only shown read-only at this place (a sandbox, a
    bind mount) is not.
    """

    path: str
    type: str
    source: str
    device: str
    read_only: bool = False

    @property
    def is_disk(self) -> bool:
        """On a drive of this host, and not the image of a disc or of an installed program."""
        if self.type in _DISC_IMAGES or self.type.startswith("fuse."):
            return False
        return self.source.startswith(_DEVICES) or self.type in _WITHOUT_DEVICE

    @property
    def is_main(self) -> bool:
        """What the system itself is on."""
        return self.path in _MAIN

    @property
    def is_network(self) -> bool:
        """On another machine."""
        return self.type in _NETWORK


@frozen
class Space:
    """The room of a file system, in bytes and in files. `available_bytes` leaves out what only root may use."""

    total_bytes: int
    free_bytes: int
    available_bytes: int
    files: int
    free_files: int

    @property
    def available_percent(self) -> float:
        """Of what ordinary programs may use, as `df` counts; 0 where root keeps everything for itself."""
        usable = self.total_bytes - self.free_bytes + self.available_bytes
        return 100.0 * self.available_bytes / usable if usable else 0.0

    @property
    def free_files_percent(self) -> float | None:
        """Of the files that it can hold; None where there is no such limit (btrfs, FAT)."""
        return 100.0 * self.free_files / self.files if self.files else None


def mounts_of(answer: Answer) -> tuple[Mount, ...]:
    """What `MOUNT_TABLE` was answered; `ProbeError` where there is no such table."""
    if answer.exit:
        raise ProbeError("it does not tell which disks it has", plain(answer.text, 200))
    return parse_mounts(answer.text)


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """`/proc/self/mountinfo` (proc(5)), in its order; of several mounts on one path the last, which hides the others.

    Raises `ProbeError` for a line that is none.
    """
    mounts: dict[str, Mount] = {}
    for line in text.split("\n"):
        if line:
            mount = _mount(line)
            mounts.pop(mount.path, None)
            mounts[mount.path] = mount
    return tuple(mounts.values())


def _mount(line: str) -> Mount:
    place, dash, kind = line.partition(" - ")
    fields, (type_, source, options) = place.split(" "), [*kind.split(" "), "", "", ""][:3]
    if not dash or len(fields) < 6 or not _DEVICE.fullmatch(fields[2]) or not type_ or not fields[4].startswith("/"):
        raise ProbeError("its list of disks is unreadable", f"not a line of /proc/self/mountinfo: {plain(line, 80)}")
    read_only = not _READ_ONLY.isdisjoint(options.split(","))
    return Mount(_unescaped(fields[4]), type_, _unescaped(source), fields[2], read_only)


def _unescaped(field: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], field)


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The mount that an absolute path without links is on: the longest that leads to it."""
    leading = {path, *(str(parent) for parent in PurePosixPath(path).parents)}
    return max((mount for mount in mounts if mount.path in leading), key=lambda mount: len(mount.path), default=None)


async def read_spaces(target: Target, paths: Sequence[str]) -> dict[str, Space | str]:
    """The room at each path, or in words of IT why it is not known; one that hangs does not hide the others.

    Waits at most 5 seconds, less where the deadline is near. Needs `stat` and `timeout` of coreutils or BusyBox there.
    """
    wait_s = max(1, min(_MOST_WAIT_S, int(target.left_s()) - _KEPT_BACK_S))
    question = f"set -- {shlex.join(paths)}\n{_ASK_ROOM.format(wait_s=wait_s)}"
    completed = await target.run(script(room=question))
    return parse_spaces(answers(completed.out, "room")["room"].text, paths, wait_s)


def parse_spaces(text: str, paths: Sequence[str], waited_s: int) -> dict[str, Space | str]:
    """A line for each path that answered: its number, an exit code, and `stat -f`'s figures or what was wrong.

    The figures are block size, blocks, free, available, inodes, free inodes (statvfs(3)). Raises `ProbeError` for
    anything else.
    """
    spaces: dict[str, Space | str] = {path: f"no answer in {duration(waited_s)}" for path in paths}
    for line in text.split("\n"):
        figures = _FIGURES.fullmatch(line)
        if figures is None or not 1 <= int(figures["number"]) <= len(paths):
            if line:
                raise ProbeError("what it says about its disks is unreadable", f"not an answer: {plain(line, 80)}")
            continue
        if int(figures["exit"]) not in _KILLED:
            spaces[paths[int(figures["number"]) - 1]] = _space(figures)
    return spaces


def _space(figures: re.Match[str]) -> Space | str:
    said = figures["said"] or ""
    found = _SPACE.fullmatch(said)
    if figures["exit"] != "0" or not found:
        return plain(said, 80) or f"exit {figures['exit']}"
    block, total, free, available, files, free_files = (int(number) for number in found.groups())
    if not total:
        return "it tells no size"
    if free > total or available > free or free_files > files:
        return f"impossible figures: {said}"
    # What is kept for root may be more than what is free: then there is less than nothing for the others.
    return Space(total * block, free * block, max(0, available) * block, files, free_files)
