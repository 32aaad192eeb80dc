"""The rules of the outbox: what becomes of a posting after each attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.delivery import outbox
from healthcheck.delivery.outbox import FAILED, GIVEN_UP, NOT_NEEDED, PENDING, SENT, STANDBY
from healthcheck.delivery.receipt import Receipt
from healthcheck.errors import DeliveryError
from healthcheck.model import Attachment, Attempt, Delivery, Message, Posting

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
TWO = ("manager@foothill.example", "doctor@foothill.example")
LATER = DeliveryError("Busy.", permanent=False, reply="451 later")
NEVER = DeliveryError("Refused.", permanent=True, reply="550 no")
POSTING = Posting("r1.mail.1", "r1", "mail", "email", Message("S", "T"), MONDAY, TWO)
BEGUN = outbox.begun(POSTING, MONDAY)
LOST = "The program ended before the outcome was known."


def minutes(number: float) -> datetime:
    return MONDAY + timedelta(minutes=number)


def test_an_attempt_is_counted_and_the_next_put_off_before_anything_is_sent() -> None:
    assert replace(POSTING, attempts=1, next_at=minutes(1), last=Attempt(1, MONDAY, LOST)) == BEGUN


def test_what_all_accepted_is_sent() -> None:
    assert outbox.accepted(BEGUN, Receipt("accepted"), minutes(1)) == replace(
        BEGUN, state=SENT, waiting_for=(), next_at=None, reply="accepted", sent_at=minutes(1),
        last=Attempt(1, MONDAY, "accepted", TWO),
    )  # fmt: skip


def test_those_put_off_are_tried_again_and_nobody_else() -> None:
    said = "accepted; doctor@foothill.example: 451 later"
    assert outbox.accepted(BEGUN, Receipt("accepted", {TWO[1]: LATER}), minutes(1)) == replace(
        BEGUN, waiting_for=TWO[1:], next_at=minutes(2), reply=said, last=Attempt(1, MONDAY, said, TWO[:1])
    )


def test_those_refused_for_good_are_named_and_not_tried_again() -> None:
    said = "accepted; doctor@foothill.example: 550 no"
    assert outbox.accepted(BEGUN, Receipt("accepted", {TWO[1]: NEVER}), minutes(1)) == replace(
        BEGUN, state=SENT, waiting_for=(), refused=TWO[1:], next_at=None, reply=said, sent_at=minutes(1),
        last=Attempt(1, MONDAY, said, TWO[:1]),
    )  # fmt: skip


def test_a_refusal_for_good_ends_it() -> None:
    said = "Refused. 550 no"
    assert outbox.refused(BEGUN, NEVER, minutes(1)) == replace(
        BEGUN, state=FAILED, next_at=None, reply=said, last=Attempt(1, MONDAY, said)
    )


def test_a_refusal_for_now_puts_it_off_more_and_more() -> None:
    posting, waits = POSTING, []
    for _ in range(8):
        posting = outbox.refused(outbox.begun(posting, MONDAY), LATER, MONDAY)
        assert posting.next_at is not None
        waits.append((posting.next_at - MONDAY) / timedelta(minutes=1))
    assert (waits, posting.attempts, posting.state) == ([1, 2, 5, 10, 15, 30, 30, 30], 8, PENDING)


@pytest.mark.parametrize(
    ("asked_s", "next_at"), [(10, minutes(1)), (600, minutes(10)), (86400, minutes(60))], ids=["less", "more", "a day"]
)
def test_the_wait_that_a_server_asks_for_is_kept_up_to_an_hour(asked_s: float, next_at: datetime) -> None:
    error = DeliveryError("Busy.", permanent=False, reply="429", wait_s=asked_s)
    assert outbox.refused(BEGUN, error, MONDAY).next_at == next_at


def test_after_two_days_it_is_given_up() -> None:
    assert outbox.refused(BEGUN, LATER, MONDAY + timedelta(hours=48)).state == PENDING
    assert outbox.refused(BEGUN, LATER, MONDAY + timedelta(hours=48, seconds=1)).state == GIVEN_UP


@pytest.mark.parametrize(
    ("posting", "due"),
    [
        (POSTING, True),
        (replace(POSTING, next_at=MONDAY), True),
        (replace(POSTING, next_at=minutes(1)), False),
        (replace(POSTING, state=STANDBY), False),
        (replace(POSTING, state=SENT), False),
    ],
)
def test_what_is_pending_is_due_when_its_time_has_come(posting: Posting, due: bool) -> None:
    assert outbox.is_due(posting, MONDAY) is due


DELIVERIES = (
    Delivery("briefs", "email", content="brief"),
    Delivery("mail", "email"),
    Delivery("chat", "teams", only_if_failed="mail"),
    Delivery("phone", "ntfy", only_if_failed="chat"),
)


def posted(delivery: str, number: int = 1, state: str = PENDING, round_id: str = "r1") -> Posting:
    return Posting(f"{round_id}.{delivery}.{number}", round_id, delivery, "x", Message("S", "T"), MONDAY, (), state)


def states(postings: tuple[Posting, ...]) -> dict[str, str]:
    return {posting.id: posting.state for posting in postings}


def test_the_reports_go_before_the_briefs_and_the_oldest_round_first() -> None:
    old = replace(posted("briefs", round_id="r0"), created_at=minutes(-60))
    waiting = [posted("gone"), posted("briefs"), posted("briefs", 2), posted("chat"), posted("mail"), old]
    assert [posting.id for posting in outbox.by_urgency(waiting, DELIVERIES)] == [
        "r0.briefs.1",
        "r1.mail.1",
        "r1.chat.1",
        "r1.briefs.1",
        "r1.briefs.2",
        "r1.gone.1",
    ]


WAITING = (posted("chat", state=STANDBY), posted("phone", state=STANDBY), posted("chat", 1, STANDBY, "r0"))


def test_a_failure_calls_the_fallback_of_the_same_round() -> None:
    failed = posted("mail", state=FAILED)
    assert states(outbox.consequences(failed, WAITING, DELIVERIES, stands_in=True)) == {"r1.chat.1": PENDING}


def test_a_success_leaves_the_whole_chain_of_fallbacks_unneeded() -> None:
    sent = posted("mail", state=SENT)
    assert states(outbox.consequences(sent, WAITING, DELIVERIES, stands_in=False)) == {
        "r1.chat.1": NOT_NEEDED,
        "r1.phone.1": NOT_NEEDED,
    }


def test_a_fallback_waits_until_everything_of_its_delivery_is_accepted() -> None:
    others = (*WAITING, posted("mail", 2))
    assert outbox.consequences(posted("mail", state=SENT), others, DELIVERIES, stands_in=False) == ()
    assert states(outbox.consequences(posted("mail", 2, FAILED), WAITING, DELIVERIES, stands_in=True)) == {
        "r1.chat.1": PENDING
    }


def test_what_is_only_put_off_calls_nobody_yet() -> None:
    assert outbox.consequences(posted("mail"), WAITING, DELIVERIES, stands_in=False) == ()


def test_a_fallback_that_nobody_will_call_is_sent_rather_than_lost() -> None:
    waiting = (posted("chat", state=STANDBY), posted("phone", state=STANDBY), posted("old", state=STANDBY))
    assert states(outbox.orphans(waiting, DELIVERIES)) == {"r1.chat.1": PENDING, "r1.old.1": PENDING}
    assert outbox.orphans((posted("mail"), posted("chat", state=STANDBY)), DELIVERIES) == ()


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        ([("mail", SENT), ("chat", NOT_NEEDED)], []),
        ([("mail", FAILED), ("chat", SENT)], []),
        ([("mail", PENDING), ("chat", SENT)], []),
        ([("mail", FAILED), ("chat", FAILED), ("phone", SENT)], []),
        ([("mail", SENT), ("chat", FAILED)], []),
        ([("mail", FAILED), ("chat", PENDING)], ["mail", "chat"]),
        ([("mail", PENDING), ("chat", STANDBY)], ["mail"]),
        ([("mail", GIVEN_UP), ("briefs", SENT)], ["mail"]),
    ],
)
def test_a_report_is_missing_while_neither_it_nor_its_fallback_was_accepted(
    found: list[tuple[str, str]], missing: list[str]
) -> None:
    postings = [posted(name, state=state) for name, state in found]
    assert [posting.delivery for posting in outbox.unaccepted(postings, DELIVERIES)] == missing


def test_of_two_letters_the_one_that_failed_is_missing() -> None:
    postings = [posted("briefs", 1, SENT), posted("briefs", 2, FAILED)]
    assert [posting.id for posting in outbox.unaccepted(postings, DELIVERIES)] == ["r1.briefs.2"]


@given(text=st.text(max_size=12000), short=st.text(max_size=3000))
def test_a_message_made_short_is_short_once_and_for_all(text: str, short: str) -> None:
    message = Message("S", text, "<p>", (Attachment("a", "b"),), short)
    cut = outbox.short(message)
    assert not outbox.is_short(message)
    assert outbox.is_short(cut)
    assert (len(cut.text) <= 4000, len(cut.short) <= 1000) == (True, True)


def test_what_is_cut_ends_at_a_line_and_says_so() -> None:
    lines = "\n".join(f"Problem {number}" for number in range(1000))
    assert outbox.short(Message("S", lines)).text.split("\n")[-5:] == [
        "Problem 337",
        "Problem 338",
        "",
        "The rest was too long for the server.",
        "",
    ]


def test_the_identity_of_a_posting_is_safe_in_a_header() -> None:
    assert outbox.posting_id("r1", "Morning mail\r\nBcc: é", 2) == "r1.morning-mail--bcc.2"
    assert outbox.posting_id("r1", "…", 1) == "r1.delivery.1"
