"""The outbox's rules: what becomes of a posting after each attempt, and when the next one is due.

Pure: whoever calls it sends and records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from healthcheck.delivery.receipt import Receipt
from healthcheck.errors import DeliveryError
from healthcheck.model import Attempt, Delivery, Message, Posting

BACK_OFF_MINUTES = (1, 2, 5, 10, 15, 30)
"""Minutes to the next attempt, the last one repeated: a greylisting server wants some five."""
KEEP_TRYING_H = 48

PENDING, SENT, FAILED, GIVEN_UP = "pending", "sent", "failed", "given_up"
STANDBY = "standby"
"""A fallback that waits for the failure of the delivery it stands in for."""
NOT_NEEDED = "not_needed"
"""A fallback whose delivery was accepted."""
OPEN = (PENDING, STANDBY)

MONTHLY = "monthly-"
"""How the name begins that a month's report has in the place of a round's id."""

LONGEST_WAIT_S = 3600.0
"""No server makes us wait longer than this."""
SHORT_LIMIT = 4000
_CUT = "\n\nThe rest was too long for the server.\n"


def begun(posting: Posting, now: datetime) -> Posting:
    """Written down before each attempt: whoever dies in the middle of it has counted it and put the next one off."""
    attempt = Attempt(posting.attempts + 1, now, "The program ended before the outcome was known.")
    return _later(replace(posting, attempts=attempt.number, last=attempt), now)


def accepted(posting: Posting, receipt: Receipt, now: datetime) -> Posting:
    """After the server took it, for all or for some: those it put off are tried again, the refused are named."""
    put_off = tuple(who for who in posting.waiting_for if who in receipt.refused and not receipt.refused[who].permanent)
    taken = tuple(who for who in posting.waiting_for if who not in receipt.refused)
    refused = [f"{who}: {error.reply}" for who, error in receipt.refused.items()]
    over = _over(posting, "; ".join([receipt.reply, *refused]), taken)
    over = replace(over, refused=posting.refused + tuple(who for who in receipt.refused if who not in put_off))
    if put_off:
        return _later(replace(over, waiting_for=put_off), now)
    return replace(over, state=SENT, waiting_for=(), sent_at=now, next_at=None)


def refused(posting: Posting, error: DeliveryError, now: datetime) -> Posting:
    """After nothing was accepted: tried again later, or over, when trying again cannot help."""
    over = _over(posting, f"{error} {error.reply}".strip())
    if error.permanent:
        return replace(over, state=FAILED, next_at=None)
    if now - posting.created_at > timedelta(hours=KEEP_TRYING_H):
        return replace(over, state=GIVEN_UP, next_at=None)
    return _later(over, now, timedelta(seconds=min(error.wait_s, LONGEST_WAIT_S)))


def _over(posting: Posting, reply: str, taken: tuple[str, ...] = ()) -> Posting:
    last = replace(posting.last, reply=reply, accepted=taken) if posting.last else None
    return replace(posting, reply=reply, last=last)


def _later(posting: Posting, now: datetime, at_least: timedelta = timedelta()) -> Posting:
    minutes = BACK_OFF_MINUTES[min(posting.attempts, len(BACK_OFF_MINUTES)) - 1]
    return replace(posting, state=PENDING, next_at=now + max(timedelta(minutes=minutes), at_least))


def is_due(posting: Posting, now: datetime) -> bool:
    """Whether it may go out and its next attempt is not later than now."""
    return posting.state == PENDING and (posting.next_at is None or posting.next_at <= now)


def by_urgency(postings: Iterable[Posting], deliveries: Sequence[Delivery]) -> list[Posting]:
    """Oldest round first; in it the reports before the briefs, each in the order of the config."""
    order = {delivery.name: (delivery.content == "brief", number) for number, delivery in enumerate(deliveries)}
    last = (True, len(deliveries))
    return sorted(postings, key=lambda posting: (posting.created_at, order.get(posting.delivery, last)))


def consequences(
    after: Posting, others: Iterable[Posting], deliveries: Sequence[Delivery], *, stands_in: bool
) -> tuple[Posting, ...]:
    """What an attempt changes for the fallbacks that wait for it, of all the `others` that are not over.

    Their turn has come when it `stands_in` for a failure; they are not needed, nor their own fallbacks, once everything
    of the delivery was accepted.
    """
    round_mates = [other for other in others if other.round == after.round and other.id != after.id]
    if stands_in:
        return tuple(_turned(other, PENDING) for other in _fallbacks({after.delivery}, round_mates, deliveries))
    if after.state != SENT or any(other.delivery == after.delivery for other in round_mates):
        return ()
    done, names = [], {after.delivery}
    while found := _fallbacks(names, round_mates, deliveries):
        done += [_turned(other, NOT_NEEDED) for other in found]
        names = {other.delivery for other in found}
        round_mates = [other for other in round_mates if other not in found]
    return tuple(done)


def orphans(postings: Sequence[Posting], deliveries: Sequence[Delivery]) -> tuple[Posting, ...]:
    """Fallbacks whose delivery is over and never told them, because the config was changed: better sent than lost."""
    waited_for = {delivery.name: delivery.only_if_failed for delivery in deliveries}
    is_open = {(posting.round, posting.delivery) for posting in postings}
    return tuple(
        _turned(posting, PENDING)
        for posting in postings
        if posting.state == STANDBY and (posting.round, waited_for.get(posting.delivery, "")) not in is_open
    )


def _fallbacks(names: Collection[str], others: Iterable[Posting], deliveries: Sequence[Delivery]) -> list[Posting]:
    waiting = {delivery.name for delivery in deliveries if delivery.only_if_failed in names}
    return [other for other in others if other.state == STANDBY and other.delivery in waiting]


def _turned(posting: Posting, state: str) -> Posting:
    return replace(posting, state=state, next_at=None)


def unaccepted(postings: Iterable[Posting], deliveries: Sequence[Delivery]) -> tuple[Posting, ...]:
    """Those that nobody has accepted, neither they themselves nor one that stands in for them or they stand in for."""
    tried = [posting for posting in postings if posting.state not in (STANDBY, NOT_NEEDED)]
    waited_for = {delivery.name: delivery.only_if_failed for delivery in deliveries if delivery.only_if_failed}
    sent = {(posting.round, posting.delivery) for posting in tried if posting.state == SENT}
    stood_in = set(sent)
    for _ in deliveries:  # a chain is no longer than the list
        stood_in |= {(round_id, waited_for[name]) for round_id, name in stood_in if name in waited_for}
    return tuple(
        posting
        for posting in tried
        if posting.state != SENT
        and (posting.round, posting.delivery) not in stood_in - sent
        and (posting.round, waited_for.get(posting.delivery)) not in sent
    )


def posting_id(round_id: str, delivery: str, number: int) -> str:
    """The same for the same message however often it is made; safe in a `Message-ID`."""
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in delivery.lower()).strip("-")
    return f"{round_id}.{words or 'delivery'}.{number}"


def short(message: Message) -> Message:
    """The same message without page and attachments, and its text cut: what a server takes that found it too large."""
    text, few_words = _cut(message.text, SHORT_LIMIT), _cut(message.short, SHORT_LIMIT // 4)
    return Message(message.subject, text, short=few_words, follows=message.follows)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: limit - len(_CUT)]
    return (kept.rpartition("\n")[0] or kept) + _CUT


def is_short(message: Message) -> bool:
    """Whether nothing more can be left out."""
    return message == short(message)
