"""What is known of the time between two looks: events from whatever keeps a history, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from healthcheck.api import Event, EventKind, Result, Status, count, moment
from healthcheck.checks._ups import apcupsd, record, story
from healthcheck.checks._ups.judge import ON_BATTERY, metric_name
from healthcheck.checks._ups.record import Happening, Record
from healthcheck.checks._ups.unit import Power, Reading

TOLD_FOR = timedelta(days=8)
"""Events older than a week and a day belong to reports of the past."""
LOG_SILENT_FOR = timedelta(hours=1)
"""upslog writes every 30 seconds by default; after so long without a line nobody writes it any more."""
APCUPSD_TELLS = 50
"""Lines of its events file that apcupsd gives to a client; older ones are out of reach."""
SAME_TRANSFER = timedelta(seconds=5)

_BY_NUT = "NUT's protocol tells none and no `log` is set"
_BY_SNMP = "SNMP tells none"
UNSEEN = "keeps no record of power cuts, so those between two looks cannot be seen"
UNREADABLE = "has a record of power cuts that could not be read"


def since_last(reading: Reading, now: datetime) -> Iterator[Result | Event]:
    """The events of the last eight days, and one result that says what the record of them is worth."""
    kept = record.read(reading.log or (), now)
    ours = [happening for happening in kept.happenings if _concerns(happening, reading.asked_for)]
    transfers = [
        happening
        for unit in reading.units
        for happening in apcupsd.transfers(unit, now)
        if all(abs(happening.at - known.at) > SAME_TRANSFER for known in ours)
    ]
    mains_now = all(unit.power is Power.MAINS for unit in reading.units)
    every = story.events([*ours, *transfers], f"ups ({reading.history_of})", mains_now=mains_now)
    told = [event for event in every if (event.until or event.at) >= now - TOLD_FOR]
    yield from told
    if reading.log is None:
        yield from () if transfers else _between_looks(reading, now)
        yield _no_record(reading)
    else:
        yield _worth(reading, kept, told, now)


def _concerns(happening: Happening, asked_for: str) -> bool:
    """A log may hold several UPSes, as NAME or NAME@HOST; one without names is taken to be about ours."""
    return not (asked_for and happening.ups) or happening.ups.partition("@")[0] == asked_for


def _no_record(reading: Reading) -> Result:
    why = reading.no_log
    if why is None:
        none = _BY_SNMP if reading.history_of == "snmp" else _BY_NUT
        return Result(Status.OK, UNSEEN, f"history: not observable, {none}")
    if reading.log_expected:
        return Result(Status.WARNING, f"{UNREADABLE}: {why.says}", f"history: {why.detail}")
    return Result(Status.OK, UNSEEN, f"history: only the last transfer: {why.detail or why.says}")


def _worth(reading: Reading, kept: Record, told: list[Event], now: datetime) -> Result:
    lines = reading.log or ()
    losses = [
        text
        for number, text in (
            (kept.unread, f"{count(kept.unread, 'line')} without a time that can be read"),
            (kept.ahead, f"{count(kept.ahead, 'line')} dated in the future"),
        )
        if number
    ]
    cuts = sum(event.kind is EventKind.POWER_CUT for event in told)
    how_many = count(cuts, "power cut") if cuts else "no power cut"
    if kept.first is None or kept.last is None:
        if lines:
            return Result(Status.WARNING, UNREADABLE, f"history: {', '.join(losses)}")
        return Result(Status.OK, f"has {how_many} on record", "history: the log is empty")
    if kept.polled and now - kept.last > LOG_SILENT_FOR:
        silent_since = moment(kept.last.astimezone(now.tzinfo), now)
        says = f"has kept no record of its power since {silent_since}"
        return Result(Status.WARNING, says, ", ".join([f"history: last line at {kept.last:%FT%TZ}", *losses]))
    if len(lines) >= APCUPSD_TELLS and not reading.log_expected and kept.first > now - TOLD_FOR:
        losses.append("the log may not go back far enough")
    reach = "in the last 8 days"
    if kept.first > now - TOLD_FOR:
        reach = f"since {moment(kept.first.astimezone(now.tzinfo), now)}"
    begins = f"history: {count(len(lines), 'line')} from {kept.first:%FT%TZ}"
    return Result(Status.OK, f"had {how_many} {reach}", ", ".join([begins, *losses]))


def _between_looks(reading: Reading, now: datetime) -> Iterator[Event]:
    """Without any record the look before this one is all there is: what changed since then, changed in between."""
    if reading.previous is None:
        return
    for unit in reading.units:
        part = unit.name if len(reading.units) > 1 else ""
        was = reading.previous.metrics.get(metric_name(ON_BATTERY, part))
        if was is None:
            continue
        at, before = now.astimezone(UTC), reading.previous.at
        if was < 0.5 and unit.power is Power.BATTERY:
            says = "lost mains power and ran on its backup battery"
            yield Event(at, says, "ups (two looks)", EventKind.POWER_CUT, not_before=before)
        elif was > 0.5 and unit.power is Power.MAINS:
            yield Event(at, "got mains power back", "ups (two looks)", EventKind.NOTE, not_before=before)
