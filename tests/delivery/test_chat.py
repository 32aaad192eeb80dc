"""What each chat is sent: the report's own words within its limits, and no markup or call from anybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.delivery import chat, lines
from healthcheck.delivery.http import Post
from healthcheck.errors import DeliveryError
from healthcheck.model import Message
from healthcheck.report import render
from tests.report.mornings import MORNINGS, charts_down

URL = "https://chat.example/services/T1/B2"
OK = Message(
    "OK: 9 of 9 clinics can open - Mon Nov 23",
    "All 9 clinics can open.\n",
    short="All 9 clinics can open.\nNothing needs your attention today.\n\nOK: Pasadena & Azusa can open.\n",
)
HOSTILE = Message(
    "PROBLEM: <!channel> *bold* {{DATE(2026-01-01T00:00:00Z)}} @everyone",
    "",
    short="<!here> <@U1> <https://evil.example|click> & *a* _b_ ~c~ `d` ||e||\n"
    "@everyone @here <@&1> [x](https://evil.example) # no title\n"
    "# title\n- item\n> quote\n{{TIME(2026-01-01T00:00:00Z)}} :smile:",
)


def content(post: Post) -> Any:
    return json.loads(post.body)


def test_slack_gets_a_header_and_sections_of_plain_text() -> None:
    post = chat.slack(OK, URL)
    assert (post.url, post.headers) == (URL, {"Content-Type": "application/json; charset=utf-8"})
    assert content(post) == {
        "text": "OK: 9 of 9 clinics can open - Mon Nov 23",
        "mrkdwn": False,
        "blocks": [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": "OK: 9 of 9 clinics can open - Mon Nov 23", "emoji": False},
            },
            {
                "type": "section",
                "text": {
                    "type": "plain_text",
                    "text": "All 9 clinics can open.\nNothing needs your attention today.\n\n"
                    "OK: Pasadena &amp; Azusa can open.",
                    "emoji": False,
                },
            },
        ],
    }


def test_teams_gets_an_adaptive_card_of_text_runs() -> None:
    post = chat.teams(OK, URL)
    assert (post.url, content(post)) == (
        URL,
        {
            "type": "message",
            "attachments": [
                {
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "contentUrl": None,
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.4",
                        "msteams": {"width": "Full"},
                        "body": [
                            {
                                "type": "RichTextBlock",
                                "inlines": [
                                    {
                                        "type": "TextRun",
                                        "text": "OK: 9 of 9 clinics can open - Mon Nov 23",
                                        "weight": "Bolder",
                                        "size": "Large",
                                    }
                                ],
                            },
                            *(
                                {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]}
                                for line in (
                                    "All 9 clinics can open.",
                                    "Nothing needs your attention today.",
                                    "OK: Pasadena & Azusa can open.",
                                )
                            ),
                        ],
                    },
                }
            ],
        },
    )


@pytest.mark.parametrize(
    ("url", "asked"), [(URL, f"{URL}?wait=true"), (f"{URL}?thread_id=7", f"{URL}?thread_id=7&wait=true")]
)
def test_discord_gets_text_that_mentions_nobody_and_says_whether_it_was_kept(url: str, asked: str) -> None:
    post = chat.discord(OK, url)
    assert (post.url, content(post)) == (
        asked,
        {
            "content": "**OK: 9 of 9 clinics can open - Mon Nov 23**\nAll 9 clinics can open.\n"
            "Nothing needs your attention today.\n\nOK: Pasadena & Azusa can open.",
            "allowed_mentions": {"parse": []},
            "flags": 4,
        },
    )


@pytest.mark.parametrize(
    ("token", "headers"), [("", {}), ("tk_1", {"Authorization": "Bearer tk_1"})], ids=["open", "with a token"]
)
def test_ntfy_gets_the_topic_of_its_address(token: str, headers: dict[str, str]) -> None:
    post = chat.ntfy(OK, "https://ntfy.example/push/foothill-checks/", token)
    assert (post.url, content(post), post.headers) == (
        "https://ntfy.example/push/",
        {
            "topic": "foothill-checks",
            "title": "OK: 9 of 9 clinics can open - Mon Nov 23",
            "message": "All 9 clinics can open.\nNothing needs your attention today.\n\nOK: Pasadena & Azusa can open.",
        },
        {"Content-Type": "application/json; charset=utf-8", **headers},
    )


@pytest.mark.fault(52)
def test_slack_reads_no_call_and_no_link_out_of_hostile_text() -> None:
    sent = content(chat.slack(HOSTILE, URL))
    texts = [sent["text"], *(block["text"]["text"] for block in sent["blocks"])]
    assert [text for text in texts if re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)] == []
    assert {block["text"]["type"] for block in sent["blocks"]} == {"plain_text"}


@pytest.mark.fault(52)
def test_teams_reads_no_markdown_and_no_date_out_of_hostile_text() -> None:
    sent = content(chat.teams(HOSTILE, URL))
    blocks = sent["attachments"][0]["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert "{{" not in json.dumps(blocks)
    assert "entities" not in json.dumps(sent)


@pytest.mark.fault(52)
def test_discord_reads_no_markdown_out_of_hostile_text() -> None:
    sent = content(chat.discord(HOSTILE, URL))
    title, *lines = sent["content"].split("\n")
    assert title == r"**PROBLEM: \<!channel\> \*bold\* {{DATE(2026-01-01T00:00:00Z)}} @" + "\u200beveryone**"
    assert lines == [
        r"\<!here\> \<@U1\> \<https://evil.example\|click\> & \*a\* \_b\_ \~c\~ \`d\` \|\|e\|\|",
        "@\u200beveryone @\u200bhere " + r"\<@&1\> \[x\](https://evil.example) # no title",
        r"\# title",
        r"\- item",
        r"\> quote",
        "{{TIME(2026-01-01T00:00:00Z)}} :smile:",
    ]
    assert sent["allowed_mentions"] == {"parse": []}


TEXTS = st.lists(st.text(max_size=400), max_size=120).map("\n".join)
LONG = "\n".join(f"Problem {number}: <the server & its _drive_> in “Azusa” is full. " * 3 for number in range(400))


def too_long_for_slack(sent: Any) -> bool:
    sections = [block["text"]["text"] for block in sent["blocks"][1:]]
    return (
        len(sent["blocks"]) > 50
        or len(sent["blocks"][0]["text"]["text"]) > 150
        or any(not 0 < len(section) <= 3000 for section in sections)
        or len("".join(sections)) > 12_000
    )


LIMITS: dict[str, tuple[Callable[[Message, str], Post], Callable[[Any, Post], bool]]] = {
    "slack": (chat.slack, lambda sent, post: too_long_for_slack(sent)),
    "teams": (chat.teams, lambda sent, post: len(post.body) > 21_000),
    "discord": (chat.discord, lambda sent, post: len(sent["content"]) > 2000),
    "ntfy": (chat.ntfy, lambda sent, post: len(sent["message"].encode()) > 4096 or len(post.body) > 8192),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_too_long_is_cut_between_lines_and_says_so(name: str) -> None:
    make, is_too_long = LIMITS[name]
    post = make(Message("PROBLEM: 400 things", "", short=LONG), URL)
    assert not is_too_long(content(post), post)
    assert json.dumps(lines.CUT)[1:-1] in post.body.decode()
    assert b"Problem 0: " in post.body


@pytest.mark.parametrize("name", LIMITS)
@given(short=TEXTS, subject=st.text(min_size=1, max_size=120))
def test_no_text_is_longer_than_the_service_takes(name: str, subject: str, short: str) -> None:
    make, is_too_long = LIMITS[name]
    post = make(Message(subject, "", short=short.encode("utf-8", "replace").decode()), URL)
    assert not is_too_long(content(post), post)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("morning", MORNINGS)
def test_every_morning_fits_with_its_first_sentence(name: str, morning: str) -> None:
    make, is_too_long = LIMITS[name]
    report = MORNINGS[morning]().report()
    post = make(render.message(report), URL)
    assert not is_too_long(content(post), post)
    assert lines.lines_of(render.message(report))[0] == report.headline


def test_a_brief_goes_as_it_is_written() -> None:
    [letter, *_] = render.letters(charts_down().report())
    sent = content(chat.ntfy(letter, URL))
    assert sent["message"].startswith(letter.text[:200])


def test_teams_telling_an_error_with_a_good_status_is_not_believed() -> None:
    failed = "200 Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {} with {}"
    with pytest.raises(DeliveryError) as large:
        chat.teams_said(failed.format(413, "ContextId"))
    with pytest.raises(DeliveryError) as busy:
        chat.teams_said(failed.format(429, "ContextId"))
    assert (large.value.permanent, large.value.too_large) == (True, True)
    assert (busy.value.permanent, busy.value.too_large) == (False, False)
    chat.teams_said("202")
