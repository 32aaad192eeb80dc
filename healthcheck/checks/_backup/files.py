"""The files of a backup folder, and what their times and sizes say."""

from __future__ import annotations

import re

from healthcheck.api import frozen

HOUR_S = 3600
JUST_WRITTEN_S = 120
"""A file that was changed more recently may not be complete yet."""
UNFINISHED_ALIVE_S = 15 * 60
"""An unfinished file that has not grown for longer belongs to a backup that broke off."""
LOCK_ALIVE_S = 24 * HOUR_S
"""A lock is not written to while the backup runs; an older one was left behind."""
AHEAD_S = 60
"""A file server's clock may be this far ahead of the host's."""
ANOTHER_RUN_S = HOUR_S
"""Files nearer in time than this are parts of one backup, not to be compared with each other."""

LOCK_ENDINGS = (".lock", ".lck")

_CHANGING = re.compile(r"\d+|(?i:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:day)?(?![a-z])")
"""What differs between the names of one night's backup and the next's."""


@frozen
class BackupFile:
    """A file by its name in the backup folder. Times are epoch seconds by the host's own clock."""

    name: str
    modified_s: int
    size_bytes: int
    created_s: int | None = None

    @property
    def is_lock(self) -> bool:
        """Not a backup, but the sign that one is being made."""
        return self.name.lower().endswith(LOCK_ENDINGS)

    @property
    def series(self) -> str:
        """What its name has in common with those of the other nights."""
        return _CHANGING.sub("#", self.name)

    @property
    def begun_s(self) -> int | None:
        """When the backup that it belongs to began, if that is known."""
        return self.modified_s if self.is_lock else self.created_s

    def is_alive(self, clock_s: int) -> bool:
        """For an unfinished one: whether a backup seems to be at it still."""
        limit_s = LOCK_ALIVE_S if self.is_lock else UNFINISHED_ALIVE_S
        return clock_s - limit_s <= self.modified_s <= clock_s + AHEAD_S


@frozen
class Files:
    """The newest files of each kind, newest first, and `clock_s`, what the host's clock said then.

    `finished` are the backups that count. `growing` were changed a moment ago, `small` are below the least size,
    `future` are dated after `clock_s`, `unfinished` are named so or are locks.
    `complaint` is what a tool said when part of the folder could not be read.
    """

    clock_s: int
    finished: tuple[BackupFile, ...] = ()
    growing: tuple[BackupFile, ...] = ()
    small: tuple[BackupFile, ...] = ()
    future: tuple[BackupFile, ...] = ()
    unfinished: tuple[BackupFile, ...] = ()
    complaint: str = ""

    @property
    def running(self) -> BackupFile | None:
        """The file that a backup under way is writing, or its lock."""
        newest_s = self.finished[0].modified_s if self.finished else 0
        at_it = (file for file in self.unfinished if file.is_alive(self.clock_s) and file.modified_s > newest_s)
        return next(at_it, None) or next(iter(self.growing), None)

    @property
    def broken_off(self) -> tuple[BackupFile, ...]:
        """Unfinished files that nobody goes on with."""
        return tuple(file for file in self.unfinished if not file.is_lock and not file.is_alive(self.clock_s))

    @property
    def before(self) -> BackupFile | None:
        """The backup of the same kind before the newest."""
        older = (
            file
            for file in self.finished[1:]
            if file.series == self.finished[0].series and file.modified_s <= self.finished[0].modified_s - ANOTHER_RUN_S
        )
        return next(older, None)
