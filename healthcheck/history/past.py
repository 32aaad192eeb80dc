"""Rounds in and out of the store: what is written of each, and what the next one is told of those before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from healthcheck.findings import EarlierRound, Past, PlacedEvent, Sampled
from healthcheck.history import incidents, known, surveys
from healthcheck.history.rows import moment, stamp
from healthcheck.model import Event, EventKind, Outcome, Previous, Round, Status

LIGHT = "watch"
"""The trigger of a light pass between reports."""
SAME_FOR = timedelta(days=1)
"""A light pass points back at most so far, so that old rounds can go."""
WEEKS_DAYS = 63
"""How far back a problem that comes again is looked for: nine weeks, so that one missed week hides no rhythm."""


def add_round(connection: sqlite3.Connection, round: Round) -> None:
    """Append a round with its outcomes, metrics and events. An event that is already known is not told twice.

    A light pass that found what the one before had found is a row of its own and no more: that the time was watched
    stays provable, and days of it cost next to nothing.
    """
    same_as = _same_as(connection, round)
    [number] = connection.execute(
        """INSERT INTO round (id, trigger, started_at, finished_at, status, notes, same_as)
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING n""",
        (
            round.id,
            round.trigger,
            stamp(round.started_at),
            stamp(round.finished_at),
            round.status.value,
            json.dumps(list(round.notes), ensure_ascii=False),
            same_as,
        ),
    ).fetchone()
    checks = _check_numbers(connection, round.outcomes)
    if same_as is None:
        _add_outcomes(connection, number, checks, round.outcomes)
    connection.executemany(
        """UPDATE "check" SET last_round = CASE WHEN ? THEN ? ELSE last_round END,
                              last_good_at = coalesce(?, last_good_at) WHERE n = ?""",
        (
            (
                _was_seen(outcome),
                number,
                stamp(outcome.started_at) if outcome.status is Status.OK else None,
                checks[outcome.key],
            )
            for outcome in round.outcomes
        ),
    )
    _add_metrics(connection, number, checks, round)
    surveys.add(connection, checks, round.outcomes)
    connection.executemany(
        """INSERT INTO event (round, site, host, source, kind, at, until, not_before, says)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET until = coalesce(excluded.until, until), says = excluded.says""",
        (
            (number, outcome.site, outcome.host, event.source, event.kind.value,
             stamp(event.at), stamp(event.until), stamp(event.not_before), event.says)
            for outcome in round.outcomes
            for event in outcome.events
        ),
    )  # fmt: skip


def _same_as(connection: sqlite3.Connection, round: Round) -> int | None:
    """The round that holds the outcomes of the last light pass, if this is one and found the very same."""
    if round.trigger != LIGHT:
        return None
    row = connection.execute(
        """SELECT first.n, first.started_at FROM round last JOIN round first ON first.n = coalesce(last.same_as, last.n)
           WHERE last.trigger = ? ORDER BY last.n DESC LIMIT 1""",
        (LIGHT,),
    ).fetchone()
    if row is None or row[1] < stamp(round.started_at - SAME_FOR):
        return None
    number: int = row[0]
    found = {outcome.key: outcome.status.value for outcome in round.outcomes}
    then = connection.execute(
        """SELECT c.key, o.status FROM outcome o JOIN "check" c ON c.n = o."check" WHERE o.round = ?""", (number,)
    )
    return number if dict(then) == found else None


def _was_seen(outcome: Outcome) -> bool:
    """Whether it is something to compare the next look with; one that could not look is not."""
    return outcome.status is not Status.UNKNOWN or bool(outcome.metrics)


def _add_outcomes(
    connection: sqlite3.Connection, number: int, checks: dict[str, int], outcomes: Iterable[Outcome]
) -> None:
    connection.executemany(
        "INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (
                number,
                checks[outcome.key],
                outcome.status.value,
                outcome.attempts,
                round_ms(outcome.duration_s),
                None if outcome.status is Status.OK else outcome.says,
                None if outcome.status is Status.OK else outcome.detail,
            )
            for outcome in outcomes
        ),
    )


def round_ms(seconds: float) -> int:
    """Whole milliseconds."""
    return int(seconds * 1000 + 0.5)


def _check_numbers(connection: sqlite3.Connection, outcomes: Sequence[Outcome]) -> dict[str, int]:
    connection.executemany(
        'INSERT INTO "check" (key, site, host, kind) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        ((outcome.key, outcome.site, outcome.host, outcome.kind) for outcome in outcomes),
    )
    return dict(connection.execute('SELECT key, n FROM "check"'))


def _add_metrics(connection: sqlite3.Connection, number: int, checks: dict[str, int], round: Round) -> None:
    values = {
        (checks[outcome.key], metric.name): (metric.unit, metric.value)
        for outcome in round.outcomes
        for metric in outcome.metrics
    }
    connection.executemany(
        """INSERT INTO series ("check", name, unit, last_round, last) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET last_round = excluded.last_round, last = excluded.last""",
        ((check, name, unit, number, value) for (check, name), (unit, value) in values.items()),
    )
    if round.trigger != LIGHT:
        connection.execute(
            "INSERT INTO metric (series, round, value) SELECT n, last_round, last FROM series WHERE last_round = ?",
            (number,),
        )


def previous(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Previous]:
    """What each check found when it could look the last time, with what it measured then."""
    wanted = set(keys)
    metrics: dict[str, dict[str, float]] = {}
    for key, name, value in connection.execute(
        """SELECT c.key, s.name, s.last FROM "check" c
           JOIN series s ON s."check" = c.n AND s.last_round = c.last_round"""
    ):
        metrics.setdefault(key, {})[name] = value
    rows = connection.execute(
        """SELECT c.key, r.started_at, o.status FROM "check" c JOIN round r ON r.n = c.last_round
           JOIN outcome o ON o.round = coalesce(r.same_as, r.n) AND o."check" = c.n"""
    )
    return {
        key: Previous(moment(at), Status(status), metrics.get(key, {})) for key, at, status in rows if key in wanted
    }


def read(connection: sqlite3.Connection, now: datetime, since: datetime, metrics_since: datetime) -> Past:
    """What a diagnosis needs: the last good of each check, open incidents, rounds and events since `since`."""
    last_good = {
        key: moment(at)
        for key, at in connection.execute('SELECT key, last_good_at FROM "check" WHERE last_good_at IS NOT NULL')
    }
    return Past(
        last_good=last_good,
        open_incidents=incidents.not_closed(connection),
        rounds=rounds(connection, since),
        events=events(connection, since),
        metrics=_metrics(connection, metrics_since),
        surveys=surveys.read(connection),
        earlier_incidents=incidents.closed_since(connection, now - timedelta(days=WEEKS_DAYS)),
        references=incidents.references(connection, f"HC-{now:%Y%m%d}-"),
        last_report_at=last_report_at(connection),
        closed=incidents.closed_since_report(connection, stamp(since)),
        acknowledged=known.acknowledged(connection, now - known.TOLD_FOR),
        pauses=known.pauses(connection, now - known.TOLD_FOR),
    )


def last_report_at(connection: sqlite3.Connection) -> datetime | None:
    """When the newest report round began: the last that was kept, whatever a clock said meanwhile."""
    row = connection.execute("SELECT started_at FROM round WHERE trigger = 'report' ORDER BY n DESC LIMIT 1").fetchone()
    return moment(row[0]) if row else None


def first_at(connection: sqlite3.Connection) -> datetime | None:
    """When the first round began that is still kept."""
    row = connection.execute("SELECT started_at FROM round ORDER BY started_at LIMIT 1").fetchone()
    return moment(row[0]) if row else None


def rounds(connection: sqlite3.Connection, since: datetime) -> tuple[EarlierRound, ...]:
    """Every round since then with its statuses, in the order in which they were kept."""
    statuses: dict[int, dict[str, Status]] = {}
    by_value = {status.value: status for status in Status}
    for number, key, status in connection.execute(
        """SELECT o.round, c.key, o.status FROM outcome o JOIN "check" c ON c.n = o."check"
           WHERE o.round IN (SELECT coalesce(same_as, n) FROM round WHERE started_at >= ?)""",
        (stamp(since),),
    ):
        statuses.setdefault(number, {})[key] = by_value[status]
    rows = connection.execute(
        "SELECT coalesce(same_as, n), id, trigger, started_at FROM round WHERE started_at >= ? ORDER BY n",
        (stamp(since),),
    )
    return tuple(
        EarlierRound(id_, trigger, moment(started_at), statuses.get(number, {}))
        for number, id_, trigger, started_at in rows
    )


def events(connection: sqlite3.Connection, since: datetime) -> tuple[PlacedEvent, ...]:
    """What happened since then or was not over by then, in the order in which it began."""
    rows = connection.execute(
        """SELECT site, host, at, says, source, kind, until, not_before FROM event
           WHERE coalesce(until, at) >= ? ORDER BY at, n""",
        (stamp(since),),
    )
    return tuple(
        PlacedEvent(
            site,
            host,
            Event(moment(at), says, source, EventKind(kind), moment(until), moment(not_before)),
        )
        for site, host, at, says, source, kind, until, not_before in rows
    )


def _metrics(connection: sqlite3.Connection, since: datetime) -> dict[tuple[str, str], tuple[Sampled, ...]]:
    course: dict[tuple[str, str], list[Sampled]] = {}
    rows = connection.execute(
        """SELECT c.key, s.name, r.started_at, m.value FROM round r
           JOIN metric m ON m.round = r.n JOIN series s ON s.n = m.series JOIN "check" c ON c.n = s."check"
           WHERE r.trigger = 'report' AND r.started_at >= ? ORDER BY r.started_at""",
        (stamp(since),),
    )
    for key, name, at, value in rows:
        course.setdefault((key, name), []).append(Sampled(moment(at), value))
    return {where: tuple(samples) for where, samples in course.items()}
