"""The first words with a Windows file server, and its answer: SMB 2 and 3 (MS-SMB2), and SMB 1 (MS-CIFS)."""

from __future__ import annotations

import secrets
import struct

from healthcheck.api import frozen
from healthcheck.checks._talk import Talk

DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
OUTDATED = "1"

MOST_BYTES = 1 << 16
_SMB1, _SMB2 = b"\xffSMB", b"\xfeSMB"
_NEGOTIATE_1, _NEGOTIATE_2 = 0x72, 0
_HEADER_2 = struct.Struct("<4sHHIHHIIQIIQ16s")
_IS_RESPONSE_2, _IS_RESPONSE_1 = 0x1, 0x80
_SIGNING_REQUIRED = 0x2
_PREAUTH_INTEGRITY, _SHA_512 = 1, 1
_SALT_BYTES = 32


@frozen
class Negotiated:
    """What a server agreed to: its newest dialect that we know ("3.1.1"), or the status with which it refused (hex)."""

    dialect: str = ""
    signed: bool = False
    refused: str = ""


def negotiate(talk: Talk) -> Negotiated:
    """Offer SMB 2.0.2 to 3.1.1 (MS-SMB2, 2.2.3 and 2.2.4); a server that only knows SMB 1 says so or hangs up."""
    _send(talk, _offer())
    message = _receive(talk)
    if _is_negotiation_1(message):
        return Negotiated(OUTDATED)
    if len(message) < _HEADER_2.size + 6 or not message.startswith(_SMB2):
        raise talk.foreign(message)
    _, _, _, status, command, _, flags, *_ = _HEADER_2.unpack_from(message)
    size, mode, dialect = struct.unpack_from("<HHH", message, _HEADER_2.size)
    if command != _NEGOTIATE_2 or not flags & _IS_RESPONSE_2:
        raise talk.foreign(message)
    if status != 0:
        return Negotiated(refused=f"0x{status:08X}")
    if size != 65 or dialect not in DIALECTS:
        raise talk.foreign(message)
    return Negotiated(DIALECTS[dialect], signed=bool(mode & _SIGNING_REQUIRED))


def negotiate_outdated(talk: Talk) -> Negotiated:
    """Offer SMB 1 alone (MS-CIFS, 2.2.4.52)."""
    header = struct.pack("<4sBIBHH8sHHHHH", _SMB1, _NEGOTIATE_1, 0, 0x18, 0xC801, 0, bytes(8), 0, 0, 1, 0, 1)
    dialects = b"\x02NT LM 0.12\0"
    _send(talk, header + b"\0" + struct.pack("<H", len(dialects)) + dialects)
    message = _receive(talk)
    if not _is_negotiation_1(message):
        raise talk.foreign(message)
    return Negotiated(OUTDATED)


def _is_negotiation_1(message: bytes) -> bool:
    """An SMB 1 response in which a dialect was chosen; 0xFFFF stands for none."""
    chosen = message[33:35]
    return (
        message.startswith(_SMB1)
        and len(message) >= 35
        and message[4] == _NEGOTIATE_1
        and bool(message[9] & _IS_RESPONSE_1)
        and message[5:9] == bytes(4)
        and chosen != b"\xff\xff"
    )


def _offer() -> bytes:
    header = _HEADER_2.pack(_SMB2, 64, 0, 0, _NEGOTIATE_2, 1, 0, 0, 0, 0, 0, 0, bytes(16))
    dialects = struct.pack(f"<{len(DIALECTS)}H", *DIALECTS)
    fixed_bytes = 36
    padding = bytes(-(fixed_bytes + len(dialects)) % 8)
    contexts_at = len(header) + fixed_bytes + len(dialects) + len(padding)
    guid, salt = secrets.token_bytes(16), secrets.token_bytes(_SALT_BYTES)
    fixed = struct.pack("<HHHHI16sIHH", fixed_bytes, len(DIALECTS), 1, 0, 0, guid, contexts_at, 1, 0)
    integrity = struct.pack("<HHH", 1, _SALT_BYTES, _SHA_512) + salt
    context = struct.pack("<HHI", _PREAUTH_INTEGRITY, len(integrity), 0) + integrity
    return header + fixed + dialects + padding + context


def _send(talk: Talk, message: bytes) -> None:
    talk.send(len(message).to_bytes(4) + message)


def _receive(talk: Talk) -> bytes:
    """A message, without the length before it (MS-SMB2, 2.1)."""
    head = talk.exactly(4)
    length = int.from_bytes(head[1:])
    if head[0] != 0 or not 4 <= length <= MOST_BYTES:
        raise talk.foreign(head)
    start = talk.exactly(4)
    if start not in (_SMB1, _SMB2):
        raise talk.foreign(head + start)
    return start + talk.exactly(length - 4)
