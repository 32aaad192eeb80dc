"""Whether a clinic's own server can reach another machine, such as the database that all clinics share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import (
    Check,
    ConnectError,
    Metric,
    NoAnswer,
    NotResolved,
    Prohibited,
    Refused,
    Result,
    Status,
    Target,
    frozen,
)

_WHY: dict[type[ConnectError], str] = {
    Refused: "the connection is refused",
    NoAnswer: "nothing answers",
    Prohibited: "the network on the way turns it away",
    NotResolved: "its name cannot be looked up there",
}


@frozen
class Reached:
    """What became of the connection; `failed` is its error when there was none."""

    connect_s: float = 0.0
    failed: ConnectError | None = None


@dataclass(frozen=True, kw_only=True)
class Path(Check[Reached]):
    """Whether this clinic's own server can reach another machine, as the people there do: the shared database.

    to        the other machine and its TCP port, "10.0.0.5:5432" or "[2001:db8::5]:5432"; looked up and reached from
              the host's side, not from here
    label     what people call it: "the patient database"

    Problem: the connection is refused, not answered, or turned away on the way, or the name is not known there (the
    reason is said), three times in a row. Could not check: the host itself cannot be logged in to, or its SSH server
    does not let us look from there. Measures the seconds that the connection took.

    The connection is opened by the host's SSH server (RFC 4254, 7.2) and closed at once; nothing is sent over it, so a
    database there logs at most an empty connection. On this computer itself the connection is made directly.

    Needs a login on the host that may forward to that one place (`AllowTcpForwarding local` in sshd_config is enough).
    The least right for it is one line in authorized_keys there:
    restrict,port-forwarding,permitopen="10.0.0.5:5432" ssh-ed25519 …
    """

    kind: ClassVar[str] = "path"
    inside: ClassVar[bool] = True
    default_attempts: ClassVar[int] = 3

    to: str
    label: str = "the other end"

    async def probe(self, target: Target) -> Reached:
        name, port = parts(self.to)
        begun = time.monotonic()
        try:
            stream = await target.open_through(name, port)
        except ConnectError as error:
            return Reached(time.monotonic() - begun, error)
        connect_s = time.monotonic() - begun
        stream.close()
        return Reached(connect_s)

    def evaluate(self, reached: Reached, now: datetime) -> Iterator[Result]:
        error = reached.failed
        if error is None:
            detail = f"TCP to {self.to} from there: connected in {reached.connect_s * 1000:.3g} ms"
            metric = Metric("connect", reached.connect_s, "s")
            yield Result(Status.OK, f"can reach {self.label}", detail, metric)
        else:
            why = _WHY.get(type(error))
            says = f"cannot reach {self.label}" + (f": {why}" if why else "")
            yield Result(Status.CRITICAL, says, error.detail)

    def other_end(self) -> str:
        return parts(self.to)[0]

    def mistakes(self) -> Iterator[tuple[str, str]]:
        try:
            parts(self.to)
        except ValueError as error:
            yield "to", str(error)
        if not self.label.strip():
            yield "label", "must not be empty: it is what people call the other machine"


def parts(to: str) -> tuple[str, int]:
    """The machine and the port of "machine:port", an IPv6 address in brackets; `ValueError` says what is wrong."""
    name, colon, port = to.strip().rpartition(":")
    bracketed = name.startswith("[") and name.endswith("]")
    if not colon or not name.strip("[]") or ("]" in port):
        raise ValueError('must name a machine and its port, like "10.0.0.5:5432"')
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ValueError("must end with a port between 1 and 65535")
    if ":" in name and not bracketed:
        raise ValueError('must have an IPv6 address in brackets, like "[2001:db8::5]:5432"')
    name = name[1:-1] if bracketed else name
    if any(character.isspace() or character in "[]/@" for character in name):
        raise ValueError('must name a machine and its port and nothing else, like "10.0.0.5:5432"')
    return name, int(port)
