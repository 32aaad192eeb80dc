"""Whether the technician can get in from elsewhere: the program behind the way in answers with its own greeting."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import Check, Metric, NoAnswer, ProbeError, Prohibited, Refused, Result, Status, Target, frozen
from healthcheck.checks import _greetings as greetings
from healthcheck.checks._datagrams import ask_by_datagram
from healthcheck.checks._greetings import OPENVPN_ANSWER, Greeting, OpenVpnReset
from healthcheck.checks._talk import HUNG_UP, SILENT, Failed, Failure, Talk, ask, connected

_BY_STREAM: dict[str, tuple[int, Callable[[Talk], Greeting]]] = {
    "ssh": (22, greetings.ssh),
    "rdp": (3389, greetings.rdp),
    "vnc": (5900, greetings.vnc),
    "openvpn": (1194, greetings.openvpn),
}
_BY_DATAGRAM = {"openvpn-udp": 1194, "wireguard": 51820}
_HIDES = ("openvpn", "openvpn-udp", "wireguard")
"""What may be set up to ignore strangers, so that its silence tells nothing."""
_REFUSAL_S = 2.0
"""How long the refusal of a datagram may take to come back."""
_WIREGUARD_HANDSHAKE_BYTES = 148


@frozen
class Greeted:
    """A right answer, and the seconds until the connection stood, or by datagram until the answer was there."""

    greeting: Greeting
    took: Metric


@dataclass(frozen=True, kw_only=True)
class RemoteAccess(Check[Greeted | Failure]):
    """Whether the way in for the technician answers as it should: SSH, remote desktop (RDP), VNC, or a VPN.

    protocol   "ssh", "rdp", "vnc", "openvpn" (over TCP), "openvpn-udp" or "wireguard"
    port       the port; 0: the usual one (22, 3389, 5900, 1194, 1194, 51820)

    Problem: the connection is refused, not answered, or forbidden on the way, or something else answers than the way
    in that should be there. Look: it answers, but only offers an outdated kind (SSH 1, RDP without TLS), cannot set up
    a safe one, or takes no more logins just now. Could not check: silence where silence tells nothing.

    That is so with every WireGuard port, which never answers a stranger: only a refusal shows, and there is no OK. An
    OpenVPN server with `tls-auth` or `tls-crypt` keeps as silent. To know that such a VPN works, let this computer be
    in it and check what is behind it, with `ping` or `tcp`.

    Needs nothing on the other side: no login is sent, and each look may leave one line in the server's log. Sources:
    RFC 4253 (SSH), MS-RDPBCGR (RDP), RFC 6143 (VNC), OpenVPN 2.6, WireGuard's whitepaper (5.1, "silence is a virtue").
    """

    kind: ClassVar[str] = "remote_access"
    reachability: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 6.0
    default_attempts: ClassVar[int] = 3

    protocol: Literal["ssh", "rdp", "vnc", "openvpn", "openvpn-udp", "wireguard"]
    port: int = 0

    def probe(self, target: Target) -> Greeted | Failure:
        if self.protocol in _BY_STREAM:
            usual, question = _BY_STREAM[self.protocol]
            found = ask(target, self.port or usual, lambda talk: Greeted(question(talk), connected(talk.connect_s)))
        else:
            found = self._by_datagram(target, self.port or _BY_DATAGRAM[self.protocol])
        if isinstance(found, Failure) and self.protocol in _HIDES and found.says in (SILENT, HUNG_UP):
            says = "it does not answer strangers, so nobody can tell from outside"
            raise ProbeError(says, f"{self.protocol}: {found.detail}", final=True)
        return found

    def _by_datagram(self, target: Target, port: int) -> Greeted | Failure:
        address = target.wait(target.resolve())
        begun = time.monotonic()
        reset = OpenVpnReset.new()
        openvpn = self.protocol == "openvpn-udp"
        question = reset.packet() if openvpn else b"\x01\0\0\0" + secrets.token_bytes(_WIREGUARD_HANDSHAKE_BYTES - 4)
        try:
            ask_by_datagram(
                address,
                port,
                question,
                lambda said: True if openvpn and reset.is_answered_by(said) else None,
                left_s=min(_REFUSAL_S, target.left_s() * 0.9),
            )
        except NoAnswer as error:
            return Failure(SILENT, error.detail)
        except (Refused, Prohibited) as error:
            return Failure(error.says, error.detail)
        except Failed as failed:
            return Failure(failed.says, failed.why)
        return Greeted(OPENVPN_ANSWER, Metric("answer", time.monotonic() - begun, "s"))

    def evaluate(self, found: Greeted | Failure, now: datetime) -> Iterator[Result]:
        if isinstance(found, Failure):
            yield found.result()
            return
        greeting, took = found.greeting, found.took
        detail = f"{self.protocol}: {greeting.said} after {took.value * 1000:.0f} ms"
        if greeting.worry:
            yield Result(Status.WARNING, greeting.worry, detail, took)
        else:
            yield Result(Status.OK, "is ready to let the technician in", detail, took)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        if not 0 <= self.port <= 65535:
            yield "port", "must be between 1 and 65535, or 0 for the usual one"
