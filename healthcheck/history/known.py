"""The tables of what is known: acknowledged troubles and paused places, each kept after its end for those who ask."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from healthcheck.findings import Change, Incident
from healthcheck.history.rows import listed, moment, stamp, unlisted
from healthcheck.known import Acknowledgement, Ended, Pause, Then, shape
from healthcheck.model import Previous, Status

TOLD_FOR = timedelta(days=100)
"""For so long after its end it is still worth a word, where the trouble is still there."""

_ACKNOWLEDGEMENT = (
    "reference, cause, says, by_whom, note, at, until, status, checks, sites, changes, ended_at, ended, worse"
)
_PAUSE = "site, host, by_whom, reason, at, until"


def troubles(incidents: Iterable[Incident], changes: Iterable[Change]) -> tuple[Incident, ...]:
    """All that can be acknowledged: the open incidents, and each other host with something that is not as it was.

    Of such a host the reference is "site/host"; it has no failing check.
    """
    still_open = tuple(incident for incident in incidents if incident.closed_at is None)
    told = {(incident.site, incident.host) for incident in still_open}
    by_host: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if change.status is not Status.OK and (change.site, change.host) not in told:
            by_host.setdefault((change.site, change.host), []).append(change)
    return (*still_open, *(_not_as_it_was(site, host, found) for (site, host), found in by_host.items()))


def _not_as_it_was(site: str, host: str, found: Sequence[Change]) -> Incident:
    says, detail = (" ".join(words) for words in zip(*((one.says, one.detail) for one in found), strict=True))
    status = max((one.status for one in found), key=lambda status: status.rank)
    return Incident(f"{site}/{host}", f"{site}/{host}", status, site, host, says, detail, sites=(site,))


def as_it_is(
    incident: Incident,
    previous: Mapping[str, Previous],
    changes: Iterable[Change],
    *,
    by: str,
    note: str,
    at: datetime,
    until: datetime,
) -> Acknowledgement:
    """An acknowledgement of an incident as it is now, with what the last report told of the same host.

    `previous` is what each of its checks found the last time.
    """
    return Acknowledgement(
        reference=incident.reference,
        cause=incident.cause,
        says=incident.says,
        by=by,
        note=note,
        at=at,
        until=until,
        status=incident.status,
        checks={
            key: Then(previous[key].status, previous[key].metrics) if key in previous else Then(incident.status)
            for key in incident.keys
        },
        sites=incident.sites,
        changes=tuple(shape(one.says) for one in changes if (one.site, one.host) == (incident.site, incident.host)),
    )


def acknowledge(connection: sqlite3.Connection, given: Acknowledgement) -> None:
    """Keep an acknowledgement. It takes the place of every other of the same trouble."""
    end(connection, given.reference, given.at, Ended.REMOVED)
    connection.execute(
        f"INSERT INTO acknowledgement ({_ACKNOWLEDGEMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  # only our own column names
        (
            given.reference,
            given.cause,
            given.says,
            given.by,
            given.note,
            stamp(given.at),
            stamp(given.until),
            given.status.value,
            _written(given.checks),
            listed(given.sites),
            listed(given.changes),
            stamp(given.ended_at),
            given.ended,
            given.worse,
        ),
    )


def end(connection: sqlite3.Connection, reference: str, at: datetime, why: Ended, worse: str = "") -> bool:
    """End what is acknowledged of a trouble; whether there was anything to end."""
    ended = connection.execute(
        "UPDATE acknowledgement SET ended_at = ?, ended = ?, worse = ? WHERE reference = ? AND ended_at IS NULL",
        (stamp(at), why, worse, reference),
    )
    return ended.rowcount > 0


def end_all(connection: sqlite3.Connection, ended: Iterable[Acknowledgement]) -> None:
    """End those that a round found mended or worse; one that somebody removed meanwhile stays as it is."""
    connection.executemany(
        "UPDATE acknowledgement SET ended_at = ?, ended = ?, worse = ? WHERE n = ? AND ended_at IS NULL",
        ((stamp(one.ended_at), one.ended, one.worse, one.number) for one in ended),
    )


def acknowledged(connection: sqlite3.Connection, since: datetime) -> tuple[Acknowledgement, ...]:
    """The newest of each trouble that did not end before then, in the order in which they were given."""
    rows = connection.execute(
        f"""SELECT {_ACKNOWLEDGEMENT}, n FROM acknowledgement
            WHERE until >= ? AND n IN (SELECT max(n) FROM acknowledgement GROUP BY reference) ORDER BY n""",  # noqa: S608
        (stamp(since),),
    )
    return tuple(map(_acknowledgement, rows))


def pause(connection: sqlite3.Connection, given: Pause) -> None:
    """Keep a pause. It takes the place of another of the same place that is still in effect."""
    end_pause(connection, given.site, given.host, given.at)
    connection.execute(
        f"INSERT INTO pause ({_PAUSE}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (given.site, given.host, given.by, given.reason, stamp(given.at), stamp(given.until)),
    )


def end_pause(connection: sqlite3.Connection, site: str, host: str, at: datetime) -> bool:
    """End the pause of a place; whether there was one."""
    ended = connection.execute(
        "UPDATE pause SET until = ? WHERE site = ? AND host = ? AND until > ?", (stamp(at), site, host, stamp(at))
    )
    return ended.rowcount > 0


def pauses(connection: sqlite3.Connection, since: datetime) -> tuple[Pause, ...]:
    """Those that did not end before then, in the order in which they were given."""
    rows = connection.execute(f"SELECT {_PAUSE}, n FROM pause WHERE until > ? ORDER BY n", (stamp(since),))  # noqa: S608
    return tuple(
        Pause(site, host, by, reason, moment(at), moment(until), number)
        for site, host, by, reason, at, until, number in rows
    )


def drop(connection: sqlite3.Connection, before: datetime) -> None:
    """Forget what ended before a time."""
    connection.execute("DELETE FROM acknowledgement WHERE until < ?", (stamp(before),))
    connection.execute("DELETE FROM pause WHERE until < ?", (stamp(before),))


def _acknowledgement(row: tuple[Any, ...]) -> Acknowledgement:
    return Acknowledgement(
        reference=row[0],
        cause=row[1],
        says=row[2],
        by=row[3],
        note=row[4],
        at=moment(row[5]),
        until=moment(row[6]),
        status=Status(row[7]),
        checks={key: Then(Status(then["status"]), then["metrics"]) for key, then in json.loads(row[8]).items()},
        sites=unlisted(row[9]),
        changes=unlisted(row[10]),
        ended_at=moment(row[11]),
        ended=Ended(row[12]) if row[12] else None,
        worse=row[13],
        number=row[14],
    )


def _written(checks: Mapping[str, Then]) -> str:
    told = {key: {"status": then.status.value, "metrics": dict(then.metrics)} for key, then in checks.items()}
    return json.dumps(told, ensure_ascii=False)
