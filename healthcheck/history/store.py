"""The history store: open it, save a round, and read back what the next one needs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from healthcheck.errors import HistoryError
from healthcheck.findings import Diagnosis, Past
from healthcheck.history import incidents, outbox, past, schema, surveys
from healthcheck.history.rows import stamp
from healthcheck.model import Attempt, Posting, Previous, Round

BUSY_S = 5.0
"""How long to wait for another process that is writing."""
KEEP_WATCH_DAYS = 15
KEEP_DAYS = 5 * 366
KEEP_FACTS_DAYS = 90


class History:
    """One SQLite file. Every method raises `HistoryError` with a sentence when the file cannot do it."""

    def __init__(self, connection: sqlite3.Connection, notes: tuple[str, ...] = ()) -> None:
        self._connection = connection
        self.notes = notes

    @classmethod
    def open(cls, path: Path, now: datetime) -> History:
        """Open or make the store; a damaged file is moved aside, never deleted, and `notes` says so."""
        with _said("opened", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return cls(_connect(path))
            except sqlite3.OperationalError:
                raise  # locked, full, read-only: the file itself may be sound
            except sqlite3.DatabaseError:
                aside = _move_aside(path, now)
                return cls(
                    _connect(path),
                    (f"The history was damaged and has been put aside as {aside.name}; a new one was begun.",),
                )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def previous(self, keys: Sequence[str]) -> dict[str, Previous]:
        """What each of these checks found the last time it ran."""
        with _said("read"):
            return past.previous(self._connection, keys)

    def past(self, now: datetime, since: datetime, metrics_since: datetime) -> Past:
        """What a diagnosis needs to know of earlier rounds."""
        with _said("read"):
            return past.read(self._connection, now, since, metrics_since)

    def save(self, round: Round, diagnosis: Diagnosis, postings: Sequence[Posting] = ()) -> None:
        """Keep a round, what was made of it and what must be sent, all or nothing; old rounds go."""
        with _said("saved"), self._transaction() as connection:
            past.add_round(connection, round)
            incidents.put(connection, (*diagnosis.incidents, *diagnosis.fixed))
            for posting in postings:
                outbox.put(connection, posting)
            for trigger, days in (("watch", KEEP_WATCH_DAYS), ("%", KEEP_DAYS)):
                connection.execute(
                    "DELETE FROM round WHERE trigger LIKE ? AND started_at < ?",
                    (trigger, stamp(round.started_at - timedelta(days=days))),
                )
            surveys.drop(connection, round.started_at - timedelta(days=KEEP_FACTS_DAYS))

    def pending(self) -> tuple[Posting, ...]:
        """Everything that has not been accepted yet, oldest first."""
        with _said("read"):
            return outbox.pending(self._connection)

    def update(self, *postings: Posting) -> None:
        """Record what became of an attempt to send, and of those that wait for it, all or nothing."""
        with _said("saved"), self._transaction() as connection:
            for posting in postings:
                outbox.put(connection, posting)

    def attempts(self, posting_id: str) -> tuple[Attempt, ...]:
        """Every try to send a posting, oldest first."""
        with _said("read"):
            return outbox.attempts(self._connection, posting_id)

    def last_report_at(self) -> datetime | None:
        """When the last report round began."""
        with _said("read"):
            return past.last_report_at(self._connection)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _move_aside(path: Path, now: datetime) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside


@contextlib.contextmanager
def _said(done: str, path: Path | None = None) -> Iterator[None]:
    """Turn what SQLite and the file system say into one sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        where = f" ({path})" if path else ""
        raise HistoryError(f"The history could not be {done}: {_reason(error)}{where}.") from error


def _reason(error: sqlite3.Error | OSError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    name = getattr(error, "sqlite_errorname", "")
    reasons = {
        "SQLITE_FULL": "the disk is full",
        "SQLITE_BUSY": "another program holds it locked",
        "SQLITE_READONLY": "it is read-only",
        "SQLITE_CANTOPEN": "its folder is missing or not open to us",
        "SQLITE_CORRUPT": "the file is damaged",
        "SQLITE_NOTADB": "the file is damaged",
        "SQLITE_IOERR": "the disk gave an error",
    }
    return next((words for code, words in reasons.items() if name.startswith(code)), str(error))
