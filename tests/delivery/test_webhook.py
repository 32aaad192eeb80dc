"""The signed JSON that a program of the practice's own is sent."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from healthcheck.delivery.webhook import webhook
from healthcheck.model import Attachment, Message, Posting, Secret

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
KEY = Secret("canary-4711")
MESSAGE = Message("OK: 9 clinics", "All “well”.\n", "", (Attachment("report.json", '{"status": "OK"}\n'),))
POSTING = Posting("r1.hook.1", "r1", "hook", "webhook", MESSAGE, MONDAY)
URL = "https://hooks.example/in"


def test_a_program_gets_the_words_and_the_report() -> None:
    post = webhook(POSTING, URL, None, MONDAY)
    assert post.url == URL
    assert json.loads(post.body) == {
        "schema": "healthcheck.delivery/1",
        "id": "r1.hook.1",
        "delivery": "hook",
        "created_at": "2026-11-23T13:45:00+00:00",
        "subject": "OK: 9 clinics",
        "text": "All “well”.\n",
        "report": {"status": "OK"},
    }
    assert post.headers == {"Content-Type": "application/json", "X-Healthcheck-Delivery": "r1.hook.1"}


def test_the_signature_covers_the_time_and_the_body() -> None:
    post = webhook(POSTING, URL, KEY, MONDAY)
    assert post.headers["X-Healthcheck-Timestamp"] == "1795441500"
    # As a receiver would do it.
    signed = post.headers["X-Healthcheck-Timestamp"].encode() + b"." + post.body
    expected = hmac.new(b"canary-4711", signed, hashlib.sha256).hexdigest()
    assert post.headers["X-Healthcheck-Signature"] == f"sha256={expected}"


@pytest.mark.parametrize("changed", ["body", "time", "key"])
def test_a_signature_fits_nothing_else(changed: str) -> None:
    other = webhook(
        POSTING if changed != "body" else Posting("r2.hook.1", "r2", "hook", "webhook", MESSAGE, MONDAY),
        URL,
        KEY if changed != "key" else Secret("another"),
        MONDAY if changed != "time" else MONDAY.replace(second=1),
    )
    assert (
        other.headers["X-Healthcheck-Signature"]
        != webhook(POSTING, URL, KEY, MONDAY).headers["X-Healthcheck-Signature"]
    )


@pytest.mark.fault(62)
def test_the_key_itself_is_nowhere() -> None:
    post = webhook(POSTING, URL, KEY, MONDAY)
    assert "canary-4711" not in f"{post!r} {post.headers} {post.body!r}"
