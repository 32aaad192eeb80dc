"""Whether a machine's clock is right."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from healthcheck.api import (
    Answer,
    Check,
    Levels,
    Metric,
    ProbeError,
    Result,
    Status,
    Target,
    answers,
    clock,
    duration,
    frozen,
    plain,
    script,
)
from healthcheck.checks._windows import clock as of_windows

_CLOCK = "date '+%s %N %z'"
_SYNCED = "timeout 5 timedatectl || timeout 5 chronyc -n tracking || timeout 5 ntpq -pn"
_ASKED = 3


@frozen
class Reading:
    """What a clock showed: seconds since 1970, and how far its zone is from UTC."""

    shows_s: float
    zone: timedelta


@frozen
class Comparison:
    """A clock beside ours. `ahead_s` is negative when it is behind, and true within `uncertain_s` either way.

    `synchronised` tells whether the machine itself says that something keeps its clock right; None: it does not say.
    """

    ahead_s: float
    uncertain_s: float
    zone: timedelta
    synchronised: bool | None = None
    ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Clock(Check[Comparison]):
    """How far the machine's clock is from ours (s), whether its zone is right, and whether anything keeps it right.

    offset_s    seconds ahead or behind
    zone        the zone it should show: "site" (the clinic's own), "any", or a name as in "America/Los_Angeles"

    Look: the clock is off by more than the warning limit, its zone is another, or nothing keeps the clock of this
    computer right, so that every time in the report is in doubt. Problem: off by more than the critical limit. Could
    not check: the time was not told, or nothing says whether this computer's clock is kept right. Clocks are compared
    with that of this computer, which cannot be compared with itself.

    The half of the way there and back is taken off before the offset is judged, so a slow line never looks like a
    wrong clock.

    Needs on the host: nothing, every login may ask for the time.
    Sources: date(1) of coreutils and BusyBox, timedatectl(1) of systemd 204 and later, chronyc(1), ntpq(8);
    System.DateTimeOffset of .NET.
    """

    kind: ClassVar[str] = "clock"
    inside: ClassVar[bool] = True

    offset_s: Levels = Levels.above(warning=60, critical=3600)
    zone: str = "site"

    async def probe(self, target: Target) -> Comparison:
        if target.host.os == "windows":  # PowerShell takes longer to start than the way there and back: once is enough
            return await _compared(target, _shown_by_windows)
        nearest = min([await _compared(target, _shown) for _ in range(_ASKED)], key=lambda found: found.uncertain_s)
        asked = answers((await target.run(script(synced=_SYNCED))).out, "synced")
        return Comparison(
            nearest.ahead_s, nearest.uncertain_s, nearest.zone, synchronised(asked["synced"]), target.host.local
        )

    def evaluate(self, found: Comparison, now: datetime) -> Iterator[Result]:
        yield self._kept(found) if found.ours else self._offset(found)
        yield from self._zone(found, now)

    def _offset(self, found: Comparison) -> Result:
        off_s = abs(found.ahead_s)
        sure_s = max(0.0, off_s - found.uncertain_s)
        status = self.offset_s.judge(sure_s)
        side = "ahead" if found.ahead_s > 0 else "behind"
        says = "has the right time" if status is Status.OK else f"has a wrong clock: it is {duration(off_s)} {side}"
        detail = f"offset {found.ahead_s:+.3f} s, within {found.uncertain_s:.3f} s; {_SAID[found.synchronised]}"
        return Result(status, says, detail, Metric("offset", found.ahead_s, "s"))

    def _kept(self, found: Comparison) -> Result:
        if found.synchronised is None:
            detail = "neither timedatectl, chronyc nor ntpq says whether it is synchronised"
            raise ProbeError("nothing on it says whether its clock is kept right", detail)
        if found.synchronised:
            return Result(Status.OK, "keeps its clock right", _SAID[True])
        says = "does not compare its clock with any other: every time in this report may be wrong"
        return Result(Status.WARNING, says, _SAID[False])

    def _zone(self, found: Comparison, now: datetime) -> Iterator[Result]:
        if self.zone == "any":
            return
        right = now if self.zone == "site" else now.astimezone(ZoneInfo(self.zone))
        expected = right.utcoffset() or timedelta()
        if found.zone == expected:
            return
        shown = clock(now.astimezone(UTC) + found.zone)
        says = f"is set to another time zone: its clock shows {shown} when it is {clock(right)}"
        yield Result(Status.WARNING, says, f"zone {_offset(found.zone)}, expected {_offset(expected)}")

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if self.zone not in ("site", "any"):
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                yield (
                    "zone",
                    f'{self.zone!r} is not a time zone; use "site", "any", or a name like "America/Los_Angeles"',
                )


_SAID = {
    True: "it is synchronised",
    False: "it says that it is not synchronised",
    None: "nothing says whether it is synchronised",
}


async def _compared(target: Target, look: Callable[[Target], Awaitable[Reading]]) -> Comparison:
    """One question, compared with our time at its middle; the way is timed by a clock that nobody sets."""
    before_s, begun = time.time(), time.monotonic()
    found = await look(target)
    half_s = (time.monotonic() - begun) / 2
    return Comparison(found.shows_s - before_s - half_s, half_s, found.zone)


async def _shown(target: Target) -> Reading:
    return reading(answers((await target.run(script(clock=_CLOCK))).out, "clock")["clock"].text)


async def _shown_by_windows(target: Target) -> Reading:
    at, zone = await of_windows.read(target)
    return Reading(at.timestamp(), zone)


def reading(text: str) -> Reading:
    """What `date '+%s %N %z'` printed. BusyBox may not know `%N`: then the middle of the second is taken."""
    match = re.fullmatch(r"([0-9]{1,11}) ([0-9]{9}|%?N?) ([+-])([0-9]{2})([0-5][0-9])", text)
    if match is None:
        raise ProbeError("it does not tell its time", f"date said: {plain(text, 80)}")
    seconds, nanoseconds, sign, hours, minutes = match.groups()
    part = int(nanoseconds) / 1e9 if nanoseconds.isdigit() else 0.5
    zone = timedelta(hours=int(hours), minutes=int(minutes))
    return Reading(int(seconds) + part, -zone if sign == "-" else zone)


_YES_NO = re.compile(r"^\s*(?:System clock|NTP) synchronized: (yes|no)\s*$", re.MULTILINE)
_LEAP = re.compile(r"^Leap status\s*: (.+?)\s*$", re.MULTILINE)
_PEERS = re.compile(r"^\s+remote\s+refid\s+st\b", re.MULTILINE)
_CHOSEN = re.compile(r"^[*o]\S", re.MULTILINE)


def synchronised(answer: Answer) -> bool | None:
    """Whether something keeps the clock right, by the first of these that answered; None when none did.

    `timedatectl` prints "System clock synchronized: yes" ("NTP synchronized" before systemd 236), `chronyc tracking` a
    leap status, and `ntpq -p` a list of peers, where "*" or "o" stands before the one that is followed.
    """
    if said := _YES_NO.search(answer.text):
        return said[1] == "yes"
    if said := _LEAP.search(answer.text):
        return said[1] != "Not synchronised"
    if _PEERS.search(answer.text):
        return _CHOSEN.search(answer.text) is not None
    return None


def _offset(zone: timedelta) -> str:
    minutes = round(zone / timedelta(minutes=1))
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
