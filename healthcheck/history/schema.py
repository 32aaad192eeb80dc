"""The tables, as numbered migrations: each runs once, in order; the number reached stands in `user_version`.

A migration that has shipped is never edited; a change is a new one at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from healthcheck.errors import HistoryError

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE round (
        n           INTEGER PRIMARY KEY,
        id          TEXT NOT NULL UNIQUE,
        trigger     TEXT NOT NULL,
        started_at  TEXT NOT NULL,
        finished_at TEXT NOT NULL,
        status      INTEGER NOT NULL,
        notes       TEXT NOT NULL
    ) STRICT;
    CREATE INDEX round_by_start ON round (started_at);

    CREATE TABLE "check" (
        n            INTEGER PRIMARY KEY,
        key          TEXT NOT NULL UNIQUE,
        site         TEXT NOT NULL,
        host         TEXT NOT NULL,
        kind         TEXT NOT NULL,
        last_round   INTEGER,
        last_good_at TEXT
    ) STRICT;

    -- In the order of the rounds, so that a round is appended in one stretch.
    CREATE TABLE outcome (
        round       INTEGER NOT NULL REFERENCES round (n) ON DELETE CASCADE,
        "check"     INTEGER NOT NULL REFERENCES "check" (n),
        status      INTEGER NOT NULL,
        attempts    INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        says        TEXT,
        detail      TEXT,
        PRIMARY KEY (round, "check")
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE series (
        n       INTEGER PRIMARY KEY,
        "check" INTEGER NOT NULL REFERENCES "check" (n),
        name    TEXT NOT NULL,
        unit    TEXT NOT NULL,
        UNIQUE ("check", name)
    ) STRICT;

    CREATE TABLE metric (
        series INTEGER NOT NULL REFERENCES series (n),
        round  INTEGER NOT NULL REFERENCES round (n) ON DELETE CASCADE,
        value  REAL NOT NULL,
        PRIMARY KEY (series, round)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX metric_by_round ON metric (round);

    CREATE TABLE event (
        n          INTEGER PRIMARY KEY,
        round      INTEGER NOT NULL REFERENCES round (n) ON DELETE CASCADE,
        site       TEXT NOT NULL,
        host       TEXT NOT NULL,
        source     TEXT NOT NULL,
        kind       TEXT NOT NULL,
        at         TEXT NOT NULL,
        until      TEXT,
        not_before TEXT,
        says       TEXT NOT NULL,
        UNIQUE (site, host, source, kind, at)
    ) STRICT;
    CREATE INDEX event_by_time ON event (at);

    CREATE TABLE incident (
        reference    TEXT PRIMARY KEY,
        cause        TEXT NOT NULL,
        status       INTEGER NOT NULL,
        site         TEXT NOT NULL,
        host         TEXT NOT NULL,
        says         TEXT NOT NULL,
        detail       TEXT NOT NULL,
        likely       TEXT NOT NULL,
        owner        TEXT NOT NULL,
        keys         TEXT NOT NULL,
        consequences TEXT NOT NULL,
        sites        TEXT NOT NULL,
        since        TEXT,
        last_good    TEXT,
        closed_at    TEXT,
        rounds       INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX incident_open ON incident (cause) WHERE closed_at IS NULL;

    CREATE TABLE posting (
        id          TEXT PRIMARY KEY,
        round       TEXT NOT NULL,
        delivery    TEXT NOT NULL,
        channel     TEXT NOT NULL,
        message     TEXT NOT NULL,
        created_at  TEXT NOT NULL,
        waiting_for TEXT NOT NULL,
        state       TEXT NOT NULL,
        attempts    INTEGER NOT NULL,
        next_at     TEXT,
        reply       TEXT NOT NULL,
        sent_at     TEXT
    ) STRICT;
    CREATE INDEX posting_open ON posting (created_at) WHERE state IN ('pending', 'standby');
    """,
    """
    -- What a host had of one sort, from the first look that found it so to the last.
    CREATE TABLE facts (
        n       INTEGER PRIMARY KEY,
        "check" INTEGER NOT NULL REFERENCES "check" (n),
        sort    TEXT NOT NULL,
        things  TEXT NOT NULL,
        since   TEXT NOT NULL,
        until   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX facts_by_sort ON facts ("check", sort, n);

    CREATE INDEX incident_by_end ON incident (closed_at);
    """,
    """
    -- Each try to send a posting, with the other side's own words.
    CREATE TABLE attempt (
        posting  TEXT NOT NULL REFERENCES posting (id) ON DELETE CASCADE,
        number   INTEGER NOT NULL,
        at       TEXT NOT NULL,
        reply    TEXT NOT NULL,
        accepted TEXT NOT NULL,
        PRIMARY KEY (posting, number)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- A light pass that found what an earlier one had found: its outcomes are those of that round.
    ALTER TABLE round ADD COLUMN same_as INTEGER;
    CREATE INDEX round_by_trigger ON round (trigger, started_at);

    -- What was measured last, in whatever round; the course of a number is that of the rounds that are not light.
    ALTER TABLE series ADD COLUMN last_round INTEGER;
    ALTER TABLE series ADD COLUMN last REAL;
    UPDATE series SET (last_round, last) =
        (SELECT round, value FROM metric WHERE metric.series = series.n ORDER BY round DESC LIMIT 1);
    DELETE FROM metric WHERE round IN (SELECT n FROM round WHERE trigger = 'watch');

    -- Events outlive the round that told of them first.
    CREATE TABLE kept_event (
        n          INTEGER PRIMARY KEY,
        round      INTEGER NOT NULL,
        site       TEXT NOT NULL,
        host       TEXT NOT NULL,
        source     TEXT NOT NULL,
        kind       TEXT NOT NULL,
        at         TEXT NOT NULL,
        until      TEXT,
        not_before TEXT,
        says       TEXT NOT NULL,
        UNIQUE (site, host, source, kind, at)
    ) STRICT;
    INSERT INTO kept_event SELECT * FROM event;
    DROP TABLE event;
    ALTER TABLE kept_event RENAME TO event;
    CREATE INDEX event_by_time ON event (at);

    -- Rounds that are under way, or were stopped before they had finished.
    CREATE TABLE begun (
        id         TEXT PRIMARY KEY,
        trigger    TEXT NOT NULL,
        started_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- What the next report has to say of the history itself.
    CREATE TABLE untold (
        says TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- How each clinic was on each day that is over; `rank` is that of the worst status. `begins` is its midnight.
    CREATE TABLE site_day (
        begins TEXT NOT NULL,
        site   TEXT NOT NULL,
        rank   INTEGER NOT NULL,
        looks  INTEGER NOT NULL,
        whole  INTEGER NOT NULL,
        PRIMARY KEY (begins, site)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- Those for whom a posting was refused for good, while others took it.
    ALTER TABLE posting ADD COLUMN refused TEXT NOT NULL DEFAULT '[]';
    """,
    """
    -- Troubles that somebody knows of, as they were when they were acknowledged.
    CREATE TABLE acknowledgement (
        n         INTEGER PRIMARY KEY,
        reference TEXT NOT NULL,
        cause     TEXT NOT NULL,
        says      TEXT NOT NULL,
        by_whom   TEXT NOT NULL,
        note      TEXT NOT NULL,
        at        TEXT NOT NULL,
        until     TEXT NOT NULL,
        status    INTEGER NOT NULL,
        checks    TEXT NOT NULL,
        sites     TEXT NOT NULL,
        ended_at  TEXT,
        ended     TEXT,
        worse     TEXT NOT NULL
    ) STRICT;
    CREATE INDEX acknowledgement_by_end ON acknowledgement (until);

    -- Clinics that are closed or moved, and devices that are being replaced; of a whole clinic, host is empty.
    CREATE TABLE pause (
        n       INTEGER PRIMARY KEY,
        site    TEXT NOT NULL,
        host    TEXT NOT NULL,
        by_whom TEXT NOT NULL,
        reason  TEXT NOT NULL,
        at      TEXT NOT NULL,
        until   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX pause_by_end ON pause (until);
    """,
    """
    -- What the last report told of machines that are not as they were.
    CREATE TABLE change (
        site   TEXT NOT NULL,
        host   TEXT NOT NULL,
        says   TEXT NOT NULL,
        detail TEXT NOT NULL,
        status INTEGER NOT NULL,
        PRIMARY KEY (site, host, says)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE acknowledgement ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date, each migration all or nothing; `HistoryError` when a newer program made them."""
    while (reached := _reached(connection)) < len(MIGRATIONS):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again behind the lock: another process may have come first.
            if _reached(connection) == reached:
                for statement in _statements(MIGRATIONS[reached]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {reached + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
    if reached > len(MIGRATIONS):
        raise HistoryError(
            f"the history was written by a newer version of this program (its tables are number {reached}, "
            f"this version knows {len(MIGRATIONS)}); install that version again"
        )


def _reached(connection: sqlite3.Connection) -> int:
    [number] = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def _statements(script: str) -> Iterator[str]:
    """Each statement by itself: `executescript` would end our transaction before it begins."""
    begun = ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
