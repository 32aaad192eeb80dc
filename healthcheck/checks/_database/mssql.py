"""Microsoft SQL Server, by python-tds."""

from __future__ import annotations

import logging
import struct
from typing import TYPE_CHECKING

from healthcheck.checks._database.call import LOCK_SHARE, Call, Facts, Failed, Phase, Role, Trouble, one_line
from healthcheck.checks._database.tds import Line

if TYPE_CHECKING:
    import pytds

NO_RETRIES_S = 0.001
"""python-tds repeats a failed login for this long and then hides why; the deadline is kept by the line instead."""

NO_SUCH_DATABASE = 4060
MISREAD = (struct.error, IndexError, KeyError, AssertionError, TypeError, ValueError, AttributeError)
"""What the driver raises when it is fed something that is not SQL Server's protocol."""

NUMBERS: dict[int, Trouble] = {
    18452: Trouble.LOGIN,  # untrusted domain
    18456: Trouble.LOGIN,
    18470: Trouble.LOGIN,  # account is disabled
    18486: Trouble.LOGIN,  # account is locked
    18487: Trouble.LOGIN,  # password has expired
    18488: Trouble.LOGIN,  # password must be changed
    229: Trouble.RIGHTS,  # on an object
    230: Trouble.RIGHTS,  # on a column
    262: Trouble.RIGHTS,  # in a database
    300: Trouble.RIGHTS,  # on the server
    916: Trouble.RIGHTS,  # to the database
    904: Trouble.STARTING,  # cannot be started while the server starts or stops
    913: Trouble.STARTING,
    921: Trouble.STARTING,  # not recovered yet
    922: Trouble.STARTING,  # being recovered
    18401: Trouble.STARTING,  # upgrading its own tables
    6005: Trouble.STOPPING,
    6006: Trouble.STOPPING,
    10928: Trouble.FULL,
    10929: Trouble.FULL,
    17809: Trouble.FULL,  # user connections
    18461: Trouble.FULL,  # single-user mode, and somebody is in
    911: Trouble.NO_DATABASE,
    NO_SUCH_DATABASE: Trouble.NO_DATABASE,  # not there, or not for this account
    208: Trouble.NO_TABLE,
    1205: Trouble.LOCKED,
    1222: Trouble.LOCKED,
    823: Trouble.DAMAGED,
    824: Trouble.DAMAGED,
    825: Trouble.DAMAGED,
    926: Trouble.DAMAGED,  # marked suspect
    945: Trouble.DAMAGED,  # files cannot be read
}
"""What an error number means (SQL Server's "Database engine events and errors"); for a question, else BROKEN."""

# `fn_hadr_is_primary_replica` is 1 or 0 within an availability group and NULL outside.
STATE = """
SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)),
       CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)),
       CAST(sys.fn_hadr_is_primary_replica(DB_NAME()) AS int),
       (SELECT COUNT(*) FROM sys.objects)
"""


def ask(call: Call) -> Facts:
    """Log in and ask; raises `Failed`. SQL Server knows no read-only transaction: nothing but SELECT is sent."""
    with call.open_line() as socket:
        line = Line(socket, call)
        line.greet()
        return _question(_log_in(line, call), call)


def _log_in(line: Line, call: Call) -> pytds.Connection:
    import pytds

    logging.getLogger("pytds").setLevel(logging.ERROR)  # it warns that a login took longer than NO_RETRIES_S
    try:
        return pytds.connect(
            dsn=call.url.host or line.peer,
            port=call.port,
            user=call.url.user,
            password=call.secret,
            database=call.url.database or None,
            appname="healthcheck",
            autocommit=True,
            login_timeout=NO_RETRIES_S,
            disable_connect_retry=True,
            sock=line,
        )
    except TimeoutError as error:  # what python-tds makes of every failure but a refused login
        raise _failure(error.__cause__ or error, Phase.LOGIN) from None
    except (pytds.Error, OSError, *MISREAD) as error:
        raise _failure(error, Phase.LOGIN) from None


def _question(connection: pytds.Connection, call: Call) -> Facts:
    import pytds

    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCK_TIMEOUT {call.server_limit_s() * 1000 * LOCK_SHARE:.0f}")
            cursor.execute(STATE)
            [(version, updateability, primary, _)] = cursor.fetchall()
            if call.table:
                cursor.execute(f"SELECT TOP 1 1 FROM {call.table}")  # noqa: S608  # the setting is held to a name
                cursor.fetchall()
    except (pytds.Error, OSError, *MISREAD) as error:
        raise _failure(error, Phase.QUERY) from None
    return Facts(version=f"SQL Server {version}", role=role(updateability, primary))


def role(updateability: str | None, primary: int | None) -> Role | None:
    """The role by what the database and, in an availability group, the group say."""
    if primary == 0:
        return Role.STANDBY
    return {"READ_WRITE": Role.PRIMARY, "READ_ONLY": Role.READ_ONLY}.get(updateability or "")


def _failure(error: BaseException, phase: Phase) -> Failed:
    text = one_line(error.args[0] if error.args else error)
    if isinstance(error, TimeoutError):
        return Failed(Trouble.SILENT, phase, "no reply before the deadline")
    if isinstance(error, OSError) or type(error).__name__ == "ClosedConnectionError":
        return Failed(Trouble.LOST, phase, text)
    if number := getattr(error, "number", 0):
        return _refusal(number, text, phase)
    return Failed(Trouble.FOREIGN, phase, f"unreadable reply: {text}")


def _refusal(number: int, text: str, phase: Phase) -> Failed:
    if "Cannot open database" in text:  # comes before 18456, and only for a login that was right
        number = NO_SUCH_DATABASE
    other = Trouble.BROKEN if phase is Phase.QUERY else Trouble.UNCLEAR
    return Failed(NUMBERS.get(number, other), phase, f"message {number}: {text}")
