"""PostgreSQL, by the libpq that psycopg 3 brings."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable

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
from healthcheck.checks._database.libpq import Connection, LoginError, QueryError, pq

SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
"""Asks for encryption before anything else; a server answers it with one letter (PostgreSQL protocol 3)."""
WAITING_SHARE = 0.5
"""How long a check waits for the shared connection, as a share of what it has left: with the rest it logs in itself."""
CLEARTEXT_CAN_BE_REFUSED = 160000
"""libpq from this version on can refuse to send a password as it is."""

REFUSALS: tuple[tuple[str, Trouble], ...] = (
    (r"password authentication failed|authentication failed for user|no password supplied", Trouble.LOGIN),
    (r"role .* does not exist|is not permitted to log in|no pg_hba\.conf entry|pg_hba\.conf rejects", Trouble.LOGIN),
    (r"permission denied", Trouble.RIGHTS),
    (r"authentication method requirement|server requested", Trouble.UNENCRYPTED),
    (r"certificate|does not match host name|SSL error|root\.crt|sslrootcert", Trouble.IDENTITY),
    (r"starting up|not yet accepting connections|in recovery mode|recovery is in progress", Trouble.STARTING),
    (r"shutting down|terminating connection", Trouble.STOPPING),
    (r"too many (clients|connections)|remaining connection slots|connection limit exceeded", Trouble.FULL),
    (r"could not (open|read|write|access|stat|fork|seek|map|load|create|extend)|No such file", Trouble.BROKEN),
    (r"out of memory|No space left|Input/output error|invalid page|PANIC|cache lookup failed", Trouble.BROKEN),
    (r"not currently accepting connections", Trouble.BROKEN),
    (r"database .* does not exist", Trouble.NO_DATABASE),
    (r"timeout expired|timed out", Trouble.SILENT),
    (r"closed the connection|Connection reset|server closed|unexpected EOF", Trouble.LOST),
    (r"received invalid response|expected authentication request", Trouble.FOREIGN),
)
"""What a login's failure means: libpq hands no SQLSTATE for it, so the server's words in English must do."""

SQLSTATES: tuple[tuple[str, Trouble], ...] = (
    ("57014", Trouble.SLOW),
    ("55P03", Trouble.LOCKED),
    ("40P01", Trouble.LOCKED),
    ("42501", Trouble.RIGHTS),
    ("42P01", Trouble.NO_TABLE),
    ("3F000", Trouble.NO_TABLE),
    ("57P", Trouble.STOPPING),
    ("XX001", Trouble.DAMAGED),
    ("XX002", Trouble.DAMAGED),
)
"""What a question's failure means, by the beginning of its SQLSTATE (PostgreSQL manual, appendix A); else BROKEN."""

_PREFIX = re.compile(r"^connection to server at \S+ port \d+ failed: ")
"""What libpq puts before the server's own words, and our technical line has already."""

_SEVERITY = re.compile(r"^(ERROR|FATAL|PANIC): +")

YES = "t"
BEGIN = "BEGIN READ ONLY"
LIMITS = "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)"

# The number of tables is of no interest, but counting them reads the catalogue's own files. A setting that is on for
# our own account only (a good habit) does not make the server read-only.
STATE = """
SELECT (SELECT count(*) FROM pg_catalog.pg_class),
       pg_is_in_recovery(),
       (SELECT setting = 'on' AND source NOT IN ('user', 'database user', 'client', 'session')
          FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'),
       (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0)
"""
# An idle primary sends nothing to replay, so the age of the last replayed change alone would look like a lag.
STANDBY = """
SELECT receiving,
       CASE WHEN receiving AND pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END
  FROM (SELECT count(*) > 0 AS receiving FROM pg_catalog.pg_stat_wal_receiver) AS receiver
"""


def ask(call: Call) -> Facts:
    """Log in, open a read-only transaction and ask; raises `Failed`.

    The checks of a round that log in alike do so once, and ask one after the other over that connection.
    """
    desk: Desk = call.shared(Desk)
    if desk.turn.acquire(timeout=call.left_s() * WAITING_SHARE):
        try:
            return desk.ask(call)
        finally:
            desk.turn.release()
    with contextlib.closing(Desk()) as own:  # the others' question hangs; whether this one does, it finds out itself
        return own.ask(call)


