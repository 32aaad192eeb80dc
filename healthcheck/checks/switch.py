"""Network switches and routers: the ports that should have something at their other end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, ProbeError, Result, Status, Target, frozen
from healthcheck.checks._snmp.asking import ask
from healthcheck.checks._snmp.login import PORT, Login
from healthcheck.checks._snmp.told import DESCRIPTION, Told

_IF = "1.3.6.1.2.1.2.2.1"
_IFX = "1.3.6.1.2.1.31.1.1.1"
_DESCR, _ADMIN, _OPER = f"{_IF}.2", f"{_IF}.7", f"{_IF}.8"
_NAME, _SPEED, _ALIAS = f"{_IFX}.1", f"{_IFX}.15", f"{_IFX}.18"

_UP, _DOWN, _TESTING, _UNKNOWN, _DORMANT, _NOT_PRESENT, _LOWER_DOWN = 1, 2, 3, 4, 5, 6, 7
"""ifOperStatus (RFC 2863); ifAdminStatus has the first three."""
_WORDS = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "not present", 7: "lower layer down"}


@frozen
class Port:
    """One port by all the names that it goes by. `admin` and `oper` are its own numbers; `speed_mbit` 0 if untold."""

    number: str
    name: str = ""
    description: str = ""
    alias: str = ""
    admin: int | None = None
    oper: int | None = None
    speed_mbit: int = 0

    def named(self) -> tuple[str, ...]:
        """Its names, what a person calls it first."""
        return (self.alias, self.name, self.description, self.number)


@dataclass(frozen=True, kw_only=True)
class Switch(Login, Check[tuple[Port, ...]]):
    """Whether the ports of a network switch or router that should have a device at their other end do.

    ports          the ports that should be up, each by its description there, its name or its number
    speed_mbit     the least speed in Mbit/s that each of them should have; 0: any
    port           its UDP port
    community      SNMP version 2c: as { secret = "name" }; without it "public"
    user           SNMP version 3: the user's name; then no community
    auth_password  of that user, as { secret = "name" }
    priv_password  with which it is encrypted, as { secret = "name" }
    auth           how the password proves itself: md5, sha, sha224, sha256, sha384 or sha512
    priv           how it is encrypted: des, aes, aes192 or aes256

    OK: each is up. Look: slower than it should be (often a bad cable), being tested, or waiting for something. Problem:
    nothing at the other end, switched off in the settings, or its module pulled out.
    Could not check: no answer (a wrong community looks just like that), a refused login, no port of that name or more
    than one, or a port whose state the switch does not know.

    Needs SNMP switched on in the switch, for reading only. Versions 1 and 2c send the community readable.
    Source: IF-MIB (RFC 2863). Counters are not read, so it does not matter that they begin anew.
    """

    kind: ClassVar[str] = "switch"
    default_attempts: ClassVar[int] = 2

    ports: tuple[str, ...]
    speed_mbit: int = 0
    port: int = PORT

    async def probe(self, target: Target) -> tuple[Port, ...]:
        trees = (_DESCR, _ADMIN, _OPER, _NAME, _SPEED, _ALIAS)
        return read_ports(await ask(target, self, scalars=(DESCRIPTION,), trees=trees, port=self.port))

    def evaluate(self, ports: tuple[Port, ...], now: datetime) -> Iterator[Result]:
        for wanted in self.ports:
            yield self._judged(wanted, found(ports, wanted))

    def _judged(self, wanted: str, ports: tuple[Port, ...]) -> Result:
        if len(ports) != 1:
            if not ports:
                return Result(Status.UNKNOWN, f"knows no port “{wanted}”", f"IF-MIB: no ifAlias, ifName … {wanted!r}")
            numbers = ", ".join(port.number for port in ports)
            return Result(Status.UNKNOWN, f"knows more than one port “{wanted}”", f"IF-MIB: ifIndex {numbers}")
        [port] = ports
        status, says = self._state(port, wanted)
        return Result(status, says, described(port))

    def _state(self, port: Port, wanted: str) -> tuple[Status, str]:
        if port.oper == _UP:
            if self.speed_mbit and not port.speed_mbit:
                return Status.UNKNOWN, f"does not tell how fast port “{wanted}” is"
            if port.speed_mbit < self.speed_mbit:
                return Status.WARNING, f"has a slower connection than it should on port “{wanted}”"
            return Status.OK, "has a connection on each port that should have one"
        if port.admin == _DOWN:
            return Status.CRITICAL, f"has port “{wanted}” switched off"
        if port.oper in (_DOWN, _LOWER_DOWN):
            return (
                Status.CRITICAL,
                f"has no connection on port “{wanted}”: the cable is out, or what hangs on it is off",
            )
        if port.oper == _NOT_PRESENT:
            return Status.CRITICAL, f"misses the part that port “{wanted}” is in"
        if port.oper in (_TESTING, _DORMANT):
            return Status.WARNING, f"has port “{wanted}” not in use yet: it is being tested or waits"
        return Status.UNKNOWN, f"does not tell whether port “{wanted}” has a connection"

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not any(self.ports):
            yield "ports", "name at least one port that should be up"
        if len(set(self.ports)) < len(self.ports):
            yield "ports", "names a port twice"
        if self.speed_mbit < 0:
            yield "speed_mbit", "must not be negative"
        if not 1 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535"
        yield from self.login_mistakes()


def read_ports(told: Told) -> tuple[Port, ...]:
    """The ports of IF-MIB (RFC 2863); `ProbeError` when the device tells of none."""
    descriptions, names, aliases = told.texts(_DESCR), told.texts(_NAME), told.texts(_ALIAS)
    admin, oper, speeds = told.numbers(_ADMIN), told.numbers(_OPER), told.numbers(_SPEED)
    if not (oper or descriptions):
        detail = f"SNMP: no IF-MIB; it is “{told.text(DESCRIPTION)}”"
        raise ProbeError("it answers, but tells nothing about network ports", detail, final=True)
    return tuple(
        Port(
            index,
            names.get(index, ""),
            descriptions.get(index, ""),
            aliases.get(index, ""),
            admin.get(index),
            oper.get(index),
            max(0, speeds.get(index, 0)),
        )
        for index in dict.fromkeys((*descriptions, *oper))
    )


def found(ports: tuple[Port, ...], wanted: str) -> tuple[Port, ...]:
    """The ports that go by a name, in whatever sort of name is tried first: alias, name, description, number."""
    for sort in range(len(Port("").named())):
        if matching := tuple(port for port in ports if port.named()[sort] == wanted):
            return matching
    return ()


def described(port: Port) -> str:
    """One port in one line for IT."""
    names = ", ".join(dict.fromkeys(name for name in port.named()[:3] if name))
    states = [f"{name} {_WORDS.get(value or 0, value)}" for name, value in (("admin", port.admin), ("oper", port.oper))]
    speed = [f"{port.speed_mbit} Mbit/s"] if port.speed_mbit else []
    return f"ifIndex {port.number} ({names}): {', '.join([*states, *speed])}"
