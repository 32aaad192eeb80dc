"""How one check went from look to look, and how every check was found the last time, with what was said of it."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from healthcheck.findings import Seen
from healthcheck.history.rows import moment, stamp
from healthcheck.model import Status

_LOOKS = """
    SELECT c.key, r.started_at, o.status, coalesce(o.says, ''), coalesce(o.detail, ''), o.attempts, o.duration_ms
    FROM round r
    JOIN outcome o ON o.round = coalesce(r.same_as, r.n) JOIN "check" c ON c.n = o."check" WHERE r.started_at >= ?
"""


def course(connection: sqlite3.Connection, key: str, since: datetime) -> tuple[Seen, ...]:
    """Every look at one check since then, oldest first, light passes too."""
    rows = connection.execute(f"{_LOOKS} AND c.key = ? ORDER BY r.n", (stamp(since), key))
    return tuple(_seen(row) for row in rows)


def latest(connection: sqlite3.Connection, since: datetime) -> dict[str, Seen]:
    """The last look at each check since then, by key."""
    rows = connection.execute(f"{_LOOKS} ORDER BY r.n", (stamp(since),))
    return {row[0]: _seen(row) for row in rows}


def _seen(row: tuple[str, str, int, str, str, int, int]) -> Seen:
    _, at, status, says, detail, attempts, duration_ms = row
    return Seen(moment(at), Status(status), says, detail, attempts, duration_ms / 1000)
