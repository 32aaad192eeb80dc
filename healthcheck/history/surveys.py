"""The facts table: what each host had, as stretches of time in which it stayed the same.

A look that finds what the last one found only moves the end of the last stretch, so that a practice where nothing
changes costs no room.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from healthcheck.findings import Stretch
from healthcheck.history.rows import moment, stamp
from healthcheck.model import Outcome


def add(connection: sqlite3.Connection, checks: Mapping[str, int], outcomes: Iterable[Outcome]) -> None:
    """Keep the facts of a round's outcomes; `checks` are the numbers of the checks by key."""
    latest = {
        (check, sort): (number, things)
        for check, sort, number, things in connection.execute(
            'SELECT "check", sort, max(n), things FROM facts GROUP BY "check", sort'
        )
    }
    fresh: list[tuple[int, str, str, str, str]] = []
    longer: list[tuple[str, int]] = []
    for outcome in outcomes:
        at = stamp(outcome.started_at)
        for facts in outcome.facts:
            check, things = checks[outcome.key], _written(facts.things)
            number, before = latest.get((check, facts.sort), (0, ""))
            if things == before:
                longer.append((at, number))
            else:
                fresh.append((check, facts.sort, things, at, at))
    connection.executemany("UPDATE facts SET until = ? WHERE n = ?", longer)
    connection.executemany('INSERT INTO facts ("check", sort, things, since, until) VALUES (?, ?, ?, ?, ?)', fresh)


def drop(connection: sqlite3.Connection, before: datetime) -> None:
    """Forget the stretches that ended before a time."""
    connection.execute("DELETE FROM facts WHERE until < ?", (stamp(before),))


def read(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[Stretch, ...]]:
    """The stretches of each sort by (check key, sort), in the order in which they were found."""
    course: dict[tuple[str, str], list[Stretch]] = {}
    rows = connection.execute(
        """SELECT c.key, f.sort, f.things, f.since, f.until FROM facts f
           JOIN "check" c ON c.n = f."check" ORDER BY f.n"""
    )
    for key, sort, things, since, until in rows:
        course.setdefault((key, sort), []).append(Stretch(json.loads(things), moment(since), moment(until)))
    return {where: tuple(stretches) for where, stretches in course.items()}


def _written(things: Mapping[str, str]) -> str:
    return json.dumps(dict(sorted(things.items())), ensure_ascii=False)
