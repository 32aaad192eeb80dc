"""When a machine last started, and whether it had been shut down before that."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from healthcheck.api import (
    Check,
    Event,
    EventKind,
    Levels,
    Metric,
    Previous,
    Result,
    Status,
    Target,
    answers,
    count,
    duration,
    frozen,
    moment,
    script,
)
from healthcheck.checks._starts import Ending, JournalEnd, Start, epoch, journal_end, starts, updates, uptime_s
from healthcheck.checks._windows import starts as of_windows

TOLERANCE = timedelta(seconds=120)
"""Two boot times this near are one start: clocks are stepped, and lines are slow."""
_OFF_WORTH_SAYING = timedelta(minutes=5)
_DAY_S = 86400


@frozen
class Starts:
    """What a machine tells about its starts. `clock` is what its own clock showed; `uptime_s` needs no clock.

    `updates_wait` says that installed updates wait for a restart, `updates_since` since when, where that is known.
    """

    uptime_s: float
    clock: datetime | None = None
    records: tuple[Start, ...] = ()
    journal: JournalEnd | None = None
    updates_wait: bool = False
    updates_since: datetime | None = None
    previous: Previous | None = None


_JOURNAL = "timeout 5 journalctl --system -b -1 -q -n 1 -o json --output-fields=MESSAGE_ID --no-pager"
# systemd's catalogue: "Journal stopped" and logind's "System is powering down".
_STOPPING = "MESSAGE_ID=d93fb3c9c24d451a97cea615ce59c00b MESSAGE_ID=98268866d1d54a499c4e98921d93bc40"
_QUESTIONS = {
    "uptime": "cat /proc/uptime",
    "clock": "date +%s",
    "records": "TZ=UTC last -x -F -n 200",
    "journal": _JOURNAL,
    "stopping": f"{_JOURNAL} {_STOPPING}",
    "flag": "stat -c %Y /run/reboot-required || stat -c %Y /var/run/reboot-required",
    "updates": (
        "if command -v needs-restarting >/dev/null; then timeout 8 needs-restarting -r; "
        "else timeout 8 needrestart -b -k; fi"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Restart(Check[Starts]):
    """When the machine last started, and whether it had been shut down properly before that.

    recent_h       hours after a restart during which it is worth a look
    uptime_days    days without a restart
    pending_days   days that installed updates have been waiting for a restart

    Look: it restarted since the last round or within `recent_h`; it runs, or updates wait, for longer than the limit.
    Could not check: it does not say how long it has been running. Whether it was shut down properly is told from its
    records where they can be read, and is else said to be not known. Every recent restart is told as an event.

    A start is recognised by the time that the machine has been running, not by its clock: a clock that is set, or a
    virtual machine that is paused, is no restart.

    Needs on the host: nothing for the start itself; /var/log/wtmp (readable by everybody) and the program `last`, or
    membership of the group `systemd-journal` and a journal kept on disk, to know how the run before ended. Reads only
    times and message numbers from the journal, never messages. On a Windows host, a login that WMI answers
    (root\\cimv2), and to know how the run before ended, one in the group "Event Log Readers". Of the System log it
    reads times and numbers only.
    Sources: proc(5), last(1) of util-linux 2.38 and wtmpdb, journalctl(1) of systemd 237 and later, needrestart(1) -b
    and needs-restarting(1) -r; Win32_OperatingSystem, events 12 and 13 of Kernel-General, 41 of Kernel-Power, 1074 of
    User32, 6005, 6006 and 6008 of EventLog, the registry's RebootRequired and RebootPending.
    """

    kind: ClassVar[str] = "restart"
    inside: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 30.0

    recent_h: float = 72
    uptime_days: Levels = Levels.above(warning=365)
    pending_days: Levels = Levels.above(warning=30)

    async def probe(self, target: Target) -> Starts:
        if target.host.os == "windows":
            told = await of_windows.read(target)
            return Starts(told.uptime_s, told.clock, told.starts, None, told.updates_wait, None, target.previous)
        asked = answers((await target.run(script(**_QUESTIONS))).out, *_QUESTIONS)
        wait, since = updates(asked["flag"], asked["updates"])
        return Starts(
            uptime_s=own_uptime_s() if target.host.local else uptime_s(asked["uptime"].text),
            clock=epoch(asked["clock"].text),
            records=starts(asked["records"].text),
            journal=journal_end(asked["journal"], asked["stopping"]),
            updates_wait=wait,
            updates_since=since,
            previous=target.previous,
        )

    def evaluate(self, found: Starts, now: datetime) -> Iterator[Result | Event]:
        history = _by_our_clock(found, now)
        last = history[0]
        metric = Metric("boot", last.at.timestamp(), "s")
        since = now.astimezone(UTC) - timedelta(hours=self.recent_h)
        if found.previous and found.previous.metrics.get("boot") != last.at.timestamp():
            since = min(since, found.previous.at - TOLERANCE)
        recent = [start for start in history if start.at >= since]
        if last in recent:
            detail = f"up {duration(found.uptime_s)}; {_evidence(last)}"
            yield Result(Status.WARNING, _restarted(recent, now), detail, metric)
        else:
            yield Result(Status.OK, f"has been running for {duration(found.uptime_s)}", _evidence(last), metric)
        yield from (_event(start) for start in recent)
        yield from self._long_runs(found, now)

    def _long_runs(self, found: Starts, now: datetime) -> Iterator[Result]:
        days = found.uptime_s / _DAY_S
        if (status := self.uptime_days.judge(days)) is not Status.OK:
            yield Result(status, f"has been running for {count(int(days), 'day')} without a restart")
        if found.updates_wait:
            since = found.updates_since
            waiting = self.pending_days.judge((now - since) / timedelta(days=1)) if since else Status.OK
            says = "has updates that wait for a restart"
            if since:
                says = f"has had updates waiting for a restart since {moment(since.astimezone(now.tzinfo), now)}"
            yield Result(waiting, says, "a restart is pending")

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if self.recent_h < 0:
            yield "recent_h", "must not be negative"


def _by_our_clock(found: Starts, now: datetime) -> list[Start]:
    """Every start on record, newest first and by our clock; the first is this run's, whatever the records hold."""
    # In UTC: the wall clock of `now` may have been put forward or back since.
    started = now.astimezone(UTC) - timedelta(seconds=found.uptime_s)
    booted = _settled(started.replace(microsecond=0), found.previous)
    # In whole minutes, so that the same record has the same time in every round.
    ahead = timedelta(minutes=round((found.clock - now) / timedelta(minutes=1))) if found.clock else timedelta()
    records = [_moved(start, ahead) for start in found.records]
    ours = _of_this_run(records, booted)
    before = [start for start in records[1:] if start.at < booted - TOLERANCE]
    journal = found.journal and JournalEnd(found.journal.at - ahead, found.journal.shutdown)
    return [_joined(booted, ours, journal), *before]


