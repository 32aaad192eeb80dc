"""One ICMP socket for everything that is pinged in a round (RFC 792, RFC 4443), with ping3's packets.

A reply counts only when its source address, its identifier and its sequence number, which is used once, are those of a
request that is still waited for: a late reply of one host is never taken for another's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import inspect
import os
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from healthcheck.check import PingReply
from healthcheck.errors import ProbeError
from healthcheck.records import frozen

PAYLOAD = (b"healthcheck " * 5)[:56]
RECEIVE_BUFFER_BYTES = 4 << 20
BURST = 32
"""After so many requests the replies are read, so that a big round does not overflow its own socket."""
BUSY_S = 0.002
"""A pause while the machine's send queue is full."""
BUSY_LIMIT = 500

NO_ROUTE = "no route to its network"
HOST_UNREACHABLE = "host unreachable"
PROHIBITED = "prohibited on the way"
PROHIBITED_HERE = "prohibited by this computer"

_HEADER = struct.Struct("!BBHHH")
_TIMESPEC = struct.Struct("@ll")
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
# Linux's numbers that Python has no names for: linux/icmp.h, linux/icmpv6.h, asm-generic/socket.h, linux/in.h, in6.h
_SOL_RAW, _ICMP_FILTER, _ICMP6_FILTER = 255, 1, 1
_SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 35, 33
_RECVERR = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}
_FROM_THE_NETWORK = (2, 3)

_REPLY = {4: 0, 6: 129}
_UNREACHABLE = {4: 3, 6: 1}
_CODES = {
    4: {0: NO_ROUTE, 6: NO_ROUTE, 9: PROHIBITED, 10: PROHIBITED, 13: PROHIBITED},
    6: {0: NO_ROUTE, 1: PROHIBITED, 5: PROHIBITED, 6: PROHIBITED},
}
_ERRORS = {
    errno.ENETUNREACH: NO_ROUTE,
    errno.EADDRNOTAVAIL: NO_ROUTE,
    errno.EHOSTUNREACH: HOST_UNREACHABLE,
    errno.EPERM: PROHIBITED_HERE,
    errno.EACCES: PROHIBITED_HERE,
}


def open_echo(version: int) -> EchoSocket | None:
    """A socket for IPv4 or IPv6: unprivileged where the machine allows that, else raw; None where it allows neither.

    Raises `ProbeError` on a machine without that kind of address.
    """
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            channel = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except PermissionError:
            continue
        except OSError as error:
            raise ProbeError(
                "this computer has no network of the kind that its address belongs to",
                f"ICMP over IPv{version}: {error}",
            ) from None
        return EchoSocket(version, channel, raw=kind == socket.SOCK_RAW)
    return None


@dataclass
class _Burst:
    """The requests to one host: for each that is told of, its seconds, or the network's word about it."""

    expected: int
    fates: list[float | str] = field(default_factory=list)
    all_told: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def tell(self, fate: float | str) -> None:
        self.fates.append(fate)
        if len(self.fates) == self.expected and not self.all_told.done():
            self.all_told.set_result(None)


@frozen
class _Request:
    burst: _Burst
    sent_at: float
    sent_wall: float


_Key = tuple[bytes, int]


