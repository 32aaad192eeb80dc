"""What is remembered: whether the history is sound, what became of the last report, what waits, what is under way."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import Premises, history
from healthcheck.model import Posting, Status
from healthcheck.rounds import HISTORY_FILE, schedule
from healthcheck.words import clock, count, duration, join, moment, plain, size

LONGEST_ROUND_S = 3 * 3600.0
"""What the units allow a round; one that holds its lock longer hangs."""
NOT_YET = "There is no history yet."


def file(premises: Premises) -> Iterator[Finding]:
    """Whether the history can be read from end to end, and how large it is."""
    path = premises.state_dir / HISTORY_FILE
    with history(premises) as known:
        if known is None:
            yield Finding(Status.WARNING, NOT_YET, premises.command("run"))
            return
        if damage := known.damage():
            says = f"The history is damaged ({plain(damage, 120)}); the next round puts it aside and begins a new one."
            yield Finding(Status.CRITICAL, says, f"Copy {path} from a backup, if there is one.")
            return
    held = sum(found.stat().st_size for found in path.parent.glob(f"{HISTORY_FILE}*") if found.is_file())
    yield Finding(Status.OK, f"The history is sound ({size(held)}).")
    aside = sorted(found.name for found in path.parent.glob(f"{HISTORY_FILE}.damaged-*") if found.suffix[-1:] == "Z")
    if aside:
        says = f"{count(len(aside), 'damaged history', 'damaged histories')} was put aside: {join(aside[-2:])}."
        yield Finding(Status.WARNING, says, f"Look at the drive, then delete it from {shlex.quote(str(path.parent))}.")


def last_report(premises: Premises) -> Iterator[Finding]:
    """When the last report was made, whether everybody has it, and whether one is missing now."""
    with history(premises) as known:
        at = known.last_report_at() if known else None
        if known is None or at is None:
            yield Finding(Status.WARNING, "No report has been made yet.", premises.command("report"))
            return
        undelivered, sent = known.undelivered(), known.sent(at)
    said = f"The last report was begun {_when(premises, at)}"
    if premises.config is not None and _is_missing(premises, at):
        due = schedule.at(premises.config.practice, premises.now, premises.config.practice.report_due)
        yield Finding(
            Status.CRITICAL, f"Today's report is missing since {clock(due)}. {said}.", premises.command("report")
        )
    elif undelivered:
        whom = join(f'"{posting.delivery}"' for posting in undelivered)
        says = f"{said}, and was not accepted by {whom}: {plain(undelivered[0].reply, 200) or 'it was not tried yet'}."
        yield Finding(Status.CRITICAL, says, premises.command("deliver"))
    elif accepted := [posting.sent_at for posting in sent if posting.sent_at is not None]:
        yield Finding(Status.OK, f"{said}; everybody had it {_when(premises, max(accepted))}.")
    else:
        yield Finding(Status.WARNING, f"{said}, and was sent to nobody.", premises.command("config check"))


def _when(premises: Premises, at: datetime) -> str:
    return moment(at.astimezone(premises.local_now.tzinfo), premises.local_now)


def _is_missing(premises: Premises, last: datetime) -> bool:
    assert premises.config is not None
    practice = premises.config.practice
    due = schedule.at(practice, premises.now, practice.report_due)
    return premises.now > due + schedule.GRACE and schedule.owed(practice, last, premises.now)


def outbox(premises: Premises) -> Iterator[Finding]:
    """What has not been accepted yet, and since when it waits."""
    with history(premises) as known:
        waiting: tuple[Posting, ...] = known.pending() if known else ()
    waiting = tuple(posting for posting in waiting if posting.state == "pending")
    if known is None:
        yield Finding(Status.OK, "Nothing can be waiting, for nothing has been made yet.")
    elif not waiting:
        yield Finding(Status.OK, "Nothing waits to be sent.")
    else:
        oldest = waiting[0]
        since = _when(premises, oldest.created_at)
        reply = f" ({plain(oldest.reply, 200)})" if oldest.reply else ""
        many = count(len(waiting), "message")
        says = f'Not accepted yet: {many}; the oldest, by "{plain(oldest.delivery)}", waits since {since}{reply}.'
        yield Finding(Status.WARNING, says, premises.command("deliver"))


def lock(premises: Premises) -> Iterator[Finding]:
    """Whether a round is under way, and for how long. The kernel is asked, which holds nothing up."""
    path = premises.state_dir / "lock"
    try:
        found = path.stat()
        holder = holder_of(Path("/proc/locks").read_text(encoding="ascii"), found)
    except FileNotFoundError:
        yield Finding(Status.OK, "No round is under way.")
        return
    if holder is None:
        yield Finding(Status.OK, "No round is under way.")
        return
    held_s = premises.now.timestamp() - found.st_mtime
    if held_s > LONGEST_ROUND_S:
        says = f"A round has been under way for {duration(held_s)} (process {holder}); no other can begin."
        yield Finding(Status.CRITICAL, says, f"sudo kill {holder}")
    else:
        yield Finding(Status.OK, f"A round is under way, for {duration(held_s)} (process {holder}).")


def holder_of(locks: str, found: os.stat_result) -> int | None:
    """Who holds a file's flock, by /proc/locks (proc(5)); None when nobody does."""
    where = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in locks.splitlines():
        words = line.split()
        if len(words) >= 6 and words[1] == "FLOCK" and words[5] == where:
            return int(words[4])
    return None