def _settled(booted: datetime, previous: Previous | None) -> datetime:
    """The same start keeps the time that was first found for it."""
    known = previous.metrics.get("boot") if previous else None
    if known is not None and abs(booted.timestamp() - known) <= TOLERANCE.total_seconds():
        return datetime.fromtimestamp(known, UTC)
    return booted


def _of_this_run(records: Sequence[Start], booted: datetime) -> Start | None:
    """The newest record, unless its time speaks against it: wtmp may not be written, or by a clock not set yet.

    It may be much later than the start, as it is written once the file systems are checked.
    """
    newest = records[0] if records else None
    return newest if newest and newest.at >= booted - TOLERANCE else None


def _joined(booted: datetime, record: Start | None, journal: JournalEnd | None) -> Start:
    """What wtmp and the journal know together: either may have seen a shutdown that the other missed."""
    endings = {record.ending} if record else set()
    if journal:
        endings.add(Ending.CLEAN if journal.shutdown else Ending.CRASH)
    ending = next((one for one in (Ending.CLEAN, Ending.CRASH) if one in endings), Ending.NOT_KNOWN)
    signs = [sign for sign in (record and record.last_sign, journal and journal.at) if sign and sign <= booted]
    return Start(booted, ending, max(signs, default=None), record.down_at if record else None)


def _moved(start: Start, ahead: timedelta) -> Start:
    return Start(
        start.at - ahead,
        start.ending,
        start.last_sign and start.last_sign - ahead,
        start.down_at and start.down_at - ahead,
    )


def _restarted(recent: Sequence[Start], now: datetime) -> str:
    last = moment(recent[0].at.astimezone(now.tzinfo), now)
    when = last if last.startswith("today") else f"on {last}"
    if len(recent) == 1:
        return f"restarted {when}, {recent[0].ending.value}"
    crashes = sum(start.ending is Ending.CRASH for start in recent)
    some = "each time" if crashes == len(recent) else f"{crashes} of them"
    how = f", {some} {Ending.CRASH.value}" if crashes else ""
    return f"restarted {count(len(recent), 'time')}{how}, the last {when}"


def _event(start: Start) -> Event:
    says = f"restarted {start.ending.value}"
    if start.ending is Ending.NOT_KNOWN:
        says = f"restarted, {start.ending.value}"
    if start.down_at and start.at - start.down_at >= _OFF_WORTH_SAYING:
        says += f"; it was off for {duration((start.at - start.down_at).total_seconds())}"
    if start.ending is Ending.CRASH:
        return Event(start.at, says, "restart", EventKind.CRASH, not_before=start.last_sign)
    return Event(start.at, says, "restart", EventKind.RESTART)


def _evidence(start: Start) -> str:
    sign = f", last record before it {start.last_sign:%Y-%m-%d %H:%M:%S} UTC" if start.last_sign else ""
    return f"started {start.at:%Y-%m-%d %H:%M:%S} UTC, {_FOR_IT[start.ending]}{sign}"


_FOR_IT = {
    Ending.CLEAN: "clean shutdown on record",
    Ending.CRASH: "no shutdown on record",
    Ending.NOT_KNOWN: "no readable record of how the run before ended",
}


def own_uptime_s() -> float:
    """Seconds since this computer started."""
    import psutil  # heavy, and only one machine of the round needs it

    return max(0.0, time.time() - psutil.boot_time())
