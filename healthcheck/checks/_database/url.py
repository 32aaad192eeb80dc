"""The address of a database in SQLAlchemy's spelling: `dialect[+driver]://user@host:port/database`."""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import PurePosixPath
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from healthcheck.api import frozen

DIALECTS = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mssql": "mssql",
    "oracle": "oracle",
    "sqlite": "sqlite",
}
_SPELLED = re.compile(r"(?P<dialect>[a-z]+)(\+[a-z0-9_]+)?://", re.IGNORECASE)


@frozen
class Url:
    """A database's address in its parts. `port` is None for the product's own; `database` is a path for SQLite.

    `host` is empty when it is to be the address of the host that the check looks at.
    """

    dialect: str
    user: str = ""
    password: str | None = field(default=None, repr=False)
    host: str = ""
    port: int | None = None
    database: str = ""
    service_name: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; `ValueError` says in a sentence what is wrong with it and never shows it.

        Source of the spelling: SQLAlchemy 2, "Database URLs" (RFC 1738 with percent-encoded parts).
        """
        if not unquote(text).isprintable():
            raise ValueError("holds characters that cannot be seen")
        spelled = _SPELLED.match(text)
        if spelled is None or (dialect := DIALECTS.get(spelled["dialect"].lower())) is None:
            raise ValueError(f"must begin with one of {', '.join(f'{name}://' for name in DIALECTS)}")
        if dialect == "sqlite":
            return cls(dialect, database=_path(text[spelled.end() :]))
        try:
            parts = urlsplit(f"//{text[spelled.end() :]}")
            port = parts.port
        except ValueError:
            raise ValueError("cannot be read as dialect://user@host:port/database") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        service_name = options.pop("service_name", "") if dialect == "oracle" else ""
        if options or parts.fragment:
            raise ValueError("must end with the database's name: this check sets every option that follows a ? itself")
        if not parts.username:
            raise ValueError(f"does not name the account to log in with: {spelled['dialect']}://user@…")
        return cls(
            dialect,
            user=unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            host=parts.hostname or "",
            port=port,
            database=unquote(parts.path.removeprefix("/")),
            service_name=service_name,
        )


def _path(rest: str) -> str:
    """The file of `sqlite:////srv/charts.db`: three slashes and the path, which must be absolute here."""
    path = rest.removeprefix("/")
    if not rest.startswith("/") or not PurePosixPath(path).is_absolute() or "?" in path:
        raise ValueError("must give the whole path of the file, after three slashes: sqlite:////srv/charts.db")
    return path
