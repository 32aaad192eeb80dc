"""Takes what is in the outbox to its channels, and records each receipt as soon as it is had."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from healthcheck.config.settings import Config
from healthcheck.delivery import email, outbox
from healthcheck.delivery.email import Receipt
from healthcheck.errors import DeliveryError, HistoryError
from healthcheck.history import History
from healthcheck.model import Posting

log = logging.getLogger(__name__)


def deliver(config: Config, postings: Iterable[Posting], record: Callable[[Posting], None]) -> tuple[Posting, ...]:
    """Send each posting once and return them as they then stand.

    A fallback goes out in the same go when the delivery it stands in for failed for good, and is put by when that
    was accepted. `record` is told of every change before the next posting is tried.
    """
    waiting = list(postings)
    done: list[Posting] = []

    def settle(posting: Posting) -> None:
        record(posting)
        done.append(posting)

    while active := [posting for posting in waiting if posting.state == outbox.PENDING]:
        posting = active[0]
        waiting.remove(posting)
        after = _attempted(config, posting, datetime.now(UTC))
        settle(after)
        for other in outbox.stand_ins(posting, waiting, config.deliveries):
            if after.state == outbox.SENT:
                waiting.remove(other)
                settle(outbox.turned(other, outbox.NOT_NEEDED))
            elif after.state in (outbox.FAILED, outbox.GIVEN_UP):
                waiting[waiting.index(other)] = outbox.turned(other, outbox.PENDING)
    return (*done, *waiting)


def _attempted(config: Config, posting: Posting, now: datetime) -> Posting:
    try:
        receipt = _send(config, posting)
    except DeliveryError as error:
        log.warning("%s was not delivered: %s %s", posting.delivery, error, error.reply)
        return outbox.refused(posting, error, now)
    return outbox.accepted(posting, receipt, now)


def _send(config: Config, posting: Posting) -> Receipt:
    if posting.channel != "email":
        raise DeliveryError(f"This version cannot send by {posting.channel}.", permanent=True)
    if config.email is None:
        raise DeliveryError("The config has no [email] section any more.", permanent=True)
    contractor = config.practice.people_of("it")
    mail = email.compose(
        posting,
        config.email,
        practice=config.practice.name,
        reply_to=contractor[0].email if contractor else "",
    )
    return email.send(mail, posting.waiting_for, config.email)


def recorder(history: History | None) -> Callable[[Posting], None]:
    """Keep receipts in history; without one, or when it fails, the log is all there is."""

    def record(posting: Posting) -> None:
        if history is None:
            return
        try:
            history.update(posting)
        except HistoryError as error:
            log.error("%s", error)

    return record


def not_delivered(config: Config, postings: Sequence[Posting], *, kept: bool) -> list[str]:
    """A sentence for each posting that nobody has accepted, nor one that stands in for it."""
    after = "It stays in the outbox." if kept else "It is in no outbox, because the history cannot be written."
    return [
        f'"{posting.delivery}" was not delivered: {posting.reply} {after}'
        for posting in outbox.unaccepted(postings, config.deliveries)
    ]
