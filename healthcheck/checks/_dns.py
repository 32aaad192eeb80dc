"""Questions to a name server and its answers, as bytes (RFC 1035, RFC 3596 for IPv6)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from healthcheck.api import frozen

TYPES = {"A": 1, "AAAA": 28, "MX": 15}
NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME, REFUSED = 0, 2, 3, 5

_CNAME, _INTERNET = 5, 1
_HEAD = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_RESPONSE, _TRUNCATED, _WANT_RECURSION = 0x8000, 0x0200, 0x0100
_OPCODE = 0x7800
_MOST_JUMPS = 64
"""A name is at most 255 bytes long: one with more pointers than this goes round in a circle."""


@frozen
class Question:
    """What is asked: a name without its final dot and a record type of `TYPES`, under a number to know it again by."""

    number: int
    name: str
    record: str

    def message(self) -> bytes:
        """The bytes to send, with recursion desired. Raises `ValueError` for what cannot be a name."""
        return _HEAD.pack(self.number, _WANT_RECURSION, 1, 0, 0, 0) + self._asked()

    def _asked(self) -> bytes:
        return packed_name(self.name) + struct.pack("!HH", TYPES[self.record], _INTERNET)

    def is_answered_by(self, message: bytes) -> bool:
        """Whether the message is a response to this very question: number, name and type."""
        if len(message) < _HEAD.size:
            return False
        number, flags, questions, *_ = _HEAD.unpack_from(message)
        asked = self._asked()
        repeated = message[_HEAD.size : _HEAD.size + len(asked)]
        if number != self.number or not flags & _RESPONSE or flags & _OPCODE:
            return False
        # A server that could not even read the question need not repeat it.
        return (questions == 1 and repeated.lower() == asked.lower()) or (questions == 0 and bool(flags & 0xF))


@frozen
class Reply:
    """What a server answered: its response code, and the values of the records asked for, in order.

    Values are addresses in their shortest form, or for MX the names of mail servers in lower case.
    """

    code: int
    values: tuple[str, ...] = ()
    truncated: bool = False


def packed_name(name: str) -> bytes:
    """A name as bytes; names beyond ASCII as IDNA. `ValueError` (`UnicodeError` is one) for what cannot be a name."""
    words = name.encode("ascii" if name.isascii() else "idna").removesuffix(b".").split(b".")
    if not all(1 <= len(word) <= 63 for word in words) or sum(len(word) + 1 for word in words) > 254:
        raise ValueError("is not a name that can be looked up")
    return b"".join(bytes([len(word)]) + word for word in words) + b"\0"


def read_reply(message: bytes, question: Question) -> Reply:
    """The reply to a question that `is_answered_by` the message. Raises `ValueError` when it cannot be read.

    Only records that belong to the name, directly or by way of its aliases (CNAME), are taken.
    """
    _, flags, questions, records, *_ = _HEAD.unpack_from(message)
    code, truncated = flags & 0xF, bool(flags & _TRUNCATED)
    if code != NO_ERROR or truncated:
        return Reply(code, truncated=truncated)
    at = _HEAD.size
    for _ in range(questions):
        at = _name(message, at)[1] + 4
    names, values = {packed_name(question.name).lower()}, list[str]()
    for owner, kind, start, end in _records(message, at, records):
        if owner not in names:
            continue
        if kind == _CNAME:
            names.add(_name(message, start)[0])
        elif kind == TYPES[question.record]:
            values.append(_value(message, start, end, question.record))
    return Reply(code, tuple(dict.fromkeys(values)))


def _records(message: bytes, at: int, count: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Each record's owner, type, and where its data begins and ends."""
    for _ in range(count):
        owner, at = _name(message, at)
        if len(message) < at + _RECORD.size:
            raise ValueError("a record is cut short")
        kind, network, _, length = _RECORD.unpack_from(message, at)
        start = at + _RECORD.size
        at = start + length
        if len(message) < at:
            raise ValueError("a record is cut short")
        if network == _INTERNET:
            yield owner, kind, start, at


def _value(message: bytes, start: int, end: int, record: str) -> str:
    if record == "MX":
        name, after = _name(message, start + 2)
        if after != end:
            raise ValueError("a record has the wrong length")
        return shown_name(name)
    if end - start != (4 if record == "A" else 16):
        raise ValueError("a record has the wrong length")
    return str(ipaddress.ip_address(message[start:end]))


def _name(message: bytes, at: int) -> tuple[bytes, int]:
    """The name that begins there, unpacked and in lower case, and where what follows it begins."""
    words, after, jumps = b"", 0, 0
    while True:
        if at >= len(message):
            raise ValueError("a name is cut short")
        length = message[at]
        if length >= 0xC0:
            if at + 1 >= len(message) or jumps >= _MOST_JUMPS:
                raise ValueError("a name goes round in a circle or is cut short")
            after, jumps = after or at + 2, jumps + 1
            at = (length & 0x3F) << 8 | message[at + 1]
            continue
        if length > 63 or at + 1 + length > len(message) or len(words) + length > 254:
            raise ValueError("a name is too long or cut short")
        words += message[at : at + 1 + length].lower()
        at += 1 + length
        if length == 0:
            return words, after or at


def shown_name(packed: bytes) -> str:
    """An unpacked name as text, without its final dot, with a "?" for every byte that is not printable ASCII."""
    words, at = list[str](), 0
    while at < len(packed) and packed[at]:
        word = packed[at + 1 : at + 1 + packed[at]]
        words.append("".join(chr(byte) if 33 <= byte < 127 else "?" for byte in word))
        at += 1 + packed[at]
    return ".".join(words)
