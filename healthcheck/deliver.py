"""Takes what is in the outbox to its channels, and records each receipt as soon as it is had.

One process at a time sends: whoever comes while another does leaves it to that one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from healthcheck import schedule
from healthcheck.config.settings import Config
from healthcheck.delivery import channels, outbox
from healthcheck.errors import DeliveryError, HistoryError
from healthcheck.lock import Busy, only_one
from healthcheck.model import Posting

log = logging.getLogger(__name__)

LOCK = "outbox.lock"
LONGEST_SLEEP_S = 60.0


class Store(Protocol):
    """Where postings are kept: the history, or memory when there is none."""

    def pending(self) -> tuple[Posting, ...]: ...
    def update(self, posting: Posting) -> None: ...


class InMemory:
    """The outbox of a round that could not be kept: it lives as long as the process."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self._postings = {posting.id: posting for posting in postings}

    def pending(self) -> tuple[Posting, ...]:
        """Everything that has not been accepted yet."""
        return tuple(posting for posting in self._postings.values() if posting.state in outbox.OPEN)

    def update(self, posting: Posting) -> None:
        """Remember what became of an attempt."""
        self._postings[posting.id] = posting


def deliver_until(
    config: Config,
    store: Store,
    state_dir: Path,
    until: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Posting, ...]:
    """Try the outbox until everything is accepted or the time is up; what was put off is tried again with back-off.

    Returns every posting that was tried, as it then stands.
    """
    done: dict[str, Posting] = {}
    while True:
        done |= {posting.id: posting for posting in deliver_once(config, store, state_dir)}
        now = datetime.now(UTC)
        waiting = [posting.next_at or now for posting in _pending(store) if posting.state == outbox.PENDING]
        if not waiting or min(waiting) > until:
            return tuple(done.values())
        pause(min(max(0.1, (min(waiting) - now).total_seconds()), LONGEST_SLEEP_S))


def deliver_once(config: Config, store: Store, state_dir: Path) -> tuple[Posting, ...]:
    """Try what is due now, once. Nothing when another process is at it."""
    try:
        with only_one(state_dir / LOCK):
            return _deliver(config, store)
    except Busy:
        return ()
    except OSError:  # no folder to lock in, so no history either: nobody else can have these postings
        return _deliver(config, store)


def _deliver(config: Config, store: Store) -> tuple[Posting, ...]:
    """Each posting that is due, then the fallbacks of those that failed for good or until the report was due."""
    waiting = list(_pending(store))
    done: list[Posting] = []

    def settle(posting: Posting) -> None:
        _record(store, posting)
        done.append(posting)

    while active := outbox.due(waiting, datetime.now(UTC)):
        posting = active[0]
        waiting.remove(posting)
        after = _attempted(config, posting)
        settle(after)
        for other in outbox.stand_ins(posting, waiting, config.deliveries):
            if after.state == outbox.SENT:
                waiting.remove(other)
                settle(outbox.turned(other, outbox.NOT_NEEDED))
            elif _must_stand_in(config, after):
                turned = outbox.turned(other, outbox.PENDING)
                _record(store, turned)
                waiting[waiting.index(other)] = turned
    return tuple(done)


def _must_stand_in(config: Config, posting: Posting) -> bool:
    """Whether a fallback goes out now: nothing more is tried, or not before the hour that the report is due."""
    if posting.state != outbox.PENDING:
        return True
    due = schedule.at(config.practice, posting.created_at, config.practice.report_due)
    return posting.next_at is not None and posting.next_at > max(due, posting.created_at)


def _attempted(config: Config, posting: Posting) -> Posting:
    try:
        receipt = channels.send(posting, config.practice, config.email, config.deliveries)
    except DeliveryError as error:
        log.warning('"%s" was not delivered: %s %s', posting.delivery, error, error.reply)
        if error.too_large and not outbox.is_short(posting.message):
            return _attempted(config, replace(posting, message=outbox.short(posting.message)))
        return outbox.refused(posting, error, datetime.now(UTC))
    for who, refusal in receipt.refused.items():
        log.warning('"%s" was not taken for %s: %s', posting.delivery, who, refusal.reply)
    return outbox.accepted(posting, receipt, datetime.now(UTC))


def _pending(store: Store) -> tuple[Posting, ...]:
    try:
        return store.pending()
    except HistoryError as error:
        log.error("%s", error)
        return ()


def _record(store: Store, posting: Posting) -> None:
    try:
        store.update(posting)
    except HistoryError as error:  # it may be sent a second time, with the same Message-ID; better than never
        log.error("%s", error)


def not_delivered(config: Config, tried: Sequence[Posting], *, kept: bool) -> list[str]:
    """A sentence for each posting that nobody has accepted, nor one that stands in for it."""
    after = "It stays in the outbox." if kept else "It is in no outbox, because the history cannot be written."
    return [
        f'"{posting.delivery}" was not delivered: {posting.reply}'
        + (f" {after}" if posting.state == outbox.PENDING else "")
        for posting in outbox.unaccepted(tried, config.deliveries)
    ]
