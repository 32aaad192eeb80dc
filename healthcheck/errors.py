"""Everything that can go wrong on purpose: each error says what was tried, on what, and what to do next."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import ClassVar

FRAMES = 12
"""As much of a traceback as is told."""


class HealthcheckError(Exception):
    """The parent of every error that is raised on purpose; its text is written for a person."""


class ConfigError(HealthcheckError):
    """The configuration cannot be used. The text lists every mistake, one a line."""


class PluginError(HealthcheckError):
    """A check's file cannot be loaded, or what it defines is not a check."""


class Fell(HealthcheckError):
    """The process that foreign code was asked in ended without an answer.

    The text is a line for IT: "ended by SIGSEGV". `late` is true when it had to be ended at its deadline.
    """

    def __init__(self, says: str, *, late: bool = False) -> None:
        super().__init__(says)
        self.late = late


class HistoryError(HealthcheckError):
    """The history store cannot be read or written. The report goes out all the same and says so."""


class DeliveryError(HealthcheckError):
    """A report was not accepted by the other side.

    `permanent` is true when trying again cannot help (a wrong address, a refused password) and false
    when it may (a busy server, a lost line). `reply` holds the server's own words, cleaned. `too_large` means that
    a shorter message may be taken; `wait_s` is how long the server asked to be left alone.
    """

    def __init__(
        self, says: str, *, permanent: bool, reply: str = "", too_large: bool = False, wait_s: float = 0.0
    ) -> None:
        super().__init__(says)
        self.permanent = permanent
        self.reply = reply
        self.too_large = too_large
        self.wait_s = wait_s


class ProbeError(HealthcheckError):
    """A check could not look: the outcome is UNKNOWN, unless that in itself `is_finding` about the host.

    `says` continues the sentence "could not be checked: …" in plain words; `detail` is the technical
    line for IT. `final` tells the runner that another attempt must not be made (a refused login
    that is repeated can lock the account).
    """

    is_finding: ClassVar[bool] = False

    def __init__(self, says: str, detail: str = "", *, final: bool = False) -> None:
        super().__init__(says)
        self.says = says
        self.detail = detail
        self.final = final


class Unreachable(ProbeError):
    """The host could not be reached for a check that looks inside it; its reachability is another check's."""


class ConnectError(ProbeError):
    """A TCP connection did not come about. `says` is a predicate of the host ("refused the connection")."""


class Refused(ConnectError):
    """The machine answered that nothing listens there."""


class NoAnswer(ConnectError):
    """Nothing came back before the deadline."""


class Prohibited(ConnectError):
    """Something on the way said no: no route, host unreachable, administratively prohibited."""


class NotResolved(ConnectError):
    """The name has no address, or the name server did not say in time."""


_PROHIBITED = {
    errno.ENETUNREACH: "could not be reached: the network knows no way to it",
    # One error for a machine that is off and for a firewall that says no: the kernel keeps which of them to itself.
    errno.EHOSTUNREACH: "could not be reached: nobody is at its address, or something on the way forbids it",
    errno.EACCES: "could not be reached: this computer's own firewall forbids it",
    errno.EPERM: "could not be reached: this computer's own firewall forbids it",
}


def connect_error(error: OSError, attempt: str) -> ConnectError:
    """What the system's error means for somebody who tried to reach a port; `attempt` is "TCP 192.0.2.1:443"."""
    code = error.errno or 0
    detail = f"{attempt}: {errno.errorcode.get(code, code)} {os.strerror(code)}"
    if isinstance(error, ConnectionRefusedError):
        return Refused("refused the connection", detail)
    if isinstance(error, ConnectionResetError):  # so soon that it is seen before the connection itself
        return Refused("took the connection and hung up at once", detail)
    if code in _PROHIBITED:
        return Prohibited(_PROHIBITED[code], detail)
    if code == errno.ETIMEDOUT:
        return NoAnswer("did not answer", detail)
    return ConnectError("this computer could not open a connection", detail)


class HostKeyChanged(ProbeError):
    """The host shows another identity than the one on record: a finding in itself, so CRITICAL.

    Nothing is sent to such a host. Raised by the SSH connection, wherever a check meets it.
    """

    is_finding = True

    def __init__(self, says: str, detail: str = "") -> None:
        super().__init__(says, detail, final=True)


def where(error: BaseException) -> str:
    """An exception's class and the lines that it came through, innermost first.

    Never its text: that may hold a password, or a row of a patient database.
    """
    lines = []
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        lines.append(f"{Path(code.co_filename).name}:{at.tb_lineno} in {code.co_name}")
        at = at.tb_next
    return f"{type(error).__name__} at {', from '.join(lines[: -FRAMES - 1 : -1])}"
