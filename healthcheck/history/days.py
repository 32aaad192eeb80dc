"""Each clinic, day by day: the worst that any look found there, and how many looks there were.

A day that is over is worked out once and kept: a month of light passes is too much to read every morning.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from healthcheck.history.past import LIGHT
from healthcheck.history.rows import stamp
from healthcheck.model import Status
from healthcheck.records import frozen

_BY_RANK = {status.rank: status for status in Status}
_RANK = " ".join(f"WHEN {status.value} THEN {status.rank}" for status in Status)


@frozen
class SiteDay:
    """One clinic on one day. `whole` is whether a round looked at it that was not a light pass."""

    status: Status
    looks: int
    whole: bool


Row = tuple[str, str, int, int, int]


def read(connection: sqlite3.Connection, midnights: Sequence[datetime]) -> dict[tuple[datetime, str], SiteDay]:
    """The days that begin at each of these moments but the last, where the last one ends; by (begin, site).

    A day on which nobody looked at a clinic is not there. The last day may still go on, so it is never kept.
    """
    if len(midnights) < 2:
        return {}
    begins = [stamp(moment) for moment in midnights]
    known = _kept(connection, begins[0])
    done = {row[0] for row in known}
    fresh = [
        row
        for begin, end in itertools.pairwise(begins)
        if begin not in done
        for row in _worked_out(connection, begin, end)
    ]
    over = [row for row in fresh if row[0] < begins[-2]]
    if over:
        with contextlib.suppress(sqlite3.Error):  # then the next one works it out again
            _keep(connection, over)
    moments = dict(zip(begins, midnights, strict=True))
    return {
        (moments[begin], site): SiteDay(_BY_RANK[rank], looks, bool(whole))
        for begin, site, rank, looks, whole in (*known, *fresh)
        if begin in moments
    }


def _kept(connection: sqlite3.Connection, since: str) -> list[Row]:
    return connection.execute(
        "SELECT begins, site, rank, looks, whole FROM site_day WHERE begins >= ?", (since,)
    ).fetchall()


def _worked_out(connection: sqlite3.Connection, begin: str, end: str) -> list[Row]:
    # CROSS JOIN keeps the order: each round once, however many light passes point back at it.
    return connection.execute(
        f"""
        WITH look AS MATERIALIZED (
            SELECT coalesce(same_as, n) AS round, count(*) AS times, max(trigger <> ?) AS whole
            FROM round WHERE started_at >= ? AND started_at < ? GROUP BY 1
        ), found AS (
            SELECT look.times, look.whole, c.site, max(CASE o.status {_RANK} END) AS rank
            FROM look CROSS JOIN outcome o ON o.round = look.round CROSS JOIN "check" c ON c.n = o."check"
            GROUP BY look.round, c.site
        )
        SELECT ?, site, max(rank), sum(times), max(whole) FROM found GROUP BY site
        """,  # noqa: S608  # only our own numbers
        (LIGHT, begin, end, begin),
    ).fetchall()


def _keep(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany("INSERT OR REPLACE INTO site_day VALUES (?, ?, ?, ?, ?)", rows)
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def drop(connection: sqlite3.Connection, before: datetime, after: datetime) -> None:
    """Forget what is older, and what was kept of days to come while a clock ran ahead."""
    connection.execute("DELETE FROM site_day WHERE begins < ? OR begins > ?", (stamp(before), stamp(after)))
