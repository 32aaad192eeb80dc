"""Oracle Database, by oracledb in its thin mode."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from healthcheck.checks._database.call import Call, Facts, Failed, Phase, Role, Trouble, one_line

if TYPE_CHECKING:
    import oracledb

CODES: dict[str, Trouble] = {
    "ORA-01017": Trouble.LOGIN,
    "ORA-01005": Trouble.LOGIN,  # no password given
    "ORA-28000": Trouble.LOGIN,  # account is locked
    "ORA-28001": Trouble.LOGIN,  # password has expired
    "ORA-01045": Trouble.LOGIN,  # may not create a session
    "DPY-4001": Trouble.LOGIN,  # no credentials
    "ORA-01031": Trouble.RIGHTS,
    "ORA-01033": Trouble.STARTING,  # starting up or shutting down
    "ORA-12528": Trouble.STARTING,  # no instance takes connections yet
    "ORA-01034": Trouble.BROKEN,  # not available
    "ORA-01035": Trouble.BROKEN,  # open to administrators only
    "ORA-27101": Trouble.BROKEN,  # its shared memory is gone
    "ORA-01089": Trouble.STOPPING,
    "ORA-01090": Trouble.STOPPING,
    "ORA-00018": Trouble.FULL,
    "ORA-00020": Trouble.FULL,
    "ORA-12516": Trouble.FULL,
    "ORA-12519": Trouble.FULL,
    "ORA-12520": Trouble.FULL,
    "ORA-12514": Trouble.NO_DATABASE,  # service is not known to the listener
    "ORA-12505": Trouble.NO_DATABASE,  # nor is the SID
    "DPY-6001": Trouble.NO_DATABASE,
    "DPY-6003": Trouble.NO_DATABASE,
    "ORA-00942": Trouble.NO_TABLE,
    "ORA-00054": Trouble.LOCKED,
    "ORA-01578": Trouble.DAMAGED,  # a block
    "ORA-01110": Trouble.DAMAGED,  # a data file
    "ORA-01157": Trouble.DAMAGED,  # cannot be read
    "DPY-4024": Trouble.SLOW,  # call_timeout
    "DPY-4011": Trouble.LOST,
    "DPY-3010": Trouble.UNCLEAR,  # server too old for the thin mode
    "DPY-6005": Trouble.FOREIGN,  # no connection, and no better reason
}
"""What an error code means (Oracle's "Database error messages", python-oracledb's appendix); the first that fits."""
_CODE = re.compile(r"(ORA|DPY)-(\d+)")

ROLES = {
    "PRIMARY": Role.PRIMARY,
    "PHYSICAL STANDBY": Role.STANDBY,
    "LOGICAL STANDBY": Role.STANDBY,
    "SNAPSHOT STANDBY": Role.STANDBY,
}
STATE = "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE'), (SELECT COUNT(*) FROM all_tables WHERE ROWNUM = 1) FROM dual"


def ask(call: Call) -> Facts:
    """Log in, open a read-only transaction and ask, in an event loop of its own; raises `Failed`.

    In its blocking form oracledb waits for ever for a server that accepts and says nothing.
    """
    with call.open_line() as line:
        address = str(line.getpeername()[0])
    try:
        return asyncio.run(asyncio.wait_for(_look(call, address), call.left_s()))
    except TimeoutError:
        raise Failed(Trouble.SILENT, Phase.LOGIN, "no reply before the deadline") from None


async def _look(call: Call, address: str) -> Facts:
    import oracledb

    try:
        connection = await oracledb.connect_async(
            user=call.url.user,
            password=call.secret,
            host=address,
            port=call.port,
            service_name=call.url.service_name or None,
            sid=None if call.url.service_name else call.url.database,
            tcp_connect_timeout=call.left_s(),
            retry_count=0,
        )
    except oracledb.Error as error:
        raise failure(one_line(error), Phase.LOGIN) from None
    except OSError as error:
        raise Failed(Trouble.LOST, Phase.LOGIN, one_line(error)) from None
    async with connection:
        return await _question(connection, call)


async def _question(connection: oracledb.AsyncConnection, call: Call) -> Facts:
    import oracledb

    connection.call_timeout = max(1, int(call.server_limit_s() * 1000))
    try:
        with connection.cursor() as cursor:
            await cursor.execute("SET TRANSACTION READ ONLY")
            await cursor.execute(STATE)
            role, _ = await cursor.fetchone()
            if call.table:
                await cursor.execute(f"SELECT 1 FROM {call.table} WHERE ROWNUM = 1")  # noqa: S608  # held to a name
    except oracledb.Error as error:
        raise failure(one_line(error), Phase.QUERY) from None
    return Facts(version=f"Oracle Database {connection.version}", role=ROLES.get(role or ""))


def failure(text: str, phase: Phase) -> Failed:
    """What went wrong, by the codes in a message: the driver's own code comes before the reason, so the best wins."""
    found = {f"{maker}-{number}" for maker, number in _CODE.findall(text)}
    other = Trouble.BROKEN if phase is Phase.QUERY else Trouble.UNCLEAR
    return Failed(next((trouble for code, trouble in CODES.items() if code in found), other), phase, text)
