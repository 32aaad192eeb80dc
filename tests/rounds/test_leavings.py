"""What a round leaves to be sent: one posting for each message of each delivery."""

from __future__ import annotations

from pathlib import Path

import pytest

from healthcheck.config.settings import Config
from healthcheck.model import Delivery
from healthcheck.report import files, render
from healthcheck.rounds import leavings
from tests.report.mornings import Morning, all_ok, charts_down, two_hundred

MAIL = Delivery("mail", "email", to=("manager@foothill.example",))
BRIEFS = Delivery("briefs", "email", to=("help@bayit.example",), content="brief", when="problems")
CHAT = Delivery("chat", "teams", only_if_failed="briefs")
PHONE = Delivery("phone", "ntfy", only_if_failed="chat")
HOOK = Delivery("hook", "webhook")


def left(morning: Morning, *deliveries: Delivery) -> list[tuple[str, str]]:
    config = Config(Path("config.toml"), morning.practice, (), deliveries=deliveries)
    return [
        (posting.id.partition(".")[2], posting.state)
        for posting in leavings.postings(config, morning.round, morning.report())
    ]


@pytest.mark.parametrize(
    ("morning", "expected"),
    [
        (all_ok(), [("mail.1", "pending"), ("hook.1", "pending")]),
        (
            charts_down(),
            [
                ("phone.1", "standby"),
                ("chat.1", "standby"),
                ("mail.1", "pending"),
                ("briefs.1", "pending"),
                ("hook.1", "pending"),
            ],
        ),
    ],
    ids=["all-ok", "problem"],
)
def test_a_fallback_waits_and_there_is_none_for_what_has_nothing_to_say(
    morning: Morning, expected: list[tuple[str, str]]
) -> None:
    assert left(morning, PHONE, CHAT, MAIL, BRIEFS, HOOK) == expected


def test_each_delivery_goes_on_in_the_thread_of_its_first_message_today() -> None:
    morning = charts_down()
    config = Config(Path("config.toml"), morning.practice, (), deliveries=(MAIL, BRIEFS))
    left = leavings.postings(config, morning.round, morning.report(), "first-round")
    assert {posting.delivery: posting.message.follows for posting in left} == {
        "mail": "first-round.mail.1",
        "briefs": "first-round.briefs.1",
    }


def test_a_delivery_of_the_month_and_what_stands_in_for_it_carry_nothing_in_the_morning() -> None:
    instead = Delivery("hook", "webhook", content="monthly", only_if_failed="monthly")
    monthly = Delivery("monthly", "email", to=("manager@foothill.example",), content="monthly")
    assert left(charts_down(), monthly, instead, MAIL) == [("mail.1", "pending")]


def test_it_gets_a_letter_a_problem() -> None:
    morning = two_hundred()
    assert len(left(morning, BRIEFS)) == len(morning.report().problems)


def test_a_program_gets_the_report_as_json_and_a_chat_gets_it_short() -> None:
    morning = charts_down()
    config = Config(Path("config.toml"), morning.practice, (), deliveries=(HOOK, PHONE, CHAT, BRIEFS))
    messages = {
        posting.delivery: posting.message for posting in leavings.postings(config, morning.round, morning.report())
    }
    assert messages["hook"] == files.for_programs(morning.report())
    assert messages["chat"].short == render.short(morning.report())
