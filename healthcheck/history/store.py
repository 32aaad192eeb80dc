"""The history store: open it, save a round, and read back what the next one needs."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from healthcheck.errors import HistoryError
from healthcheck.findings import Change, Diagnosis, EarlierRound, Incident, Past, PlacedEvent, Seen
from healthcheck.history import (
    changes,
    course,
    days,
    incidents,
    known,
    outbox,
    past,
    retention,
    review,
    schema,
    under_way,
)
from healthcheck.history.days import SiteDay
from healthcheck.history.review import KeptRound, Sent
from healthcheck.history.under_way import Begun
from healthcheck.known import Acknowledgement, Ended, Pause
from healthcheck.model import Attempt, Posting, Previous, Round

BUSY_S = 5.0
"""How long to wait for another process that is writing."""


class History:
    """One SQLite file. Every method raises `HistoryError` with a sentence when the file cannot do it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path, now: datetime) -> History:
        """Open or make the store; a damaged file is moved aside, never deleted, and `untold` says so."""
        with _said("opened", path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return cls(_connect(path))
            except sqlite3.OperationalError:
                raise  # locked, full, read-only: the file itself may be sound
            except sqlite3.DatabaseError:
                aside = _move_aside(path, now)
                connection = _connect(path)
                under_way.tell_later(
                    connection,
                    f"The history was damaged and has been put aside as {aside.name}; a new one was begun.",
                )
                return cls(connection)

    @classmethod
    def read_only(cls, path: Path) -> History:
        """Open an existing store to look at: nothing is made, brought up to date or moved aside, nor may be written."""
        with _said("opened", path):
            # Not mode=ro: whoever may not write leaves the files of the write-ahead log behind.
            where = f"{path.absolute().as_uri()}?mode=rw"
            connection = sqlite3.connect(where, uri=True, timeout=BUSY_S, isolation_level=None)
            connection.execute("PRAGMA query_only = ON")
            return cls(connection)

    def damage(self) -> str:
        """What is damaged in the file, in SQLite's words; "" when every page of it is sound."""
        with _said("read"):
            try:
                [found] = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.OperationalError:
                raise  # as in `open`
            except sqlite3.DatabaseError as error:
                return str(error)
        return "" if found == "ok" else str(found)

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
            known.end_all(connection, diagnosis.ended)
            changes.put(connection, round.trigger, diagnosis.changes)
            for posting in postings:
                outbox.put(connection, posting)
            under_way.finished(connection, round)
            if round.trigger == "report":
                retention.drop_old(connection, round.started_at)

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

    def begin(self, round_id: str, trigger: str, at: datetime) -> None:
        """Record that a round is under way, so that the next one knows if it did not finish."""
        with _said("saved"), self._transaction() as connection:
            under_way.begin(connection, round_id, trigger, at)

    def give_up(self, round_id: str) -> None:
        """A round that was begun was ended in order; nobody need be told."""
        with _said("saved"), self._transaction() as connection:
            under_way.give_up(connection, round_id)

    def not_finished(self) -> tuple[Begun, ...]:
        """Rounds that were begun since the last report and neither kept nor given up, oldest first."""
        with _said("read"):
            return under_way.not_finished(self._connection)

    def untold(self) -> tuple[str, ...]:
        """What the next report has to say of the history itself."""
        with _said("read"):
            return under_way.untold(self._connection)

    def undelivered(self) -> tuple[Sent, ...]:
        """What of the last report nobody has accepted."""
        with _said("read"):
            return review.undelivered(self._connection)

    def looks(self, since: datetime) -> tuple[EarlierRound, ...]:
        """Every round since then with its statuses, light passes too."""
        with _said("read"):
            return past.rounds(self._connection, since)

    def course(self, key: str, since: datetime) -> tuple[Seen, ...]:
        """Every look at one check since then, oldest first."""
        with _said("read"):
            return course.course(self._connection, key, since)

    def latest(self, since: datetime) -> dict[str, Seen]:
        """The last look at each check since then, by key."""
        with _said("read"):
            return course.latest(self._connection, since)

    def rounds(self, since: datetime) -> tuple[KeptRound, ...]:
        """Every round but the light passes since then, oldest first."""
        with _said("read"):
            return review.rounds(self._connection, since)

    def days(self, midnights: Sequence[datetime]) -> dict[tuple[datetime, str], SiteDay]:
        """Each clinic on each of the days between these moments, by (its begin, the clinic)."""
        with _said("read"):
            return days.read(self._connection, midnights)

    def incidents(self, since: datetime) -> tuple[Incident, ...]:
        """Every incident that was open at any time since then, oldest first."""
        with _said("read"):
            return incidents.open_since(self._connection, since)

    def is_posted(self, round_id: str) -> bool:
        """Whether anything was ever laid in the outbox for this round, or under this name."""
        with _said("read"):
            return outbox.is_posted(self._connection, round_id)

    def sent(self, since: datetime) -> tuple[Sent, ...]:
        """What became of every posting since then, oldest first."""
        with _said("read"):
            return review.sent(self._connection, since)

    def changes(self) -> tuple[Change, ...]:
        """What the last report told of machines that are not as they were."""
        with _said("read"):
            return changes.read(self._connection)

    def troubles(self) -> tuple[Incident, ...]:
        """All that is wrong now and can be acknowledged."""
        with _said("read"):
            return known.troubles(incidents.not_closed(self._connection), changes.read(self._connection))

    def acknowledge(self, *given: Acknowledgement) -> None:
        """Keep what somebody acknowledges, all or nothing; each takes the place of what was said of it before."""
        with _said("saved"), self._transaction() as connection:
            for one in given:
                known.acknowledge(connection, one)

    def end_acknowledgement(self, reference: str, at: datetime) -> bool:
        """Take back what was acknowledged; whether there was anything."""
        with _said("saved"), self._transaction() as connection:
            return known.end(connection, reference, at, Ended.REMOVED)

    def acknowledged(self, since: datetime) -> tuple[Acknowledgement, ...]:
        """The newest acknowledgement of each trouble that did not end before then, be it in force or not."""
        with _said("read"):
            return known.acknowledged(self._connection, since)

    def pause(self, given: Pause) -> None:
        """Keep a pause; it takes the place of another of the same place."""
        with _said("saved"), self._transaction() as connection:
            known.pause(connection, given)

    def end_pause(self, site: str, host: str, at: datetime) -> bool:
        """End the pause of a place (`host` is empty for a whole clinic); whether there was one."""
        with _said("saved"), self._transaction() as connection:
            return known.end_pause(connection, site, host, at)

    def pauses(self, since: datetime) -> tuple[Pause, ...]:
        """Every pause that did not end before then."""
        with _said("read"):
            return known.pauses(self._connection, since)

    def is_writable(self) -> bool:
        """Whether something can really be written, to the disk."""
        try:
            with self._transaction() as connection:
                connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        except sqlite3.Error:
            return False
        return True

    def back_up(self, path: Path) -> None:
        """Write a whole copy, while others may go on writing; the file is whole or not there."""
        unfinished = path.with_name(f".{path.name}.unfinished")
        with _said("copied", path):
            unfinished.unlink(missing_ok=True)
            try:
                unfinished.touch(0o600)
                with contextlib.closing(sqlite3.connect(unfinished)) as copy:
                    self._connection.backup(copy)
                    copy.execute("PRAGMA journal_mode = DELETE")
                with unfinished.open("rb") as file:
                    os.fsync(file.fileno())
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def events(self, since: datetime) -> tuple[PlacedEvent, ...]:
        """What happened since then, or was not over by then."""
        with _said("read"):
            return past.events(self._connection, since)

    def first_at(self) -> datetime | None:
        """When the first round began that is still kept."""
        with _said("read"):
            return past.first_at(self._connection)

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
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Change a new file to write-ahead logging. For this alone SQLite does not wait while another process does it."""
    ends_at = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends_at:
                raise
            time.sleep(0.01)
        else:
            return


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
        "SQLITE_IOERR_SHM": "the disk is full",
        "SQLITE_BUSY": "another program holds it locked",
        "SQLITE_READONLY": "it is read-only",
        "SQLITE_CANTOPEN": "its folder is missing or not open to us",
        "SQLITE_CORRUPT": "the file is damaged",
        "SQLITE_NOTADB": "the file is damaged",
        "SQLITE_IOERR": "the disk gave an error",
    }
    return next((words for code, words in reasons.items() if name.startswith(code)), str(error))