class EchoSocket:
    """A raw or unprivileged ICMP socket on the running event loop, and everything that is under way on it."""

    def __init__(self, version: int, channel: socket.socket, *, raw: bool) -> None:
        self.raw = raw
        self._version = version
        self._channel = channel
        self._identifier = int.from_bytes(os.urandom(2)) or 1
        self._sequence = 0
        self._sent_since_read = 0
        self._under_way: dict[_Key, _Request] = {}
        _prepare(channel, version, raw)
        import ping3  # only where something is pinged: it costs start-up time

        self._kind = int(ping3.IcmpV4Type.ECHO_REQUEST if version == 4 else ping3.IcmpV6Type.ECHO_REQUEST)
        bare = _HEADER.pack(self._kind, 0, 0, self._identifier, 0)
        # Without its debugging wrapper, which writes every argument out whether or not anybody reads it.
        self._summed = 0xFFFF & ~socket.htons(inspect.unwrap(ping3.checksum)(bare + PAYLOAD))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(channel, self._read)

    async def ping(self, address: str, *, count: int, interval_s: float, left_s: float) -> PingReply:
        """Send `count` requests, one each `interval_s` seconds, and wait for the answers, at most `left_s` seconds."""
        begun, burst, keys = self._loop.time(), _Burst(count), list[_Key]()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    for number in range(count):
                        if number:
                            await asyncio.sleep(begun + number * interval_s - self._loop.time())
                        keys.append(await self._send(address, burst))
                    await burst.all_told
        finally:
            for key in keys:
                self._under_way.pop(key, None)
        # One that came too late does not count, however late this computer looked.
        rtts_s = tuple(fate for fate in burst.fates if isinstance(fate, float) and fate <= left_s)
        words = [fate for fate in burst.fates if isinstance(fate, str)]
        return PingReply(address, sent=len(keys), rtts_s=rtts_s, error=words[-1] if words else "")

    def close(self) -> None:
        """Give the socket back; whoever still waits hears nothing more."""
        self._loop.remove_reader(self._channel)
        self._channel.close()

    async def _send(self, address: str, burst: _Burst) -> _Key:
        self._sequence = (self._sequence + 1) & 0xFFFF
        key = _packed(address), self._sequence
        for _ in range(BUSY_LIMIT):
            self._under_way[key] = _Request(burst, time.monotonic(), time.time())
            try:
                self._channel.sendto(self._request(), _place(address))
            except BlockingIOError:
                await asyncio.sleep(BUSY_S)
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    await asyncio.sleep(BUSY_S)
                elif not self._read_errors():  # an unprivileged socket first hands over what earlier requests met
                    burst.tell(_ERRORS.get(error.errno or 0, str(error)))
                    break
            else:
                break
        else:
            raise ProbeError("this computer was too busy to send", f"ICMP to {address}: the send queue stayed full")
        self._sent_since_read += 1
        if self._sent_since_read >= BURST:
            self._read()
        return key

    def _request(self) -> bytes:
        """An echo request with its checksum (RFC 1071); that of ICMPv6 the kernel makes (RFC 3542, 3.1).

        From request to request only the sequence number changes, so the rest is summed up once (RFC 1624).
        """
        summed = self._summed + self._sequence
        checksum = 0xFFFF & ~(summed + (summed >> 16))
        return _HEADER.pack(self._kind, 0, checksum, self._identifier, self._sequence) + PAYLOAD

    def _read(self) -> None:
        """Take everything that has come in."""
        self._sent_since_read = 0
        with contextlib.suppress(OSError):  # nothing more, or an earlier request's error, which is read below
            while True:
                packet, extra, _, source = self._channel.recvmsg(2048, 256)
                self._take(packet, str(source[0]), _stamp(extra))
        if not self.raw:
            self._read_errors()

    def _take(self, packet: bytes, source: str, received_wall: float) -> None:
        message = packet[(packet[0] & 0x0F) * 4 :] if self.raw and self._version == 4 and packet else packet
        if len(message) < _HEADER.size:
            return
        kind, code, _, identifier, sequence = _HEADER.unpack_from(message)
        if kind == _REPLY[self._version]:
            if identifier == self._identifier or not self.raw:  # the kernel gives unprivileged sockets their own
                self._answered((_packed(source), sequence), received_wall)
        elif kind == _UNREACHABLE[self._version]:
            self._sent_back(message[_HEADER.size :], code)

    def _answered(self, key: _Key, received_wall: float) -> None:
        request = self._under_way.pop(key, None)
        if request is not None:
            elapsed = time.monotonic() - request.sent_at
            # The kernel's stamp is free of our own delays, but the wall clock it follows may be set at any time.
            stamped = received_wall - request.sent_wall
            request.burst.tell(stamped if 0 <= stamped <= elapsed else elapsed)

    def _sent_back(self, original: bytes, code: int) -> None:
        """A router could not pass a packet on, and returns its beginning."""
        if self._version == 4:
            destination, message = original[16:20], original[(original[0] & 0x0F) * 4 :] if original else b""
        else:
            destination, message = original[24:40], original[40:]
        if len(message) >= _HEADER.size:
            *_, identifier, sequence = _HEADER.unpack_from(message)
            if identifier == self._identifier:
                self._refused((destination, sequence), code)

    def _refused(self, key: _Key, code: int) -> None:
        request = self._under_way.pop(key, None)
        if request is not None:
            request.burst.tell(_CODES[self._version].get(code, HOST_UNREACHABLE))

    def _read_errors(self) -> int:
        """Take what an unprivileged socket was told by routers (ip(7), IP_RECVERR); how many such errors there were."""
        read = 0
        with contextlib.suppress(OSError):
            while not self.raw:
                message, extra, _, destination = self._channel.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
                read += 1
                for level, kind, data in extra:
                    if (level, kind) == _RECVERR[self._version] and len(message) >= _HEADER.size:
                        _, origin, _, code, *_ = _EXTENDED_ERROR.unpack_from(data)
                        *_, sequence = _HEADER.unpack_from(message)
                        key = _packed(str(destination[0])), sequence
                        self._refused(key, code if origin in _FROM_THE_NETWORK else 1 if self._version == 4 else 3)
        return read


def _prepare(channel: socket.socket, version: int, raw: bool) -> None:
    """A buffer for a whole round's replies, the kernel's time stamps, and nothing of other programs' traffic."""
    for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):  # the second goes beyond the system's limit, where it may
        with contextlib.suppress(OSError):
            channel.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER_BYTES)
    with contextlib.suppress(OSError):
        channel.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    wanted = (_REPLY[version], _UNREACHABLE[version])
    if not raw:
        channel.setsockopt(*_RECVERR[version], 1)
    elif version == 4:
        refused = 0xFFFFFFFF & ~sum(1 << kind for kind in wanted)
        channel.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", refused))
    else:
        refused = (1 << 256) - 1 & ~sum(1 << kind for kind in wanted)
        words = [refused >> 32 * number & 0xFFFFFFFF for number in range(8)]
        channel.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _stamp(extra: list[tuple[int, int, bytes]]) -> float:
    """When the kernel received a packet, by the wall clock; 0.0 where it does not say."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return 0.0


def _place(address: str) -> tuple[Any, ...]:
    """Where to send to; an IPv6 address may name an interface behind a "%"."""
    if ":" not in address:
        return address, 0
    [(*_, place), *_] = socket.getaddrinfo(address, 0, socket.AF_INET6, flags=socket.AI_NUMERICHOST)
    return place


def _packed(address: str) -> bytes:
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
