"""The outbox table: a posting is written with its round and stays until the other side has accepted it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict

from healthcheck.history.rows import listed, moment, stamp, unlisted
from healthcheck.model import Attachment, Message, Posting


def put(connection: sqlite3.Connection, posting: Posting) -> None:
    """Write a posting, or what became of it."""
    connection.execute(
        "INSERT OR REPLACE INTO posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            posting.id,
            posting.round,
            posting.delivery,
            posting.channel,
            json.dumps(asdict(posting.message), ensure_ascii=False),
            stamp(posting.created_at),
            listed(posting.waiting_for),
            posting.state,
            posting.attempts,
            stamp(posting.next_at),
            posting.reply,
            stamp(posting.sent_at),
        ),
    )


def pending(connection: sqlite3.Connection) -> tuple[Posting, ...]:
    """Those not accepted yet and the fallbacks that wait for them, oldest first."""
    rows = connection.execute("SELECT * FROM posting WHERE state IN ('pending', 'standby') ORDER BY created_at, id")
    return tuple(_posting(row) for row in rows)


def _posting(row: tuple[str, ...]) -> Posting:
    id_, round_, delivery, channel, message, created_at, waiting_for, state, attempts, next_at, reply, sent_at = row
    told = json.loads(message)
    return Posting(
        id=id_,
        round=round_,
        delivery=delivery,
        channel=channel,
        message=Message(
            told["subject"], told["text"], told["html"], tuple(Attachment(**item) for item in told["attachments"])
        ),
        created_at=moment(created_at),
        waiting_for=unlisted(waiting_for),
        state=state,
        attempts=int(attempts),
        next_at=moment(next_at),
        reply=reply,
        sent_at=moment(sent_at),
    )
