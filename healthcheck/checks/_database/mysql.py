"""MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from healthcheck.checks._database.call import (
    LOCK_SHARE,
    Call,
    Facts,
    Failed,
    Phase,
    Role,
    Tls,
    Trouble,
    cut_at_the_end,
    one_line,
)

if TYPE_CHECKING:
    import pymysql
    from pymysql.connections import Connection

HEADER_BYTES = 4
PROTOCOL = 10
ERROR = 0xFF
CAN_ENCRYPT = 0x0800
LOST_CODES = (2003, 2006, 2013, 2014)

CODES: dict[int, Trouble] = {
    1045: Trouble.LOGIN,  # access denied
    1130: Trouble.LOGIN,  # host is not allowed to connect
    1251: Trouble.LOGIN,  # way to log in is not supported
    1524: Trouble.LOGIN,  # its plug-in is not loaded
    1698: Trouble.LOGIN,  # access denied, no password asked
    1820: Trouble.LOGIN,  # password must be changed
    1862: Trouble.LOGIN,  # password has expired
    2059: Trouble.LOGIN,  # way to log in is unknown to the driver
    3118: Trouble.LOGIN,  # account is locked
    4151: Trouble.LOGIN,  # account is locked (MariaDB)
    1129: Trouble.LOGIN,  # host is blocked because of many connection errors
    1044: Trouble.RIGHTS,  # to the database
    1142: Trouble.RIGHTS,  # to a table
    1143: Trouble.RIGHTS,  # to a column
    1227: Trouble.RIGHTS,  # to do this at all
    2026: Trouble.UNENCRYPTED,
    1040: Trouble.FULL,
    1203: Trouble.FULL,  # for this user
    1226: Trouble.FULL,  # a user's resource
    1049: Trouble.NO_DATABASE,
    1146: Trouble.NO_TABLE,
    1053: Trouble.STOPPING,
    1927: Trouble.STOPPING,  # connection was killed
    1205: Trouble.LOCKED,
    1213: Trouble.LOCKED,
    1969: Trouble.SLOW,  # max_statement_time (MariaDB)
    3024: Trouble.SLOW,  # max_execution_time (MySQL)
    126: Trouble.DAMAGED,
    127: Trouble.DAMAGED,
    144: Trouble.DAMAGED,
    145: Trouble.DAMAGED,
    1034: Trouble.DAMAGED,
    1035: Trouble.DAMAGED,
    1194: Trouble.DAMAGED,  # table is marked as crashed
    1195: Trouble.DAMAGED,
}
"""What an error number means (MySQL 8 and MariaDB 10 server error references); for a question, else BROKEN."""

STATE = "SELECT @@global.read_only, @@global.max_connections"
CONNECTED = "SHOW GLOBAL STATUS LIKE 'Threads_connected'"
STORED = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
REPLICA = ("SHOW REPLICA STATUS", "SHOW SLAVE STATUS")
"""The older word is all that MySQL before 8.0.22 and MariaDB before 10.5 know."""
UNKNOWN_WORD, NOT_PERMITTED = 1064, 1227


MISREAD = (struct.error, IndexError, KeyError, AssertionError, TypeError, ValueError)
"""What the driver raises when it is fed something that is not MySQL's protocol."""


class _InClear(Exception):
    """The server wants the password as it is."""


class _Refuse:
    """Stands in for the ways to log in that would send the password as it is to whoever asks."""

    def __init__(self, connection: Connection[Any]) -> None: ...

    def authenticate(self, packet: object) -> object:
        raise _InClear


def ask(call: Call) -> Facts:
    """Log in, open a read-only transaction and ask; raises `Failed`."""
    with call.open_line() as line, cut_at_the_end(line.fileno(), call) as cut:
        offered = _offers_encryption(line, call, cut)
        connection = _log_in(line, call, offered, cut)
        try:
            return _question(connection, call, cut)
        finally:
            connection._force_close()  # type: ignore[attr-defined]  # noqa: SLF001  # `close` waits for the server


def _offers_encryption(line: socket.socket, call: Call, cut: Callable[[], bool]) -> bool:
    """Look at the server's greeting and leave it for the driver: is it MySQL's, and does it offer encryption?

    Source: MySQL's Protocol::HandshakeV10; a server that is full greets with an error packet instead.
    """
    greeting = _peeked(line, call, cut)
    if len(greeting) < HEADER_BYTES + 1 or greeting[3] != 0 or greeting[4] not in (PROTOCOL, ERROR):
        raise Failed(Trouble.FOREIGN, Phase.CONNECT, f"greeted with {greeting[:64]!r}")
    _, _, after_version = greeting[HEADER_BYTES + 1 :].partition(b"\0")
    capabilities = after_version[13:15]
    return greeting[4] == PROTOCOL and bool(int.from_bytes(capabilities, "little") & CAN_ENCRYPT)


def _peeked(line: socket.socket, call: Call, cut: Callable[[], bool]) -> bytes:
    wanted = HEADER_BYTES
    try:
        while True:
            line.settimeout(call.left_s())
            seen = line.recv(512, socket.MSG_PEEK)
            if len(seen) >= HEADER_BYTES:
                wanted = HEADER_BYTES + int.from_bytes(seen[:3], "little")
            if not seen:
                raise Failed(Trouble.SILENT if cut() else Trouble.LOST, Phase.CONNECT, "the connection ended ungreeted")
            if len(seen) >= min(wanted, 512) or seen[3:4] > b"\0" or time.monotonic() > call.deadline:
                return seen
            time.sleep(0.01)  # a greeting in two pieces: peeking again would not wait for the second
    except TimeoutError:
        raise Failed(Trouble.SILENT, Phase.CONNECT, "no greeting") from None
    except OSError as error:
        raise Failed(Trouble.LOST, Phase.CONNECT, one_line(error)) from None


