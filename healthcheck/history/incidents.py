"""The incident table: one row a root cause, from the round that first saw it to the one that finds it mended."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from healthcheck.findings import Incident
from healthcheck.history.rows import listed, moment, stamp, unlisted
from healthcheck.model import Status

_COLUMNS = (
    "reference, cause, status, site, host, says, detail, likely, owner, keys, consequences, sites, since, "
    "last_good, closed_at, rounds"
)


def put(connection: sqlite3.Connection, incidents: Iterable[Incident]) -> None:
    """Write each incident as it now stands."""
    connection.executemany(
        f"INSERT OR REPLACE INTO incident ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # only our own column names
        (
            (
                incident.reference,
                incident.cause,
                incident.status.value,
                incident.site,
                incident.host,
                incident.says,
                incident.detail,
                incident.likely,
                incident.owner,
                listed(incident.keys),
                listed(incident.consequences),
                listed(incident.sites),
                stamp(incident.since),
                stamp(incident.last_good),
                stamp(incident.closed_at),
                incident.rounds,
            )
            for incident in incidents
        ),
    )


def not_closed(connection: sqlite3.Connection) -> tuple[Incident, ...]:
    """Those that no round has found mended, oldest reference first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM incident WHERE closed_at IS NULL ORDER BY reference"  # noqa: S608
    )
    return tuple(_incident(row) for row in rows)


def closed_since_report(connection: sqlite3.Connection, since: str) -> tuple[Incident, ...]:
    """Those found mended after the last report was made, by a round that mails nothing; `since` if there was none."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM incident
            WHERE closed_at > coalesce((SELECT max(finished_at) FROM round WHERE trigger = 'report'), ?)
            ORDER BY reference""",  # noqa: S608
        (since,),
    )
    return tuple(_incident(row) for row in rows)


def closed_since(connection: sqlite3.Connection, since: datetime) -> tuple[Incident, ...]:
    """Those found mended since then, oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM incident WHERE closed_at >= ? ORDER BY closed_at, reference",  # noqa: S608
        (stamp(since),),
    )
    return tuple(_incident(row) for row in rows)


def open_since(connection: sqlite3.Connection, since: datetime) -> tuple[Incident, ...]:
    """Those that were open at any time since then, in the order in which they began."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM incident WHERE closed_at IS NULL OR closed_at >= ?
            ORDER BY since, reference""",  # noqa: S608
        (stamp(since),),
    )
    return tuple(_incident(row) for row in rows)


def references(connection: sqlite3.Connection, prefix: str) -> tuple[str, ...]:
    """The references already given out that begin like this."""
    rows = connection.execute(
        "SELECT reference FROM incident WHERE substr(reference, 1, ?) = ? ORDER BY reference", (len(prefix), prefix)
    )
    return tuple(reference for (reference,) in rows)


def _incident(row: tuple[Any, ...]) -> Incident:
    return Incident(
        reference=row[0],
        cause=row[1],
        status=Status(row[2]),
        site=row[3],
        host=row[4],
        says=row[5],
        detail=row[6],
        likely=row[7],
        owner=row[8],
        keys=unlisted(row[9]),
        consequences=unlisted(row[10]),
        sites=unlisted(row[11]),
        since=moment(row[12]),
        last_good=moment(row[13]),
        closed_at=moment(row[14]),
        rounds=row[15],
    )
