"""The history as people look back on it: rounds, and what became of their postings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from healthcheck.history.past import LIGHT
from healthcheck.history.rows import moment, stamp, unlisted
from healthcheck.model import Status
from healthcheck.records import frozen


@frozen
class KeptRound:
    """A round in short; `counts` has how many checks ended how. Times are UTC."""

    id: str
    trigger: str
    started_at: datetime
    finished_at: datetime
    counts: dict[Status, int]


@frozen
class Sent:
    """What became of a posting. `not_taken_for` are those who have not accepted it, or for whom it was refused."""

    delivery: str
    created_at: datetime
    state: str
    not_taken_for: tuple[str, ...]
    attempts: int
    reply: str
    sent_at: datetime | None


def rounds(connection: sqlite3.Connection, since: datetime) -> tuple[KeptRound, ...]:
    """Every round but the light passes, oldest first."""
    counts: dict[int, dict[Status, int]] = {}
    for number, status, how_many in connection.execute(
        """SELECT r.n, o.status, count(*) FROM round r JOIN outcome o ON o.round = r.n
           WHERE r.trigger <> ? AND r.started_at >= ? GROUP BY r.n, o.status""",
        (LIGHT, stamp(since)),
    ):
        counts.setdefault(number, {})[Status(status)] = how_many
    rows = connection.execute(
        """SELECT n, id, trigger, started_at, finished_at FROM round
           WHERE trigger <> ? AND started_at >= ? ORDER BY n""",
        (LIGHT, stamp(since)),
    )
    return tuple(
        KeptRound(id_, trigger, moment(began), moment(ended), counts.get(number, {}))
        for number, id_, trigger, began, ended in rows
    )


_SENT = "SELECT delivery, created_at, state, refused, waiting_for, attempts, reply, sent_at FROM posting"


def sent(connection: sqlite3.Connection, since: datetime) -> tuple[Sent, ...]:
    """Every posting, oldest first; a fallback that was not needed is none."""
    return _sent(
        connection.execute(
            f"{_SENT} WHERE created_at >= ? AND state <> 'not_needed' ORDER BY created_at, id",
            (stamp(since),),
        )
    )


def undelivered(connection: sqlite3.Connection) -> tuple[Sent, ...]:
    """Those of the last report, and of a month's that left since, that were not accepted, or not by everybody."""
    return _sent(
        connection.execute(
            f"""{_SENT}, (SELECT id AS last, started_at FROM round WHERE trigger = 'report' ORDER BY n DESC LIMIT 1)
                WHERE (state IN ('pending', 'failed', 'given_up') OR refused != '[]')
                AND (round = last OR round LIKE 'monthly-%' AND created_at >= started_at) ORDER BY id"""  # noqa: S608
        )
    )


def _sent(rows: Iterable[tuple[str, str, str, str, str, int, str, str | None]]) -> tuple[Sent, ...]:
    return tuple(
        Sent(
            delivery,
            moment(created_at),
            state,
            unlisted(refused) + unlisted(waiting_for),
            attempts,
            reply,
            moment(sent_at),
        )
        for delivery, created_at, state, refused, waiting_for, attempts, reply, sent_at in rows
    )
