"""What a Linux machine's own records say about its starts: how long it runs, and how the run before ended."""

from __future__ import annotations

import enum
import re
from datetime import UTC, datetime, timedelta

from healthcheck.api import Answer, ProbeError, frozen

_SHUTTING_DOWN = timedelta(minutes=15)
"""What a shutdown may take: its announcement is that near to the last entry of the journal."""


class Ending(enum.Enum):
    """How the run before a start ended, in the words that follow "restarted"."""

    CLEAN = "after a normal shutdown"
    CRASH = "without being shut down properly"
    NOT_KNOWN = "and whether it was shut down properly is not known"


@frozen
class Start:
    """One start in the machine's own records. Times are UTC by the machine's clock.

    `last_sign` is the last thing on record before it: the machine went down between the two. `down_at` is when a
    shutdown began, where one is on record.
    """

    at: datetime
    ending: Ending
    last_sign: datetime | None = None
    down_at: datetime | None = None


@frozen
class JournalEnd:
    """The end of the previous boot's journal: its last entry, and whether it tells of a shutdown."""

    at: datetime
    shutdown: bool


def uptime_s(text: str) -> float:
    """Seconds since the start, from /proc/uptime (proc(5)); `ProbeError` when it is something else."""
    match = re.match(r"([0-9]{1,10}\.[0-9]+) [0-9]+\.[0-9]+$", text)
    if match is None:
        raise ProbeError("it does not say how long it has been running", f"/proc/uptime: {text[:80]!r}")
    return float(match[1])


def epoch(text: str) -> datetime | None:
    """The time of `date +%s` or `stat -c %Y`; None when it is something else."""
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{1,10}", text) else None


_WHEN = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [12]\d{3})\b")
_BOOT = re.compile(r"reboot +system boot ")
_DOWN = re.compile(r"shutdown +system down |runlevel +\(to lvl [06]\) ")
_OTHER_RUNLEVEL = re.compile(r"runlevel +\(to lvl ")


def starts(text: str) -> tuple[Start, ...]:
    """The starts in the output of `TZ=UTC last -x -F` (util-linux, wtmpdb), newest first; none in any other text.

    Between two starts stands a shutdown, or the machine was not shut down. The end that `last` prints for a start is
    that of the next shutdown, even if there were crashes between, and is not used.
    """
    found: list[Start] = []
    booted: datetime | None = None
    signs: list[datetime] = []

    def close(ending: Ending, down_at: datetime | None = None) -> None:
        if booted is not None:
            last_sign = max((sign for sign in signs if sign <= booted), default=None)
            found.append(Start(booted, ending, last_sign, down_at))

    for line in text.split("\n"):
        times = [at for at in map(_utc, _WHEN.findall(line)) if at]
        if not times or " begins " in line:
            continue
        if _BOOT.match(line):
            signs.append(times[0])
            close(Ending.CRASH)
            booted, signs = times[0], []
        elif _DOWN.match(line):
            signs.append(times[0])
            close(Ending.CLEAN, times[0])
            booted = None
        else:
            signs.extend(times[:1] if _OTHER_RUNLEVEL.match(line) else times)
    close(Ending.NOT_KNOWN)
    return tuple(found)


def _utc(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


def journal_end(last: Answer, stopping: Answer) -> JournalEnd | None:
    """How the previous boot's journal ends, from its last entry and its last word of a shutdown (`-o json`).

    None when it cannot be read or is not kept: only who may see the last entry can tell that a word is missing.
    """
    end, stop = _entry(last), _entry(stopping)
    if end is None:
        return None
    return JournalEnd(end, stop is not None and end - stop <= _SHUTTING_DOWN)


def _entry(answer: Answer) -> datetime | None:
    for line in answer.text.split("\n"):
        match = re.search(r'"__REALTIME_TIMESTAMP"\s*:\s*"([0-9]{1,16})"', line)
        if match:
            return datetime.fromtimestamp(int(match[1]) // 1_000_000, UTC)
    return None


def updates(flag: Answer, tool: Answer) -> tuple[bool, datetime | None]:
    """Whether installed updates wait for a restart, and since when.

    Debian and Ubuntu leave a file, whose time `flag` has; `needs-restarting -r` says so in words; `needrestart -b`
    gives the kernel's state as a number, 2 and 3 of which mean that a newer one is installed.
    """
    since = next((at for at in map(epoch, flag.text.split()) if at), None) if flag.exit == 0 else None
    told = "Reboot is required" in tool.text or re.search(r"^NEEDRESTART-KSTA: [23]$", tool.text, re.MULTILINE)
    return bool(since or told), since
