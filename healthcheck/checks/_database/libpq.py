"""PostgreSQL's libpq, by psycopg's own wrapper of it. Import this only where a PostgreSQL server is asked.

The rest of psycopg turns Python's types into PostgreSQL's and back, which takes longer to import than a whole round of
questions whose answers are a few words takes to ask. So its `__init__` is passed over, for as long as this takes.
"""

from __future__ import annotations

import select
import time
from collections.abc import Mapping

from healthcheck.api import module_alone

pq = module_alone("psycopg", "pq")


class LoginError(Exception):
    """A login that came to nothing: the server's words, or libpq's."""


class QueryError(Exception):
    """A question that came to nothing: the server's words, and its SQLSTATE unless the connection broke."""

    def __init__(self, text: str, sqlstate: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


class Connection:
    """A connection that is logged in. Blocking; whoever wants it to end shuts its socket down."""

    def __init__(self, settings: Mapping[str, str], left_s: float) -> None:
        """`settings` are libpq's own. Raises `LoginError`, and `TimeoutError` when the time is up."""
        self._libpq = pq.PGconn.connect_start(_conninfo(settings).encode())
        try:
            self._log_in(time.monotonic() + left_s)
        except BaseException:
            self.close()
            raise

    @property
    def fileno(self) -> int:
        """The socket's number."""
        number: int = self._libpq.socket
        return number

    @property
    def version(self) -> str:
        """The server's version, in its own words."""
        return _text(self._libpq.parameter_status(b"server_version") or b"")

    def ask(self, question: str, *values: str) -> tuple[str | None, ...]:
        """The first row of the answer, each value as text; empty if there is none. Raises `QueryError`."""
        result = self._libpq.exec_params(question.encode(), [value.encode() for value in values])
        if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
            code = result.error_field(pq.DiagnosticField.SQLSTATE)
            raise QueryError(_text(result.error_message), _text(code or b""))
        row = (result.get_value(0, column) for column in range(result.nfields)) if result.ntuples else ()
        return tuple(None if value is None else _text(value) for value in row)

    def close(self) -> None:
        """Say goodbye and give everything back."""
        self._libpq.finish()

    def _log_in(self, deadline: float) -> None:
        ready, events = select.poll(), select.POLLOUT
        while self._libpq.status != pq.ConnStatus.BAD:
            ready.register(self.fileno, events)
            answered = ready.poll(max(0.0, deadline - time.monotonic()) * 1000)
            ready.unregister(self.fileno)
            if not answered:
                raise TimeoutError
            state = self._libpq.connect_poll()
            if state == pq.PollingStatus.OK:
                return
            events = select.POLLIN if state == pq.PollingStatus.READING else select.POLLOUT
        raise LoginError(_text(self._libpq.error_message))


def _conninfo(settings: Mapping[str, str]) -> str:
    """As libpq reads it (PostgreSQL manual, 34.1.1.1): each value in quotes, quotes and backslashes escaped."""
    quoted = ((name, value.replace("\\", "\\\\").replace("'", "\\'")) for name, value in settings.items())
    return " ".join(f"{name}='{value}'" for name, value in quoted)


def _text(words: bytes) -> str:
    return words.decode("utf-8", errors="replace")
