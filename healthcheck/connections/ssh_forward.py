"""TCP connections from a host to other machines, through its SSH connection (RFC 4254, 7.2)."""

from __future__ import annotations

import threading
import time

from healthcheck.connections.paramiko_light import paramiko
from healthcheck.connections.ssh_transport import Transport, in_order
from healthcheck.errors import ConnectError, NoAnswer, NotResolved, ProbeError, Prohibited, Refused, Unreachable

_PONG_S = 1.0
"""What is kept back of the deadline, to ask whether the server itself still answers."""
_PROHIBITED, _UNKNOWN_KIND, _SHORTAGE = 1, 3, 4  # RFC 4254, 5.1

_FAR_END = (
    ("refused", Refused, "refused the connection"),
    ("timed out", NoAnswer, "did not answer"),
    ("no route", Prohibited, "could not be reached: the network turned the connection away"),
    ("unreachable", Prohibited, "could not be reached: the network knows no way to it"),
    ("not known", NotResolved, "its name could not be looked up there"),
    ("name resolution", NotResolved, "its name could not be looked up there"),
    ("nodename", NotResolved, "its name could not be looked up there"),
    ("no address", NotResolved, "its name could not be looked up there"),
)
"""Words of sshd's refusal (strerror and gai_strerror in C locale) and what they mean."""


class Forward:
    """One such connection; blocking. sshd answers once its own connection has come about or failed."""

    def __init__(self, transport: Transport, name: str, port: int, deadline: float) -> None:
        self._transport = transport
        self._name = name
        self._port = port
        self._deadline = deadline
        self._abandoned = False
        self._channel: paramiko.Channel | None = None

    def open(self) -> paramiko.Channel:
        """The connection; raises like `Target.connect`, or `Unreachable` when it is the host itself that is gone."""
        left_s = self._deadline - time.monotonic()
        pong_s = min(_PONG_S, left_s / 4)
        where = (self._name, self._port)
        try:
            self._channel = in_order(
                self._transport.open_channel("direct-tcpip", where, ("127.0.0.1", 0), timeout=left_s - pong_s)
            )
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._failure(error, left_s - pong_s, pong_s) from None
        if self._abandoned:
            self._channel.close()
        self._channel.settimeout(max(0.01, self._deadline - time.monotonic()))
        return self._channel

    def abandon(self) -> None:
        """Nobody waits for it any more. Does not block."""
        self._abandoned = True
        if self._channel is not None:
            threading.Thread(target=self._channel.close, name="ssh forward end", daemon=True).start()

    def _failure(self, error: Exception, waited_s: float, pong_s: float) -> ProbeError:
        code, said = self._transport.refusal()
        detail = f"from there to {self._name}:{self._port}: {said or error}"
        if not self._transport.is_active():
            return Unreachable("the connection broke off", detail)
        if code in (_PROHIBITED, _UNKNOWN_KIND):
            return ProbeError(
                "its remote login does not let us look from there",
                f"{detail}; allow it in authorized_keys: "
                f'restrict,port-forwarding,permitopen="{self._name}:{self._port}" (and AllowTcpForwarding local)',
            )
        if code == _SHORTAGE:
            return ProbeError("the server there is busy", detail)
        if code == 0 and self._answers(pong_s):
            return NoAnswer("did not answer", f"from there to {self._name}:{self._port}: no answer in {waited_s:.1f} s")
        if code == 0:
            return Unreachable("its connection fell silent", detail)
        for words, kind, says in _FAR_END:
            if words in said.lower():
                return kind(says, detail)
        return ConnectError("could not be reached", detail)

    def _answers(self, seconds: float) -> bool:
        """Whether the server itself still speaks, so that the silence is the other machine's."""
        asked = threading.Thread(
            target=lambda: self._transport.global_request("keepalive@openssh.com"), name="ssh pong", daemon=True
        )
        asked.start()
        asked.join(seconds)
        return not asked.is_alive() and self._transport.is_active()
