"""A log of what happened to a UPS's power, whoever wrote it → happenings in order."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from healthcheck.api import frozen
from healthcheck.checks._ups.stamps import stamped

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of ours the clock of a host may be before a line counts as dated in the future."""


class What(enum.Enum):
    """What a line of a log tells."""

    MAINS_LOST = enum.auto()
    MAINS_BACK = enum.auto()
    TEST_BEGAN = enum.auto()
    TEST_ENDED = enum.auto()
    CONTACT_LOST = enum.auto()
    CONTACT_BACK = enum.auto()
    SHUT_DOWN = enum.auto()
    STARTED = enum.auto()
    BATTERY_WORN = enum.auto()
    BATTERY_GONE = enum.auto()


@frozen
class Happening:
    """Something that happened, at the latest `at` (UTC) and not before `not_before`. `ups` is empty where not told."""

    at: datetime
    what: What
    ups: str = ""
    not_before: datetime | None = None


@frozen
class Record:
    """What a log tells. `first` and `last` are the times of its dated lines.

    `unread` counts the lines without a time that we know, `ahead` those dated in the future; neither is used.
    `polled` tells that it is written to at every poll, so that silence means that nobody writes it.
    """

    happenings: tuple[Happening, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    unread: int = 0
    ahead: int = 0
    polled: bool = False


_MEANINGS = tuple(
    (re.compile(pattern), what)
    for pattern, what in (
        # apcupsd 3.8 to 3.14, src/action.c
        (r"Power failure\.", What.MAINS_LOST),
        (r"Running on UPS batteries\.", What.MAINS_LOST),
        (r"Mains returned\.", What.MAINS_BACK),
        (r"Power is back\.", What.MAINS_BACK),
        (r"UPS Self Test switch to battery\.", What.TEST_BEGAN),
        (r"UPS Self Test completed", What.TEST_ENDED),
        (r"Communications with UPS lost\.", What.CONTACT_LOST),
        (r"Communications with UPS restored\.", What.CONTACT_BACK),
        (r"Initiating system shutdown!", What.SHUT_DOWN),
        (r"apcupsd .*startup succeeded", What.STARTED),
        (r"UPS battery must be replaced", What.BATTERY_WORN),
        (r"Battery disconnected\.", What.BATTERY_GONE),
        # upsmon 2.8, NOTIFYTYPE from the environment of a NOTIFYCMD, else its message in syslog
        (r"NOTIFYTYPE=ONBATT\b|UPS (?P<a>\S+) on battery$", What.MAINS_LOST),
        (r"NOTIFYTYPE=ONLINE\b|UPS (?P<b>\S+) on line power$", What.MAINS_BACK),
        (r"NOTIFYTYPE=CAL\b|UPS (?P<c>\S+): calibration in progress$", What.TEST_BEGAN),
        (r"NOTIFYTYPE=NOTCAL\b|UPS (?P<d>\S+): calibration finished$", What.TEST_ENDED),
        (r"NOTIFYTYPE=COMMBAD\b|Communications with UPS (?P<e>\S+) lost$", What.CONTACT_LOST),
        (r"NOTIFYTYPE=COMMOK\b|Communications with UPS (?P<f>\S+) established$", What.CONTACT_BACK),
        (r"NOTIFYTYPE=FSD\b|UPS (?P<g>\S+): forced shutdown in progress$", What.SHUT_DOWN),
        (r"NOTIFYTYPE=REPLBATT\b|UPS (?P<h>\S+) battery needs to be replaced$", What.BATTERY_WORN),
    )
)
_UPSNAME = re.compile(r"\bUPSNAME=(\S+)")
_POLL = re.compile(r"(?:(?P<ups>\S+)\s+)?(?P<rest>\d{8} \d{6} .*\[(?P<status>[^\]]*)\].*)")


def read(lines: Sequence[str], now: datetime) -> Record:
    """A log in the order in which it was written: apcupsd's events, a NOTIFYCMD's lines, syslog's or upslog's.

    Times without an offset are in the zone of `now`. Any text is accepted; what cannot be read is counted.
    """
    polls: dict[str, _Poll] = {}
    found: list[Happening] = []
    dated: list[datetime] = []
    unread = ahead = 0
    for line in filter(None, map(str.strip, lines)):
        poll = _POLL.fullmatch(line)
        stamp = stamped(poll["rest"] if poll else line, now, dated[-1] if dated else None)
        if stamp is None:
            unread += 1
            continue
        at, text = stamp
        if at > now + CLOCKS_DIFFER:
            ahead += 1
            continue
        dated.append(at)
        if poll:
            ups = poll["ups"] or ""
            found += polls.setdefault(ups, _Poll(ups)).next(at, poll["status"])
        else:
            found += _told(at, text)
    return Record(tuple(found), min(dated, default=None), max(dated, default=None), unread, ahead, polled=bool(polls))


def _told(at: datetime, text: str) -> list[Happening]:
    for pattern, what in _MEANINGS:
        match = pattern.search(text)
        if match is not None:
            named = _UPSNAME.search(text)
            ups = named[1] if named else next((name for name in match.groups() if name), "")
            return [Happening(at, what, ups)]
    return []


class _Poll:
    """The status at the poll before, so that a change between two lines becomes a happening."""

    def __init__(self, ups: str) -> None:
        self._ups = ups
        self._seen: dict[What, bool] = {}
        self._known_at: dict[What, datetime] = {}

    def next(self, at: datetime, status: str) -> list[Happening]:
        """What has changed; a line without data tells nothing about the power."""
        flags = frozenset(status.upper().split())
        silent = not flags or bool(flags & {"NA", "WAIT"})
        found = self._changed(at, What.CONTACT_LOST, What.CONTACT_BACK, silent)
        if not silent:
            testing = bool(flags & {"CAL", "TEST"})
            found += self._changed(at, What.TEST_BEGAN, What.TEST_ENDED, testing)
            on_battery = "OB" in flags and "OL" not in flags and not testing
            found += self._changed(at, What.MAINS_LOST, What.MAINS_BACK, on_battery)
        return found

    def _changed(self, at: datetime, begun: What, ended: What, now: bool) -> list[Happening]:
        was, before = self._seen.get(begun, False), self._known_at.get(begun)
        self._seen[begun], self._known_at[begun] = now, at
        return [Happening(at, begun if now else ended, self._ups, before)] if was != now else []
