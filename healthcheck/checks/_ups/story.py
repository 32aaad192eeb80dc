"""Happenings → events: what began and what ended it, told as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.api import Event, EventKind, duration, frozen
from healthcheck.checks._ups.record import Happening, What

OVER = "lost mains power; when it came back is not known"
SAME_CUT = timedelta(minutes=1)
"""A daemon that starts while power is out says so again within this time."""


@frozen
class _Pair:
    end: What
    kind: EventKind
    lasted: str
    begun: str


_PAIRS = {
    What.MAINS_LOST: _Pair(
        What.MAINS_BACK,
        EventKind.POWER_CUT,
        "lost mains power for {}",
        "lost mains power and ran on its backup battery",
    ),
    What.CONTACT_LOST: _Pair(
        What.CONTACT_BACK,
        EventKind.NOTE,
        "had no contact with its battery backup for {}",
        "lost contact with its battery backup",
    ),
    What.TEST_BEGAN: _Pair(
        What.TEST_ENDED, EventKind.SELF_TEST, "tested its backup battery for {}", "began to test its backup battery"
    ),
}
_BEGUN_BY = {pair.end: begun for begun, pair in _PAIRS.items()}
_ENDS_UNSEEN = (What.CONTACT_LOST, What.TEST_BEGAN)
"""What a daemon that starts anew begins without, and so never tells the end of."""
_NOTES = {
    What.SHUT_DOWN: "began to shut down on the word of its battery backup",
    What.BATTERY_WORN: "asked for a new backup battery",
    What.BATTERY_GONE: "found its backup battery disconnected",
}


def events(happenings: Iterable[Happening], source: str, *, mains_now: bool) -> list[Event]:
    """Each power cut, test and silence with its length where its end is known, and each thing that has none, in order.

    An end without a beginning is told only where the log may begin in the middle of it; a cut without an end is over
    where there is mains power now. `at` and `until` are UTC.
    """
    told: dict[str, list[Happening]] = {}
    for happening in sorted(happenings, key=lambda happening: happening.at):
        told.setdefault(happening.ups, []).append(happening)
    found = [event for of_one in told.values() for event in _of_one(of_one, source, mains_now)]
    return sorted(found, key=lambda event: event.at)


def _of_one(happenings: list[Happening], source: str, mains_now: bool) -> Iterator[Event]:
    open_: dict[What, Happening] = {}
    restarted: datetime | None = None
    seen: set[What] = set()
    for happening in happenings:
        what, at = happening.what, happening.at
        if restarted is not None and (what is not What.MAINS_LOST or at - restarted > SAME_CUT):
            yield _until_restart(open_.pop(What.MAINS_LOST), restarted, source)
            restarted = None
        if what in _PAIRS:
            open_.setdefault(what, happening)
            restarted = None
        elif what in _BEGUN_BY:
            begun = _BEGUN_BY[what]
            if begun in open_:
                yield _whole(open_.pop(begun), at, source)
            elif what is What.MAINS_BACK and not seen & {What.MAINS_LOST, What.MAINS_BACK, What.TEST_BEGAN}:
                yield Event(at, "got mains power back; when it was lost is not known", source, EventKind.NOTE)
        elif what is What.STARTED:
            yield from (_begun(open_.pop(begun), source) for begun in _ENDS_UNSEEN if begun in open_)
            restarted = at if What.MAINS_LOST in open_ else None
        elif what in _NOTES:
            yield Event(at, _NOTES[what], source)
        seen.add(what)
    if restarted is not None:
        yield _until_restart(open_.pop(What.MAINS_LOST), restarted, source)
    for what, happening in open_.items():
        over = mains_now and what is What.MAINS_LOST
        yield replace(_begun(happening, source), says=OVER) if over else _begun(happening, source)


def _begun(happening: Happening, source: str) -> Event:
    pair = _PAIRS[happening.what]
    return Event(happening.at, pair.begun, source, pair.kind, not_before=happening.not_before)


def _whole(begun: Happening, until: datetime, source: str) -> Event:
    pair = _PAIRS[begun.what]
    says = pair.lasted.format(duration((until - begun.at).total_seconds()))
    return Event(begun.at, says, source, pair.kind, until, begun.not_before)


def _until_restart(begun: Happening, restarted: datetime, source: str) -> Event:
    """A cut that outlasted the machine: power was back by the time it had started again, nobody knows since when."""
    longest = duration((restarted - begun.at).total_seconds())
    says = f"lost mains power and was switched off by it; power was back at most {longest} later"
    return Event(begun.at, says, source, EventKind.POWER_CUT, not_before=begun.not_before)
