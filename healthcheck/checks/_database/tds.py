"""How a conversation with SQL Server begins: the greeting and, around all that follows, encryption.

python-tds can encrypt only through pyOpenSSL, and then only with the server's authority in a file; without, it sends
the password as good as readable. So the greeting is ours, encryption is the standard library's, and the driver is
told that there is none. Source: MS-TDS, 2.2.6.5 (PRELOGIN) and 3.2.5.2 (TLS negotiation).
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

from healthcheck.checks._database.call import Call, Failed, Phase, Tls, Trouble, one_line

PRELOGIN, REPLY = 0x12, 0x04
LAST = 0x01
HEADER = struct.Struct(">BBHHBB")
OPTION = struct.Struct(">BHH")
ENCRYPTION, END = 1, 0xFF
ON, NOT_SUPPORTED, REQUIRED = 1, 2, 3
MOST_ROUNDS = 20
"""A TLS handshake takes two or three."""


class Line:
    """The connection as python-tds uses it: greeted, encrypted if need be, and bounded by the look's deadline."""

    def __init__(self, line: socket.socket, call: Call) -> None:
        self._line = line
        self._call = call
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._told = b""
        self.peer = str(line.getpeername()[0])

    def greet(self) -> None:
        """Exchange greetings and, as the setting and the server will have it, begin to encrypt; raises `Failed`."""
        try:
            offered = self._offered()
            if offered in (ON, REQUIRED) and self._call.tls is not Tls.OFF:
                self._encrypt()
        except TimeoutError:
            raise Failed(Trouble.SILENT, Phase.CONNECT, "no reply to a greeting") from None
        except ssl.SSLCertVerificationError as error:
            raise Failed(Trouble.IDENTITY, Phase.LOGIN, one_line(error)) from None
        except ssl.SSLError as error:
            raise Failed(Trouble.UNCLEAR, Phase.LOGIN, one_line(error)) from None
        except OSError as error:
            raise Failed(Trouble.LOST, Phase.CONNECT, one_line(error)) from None
        if offered == REQUIRED and self._call.tls is Tls.OFF:
            raise Failed(Trouble.UNENCRYPTED, Phase.LOGIN, 'the server insists on encryption; tls is "off"')
        if offered == NOT_SUPPORTED and self._call.tls in (Tls.REQUIRE, Tls.VERIFY):
            raise Failed(Trouble.UNENCRYPTED, Phase.LOGIN, "the server offers no encryption")

    def _offered(self) -> int:
        self._send(PRELOGIN, greeting(NOT_SUPPORTED if self._call.tls is Tls.OFF else ON))
        body = self._packet()
        offered = encryption(body)
        if offered is None:
            raise Failed(Trouble.FOREIGN, Phase.CONNECT, f"answered a greeting with {body[:64]!r}")
        return offered

    def _encrypt(self) -> None:
        """Shake hands, each flight wrapped in packets of the greeting's kind."""
        context, name = self._call.tls_context(), self._call.url.host or self.peer
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        for _ in range(MOST_ROUNDS):
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._send(PRELOGIN, self._outgoing.read())
                self._incoming.write(self._packet())
            else:
                if last := self._outgoing.read():
                    self._send(PRELOGIN, last)
                self._tls = tls
                return
        raise Failed(Trouble.FOREIGN, Phase.CONNECT, "a TLS handshake without an end")

    def _send(self, kind: int, body: bytes) -> None:
        self._line.settimeout(self._call.left_s())
        self._line.sendall(HEADER.pack(kind, LAST, HEADER.size + len(body), 0, 0, 0) + body)

    def _packet(self) -> bytes:
        header = self._exactly(HEADER.size)
        kind, _, size, *_ = HEADER.unpack(header)
        if kind not in (REPLY, PRELOGIN) or size < HEADER.size:
            raise Failed(Trouble.FOREIGN, Phase.CONNECT, f"answered a greeting with {header!r}")
        return self._exactly(size - HEADER.size)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            self._line.settimeout(self._call.left_s())
            more = self._line.recv(size - len(data))
            if not more:
                if data:
                    raise Failed(Trouble.FOREIGN, Phase.CONNECT, f"answered a greeting with {data[:64]!r}")
                raise Failed(Trouble.LOST, Phase.CONNECT, "hung up at a greeting")
            data += more
        return data

    # What python-tds asks of a socket

    def sendall(self, data: bytes, flags: int = 0) -> None:
        if data[0] == PRELOGIN:  # the driver's own greeting, long after ours
            body = greeting(NOT_SUPPORTED)
            self._told = HEADER.pack(REPLY, LAST, HEADER.size + len(body), 0, 1, 0) + body
            return
        if self._tls is not None:
            self._tls.write(data)
            data = self._outgoing.read()
        self._line.settimeout(self._call.left_s())
        self._line.sendall(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self._told:
            told, self._told = self._told[:size], self._told[size:]
            return told
        while True:
            try:
                if self._tls is not None:
                    return self._tls.read(size)
            except ssl.SSLWantReadError:
                pass
            self._line.settimeout(self._call.left_s())
            data = self._line.recv(size)
            if self._tls is None or not data:
                return data
            self._incoming.write(data)

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, flags: int = 0) -> int:
        data = self.recv(min(size, len(buffer)) or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def settimeout(self, seconds: float | None) -> None:
        """Not the driver's to say."""

    def setsockopt(self, *option: Any) -> None:
        self._line.setsockopt(*option)

    def close(self) -> None:
        self._line.close()


def greeting(wish: int) -> bytes:
    """The body of a PRELOGIN: a table of options and then their values."""
    options = {0: bytes(6), ENCRYPTION: bytes([wish]), 2: b"\0", 3: bytes(4), 4: b"\0"}
    offset, table = len(options) * OPTION.size + 1, b""
    for token, value in options.items():
        table += OPTION.pack(token, offset, len(value))
        offset += len(value)
    return table + bytes([END]) + b"".join(options.values())


def encryption(body: bytes) -> int | None:
    """What a PRELOGIN says about encryption; None when it is no PRELOGIN."""
    for at in range(0, len(body), OPTION.size):
        if body[at] == END or at + OPTION.size > len(body):
            break
        token, offset, length = OPTION.unpack_from(body, at)
        if token == ENCRYPTION:
            return body[offset] if length == 1 and offset < len(body) else None
    return None