class Desk:
    """Where checks log in that do so alike. Whoever asks holds the `turn`."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._connection: Connection | None = None
        self._log_in_s = 0.0
        self._refused: Failed | None = None

    def ask(self, call: Call) -> Facts:
        """Ask over the connection that is there, or log in first."""
        if self._refused is not None:  # tried once more, it could lock the account
            raise Failed(self._refused.trouble, self._refused.phase, self._refused.detail)
        if self._connection is not None:
            call.watch.restart(self._log_in_s)
            try:
                return self._asked(self._connection, call)
            except Failed as failed:
                if failed.trouble not in (Trouble.LOST, Trouble.STOPPING):
                    raise
            # What broke was another check's login; what a new one meets is this check's own finding.
        call.watch.restart()
        self._connection = self._logged_in(call)
        self._log_in_s = call.watch.took_s
        return self._asked(self._connection, call)

    def close(self) -> None:
        """Take leave of the server, unless somebody still asks there."""
        if self.turn.acquire(blocking=False):
            self._hang_up()
            self.turn.release()

    def _logged_in(self, call: Call) -> Connection:
        try:
            address, encrypted = _ring(call)
            return _log_in(call, address, offered=encrypted)
        except Failed as failed:
            if failed.trouble is Trouble.LOGIN:
                self._refused = failed
            raise

    def _asked(self, connection: Connection, call: Call) -> Facts:
        answered = False
        try:
            with cut_at_the_end(connection.fileno, call) as cut:
                facts = _question(connection, call, cut)
            answered = True
            return facts
        finally:
            if not answered:  # by whatever it was, the next one is not to find traces of it
                self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _ring(call: Call) -> tuple[str, bool]:
    """Ask for encryption on a connection of its own, which also shows whether this is PostgreSQL and awake.

    Returns the address that answered and whether it offers encryption. Leaving that to libpq would send a refused
    password twice: its `prefer` tries again without encryption.
    """
    with call.open_line() as line:
        line.settimeout(call.left_s())
        try:
            address = str(line.getpeername()[0])
            line.sendall(SSL_REQUEST)
            reply = line.recv(64)
        except TimeoutError:
            raise Failed(Trouble.SILENT, Phase.CONNECT, "no reply to an SSLRequest") from None
        except OSError as error:
            raise Failed(Trouble.LOST, Phase.CONNECT, one_line(error)) from None
    if not reply:
        raise Failed(Trouble.LOST, Phase.CONNECT, "hung up at an SSLRequest")
    if reply not in (b"S", b"N"):
        raise Failed(Trouble.FOREIGN, Phase.CONNECT, f"answered an SSLRequest with {reply!r}")
    return address, reply == b"S"


def _log_in(call: Call, address: str, *, offered: bool) -> Connection:
    if not offered and call.tls in (Tls.REQUIRE, Tls.VERIFY):
        raise Failed(Trouble.UNENCRYPTED, Phase.LOGIN, "the server answered N to an SSLRequest")
    verify = call.tls is Tls.VERIFY
    encrypted = "verify-full" if verify else "require"
    no_cleartext = not verify and pq.version() >= CLEARTEXT_CAN_BE_REFUSED
    settings = {
        "host": call.url.host or address,
        "hostaddr": address,
        "port": str(call.port),
        "dbname": call.url.database or "postgres",
        "user": call.url.user,
        "password": call.secret,
        "application_name": "healthcheck",
        "client_encoding": "UTF8",
        "sslmode": encrypted if offered and call.tls is not Tls.OFF else "disable",
        "sslrootcert": (call.ca_file or "system") if verify else None,
        "require_auth": "!password" if no_cleartext else None,
        "gssencmode": "disable",
    }
    try:
        return Connection({name: value for name, value in settings.items() if value}, call.left_s())
    except TimeoutError:
        raise Failed(Trouble.SILENT, Phase.LOGIN, "no reply before the deadline") from None
    except LoginError as error:
        raise refusal(_PREFIX.sub("", one_line(error))) from None


def refusal(text: str) -> Failed:
    """Why a login did not come about, by the server's words; what nobody has seen before is our not knowing."""
    trouble = next((trouble for words, trouble in REFUSALS if re.search(words, text, re.IGNORECASE)), Trouble.UNCLEAR)
    return Failed(trouble, Phase.LOGIN, text)


def _question(connection: Connection, call: Call, cut: Callable[[], bool]) -> Facts:
    limit_s = call.server_limit_s()
    try:
        connection.ask(BEGIN)
        connection.ask(LIMITS, f"{limit_s * 1000:.0f}ms", f"{limit_s * 1000 * LOCK_SHARE:.0f}ms")
        _, recovering, read_only, connections, connections_limit = connection.ask(STATE)
        receiving, lag_s = connection.ask(STANDBY) if recovering == YES else (None, None)
        if call.table:
            connection.ask(f"SELECT 1 FROM {call.table} LIMIT 1")  # noqa: S608  # the setting is held to a name
        connection.ask("ROLLBACK")
    except QueryError as error:
        if cut():
            raise Failed(Trouble.SILENT, Phase.QUERY, "no reply before the deadline") from None
        raise _query_failure(error) from None
    role = Role.STANDBY if recovering == YES else Role.READ_ONLY if read_only == YES else Role.PRIMARY
    return Facts(
        version=f"PostgreSQL {connection.version}",
        role=role,
        connections=int(connections or 0),
        connections_limit=int(connections_limit or 0),
        receiving=None if receiving is None else receiving == YES,
        lag_s=None if lag_s is None else max(0.0, float(lag_s)),
    )


def _query_failure(error: QueryError) -> Failed:
    code = error.sqlstate
    if not code:
        return Failed(Trouble.LOST, Phase.QUERY, one_line(error))
    trouble = next((trouble for begin, trouble in SQLSTATES if code.startswith(begin)), Trouble.BROKEN)
    return Failed(trouble, Phase.QUERY, f"SQLSTATE {code}: {_SEVERITY.sub('', one_line(error))}")