def _log_in(line: socket.socket, call: Call, offered: bool, cut: Callable[[], bool]) -> Connection[Any]:
    import pymysql

    if not offered and call.tls in (Tls.REQUIRE, Tls.VERIFY):
        raise Failed(Trouble.UNENCRYPTED, Phase.LOGIN, "the server's greeting offers no encryption")
    encrypted = offered and call.tls is not Tls.OFF
    refused = () if call.tls is Tls.VERIFY else ("mysql_clear_password", "dialog")
    connection = pymysql.connect(
        host=call.url.host or str(line.getpeername()[0]),
        user=call.url.user,
        password=call.secret or "",
        database=call.url.database or None,
        ssl=call.tls_context() if encrypted else None,
        ssl_disabled=not encrypted,
        auth_plugin_map=dict.fromkeys(refused, _Refuse),
        read_timeout=call.left_s(),
        write_timeout=call.left_s(),
        defer_connect=True,
    )
    try:
        connection.connect(line)
    except pymysql.MySQLError as error:
        raise _failure(error, Phase.LOGIN, cut) from None
    except _InClear:
        said = "the server asks for the password as it is; allow it by verify"
        raise Failed(Trouble.UNENCRYPTED, Phase.LOGIN, said) from None
    except MISREAD as error:
        raise Failed(Trouble.FOREIGN, Phase.LOGIN, f"unreadable reply: {one_line(error)}") from None
    return connection


def _question(connection: Connection[Any], call: Call, cut: Callable[[], bool]) -> Facts:
    import pymysql

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            [version] = cursor.fetchone() or ("",)
            for limit in _limits(version, call.server_limit_s()):
                cursor.execute(limit)
            cursor.execute("START TRANSACTION READ ONLY")
            cursor.execute(STORED)
            cursor.execute(STATE)
            read_only, connections_limit = _numbers(cursor.fetchone())
            cursor.execute(CONNECTED)
            [connections] = _numbers((cursor.fetchone() or ())[1:])
            if call.table:
                cursor.execute(f"SELECT 1 FROM {call.table} LIMIT 1")  # noqa: S608  # the setting is held to a name
        copying = _copying(connection, call)
    except pymysql.MySQLError as error:
        raise _failure(error, Phase.QUERY, cut) from None
    except MISREAD as error:
        raise Failed(Trouble.LOST, Phase.QUERY, f"unreadable reply: {one_line(error)}") from None
    return Facts(
        version=version if "MariaDB" in version else f"MySQL {version}",
        role=Role.STANDBY if copying else Role.READ_ONLY if read_only else Role.PRIMARY,
        connections=connections,
        connections_limit=connections_limit,
        receiving=_runs(copying) if copying else None,
        lag_s=_behind_s(copying),
    )


def _numbers(row: tuple[Any, ...] | None) -> list[int]:
    return [int(value) for value in row or ()]


def _limits(version: str, limit_s: float) -> tuple[str, str]:
    """The server's own limits for a question, in the words of each product; the one for locks is in whole seconds."""
    mariadb = "MariaDB" in version
    question = f"max_statement_time = {limit_s:.3f}" if mariadb else f"max_execution_time = {limit_s * 1000:.0f}"
    return f"SET SESSION {question}", f"SET SESSION lock_wait_timeout = {max(1, int(limit_s * LOCK_SHARE))}"


def _copying(connection: Connection[Any], call: Call) -> dict[str, Any]:
    """What the server says about following another one; empty when it follows none, or when we may not know."""
    import pymysql
    from pymysql.cursors import DictCursor

    for words in REPLICA:
        try:
            with connection.cursor(DictCursor) as cursor:
                cursor.execute(words)
                return dict(cursor.fetchone() or {})
        except pymysql.MySQLError as error:
            if error.args[0] == UNKNOWN_WORD:
                continue
            if error.args[0] == NOT_PERMITTED and not call.standby_wanted:
                return {}
            raise
    return {}


def _runs(copying: dict[str, Any]) -> bool:
    threads = [value for name, value in copying.items() if name.endswith(("_IO_Running", "_SQL_Running"))]
    return bool(threads) and all(value == "Yes" for value in threads)


def _behind_s(copying: dict[str, Any]) -> float | None:
    behind = copying.get("Seconds_Behind_Source", copying.get("Seconds_Behind_Master"))
    return None if behind is None else float(behind)


def _failure(error: pymysql.MySQLError, phase: Phase, cut: Callable[[], bool]) -> Failed:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    text = one_line(error.args[-1]) if error.args else type(error).__name__
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
        known = isinstance(cause, ssl.SSLCertVerificationError)
        return Failed(Trouble.IDENTITY if known else Trouble.UNCLEAR, phase, one_line(cause))
    if code in LOST_CODES:
        return Failed(Trouble.SILENT if cut() or "timed out" in text else Trouble.LOST, phase, f"{code}: {text}")
    other = Trouble.BROKEN if phase is Phase.QUERY else Trouble.UNCLEAR
    return Failed(CODES.get(code, other), phase, f"{code}: {text}")
