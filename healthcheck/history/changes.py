"""The change table: what the last report told of machines that are not as they were, so that it can be acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from healthcheck.findings import Change
from healthcheck.history.past import LIGHT
from healthcheck.model import Status


def put(connection: sqlite3.Connection, trigger: str, changes: Iterable[Change]) -> None:
    """A report tells all there is; a round by hand may have looked at a part; a light pass sees none."""
    if trigger == LIGHT:
        return
    if trigger == "report":
        connection.execute("DELETE FROM change")
    connection.executemany(
        "INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?)",
        ((one.site, one.host, one.says, one.detail, one.status.value) for one in changes),
    )


def read(connection: sqlite3.Connection) -> tuple[Change, ...]:
    """What was told last, clinic by clinic."""
    rows = connection.execute("SELECT site, host, says, detail, status FROM change ORDER BY site, host, says")
    return tuple(Change(site, host, says, detail, Status(status)) for site, host, says, detail, status in rows)
