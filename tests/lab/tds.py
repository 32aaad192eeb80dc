"""A server that speaks just enough of SQL Server's protocol (MS-TDS) to greet, log in, refuse and answer a question.

SQL Server itself cannot be had for a test.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.talker import Talker, says_nothing, talker

Value = str | int | None

PRELOGIN, LOGIN, BATCH, REPLY = 0x12, 0x10, 0x01, 0x04
LAST = 0x01
NOT_ENCRYPTED, MUST_BE_ENCRYPTED = 2, 3
FAILED, MORE = 0x0002, 0x0001


@dataclass(frozen=True)
class Message:
    """An error as SQL Server tells it."""

    number: int
    text: str


@dataclass(frozen=True)
class Manners:
    """How the server behaves: what it tells a login, and what it answers to a question."""

    encryption: int = NOT_ENCRYPTED
    refusal: tuple[Message, ...] = ()
    row: tuple[Value, ...] = ("16.0.4135.4", "READ_WRITE", None, 104)
    failure: Message | None = None
    silent_at: int = 0
    """The type of packet that it takes and never answers."""


@contextlib.contextmanager
def tds(manners: Manners) -> Iterator[Talker]:
    """Serve with these manners."""

    def script(line: socket.socket) -> None:
        while (received := _received(line)) is not None:
            kind, body = received
            if kind == manners.silent_at:
                says_nothing(line)
            elif kind == PRELOGIN:
                _send(line, _prelogin(manners.encryption))
            elif kind == LOGIN:
                _send(line, _login(manners))
            else:
                _send(line, _answer(body.decode("utf-16-le", "replace"), manners))

    with talker(script) as server:
        yield server


def _received(line: socket.socket) -> tuple[int, bytes] | None:
    """A whole message: its type and its body, put together from its packets."""
    body = b""
    while True:
        header = _exactly(line, 8)
        if len(header) < 8:
            return None
        kind, status, size = struct.unpack_from(">BBH", header)
        body += _exactly(line, size - 8)
        if status & LAST:
            return kind, body


def _exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := line.recv(size - len(data))):
        data += more
    return data


def _send(line: socket.socket, body: bytes) -> None:
    line.sendall(struct.pack(">BBHHBB", REPLY, LAST, len(body) + 8, 0, 1, 0) + body)


def _prelogin(encryption: int) -> bytes:
    options = {0: b"\x10\x00\x10\x27\x00\x00", 1: bytes([encryption]), 2: b"\x00", 3: b"", 4: b"\x00"}
    offset, table = len(options) * 5 + 1, b""
    for token, value in options.items():
        table += struct.pack(">BHH", token, offset, len(value))
        offset += len(value)
    return table + b"\xff" + b"".join(options.values())


def _login(manners: Manners) -> bytes:
    if manners.refusal:
        return b"".join(map(_error, manners.refusal)) + _done(FAILED)
    name = "Microsoft SQL Server"
    body = b"\x01\x74\x00\x00\x04" + bytes([len(name)]) + name.encode("utf-16-le") + b"\x10\x00\x10\x27"
    database = "charts"
    change = b"\x01" + bytes([len(database)]) + database.encode("utf-16-le") + b"\x00"
    return b"\xe3" + struct.pack("<H", len(change)) + change + b"\xad" + struct.pack("<H", len(body)) + body + _done()


def _answer(question: str, manners: Manners) -> bytes:
    if "SELECT" not in question:
        return _done()
    if manners.failure is not None:
        return _error(manners.failure) + _done(FAILED)
    columns = b"".join(
        struct.pack("<IH", 0, 1)
        + (b"\x26\x04" if isinstance(value, int) or value is None else b"\xe7\x00\x01" + b"\x09\x04\xd0\x00\x34")
        + b"\x00"
        for value in manners.row
    )
    return (
        b"\x81" + struct.pack("<H", len(manners.row)) + columns + b"\xd1" + b"".join(map(_cell, manners.row)) + _done()
    )


def _cell(value: Value) -> bytes:
    if value is None:
        return b"\x00"
    if isinstance(value, int):
        return b"\x04" + struct.pack("<i", value)
    text = value.encode("utf-16-le")
    return struct.pack("<H", len(text)) + text


def _error(message: Message) -> bytes:
    text = message.text.encode("utf-16-le")
    body = struct.pack("<IBBH", message.number, 1, 14, len(message.text)) + text + b"\x00\x00" + struct.pack("<I", 1)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def _done(status: int = 0) -> bytes:
    return b"\xfd" + struct.pack("<HHQ", status, 0, 0)
