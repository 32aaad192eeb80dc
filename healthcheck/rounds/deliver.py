"""Takes what is in the outbox to its channels, and records each receipt as soon as it is had.

One process at a time sends: whoever comes while another does leaves it to that one.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from healthcheck.config.settings import Config
from healthcheck.delivery import outbox
from healthcheck.errors import DeliveryError, HistoryError
from healthcheck.model import Posting
from healthcheck.rounds import schedule
from healthcheck.rounds.lock import Busy, only_one
from healthcheck.words import clock, join

log = logging.getLogger(__name__)

LOCK = "outbox.lock"
SHORTEST_SLEEP_S, LONGEST_SLEEP_S = 1.0, 60.0


class Store(Protocol):
    """Where postings are kept; each method may raise `HistoryError`."""

    def pending(self) -> tuple[Posting, ...]:
        """Everything that is not over, oldest first."""

    def update(self, *postings: Posting) -> None:
        """Record what became of them, all or nothing."""


class InMemory:
    """The outbox of one process, over a history that may fail at any moment or not be there at all.

    What was sent stays sent here, even when nobody could write it down; `postings` are those of the process's own
    round, for when the history cannot be read any more.
    """

    def __init__(self, postings: Sequence[Posting], history: Store | None = None) -> None:
        self._own = postings
        self._history = history
        self._changed: dict[str, Posting] = {}

    def pending(self) -> tuple[Posting, ...]:
        """Everything that is not over, as this process knows it."""
        known = self._own if self._history is None else _read(self._history, self._own)
        latest = (self._changed.get(posting.id, posting) for posting in known)
        return tuple(posting for posting in latest if posting.state in outbox.OPEN)

    def update(self, *postings: Posting) -> None:
        """Remember what became of them, and write it down if that can be done."""
        self._changed |= {posting.id: posting for posting in postings}
        if self._history is not None:
            _record(self._history, *postings)


def deliver_until(
    config: Config,
    store: Store,
    state_dir: Path,
    until: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Posting, ...]:
    """Try the outbox until everything is accepted or the time is up; what was put off is tried again with back-off.

    Returns every posting that was there, as it then stands.
    """
    store = InMemory(_read(store, ()), store)
    known: dict[str, Posting] = {}
    while True:
        known |= {posting.id: posting for posting in deliver_once(config, store, state_dir)}
        still_open = {posting.id: posting for posting in _read(store, ())}
        now = datetime.now(UTC)
        waiting = [posting.next_at or now for posting in still_open.values() if posting.state == outbox.PENDING]
        if not waiting or min(waiting) > until or now > until:
            return tuple(one for one in known.values() if one.state not in outbox.OPEN or one.id in still_open)
        pause(min(max(SHORTEST_SLEEP_S, (min(waiting) - now).total_seconds()), LONGEST_SLEEP_S))


def deliver_once(config: Config, store: Store, state_dir: Path) -> tuple[Posting, ...]:
    """Try what is due now, once. Returns every posting that was there, as it then stands."""
    return _deliver(config, store, state_dir, lambda posting: outbox.is_due(posting, datetime.now(UTC)))


def deliver_now(config: Config, store: Store, state_dir: Path) -> tuple[Posting, ...]:
    """Try everything once, due or not: somebody asks for it. Returns what was there, as it then stands."""
    return _deliver(config, store, state_dir, lambda posting: posting.state == outbox.PENDING)


def _deliver(config: Config, store: Store, state_dir: Path, is_ready: Callable[[Posting], bool]) -> tuple[Posting, ...]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(only_one(state_dir / LOCK))
        except Busy:
            return tuple(replace(posting, reply="It is being sent just now.") for posting in _read(store, ()))
        except OSError as error:
            log.warning("The outbox could not be locked: %s.", (error.strerror or "unknown reason").lower())
        return _each(config, store, is_ready)


def _each(config: Config, store: Store, is_ready: Callable[[Posting], bool]) -> tuple[Posting, ...]:
    """Each posting that is ready, once, and the fallbacks of those that failed for good or until the report was due."""
    known = {posting.id: posting for posting in _read(store, ())}
    known |= {posting.id: posting for posting in outbox.orphans(tuple(known.values()), config.deliveries)}
    tried: set[str] = set()
    while True:
        ready = (posting for posting in known.values() if posting.id not in tried and is_ready(posting))
        posting = next(iter(outbox.by_urgency(ready, config.deliveries)), None)
        if posting is None:
            return tuple(known.values())
        tried.add(posting.id)
        changed = _tried(config, store, posting, tuple(known.values()))
        known |= {posting.id: posting for posting in changed}


def _tried(config: Config, store: Store, posting: Posting, others: Sequence[Posting]) -> tuple[Posting, ...]:
    """One posting after one attempt, and the fallbacks whose state follows from it."""
    begun = outbox.begun(posting, datetime.now(UTC))
    try:
        store.update(begun)
    except HistoryError as error:
        # Nobody would know that it was sent, and each pass would send it once more.
        return (replace(posting, reply=f"Nothing was sent, because it could not be written down. {error}"),)
    after = _attempted(config, begun)
    is_open = [other for other in others if other.state in outbox.OPEN]
    follow = outbox.consequences(after, is_open, config.deliveries, stands_in=_must_stand_in(config, after))
    _record(store, after, *follow)
    return (after, *follow)


def _must_stand_in(config: Config, posting: Posting) -> bool:
    """Whether a fallback goes out now: nothing more is tried, or not before the hour that the report is due."""
    if posting.state != outbox.PENDING:
        return posting.state != outbox.SENT
    due = schedule.at(config.practice, posting.created_at, config.practice.report_due)
    return posting.next_at is not None and posting.next_at > max(due, posting.created_at)


def _attempted(config: Config, posting: Posting) -> Posting:
    from healthcheck.delivery import channels  # brings SMTP and HTTP: only where something is to be sent

    try:
        receipt = channels.send(posting, config.practice, config.email, config.deliveries)
    except DeliveryError as error:
        if error.too_large and not outbox.is_short(posting.message):
            log.warning('"%s" is sent in short: %s %s', posting.delivery, error, error.reply)
            return _attempted(config, replace(posting, message=outbox.short(posting.message)))
        after = outbox.refused(posting, error, datetime.now(UTC))
    else:
        for who, refusal in receipt.refused.items():
            log.warning('"%s" was not taken for %s: %s', posting.delivery, who, refusal.reply)
        after = outbox.accepted(posting, receipt, datetime.now(UTC))
    if after.next_at is not None:
        again = after.next_at.astimezone(config.practice.timezone)
        log.warning('"%s" is tried again at %s: %s', posting.delivery, clock(again), after.reply)
    return after


def _read(store: Store, otherwise: Sequence[Posting]) -> Sequence[Posting]:
    try:
        return store.pending()
    except HistoryError as error:
        log.error("%s", error)
        return otherwise


def _record(store: Store, *postings: Posting) -> None:
    try:
        store.update(*postings)
    except HistoryError as error:  # it may be sent once more, with the same Message-ID; better than never
        log.error("%s", error)


def not_delivered(config: Config, postings: Sequence[Posting], *, kept: bool) -> list[str]:
    """A sentence for each posting that nobody has accepted, nor one that stands in for it."""
    return [_not_delivered(posting, kept) for posting in outbox.unaccepted(postings, config.deliveries)]


def _not_delivered(posting: Posting, kept: bool) -> str:
    whom = f" to {join(posting.waiting_for)}" if posting.waiting_for else ""
    after = "It stays in the outbox." if kept else "It is in no outbox, because the history cannot be written."
    says = f'"{posting.delivery}" was not delivered{whom}: {posting.reply or "It has not been tried yet."}'
    return f"{says} {after}" if posting.state == outbox.PENDING else says
