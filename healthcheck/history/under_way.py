"""Rounds under way, and what the next report has to tell of those that were stopped."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from healthcheck.history.rows import moment, stamp
from healthcheck.model import Round
from healthcheck.records import frozen


@frozen
class Begun:
    """A round that was begun."""

    id: str
    trigger: str
    started_at: datetime


def begin(connection: sqlite3.Connection, round_id: str, trigger: str, at: datetime) -> None:
    """A round is under way."""
    connection.execute("INSERT INTO begun VALUES (?, ?, ?)", (round_id, trigger, stamp(at)))


def give_up(connection: sqlite3.Connection, round_id: str) -> None:
    """It was ended in order."""
    connection.execute("DELETE FROM begun WHERE id = ?", (round_id,))


def finished(connection: sqlite3.Connection, round: Round) -> None:
    """It was kept; with a report, everything that was still to be told has been told."""
    give_up(connection, round.id)
    if round.trigger == "report":
        connection.execute("DELETE FROM begun")
        connection.execute("DELETE FROM untold")


def not_finished(connection: sqlite3.Connection) -> tuple[Begun, ...]:
    """Those of which no end is known, oldest first."""
    rows = connection.execute("SELECT id, trigger, started_at FROM begun ORDER BY started_at, id")
    return tuple(Begun(id_, trigger, moment(at)) for id_, trigger, at in rows)


def tell_later(connection: sqlite3.Connection, sentence: str) -> None:
    """Keep a sentence until a report has told it."""
    connection.execute("INSERT INTO untold VALUES (?) ON CONFLICT DO NOTHING", (sentence,))


def untold(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The sentences that wait for a report."""
    return tuple(says for (says,) in connection.execute("SELECT says FROM untold ORDER BY says"))
