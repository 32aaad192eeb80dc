"""One login, step by step: greeting, encryption, the server's identity, ours. Blocking; runs in a thread of its own.

Each step fails in its own plain words. Nothing about us is sent before the server's host key has been compared.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from healthcheck.connections.known_hosts import HostKey, Known
from healthcheck.connections.paramiko_light import paramiko
from healthcheck.connections.ssh_transport import VERIFIABLE, Line, SocketLike, Transport, prefer
from healthcheck.errors import HostKeyChanged, ProbeError, Unreachable
from healthcheck.words import duration, plain

_EXCERPT = 80
_BUSY = (b"Exceeded MaxStartups", b"Not allowed at this time")


class ServerBusy(Unreachable):
    """The server turned us away before it said who it is, because it has too much to do; worth one more try."""


class Login:
    """A login over a connected stream, and the connection that comes of it. `where` and `enrol` are for IT's line."""

    def __init__(self, stream: SocketLike, known: Known, *, where: str, enrol: str) -> None:
        self._line = Line(stream)
        self._known = known
        self._enrol = enrol
        self._where = where
        self._transport = Transport(self._line)
        prefer(self._transport, known.keys)

    def identity(self, left_s: float) -> HostKey:
        """Agree on encryption and return the key that the server has proved to hold. Nothing of ours is sent."""
        transport = self._transport
        transport.banner_timeout = left_s + 1  # ours is to end first, and in our words
        try:
            transport.start_client(timeout=left_s)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise self._not_agreed(error) from None
        if not transport.initial_kex_done:
            raise self.silence(left_s)
        key = transport.get_remote_server_key()
        return HostKey(key.get_name(), key.asbytes())

    def check(self, shown: HostKey) -> None:
        """Compare the server's key with the record; raises unless it is the one."""
        known = self._known
        if shown in known.revoked:
            raise HostKeyChanged(
                "shows an identity that was withdrawn",
                f"{self._where}: host key {shown} is marked @revoked in {self._origin(known.revoked, shown)}; "
                "no login was tried",
            )
        if shown in known.keys:
            return
        usable = [key for key in known.keys if key.kind in VERIFIABLE]
        if usable:
            on_record = ", ".join(f"{key} ({key.origin})" for key in usable)
            raise HostKeyChanged(
                "shows another identity than the one on record",
                f"{self._where}: host key changed: on record {on_record}; shown now {shown}; no login was tried. "
                f"If the machine was replaced, compare the new fingerprint on it, then run: {self._enrol}",
            )
        unread = f" (not readable: {', '.join(known.unread)})" if known.unread else ""
        raise ProbeError(
            "nobody has confirmed its identity yet",
            f"{self._where}: host key {shown} is on no record{unread}; no login was tried. "
            f"Compare the fingerprint on the machine, then run: {self._enrol}",
            final=True,
        )

    def authenticate(self, user: str, key: paramiko.PKey, left_s: float) -> Transport:
        """Log in with the one key; returns the connection. A refusal is final: repeated, it can lock the account."""
        transport, ours = self._transport, HostKey(key.get_name(), key.asbytes())
        who = f"{self._where}: user {user}, our key {ours}"
        transport.auth_timeout = left_s
        deadline = time.monotonic() + left_s
        try:
            also_wanted = transport.auth_publickey(user, key)
        except paramiko.BadAuthenticationType as error:
            accepts = ", ".join(error.allowed_types) or "nothing we have"
            raise _refused(f"{who}: refused; the server accepts only {plain(accepts, _EXCERPT)}") from None
        except paramiko.AuthenticationException:
            if transport.is_active() and time.monotonic() >= deadline:
                raise self.silence(left_s) from None
            if transport.is_active():
                raise _refused(f"{who}: refused; is the key in that user's authorized_keys?") from None
            raise ProbeError(
                "it hung up during our login", f"{who}: the server closed the connection", final=True
            ) from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unreachable("the connection broke off during the login", f"{who}: {_said(error)}") from None
        if also_wanted or not transport.is_authenticated():
            raise _refused(f"{who}: accepted, but the server also wants {plain(', '.join(also_wanted), _EXCERPT)}")
        self._line.trusted = True
        return transport

    def silence(self, waited_s: float) -> Unreachable:
        """Why it has come to nothing, when it is the deadline that ended it."""
        waited = duration(waited_s) if waited_s >= 1 else f"{waited_s:.1f} seconds"
        if not self._line.first:
            says = "it accepted the connection and then said nothing"
            return Unreachable(says, f"{self._where}: connected, no SSH greeting in {waited}")
        if not self._transport.remote_version:
            return self._wrong_service()
        step = "the login" if self._transport.initial_kex_done else "the key exchange"
        return Unreachable(
            "it began to answer and then fell silent",
            f"{self._where}: {plain(self._transport.remote_version, _EXCERPT)}: silent during {step}, {waited} in all",
        )

    def end(self) -> None:
        """Close the connection, from whichever thread; whoever waits for it is released."""
        self._transport.close()
        self._line.close()

    def wait_for_end(self, seconds: float) -> None:
        """Wait until its thread is gone, after `end`."""
        if self._transport.is_alive():
            self._transport.join(seconds)

    def _not_agreed(self, error: Exception) -> ProbeError:
        version = self._transport.remote_version
        if any(words in self._line.first for words in _BUSY):
            return ServerBusy(
                "the server there is busy and turned us away", f"{self._where}: {plain(self._first(), _EXCERPT)}"
            )
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            return self._nothing_in_common(str(error))
        if self._line.first and not version:
            return self._wrong_service()
        if not version:
            return ServerBusy(
                "it closed the connection at once", f"{self._where}: closed before the SSH greeting: {_said(error)}"
            )
        return Unreachable(
            "it broke off while the connection was being secured",
            f"{self._where}: {plain(version, _EXCERPT)}: {_said(error)}",
        )

    def _nothing_in_common(self, what: str) -> Unreachable:
        detail = f"{self._where}: {plain(self._first(), _EXCERPT)}: {plain(what, _EXCERPT)}"
        if "cipher" in what or "mac" in what:  # what we lack there is as often new as old
            return Unreachable("its remote login uses no encryption that we know", detail)
        return Unreachable(
            "it is too old to log in to", f"{detail}; its SSH server knows only methods that are no longer safe"
        )

    def _wrong_service(self) -> Unreachable:
        return Unreachable(
            "something else answers where its remote login should be",
            f"{self._where}: not SSH; it says: {plain(self._first(), _EXCERPT)!r}",
        )

    def _first(self) -> str:
        return self._line.first.decode("utf-8", errors="replace")

    @staticmethod
    def _origin(keys: Sequence[HostKey], shown: HostKey) -> str:
        return next(key.origin for key in keys if key == shown)


def _refused(detail: str) -> ProbeError:
    return ProbeError("it refused our login", detail, final=True)


def _said(error: Exception) -> str:
    return plain(str(error), 2 * _EXCERPT) or type(error).__name__
