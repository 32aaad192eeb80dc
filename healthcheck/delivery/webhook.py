"""The report for a program of the practice's own: JSON that can be checked to come from here."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from healthcheck.delivery.http import Post
from healthcheck.model import Posting, Secret

SCHEMA = "healthcheck.delivery/1"


def webhook(posting: Posting, url: str, key: Secret | None, now: datetime) -> Post:
    """The post of a posting: its subject and text, and what of its attachments is JSON under the file's name.

    `X-Healthcheck-Delivery` is the same however often it is sent. With a key, `X-Healthcheck-Signature` is "sha256="
    and the HMAC-SHA256, in hexadecimal, of `X-Healthcheck-Timestamp` (seconds since 1970), a full stop and the body:
    who checks both knows that it came from here, and just now.
    """
    body = json.dumps(_content(posting), ensure_ascii=False).encode("utf-8")
    headers = {"Content-Type": "application/json", "X-Healthcheck-Delivery": posting.id}
    if key is not None:
        timestamp = str(int(now.timestamp()))
        signature = hmac.new(key.reveal().encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers |= {"X-Healthcheck-Timestamp": timestamp, "X-Healthcheck-Signature": f"sha256={signature}"}
    return Post(url, body, headers)


def _content(posting: Posting) -> dict[str, object]:
    attached = {
        item.name.removesuffix(".json"): json.loads(item.text)
        for item in posting.message.attachments
        if item.name.endswith(".json")
    }
    return {
        "schema": SCHEMA,
        "id": posting.id,
        "delivery": posting.delivery,
        "created_at": posting.created_at.isoformat(),
        "subject": posting.message.subject,
        "text": posting.message.text,
        **attached,
    }
