"""What the small Linux server of an invented clinic answers to the checks that look inside it."""

from __future__ import annotations

import re
import shlex
import time
from datetime import UTC, datetime, timedelta

from healthcheck.connections.ssh_command import BEGIN
from healthcheck.demo.weekend import Weekend
from healthcheck.records import frozen

BACKUPS = "/mnt/backup"
_GIB = 1 << 30
_BLOCK_BYTES = 4096
_NOT_FOUND = 127
_ASKED = re.compile(r'^@@ (\w+)"; \( (.*)$', re.MULTILINE)
"""How `healthcheck.api.script` puts its questions, each with the beginning of what it asks."""
_KERNEL = "6.1.0-41-amd64"
_MAIN_DISK = "22 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw\n"
_BACKUP_DRIVE = f"31 22 8:17 / {BACKUPS} rw,relatime - ext4 /dev/sdb1 rw\n"
_UNIT = """\
Id=postgresql@15-main.service
Type=forking
LoadState=loaded
ActiveState=active
SubState=running
Result=success
NRestarts=0
ExecMainStatus=0
"""


@frozen
class Machine:
    """One server. `off_at` is when its power failed, where it was not shut down before it started at `booted`."""

    booted: datetime
    off_at: datetime | None = None
    newest_backup: datetime | None = None

    def answer(self, line: str) -> tuple[int, str]:
        """The exit code and the output of a command line, as `healthcheck.connections` sends them."""
        asked = _questions(line)
        if not asked:
            return _NOT_FOUND, f"{BEGIN}\nsh: this machine is a demonstration and answers nothing else\n"
        told = (f"\n@@ {name}\n{text}\n@@ {name} {code}\n" for name, code, text in map(self._one, asked))
        return 0, f"{BEGIN}\n{''.join(told)}"

    def _one(self, question: tuple[str, str]) -> tuple[str, int, str]:
        name, asked = question
        now = time.time()
        match name:
            case "clock":
                text = f"{now:.0f}"
            case "uptime":
                text = f"{now - self.booted.timestamp():.2f} 0.00"
            case "records":
                text = "\n".join(self._records())
            case "mounts":
                text = _MAIN_DISK + (_BACKUP_DRIVE if self.newest_backup else "")
            case "room":
                text = "\n".join(_room(number, path) for number, path in enumerate(shlex.split(asked)[2:], 1))
            case "folder":
                text = BACKUPS
            case "files":
                text = "\n".join([f"clock {now:.0f}", *self._backups(), "/end/"])
            case "units":
                text = _UNIT
            case _:  # an old journal, updates that wait: it has nothing to tell
                return name, 1, ""
        return name, 0, text

    def _records(self) -> list[str]:
        """As `TZ=UTC last -x -F` of util-linux 2.38 prints them, newest first."""
        before = (self.off_at or self.booted) - timedelta(days=41, hours=3)
        if self.off_at:
            ended = f"office   pts/0        192.0.2.20       {_stamp(self.off_at)} - crash"
        else:
            ended = f"shutdown system down  {_KERNEL}   {_stamp(self.booted - timedelta(minutes=2))}"
        return [
            f"reboot   system boot  {_KERNEL}   {_stamp(self.booted)}   still running",
            ended,
            f"reboot   system boot  {_KERNEL}   {_stamp(before)}   still running",
        ]

    def _backups(self) -> list[str]:
        """As `stat` prints them: a week of nightly backups, the newest first."""
        if self.newest_backup is None:
            return []
        nights = [self.newest_backup - timedelta(days=number) for number in range(7)]
        return [
            f"/finished/{night.timestamp():.0f}/{41 * _GIB - number * _GIB // 20}/-/./charts-{night:%Y-%m-%d}.dump"
            for number, night in enumerate(nights)
        ]


def _questions(line: str) -> list[tuple[str, str]]:
    """The names of what is asked, and how it is asked: the last word of the line is the script that asks it all."""
    try:
        return _ASKED.findall(shlex.split(line)[-1])
    except (ValueError, IndexError):
        return []


def machine(weekend: Weekend) -> Machine:
    """A server that has been running for weeks."""
    return Machine(weekend.short_cut.lost - timedelta(days=23, hours=7))


def database_machine(weekend: Weekend) -> Machine:
    """The one that the power cut switched off: it started again with the power, and has made no backup since."""
    return Machine(weekend.long_cut.back, weekend.long_cut.lost, weekend.last_backup)


def _room(number: int, path: str) -> str:
    """A line of `stat -f` for each path: half of the disk is free."""
    blocks = (2000 if path == BACKUPS else 240) * _GIB // _BLOCK_BYTES
    return f"{number} 0 {_BLOCK_BYTES} {blocks} {blocks // 2} {blocks // 2} 8000000 7900000"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%a %b %e %H:%M:%S %Y}"
