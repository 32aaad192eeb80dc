"""The first words of every way in for a technician: what to say, and what the right answer looks like."""

from __future__ import annotations

import re
import secrets
import struct

from healthcheck.api import frozen, plain
from healthcheck.checks._talk import Talk


@frozen
class Greeting:
    """A right answer: `said` for IT; `worry` is the predicate where it works but should be looked at."""

    said: str
    worry: str = ""


OUTDATED = "lets the technician in only in an outdated way that is not safe"
BUSY = "answers, but is too busy to let the technician in"

_SSH_MOST_LINES = 50
_SSH = re.compile(r"SSH-(?P<version>[0-9.]+)-\S.*")


def ssh(talk: Talk) -> Greeting:
    """A line that begins with "SSH-2.0-", after others if it likes (RFC 4253, 4.2)."""
    for _ in range(_SSH_MOST_LINES):
        line = talk.text_line()
        text = plain(line.decode("utf-8", "replace"), 120)
        if line.startswith(b"SSH-") and (match := _SSH.fullmatch(text)):
            return Greeting(text, "" if match["version"] in ("2.0", "1.99") else OUTDATED)
        if line.startswith((b"Exceeded MaxStartups", b"Not allowed at this time")):  # what OpenSSH says instead
            return Greeting(text, BUSY)
        if line.startswith((b"HTTP/", b"220 ", b"220-", b"RFB ")):  # those never get there
            break
    raise talk.foreign(line)


def vnc(talk: Talk) -> Greeting:
    """A version of the protocol in twelve characters (RFC 6143, 7.1.1)."""
    version = talk.exactly(12)
    if not re.fullmatch(rb"RFB \d{3}\.\d{3}\n", version):
        raise talk.foreign(version)
    return Greeting(version.decode().strip())


_RDP_REQUEST = bytes.fromhex("030000130ee000000000000100080000000000")
_RDP_TLS_OR_NEWER = 0x1 | 0x2 | 0x8
_RDP_CONFIRM, _RDP_AGREED, _RDP_REFUSED = 0xD0, 2, 3
_RDP_ONLY_OLD = 2


def rdp(talk: Talk) -> Greeting:
    """X.224 connection request and confirm, with the negotiation of security (MS-RDPBCGR, 2.2.1.1 and 2.2.1.2)."""
    talk.send(_RDP_REQUEST[:-4] + struct.pack("<I", _RDP_TLS_OR_NEWER))
    head = talk.exactly(4)
    version, _, length = struct.unpack(">BBH", head)
    if version != 3 or length not in (11, 19):
        raise talk.foreign(head)
    confirm = talk.exactly(length - 4)
    if confirm[0] != len(confirm) - 1 or confirm[1] & 0xF0 != _RDP_CONFIRM:
        raise talk.foreign(head + confirm)
    if length == 11:
        return Greeting("connection confirm without negotiation: standard RDP security", OUTDATED)
    kind, _, size, value = struct.unpack("<BBHI", confirm[7:])
    if size != 8 or kind not in (_RDP_AGREED, _RDP_REFUSED):
        raise talk.foreign(head + confirm)
    if kind == _RDP_REFUSED:
        worry = OUTDATED if value == _RDP_ONLY_OLD else "answers, but cannot set up a safe way in for the technician"
        return Greeting(f"connection confirm, negotiation failed with code {value}", worry)
    return Greeting(f"connection confirm, security protocol {value}", "" if value else OUTDATED)


_OPENVPN_CLIENT_RESET, _OPENVPN_SERVER_RESET = 7 << 3, 8 << 3


@frozen
class OpenVpnReset:
    """The packet with which an OpenVPN client begins, and how to know the server's (OpenVPN's network protocol)."""

    session: bytes

    @classmethod
    def new(cls) -> OpenVpnReset:
        """One with a session number of its own."""
        return cls(secrets.token_bytes(8))

    def packet(self) -> bytes:
        """P_CONTROL_HARD_RESET_CLIENT_V2: opcode, session, no acknowledgements, packet 0."""
        return bytes([_OPENVPN_CLIENT_RESET]) + self.session + bytes(5)

    def is_answered_by(self, packet: bytes) -> bool:
        """Whether it is P_CONTROL_HARD_RESET_SERVER_V2 that acknowledges this very packet."""
        acknowledges_one = b"\x01" + bytes(4) + self.session
        return (
            packet[:1] == bytes([_OPENVPN_SERVER_RESET])
            and packet[9 : 9 + len(acknowledges_one)] == acknowledges_one
            and len(packet) >= 9 + len(acknowledges_one) + 4
        )


OPENVPN_ANSWER = Greeting("P_CONTROL_HARD_RESET_SERVER_V2")


def openvpn(talk: Talk) -> Greeting:
    """The same over TCP, each packet with its length before it."""
    reset = OpenVpnReset.new()
    talk.send(len(reset.packet()).to_bytes(2) + reset.packet())
    head = talk.exactly(2)
    length = int.from_bytes(head)
    if not 26 <= length <= 2048:
        raise talk.foreign(head)
    packet = talk.exactly(length)
    if not reset.is_answered_by(packet):
        raise talk.foreign(head + packet)
    return OPENVPN_ANSWER
