"""paramiko's transport as we need it.

What a server says before the login is bounded and its beginning kept; its own words about a refused channel are kept;
and nothing is said on a channel after its end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence

from healthcheck.connections.known_hosts import HostKey
from healthcheck.connections.paramiko_light import paramiko
from healthcheck.words import plain

KEX_ORDER = ("curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521")
"""Offered first, cheapest first; what else paramiko knows follows, the costly Diffie-Hellman groups among it."""
CIPHER_ORDER = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""These need no checksum beside the encryption, which paramiko works out and compares in Python, packet by packet."""

BEFORE_LOGIN_BYTES = 256 * 1024
"""What a server may say before it has proved who it is: greeting, key exchange and login take a few thousand."""

VERIFIABLE = frozenset({"ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"})
"""Kinds of host key that paramiko can verify; one of another kind on record cannot be compared."""

_BEGINNING_BYTES = 160
_READ_BYTES = 64 * 1024
_WORDS = 80
_MSG_CHANNEL_OPEN_FAILURE = 92  # RFC 4254, 9
_MSG_CHANNEL_REQUEST = bytes([98])
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")

SocketLike = socket.socket | paramiko.Channel
"""What a login may go over: a TCP connection, or a channel through another host."""


class Transport(paramiko.Transport):
    """Keeps a server's own words about a channel that it would not open.

    paramiko drops them, and may hand one thread the refusal that another was given.
    """

    def __init__(self, line: Line) -> None:
        super().__init__(line)  # type: ignore[arg-type]  # it asks of a socket only what Line has
        # A thread for each login, which it would stop once more at every packet. Ours end first: see `Login`.
        self.packetizer.start_handshake = _no_timer  # type: ignore[method-assign]
        self._opening = threading.local()
        self._refusals: dict[int, tuple[int, str]] = {}
        self._handler_table[_MSG_CHANNEL_OPEN_FAILURE] = self._keep_refusal  # type: ignore[attr-defined]  # not in stubs

    def refusal(self) -> tuple[int, str]:
        """Reason code (RFC 4254, 5.1) and words for the channel that this thread asked for last; (0, "") if none."""
        return self._refusals.get(getattr(self._opening, "channel", -1), (0, ""))

    def kill(self, channel: paramiko.Channel) -> None:
        """Ask the server to kill a command (RFC 4254, 6.9), so that nothing of ours stays there; not every one does."""
        message = paramiko.Message()
        message.add_byte(_MSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("signal")
        message.add_boolean(False)
        message.add_string("KILL")
        self._send_user_message(message)  # type: ignore[attr-defined]  # not in stubs

    def _next_channel(self) -> int:
        channel: int = super()._next_channel()  # type: ignore[misc]  # not in stubs
        self._opening.channel = channel
        return channel

    def _keep_refusal(self, message: paramiko.Message) -> None:
        words = paramiko.Message(message.get_remainder())
        channel, code = words.get_int(), words.get_int()
        self._refusals[channel] = (code, plain(words.get_binary().decode("utf-8", errors="replace"), _WORDS))
        self._parse_channel_open_failure(message)  # type: ignore[attr-defined]  # not in stubs


def _no_timer(timeout: float) -> None: ...


def in_order(channel: paramiko.Channel) -> paramiko.Channel:
    """The same channel, on which words can be kept from coming after its end: who sends holds its lock meanwhile.

    paramiko looks whether a channel is open, lets go of its lock, and then sends; its own thread may have closed the
    channel in between. OpenSSH ends the whole connection over one word to a channel that is closed.
    """
    channel.lock = threading.RLock()  # type: ignore[assignment]  # taken again within
    channel.out_buffer_cv = threading.Condition(channel.lock)
    return channel


class Line:
    """The stream under paramiko: remembers what the other side said first, and bounds what it says before the login.

    paramiko reads each packet in two bites, and each bite of a socket costs more than what it does with it; so all that
    has come is taken at once.
    """

    def __init__(self, stream: SocketLike) -> None:
        self._stream = stream
        self._unread = memoryview(b"")
        self._heard = 0
        self._closed = False  # paramiko looks at this name
        self.first = b""
        self.trusted = False

    def recv(self, size: int) -> bytes:
        if not self._unread:
            data = self._stream.recv(_READ_BYTES)
            self.first += data[: max(0, _BEGINNING_BYTES - len(self.first))]
            self._heard += len(data)
            if self._heard > BEFORE_LOGIN_BYTES and not self.trusted:
                return b""
            self._unread = memoryview(data)
        taken, self._unread = self._unread[:size], self._unread[size:]
        return bytes(taken)

    def send(self, data: bytes) -> int:
        if isinstance(self._stream, socket.socket):
            return self._stream.send(data)
        with self._stream.lock:
            return self._stream.send(data)

    def settimeout(self, seconds: float | None) -> None:
        self._stream.settimeout(seconds)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if isinstance(self._stream, socket.socket):
            with contextlib.suppress(OSError):
                self._stream.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads; a channel's end does so itself
        self._stream.close()


def prefer(transport: Transport, on_record: Sequence[HostKey]) -> None:
    """What costs least first, and the kinds of key on record: a server's second key is no change of its first."""
    options = transport.get_security_options()
    options.kex = _first(KEX_ORDER, options.kex)
    options.ciphers = _first(CIPHER_ORDER, options.ciphers)
    wanted = [name for key in on_record for name in (_RSA_SIGNATURES if key.kind == "ssh-rsa" else (key.kind,))]
    options.key_types = _first(wanted, options.key_types)


def _first(wanted: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(name for name in wanted if name in known), *known]))
