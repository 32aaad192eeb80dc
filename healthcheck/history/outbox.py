"""The outbox table: a posting is written with its round and stays until the other side has accepted it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict

from healthcheck.history.rows import listed, moment, stamp, unlisted
from healthcheck.model import Attachment, Attempt, Message, Posting


def put(connection: sqlite3.Connection, posting: Posting) -> None:
    """Write a posting, or what became of it, with its newest attempt.

    Of one that was accepted only the subject is kept: the report itself is in the files of its round.
    """
    message = posting.message if posting.state not in _OVER else Message(posting.message.subject, "")
    connection.execute(
        """
        INSERT INTO posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET
            message = excluded.message, waiting_for = excluded.waiting_for, state = excluded.state,
            attempts = excluded.attempts, next_at = excluded.next_at, reply = excluded.reply,
            sent_at = excluded.sent_at, refused = excluded.refused
        """,
        (
            posting.id,
            posting.round,
            posting.delivery,
            posting.channel,
            json.dumps(asdict(message), ensure_ascii=False),
            stamp(posting.created_at),
            listed(posting.waiting_for),
            posting.state,
            posting.attempts,
            stamp(posting.next_at),
            posting.reply,
            stamp(posting.sent_at),
            listed(posting.refused),
        ),
    )
    if posting.last is not None:
        last = posting.last
        connection.execute(
            "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?)",
            (posting.id, last.number, stamp(last.at), last.reply, listed(last.accepted)),
        )


_OVER = ("sent", "not_needed")


def pending(connection: sqlite3.Connection) -> tuple[Posting, ...]:
    """Those not accepted yet and the fallbacks that wait for them, oldest first."""
    rows = connection.execute("SELECT * FROM posting WHERE state IN ('pending', 'standby') ORDER BY created_at, id")
    return tuple(_posting(row) for row in rows)


def is_posted(connection: sqlite3.Connection, round_id: str) -> bool:
    """Whether there is a posting of this round, whatever became of it."""
    return connection.execute("SELECT 1 FROM posting WHERE round = ? LIMIT 1", (round_id,)).fetchone() is not None


def attempts(connection: sqlite3.Connection, posting_id: str) -> tuple[Attempt, ...]:
    """Every try to send a posting, oldest first."""
    rows = connection.execute(
        "SELECT number, at, reply, accepted FROM attempt WHERE posting = ? ORDER BY number", (posting_id,)
    )
    return tuple(Attempt(number, moment(at), reply, unlisted(accepted)) for number, at, reply, accepted in rows)


def _posting(row: tuple[str, ...]) -> Posting:
    id_, round_, delivery, channel, message, created_at, waiting_for, state, *tries = row
    attempts, next_at, reply, sent_at, refused = tries
    told = json.loads(message)
    return Posting(
        id=id_,
        round=round_,
        delivery=delivery,
        channel=channel,
        message=Message(
            told["subject"],
            told["text"],
            told["html"],
            tuple(Attachment(**item) for item in told["attachments"]),
            told.get("short", ""),  # the first versions wrote neither this
            told.get("follows", ""),  # nor this
        ),
        created_at=moment(created_at),
        waiting_for=unlisted(waiting_for),
        state=state,
        attempts=int(attempts),
        next_at=moment(next_at),
        reply=reply,
        sent_at=moment(sent_at),
        refused=unlisted(refused),
    )
