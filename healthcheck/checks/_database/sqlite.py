"""SQLite: a file on this computer, or on a drive of another that is mounted here."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path

from healthcheck.checks._database.call import Call, Facts, Failed, Phase, Trouble, one_line

STEPS_BETWEEN_LOOKS = 10_000
"""How often SQLite asks whether it is to go on, in steps of its virtual machine: some hundred times a second."""

ERRORS: tuple[tuple[str, Trouble], ...] = (
    ("SQLITE_NOTADB", Trouble.DAMAGED),
    ("SQLITE_CORRUPT", Trouble.DAMAGED),
    ("SQLITE_IOERR", Trouble.BROKEN),
    ("SQLITE_FULL", Trouble.BROKEN),
    ("SQLITE_BUSY_RECOVERY", Trouble.STARTING),
    ("SQLITE_BUSY", Trouble.LOCKED),
    ("SQLITE_LOCKED", Trouble.LOCKED),
    ("SQLITE_INTERRUPT", Trouble.SLOW),
    ("SQLITE_READONLY", Trouble.UNFINISHED),
    ("SQLITE_CANTOPEN", Trouble.UNFINISHED),
    ("SQLITE_PERM", Trouble.UNREADABLE),
    ("SQLITE_AUTH", Trouble.UNREADABLE),
)
"""What a result code means, by the beginning of its name ("Result and Error Codes", sqlite.org)."""


def ask(call: Call) -> Facts:
    """Open the file for reading only, read every page of it and ask; raises `Failed`.

    The file is opened before SQLite does it, to tell "not there" from "not ours to read".
    """
    path = Path(call.url.database)
    _look_at_the_file(path)
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=call.server_limit_s())
    try:
        connection.set_progress_handler(lambda: time.monotonic() > call.deadline, STEPS_BETWEEN_LOOKS)
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if call.table:
            connection.execute(f"SELECT 1 FROM {call.table} LIMIT 1").fetchone()  # noqa: S608  # held to a name
    except sqlite3.Error as error:
        raise _failure(error) from None
    finally:
        connection.close()
    if found != ["ok"]:
        raise Failed(Trouble.DAMAGED, Phase.QUERY, f"quick_check: {one_line(' '.join(found))}")
    return Facts(version=f"SQLite {sqlite3.sqlite_version}")


def _look_at_the_file(path: Path) -> None:
    try:
        status = path.stat()
        regular = stat.S_ISREG(status.st_mode)
        if regular:
            path.open("rb").close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Failed(Trouble.NO_FILE, Phase.CONNECT, one_line(error)) from None
    except PermissionError as error:
        raise Failed(Trouble.UNREADABLE, Phase.CONNECT, one_line(error)) from None
    except OSError as error:
        raise Failed(Trouble.BROKEN, Phase.CONNECT, one_line(error)) from None
    if not regular:
        raise Failed(Trouble.NO_FILE, Phase.CONNECT, f"{path} is not a file")
    if status.st_size == 0:
        raise Failed(Trouble.EMPTY_FILE, Phase.CONNECT, f"{path} has 0 bytes")


def _failure(error: sqlite3.Error) -> Failed:
    name = getattr(error, "sqlite_errorname", "")
    text = one_line(error)
    if "no such table" in text:
        return Failed(Trouble.NO_TABLE, Phase.QUERY, text)
    trouble = next((trouble for begin, trouble in ERRORS if name.startswith(begin)), Trouble.BROKEN)
    return Failed(trouble, Phase.QUERY, f"{name}: {text}")
