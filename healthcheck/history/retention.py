"""What is kept how long. Old rows go once a day, with the report, for the light passes must cost next to nothing."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from healthcheck.history import days, known, surveys
from healthcheck.history.past import LIGHT
from healthcheck.history.rows import stamp

KEEP_WATCH_DAYS = 70
"""Two months and a week: until a month is over, the one before can be reported on."""
KEEP_POSTINGS_DAYS = 400
KEEP_FACTS_DAYS = 90
KEEP_DAYS = 5 * 366


def drop_old(connection: sqlite3.Connection, now: datetime) -> None:
    """Delete what nobody will ask for again, with all that hangs on it."""
    watched_since = stamp(now - timedelta(days=KEEP_WATCH_DAYS))
    connection.execute(
        """DELETE FROM round WHERE trigger = ? AND started_at < ?
           AND n NOT IN (SELECT same_as FROM round WHERE trigger = ? AND started_at >= ? AND same_as IS NOT NULL)""",
        (LIGHT, watched_since, LIGHT, watched_since),
    )
    oldest = stamp(now - timedelta(days=KEEP_DAYS))
    connection.execute("DELETE FROM round WHERE started_at < ?", (oldest,))
    connection.execute("DELETE FROM event WHERE at < ? AND coalesce(until, at) < ?", (oldest, oldest))
    connection.execute("DELETE FROM incident WHERE closed_at < ?", (oldest,))
    connection.execute(
        "DELETE FROM posting WHERE created_at < ? AND state NOT IN ('pending', 'standby')",
        (stamp(now - timedelta(days=KEEP_POSTINGS_DAYS)),),
    )
    known.drop(connection, now - timedelta(days=KEEP_DAYS))
    surveys.drop(connection, now - timedelta(days=KEEP_FACTS_DAYS))
    days.drop(connection, now - timedelta(days=KEEP_DAYS), now)
