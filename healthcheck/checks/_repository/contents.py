"""What is found in a backup repository: snapshots, whoever works in it, what can be got back, and what is wrong."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import replace
from datetime import datetime

from healthcheck.api import frozen

AHEAD_S = 60
"""The clock of another machine may be this far ahead of the one that keeps the repository."""


@frozen
class Snapshot:
    """One finished backup. `id` is what the tool calls it, `at` when it began (UTC), `host` the machine it is of."""

    id: str
    at: datetime
    host: str = ""

    @property
    def at_s(self) -> int:
        return int(self.at.timestamp())


@frozen
class Lock:
    """A lock in the repository: who holds it, and the epoch second at which it was last renewed."""

    host: str
    pid: int
    renewed_s: int


@frozen
class Seen:
    """What the machine says of itself: its clock (epoch seconds), its name, and its programs.

    `programs` has the age in seconds and the name of each by its process number; None where not all of them are shown.
    """

    clock_s: int
    name: str = ""
    programs: dict[int, tuple[int, str]] | None = None


@frozen
class Work:
    """Somebody at work in the repository. `alive` is false for a lock that was left behind."""

    lock: Lock
    alive: bool
    since_s: int | None = None


class Trouble(enum.Enum):
    """What is wrong with a repository, as found by the tool itself."""

    MISSING = "missing"
    DAMAGED = "damaged"


@frozen
class Rehearsal:
    """One file taken out of a snapshot. Hashes are SHA-256 in hex, empty where there is no such file.

    `changed_s` is when the file it is compared with was last written; None for one that is compared with the config.
    """

    restored: str
    wanted: str
    changed_s: int | None = None

    @property
    def is_empty(self) -> bool:
        return self.restored == NOTHING


NOTHING = hashlib.sha256(b"").hexdigest()
"""The hash of an empty file."""


@frozen
class Contents:
    """One look into a repository. `snapshots` are those that count by host and name, newest first.

    `others` are hosts whose snapshots do not count. `has_files` is whether the newest holds a file that is not empty;
    None where nobody looked. `trouble` and the tool's own words for it; `work` is whoever holds a lock.
    """

    seen: Seen
    snapshots: tuple[Snapshot, ...] = ()
    others: tuple[str, ...] = ()
    has_files: bool | None = None
    trouble: Trouble | None = None
    said: str = ""
    work: Work | None = None
    rehearsal: Rehearsal | None = None
    verified: bool = False

    @property
    def past(self) -> tuple[Snapshot, ...]:
        """Those that are not dated in the future."""
        return tuple(snapshot for snapshot in self.snapshots if snapshot.at_s <= self.seen.clock_s + AHEAD_S)

    def troubled(self, trouble: tuple[Trouble, str] | None) -> Contents | None:
        """The same with what the tool found wrong; None if that is nothing."""
        return None if trouble is None else replace(self, trouble=trouble[0], said=trouble[1])


def at_work(lock: Lock, seen: Seen, *, tool: str, alive_s: int) -> Work:
    """Whether anybody still holds a lock: its process where that can be seen, else by whether it is younger than
    `alive_s`."""
    if seen.programs is None or not _same_machine(lock.host, seen.name):
        return Work(lock, seen.clock_s - lock.renewed_s <= alive_s)
    age_s, name = seen.programs.get(lock.pid, (0, ""))
    alive = tool in name or "python" in name
    return Work(lock, alive, seen.clock_s - age_s if alive else None)


def _same_machine(one: str, other: str) -> bool:
    """Whether two names may be one machine's, either of them with its domain or without."""
    one, other = one.lower(), other.lower()
    if "." in one and "." in other:
        return one == other
    return one.partition(".")[0] == other.partition(".")[0] != ""
