"""The drives of a Windows machine by their letters, and how much room is left on each."""

from __future__ import annotations

import re

from healthcheck.api import Mount, Space, Target, frozen
from healthcheck.checks import _json
from healthcheck.checks._windows.asking import Told, ask, unreadable

WHAT = "its disks"
# .NET asks the system itself, which needs no rights; an error of one drive is that drive's alone.
QUESTION = """
[IO.DriveInfo]::GetDrives() | ForEach-Object {
  $drive = @{Name = $_.Name; Type = [int]$_.DriveType; Ready = $_.IsReady}
  if ($_.IsReady) {
    try {
      $drive += @{Format = $_.DriveFormat; Size = $_.TotalSize; Free = $_.TotalFreeSpace; Ours = $_.AvailableFreeSpace}
    } catch { $drive.Says = $_.Exception.GetBaseException().Message }
  }
  $drive
}
"""
_FIXED = 3
_LETTER = re.compile(r"([A-Za-z]):[\\/]?")
_ON_A_DRIVE = re.compile(r"([A-Za-z]):[\\/].*", re.DOTALL)


@frozen
class Letter:
    """A drive letter: what is behind it, and its room or in words of IT why that is not known.

    `stays` is whether it is there all the time: not a stick, a card or a disc.
    """

    mount: Mount
    space: Space | str
    stays: bool = True


def tidy(path: str) -> str:
    """A drive in one spelling, "C:" for "c:\\"; empty for anything else."""
    found = _LETTER.fullmatch(path)
    return f"{found[1].upper()}:" if found else ""


def drive_of(path: str) -> str:
    r"""The drive that a whole path is on: "D:" for "d:\Backups"; empty for anything else."""
    found = _ON_A_DRIVE.fullmatch(path)
    return f"{found[1].upper()}:" if found else tidy(path)


async def read(target: Target) -> tuple[Letter, ...]:
    """Every drive that has a letter; a slot for discs, sticks or cards with nothing in it is none."""
    return letters_of((await ask(target, letters=QUESTION))["letters"])


def letters_of(told: Told) -> tuple[Letter, ...]:
    """The same from System.IO.DriveInfo. A Windows machine without any drive is none."""
    letters = tuple(_letter(record) for record in told.records(WHAT))
    if not letters:
        raise unreadable(WHAT, ())
    return tuple(letter for letter in letters if letter.stays or isinstance(letter.space, Space))


def _letter(record: dict[str, object]) -> Letter:
    name, kind, ready = tidy(_json.word(record, "Name")), _json.number(record, "Type"), record.get("Ready")
    if not name or kind is None or not isinstance(ready, bool):
        raise unreadable(WHAT, record)
    mount = Mount(name, _json.word(record, "Format") or "unknown", rf"\\.\{name}", name)
    return Letter(mount, _space(record) if ready else "the device is not ready", stays=kind == _FIXED)


def _space(record: dict[str, object]) -> Space | str:
    size, free, ours = (_json.number(record, name) for name in ("Size", "Free", "Ours"))
    if size is None or free is None or ours is None:
        return _json.word(record, "Says") or "it tells no size"
    if not 0 <= ours <= free <= size or not size:
        return f"impossible figures: {size} {free} {ours}"
    return Space(size, free, ours, 0, 0)
