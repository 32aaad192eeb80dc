"""The outbox's rules: what becomes of a posting after each attempt, and when the next one is due.

Pure: whoever calls it sends and records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.delivery.email import Receipt
from healthcheck.errors import DeliveryError
from healthcheck.model import Delivery, Message, Posting

BACK_OFF_MINUTES = (1, 2, 5, 10, 15, 30)
"""Minutes to the next attempt, the last one repeated: a greylisting server wants some five."""
KEEP_TRYING_H = 48

PENDING, SENT, FAILED, GIVEN_UP = "pending", "sent", "failed", "given_up"
STANDBY = "standby"
"""A fallback that waits for the failure of the delivery it stands in for."""
NOT_NEEDED = "not_needed"
"""A fallback whose delivery was accepted."""
OPEN = (PENDING, STANDBY)

LONGEST_WAIT_S = 3600.0
"""No server makes us wait longer than this."""
SHORT_LIMIT = 4000


def accepted(posting: Posting, receipt: Receipt, now: datetime) -> Posting:
    """After the server took it, for all or for some: those it put off are tried again, the refused are named."""
    put_off = tuple(who for who in posting.waiting_for if who in receipt.refused and not receipt.refused[who].permanent)
    refused = [f"{who}: {error.reply}" for who, error in receipt.refused.items()]
    reply = "; ".join([receipt.reply, *refused])
    if put_off:
        return _later(replace(posting, waiting_for=put_off), reply, now)
    attempts = posting.attempts + 1
    return replace(posting, state=SENT, waiting_for=(), attempts=attempts, reply=reply, sent_at=now, next_at=None)


def refused(posting: Posting, error: DeliveryError, now: datetime) -> Posting:
    """After nothing was accepted: tried again later, or over, when trying again cannot help."""
    reply = f"{error} {error.reply}".strip()
    if error.permanent:
        return replace(posting, state=FAILED, attempts=posting.attempts + 1, reply=reply, next_at=None)
    if now - posting.created_at > timedelta(hours=KEEP_TRYING_H):
        return replace(posting, state=GIVEN_UP, attempts=posting.attempts + 1, reply=reply, next_at=None)
    return _later(posting, reply, now, timedelta(seconds=min(error.wait_s, LONGEST_WAIT_S)))


def _later(posting: Posting, reply: str, now: datetime, at_least: timedelta = timedelta()) -> Posting:
    minutes = BACK_OFF_MINUTES[min(posting.attempts, len(BACK_OFF_MINUTES) - 1)]
    next_at = now + max(timedelta(minutes=minutes), at_least)
    return replace(posting, state=PENDING, attempts=posting.attempts + 1, reply=reply, next_at=next_at)


def due(postings: Iterable[Posting], now: datetime) -> tuple[Posting, ...]:
    """Those that may go out and whose next attempt is not later than now."""
    return tuple(
        posting
        for posting in postings
        if posting.state == PENDING and (posting.next_at is None or posting.next_at <= now)
    )


def stand_ins(posting: Posting, others: Iterable[Posting], deliveries: Sequence[Delivery]) -> tuple[Posting, ...]:
    """The fallbacks of the same round that wait for this posting."""
    names = {delivery.name for delivery in deliveries if delivery.only_if_failed == posting.delivery}
    return tuple(
        other for other in others if other.round == posting.round and other.delivery in names and other.state == STANDBY
    )


def turned(posting: Posting, state: str) -> Posting:
    """A fallback whose turn has come (`PENDING`) or never will (`NOT_NEEDED`)."""
    return replace(posting, state=state, next_at=None)


def unaccepted(postings: Iterable[Posting], deliveries: Sequence[Delivery]) -> tuple[Posting, ...]:
    """Those that nobody has accepted, nor a delivery that stands in for them, directly or at the end of a chain."""
    tried = [posting for posting in postings if posting.state not in (STANDBY, NOT_NEEDED)]
    accepted_names = {(posting.round, posting.delivery) for posting in tried if posting.state == SENT}
    for _ in deliveries:  # a chain is no longer than the list
        for delivery in deliveries:
            accepted_names |= {
                (round_id, delivery.only_if_failed) for round_id, name in accepted_names if name == delivery.name
            }
    return tuple(posting for posting in tried if (posting.round, posting.delivery) not in accepted_names)


def posting_id(round_id: str, delivery: str, number: int) -> str:
    """The same for the same message however often it is made; safe in a `Message-ID`."""
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in delivery.lower()).strip("-")
    return f"{round_id}.{words or 'delivery'}.{number}"


def short(message: Message) -> Message:
    """The same message without page and attachments, and its text cut: what a server takes that found it too large."""
    text = message.text
    if len(text) > SHORT_LIMIT:
        text = text[:SHORT_LIMIT].rpartition("\n")[0] + "\n\nThe rest was too long for the mail server.\n"
    return Message(message.subject, text)


def is_short(message: Message) -> bool:
    """Whether nothing more can be left out."""
    return not message.html and not message.attachments and len(message.text) <= 2 * SHORT_LIMIT
