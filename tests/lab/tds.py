"""A server that speaks just enough of SQL Server's protocol (MS-TDS) to greet, log in, refuse and answer a question.

SQL Server itself cannot be had for a test.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.talker import Talker, says_nothing, talker

Value = str | int | None

PRELOGIN, LOGIN, BATCH, REPLY = 0x12, 0x10, 0x01, 0x04
LAST = 0x01
ENCRYPTED, NOT_ENCRYPTED, MUST_BE_ENCRYPTED = 1, 2, 3
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
    tls: ssl.SSLContext | None = None
    refusal: tuple[Message, ...] = ()
    row: tuple[Value, ...] = ("16.0.4135.4", "READ_WRITE", None, 104)
    failure: Message | None = None
    silent_at: int = 0
    """The type of packet that it takes and never answers."""


@contextlib.contextmanager
def tds(manners: Manners) -> Iterator[Talker]:
    """Serve with these manners."""

    def script(line: socket.socket) -> None:
        wire = Wire(line)
        while (received := wire.received()) is not None:
            kind, body = received
            if kind == manners.silent_at:
                says_nothing(line)
            elif kind == PRELOGIN:
                wire.send(_prelogin(manners.encryption))
                if manners.tls is not None:
                    wire.encrypt(manners.tls)
            elif kind == LOGIN:
                wire.send(_login(manners))
            else:
                wire.send(_answer(body.decode("utf-16-le", "replace"), manners))

    with talker(script) as server:
        yield server


class Wire:
    """A connection that carries messages, in clear or encrypted."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    def received(self) -> tuple[int, bytes] | None:
        """A whole message: its type and its body, put together from its packets."""
        body = b""
        while True:
            header = self._exactly(8)
            if len(header) < 8:
                return None
            kind, status, size = struct.unpack_from(">BBH", header)
            body += self._exactly(size - 8)
            if status & LAST:
                return kind, body

    def send(self, body: bytes, kind: int = REPLY) -> None:
        packet = struct.pack(">BBHHBB", kind, LAST, len(body) + 8, 0, 1, 0) + body
        if self._tls is not None:
            self._tls.write(packet)
            packet = self._outgoing.read()
        self._line.sendall(packet)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Shake hands inside packets of the greeting's kind."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
            if said := self._outgoing.read():
                self.send(said, PRELOGIN)
            received = self.received()
            if received is None:
                return
            self._incoming.write(received[1])
        if (last := self._outgoing.read()) and tls.version() == "TLSv1.2":
            self.send(last, PRELOGIN)
        elif last:
            self._line.sendall(last)  # TLS 1.3 tells its tickets once all is encrypted
        self._tls = tls

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := self._some(size - len(data))):
            data += more
        return data

    def _some(self, size: int) -> bytes:
        while self._tls is not None:
            with contextlib.suppress(ssl.SSLWantReadError):
                return self._tls.read(size)
            if not (data := self._line.recv(65536)):
                return b""
            self._incoming.write(data)
        return self._line.recv(size)


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
