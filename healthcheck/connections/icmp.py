"""Echo requests to every host of a round over one shared socket (RFC 792, RFC 4443), with ping3's packets.

A reply counts only when its source address, its identifier and its sequence number, which is used once, are those of a
request that is still waited for: a late reply of one host is never taken for another's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import secrets
import socket
import struct
import time
from dataclasses import dataclass, field

from healthcheck.check import PingReply
from healthcheck.connections import tcp
from healthcheck.errors import ConnectError, ProbeError, Refused

PAYLOAD_BYTES = 56
RECEIVE_BUFFER_BYTES = 4 << 20
BURST = 32
"""After so many requests the replies are read, so that a big round does not overflow its own socket."""
BUSY_S = 0.002
"""A pause while the machine's send queue is full."""
BUSY_LIMIT = 500
FALLBACK_PORTS = (22, 80, 443, 445, 3389, 9100)
"""Where a router, server, workstation or printer usually answers or at least refuses."""

_ICMP_FILTER = 1
_ICMP6_FILTER = 1
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_TIMESPEC = struct.Struct("@ll")
_HEADER = struct.Struct("!BBHHH")
_V4 = {"reply": 0, "unreachable": 3}
_V6 = {"reply": 129, "unreachable": 1}
_SAYS_V4 = {0: "no route to its network", 1: "no route to host", 9: "prohibited", 10: "prohibited", 13: "prohibited"}
_SAYS_V6 = {0: "no route to its network", 1: "prohibited", 3: "no route to host", 5: "prohibited", 6: "prohibited"}
_ERRORS = {
    errno.ENETUNREACH: "no route to its network",
    errno.EADDRNOTAVAIL: "no route to its network",
    errno.EHOSTUNREACH: "no route to host",
    errno.EPERM: "prohibited by this computer's firewall",
    errno.EACCES: "prohibited by this computer's firewall",
}
_HINT = (
    "no right to open an ICMP socket: give the service AmbientCapabilities=CAP_NET_RAW, or allow its group with "
    "sysctl net.ipv4.ping_group_range='0 2147483647'; and {address} answered on none of the TCP ports {ports}"
)


class Pinger:
    """One a round. It opens its sockets when first needed, on the running event loop."""

    def __init__(self) -> None:
        self._sockets: dict[int, EchoSocket | None] = {}

    async def ping(self, address: str, *, count: int, interval_s: float, left_s: float) -> PingReply:
        """Send `count` requests to a numeric address and wait for the answers, at most `left_s` seconds.

        Where the machine lets nobody send ICMP, a TCP connection that is answered or refused proves that the host is
        up; none proves nothing and raises `ProbeError`.
        """
        echo = self._socket(ipaddress.ip_address(address).version)
        if echo is None:
            return await _ask_by_tcp(address, left_s)
        return await echo.ping(address, count=count, interval_s=interval_s, left_s=left_s)

    def _socket(self, version: int) -> EchoSocket | None:
        if version not in self._sockets:
            self._sockets[version] = _open(version)
        return self._sockets[version]

    def close(self) -> None:
        """Close what was opened; whoever still waits gets no answer."""
        for echo in self._sockets.values():
            if echo is not None:
                echo.close()
        self._sockets.clear()


@dataclass
class _Waiting:
    """A request under way: when it left by both clocks, and where its fate is told: seconds, or the network's word."""

    sent_at: float
    sent_wall: float
    answered: asyncio.Future[float | str]


@dataclass
class EchoSocket:
    """A socket for one address family, raw or unprivileged, and everything that is under way on it."""

    version: int
    raw: bool
    channel: socket.socket
    identifier: int = field(default_factory=lambda: secrets.randbelow(0xFFFF) + 1)
    _waiting: dict[tuple[bytes, int], _Waiting] = field(default_factory=dict)
    _sequence: int = 0
    _since_read: int = 0

    async def ping(self, address: str, *, count: int, interval_s: float, left_s: float) -> PingReply:
        """See `Pinger.ping`."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        keys: list[tuple[bytes, int]] = []
        futures: list[asyncio.Future[float | str]] = []
        try:
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number * interval_s - loop.time()) if number else 0)
                if loop.time() - begun >= left_s:
                    break
                key, future = await self._send(address)
                keys.append(key)
                futures.append(future)
            pending = [future for future in futures if not future.done()]
            if pending:
                await asyncio.wait(pending, timeout=max(0.0, begun + left_s - loop.time()))
            self.read()
        finally:
            for key in keys:
                self._waiting.pop(key, None)
        return _reply(address, futures)

    async def _send(self, address: str) -> tuple[tuple[bytes, int], asyncio.Future[float | str]]:
        import ping3  # only when something is pinged: it costs start-up time

        self._sequence = (self._sequence + 1) & 0xFFFF
        key = (_packed(address), self._sequence)
        future: asyncio.Future[float | str] = asyncio.get_running_loop().create_future()
        for _ in range(BUSY_LIMIT):
            self._waiting[key] = _Waiting(time.monotonic(), time.time(), future)
            try:
                ping3.send_one_ping(self.channel, address, self.identifier, key[1], PAYLOAD_BYTES)
            except BlockingIOError:
                self.read()
                await asyncio.sleep(BUSY_S)
                continue
            except OSError as error:
                if error.errno == errno.ENOBUFS:
                    await asyncio.sleep(BUSY_S)
                    continue
                future.set_result(_ERRORS.get(error.errno or 0) or error.strerror or str(error))
            break
        self._since_read += 1
        if self._since_read >= BURST:
            self.read()
        return key, future

    def read(self) -> None:
        """Take everything that has come in."""
        self._since_read = 0
        while True:
            try:
                packet, extra, _, source = self.channel.recvmsg(2048, 256)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                if self.channel.fileno() < 0:
                    return
                continue
            self._take(packet, str(source[0]), _stamp(extra))

    def _take(self, packet: bytes, source: str, received_wall: float) -> None:
        icmp = packet[(packet[0] & 0x0F) * 4 :] if self.raw and self.version == 4 and packet else packet
        if len(icmp) < _HEADER.size:
            return
        types = _V4 if self.version == 4 else _V6
        kind, code, _, identifier, sequence = _HEADER.unpack_from(icmp)
        if kind == types["reply"]:
            if not self.raw or identifier == self.identifier:
                self._answered(_packed(source), sequence, received_wall)
        elif kind == types["unreachable"]:
            self._unreachable(icmp[_HEADER.size :], code)

    def _answered(self, source: bytes, sequence: int, received_wall: float) -> None:
        waiting = self._waiting.pop((source, sequence), None)
        if waiting is None or waiting.answered.done():
            return
        elapsed = time.monotonic() - waiting.sent_at
        stamped = received_wall - waiting.sent_wall if received_wall else elapsed
        # The kernel's stamp is free of our own delays, but the wall clock it follows may be set at any time.
        waiting.answered.set_result(stamped if 0 <= stamped <= elapsed else elapsed)

    def _unreachable(self, original: bytes, code: int) -> None:
        """A router's word about one of our requests, whose beginning it sends back."""
        if self.version == 4:
            length = (original[0] & 0x0F) * 4 if original else 0
            destination, inner = original[16:20], original[length:]
        else:
            destination, inner = original[24:40], original[40:]
        if len(inner) < _HEADER.size:
            return
        *_, identifier, sequence = _HEADER.unpack_from(inner)
        waiting = self._waiting.get((destination, sequence))
        if identifier != self.identifier or waiting is None or waiting.answered.done():
            return
        says = (_SAYS_V4 if self.version == 4 else _SAYS_V6).get(code, "unreachable")
        waiting.answered.set_result(says)

    def close(self) -> None:
        """Give the socket back and let go of everybody who waits."""
        with contextlib.suppress(RuntimeError):
            asyncio.get_running_loop().remove_reader(self.channel)
        self.channel.close()
        for waiting in self._waiting.values():
            waiting.answered.cancel()


def _open(version: int) -> EchoSocket | None:
    """The unprivileged socket where the machine allows it, else a raw one, else None."""
    family, protocol = (
        (socket.AF_INET, socket.IPPROTO_ICMP) if version == 4 else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
    )
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            channel = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except PermissionError:
            continue
        except OSError as error:
            raise ProbeError(
                "this computer cannot speak the kind of address it has", f"no IPv{version} socket: {error}"
            ) from None
        raw = kind == socket.SOCK_RAW
        _prepare(channel, version, raw)
        echo = EchoSocket(version, raw, channel)
        asyncio.get_running_loop().add_reader(channel, echo.read)
        return echo
    return None


def _prepare(channel: socket.socket, version: int, raw: bool) -> None:
    """A buffer for a whole round's replies, the kernel's time stamps, and nothing of other programs' traffic."""
    for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):  # the second goes beyond the system's limit, where it may
        with contextlib.suppress(OSError):
            channel.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER_BYTES)
    with contextlib.suppress(OSError):
        channel.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    if raw and version == 4:
        wanted = ~(1 << _V4["reply"] | 1 << _V4["unreachable"]) & 0xFFFFFFFF
        channel.setsockopt(
            socket.SOL_RAW if hasattr(socket, "SOL_RAW") else 255, _ICMP_FILTER, struct.pack("=I", wanted)
        )
    elif raw:
        words = [0xFFFFFFFF] * 8
        for kind in _V6.values():
            words[kind >> 5] &= ~(1 << (kind & 31)) & 0xFFFFFFFF
        channel.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _stamp(extra: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return 0.0


def _packed(address: str) -> bytes:
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)


def _reply(address: str, futures: list[asyncio.Future[float | str]]) -> PingReply:
    fates = [future.result() for future in futures if future.done() and not future.cancelled()]
    return PingReply(
        address,
        sent=len(futures),
        rtts_s=tuple(fate for fate in fates if isinstance(fate, float)),
        error=next((fate for fate in reversed(fates) if isinstance(fate, str)), ""),
    )


async def _ask_by_tcp(address: str, left_s: float) -> PingReply:
    """Whether anything at all comes back from the usual ports: an answer or a refusal, both prove a live machine."""
    begun = time.monotonic()
    asking = [asyncio.create_task(_tcp_answers(address, port, left_s)) for port in FALLBACK_PORTS]
    try:
        for next_done in asyncio.as_completed(asking):
            if await next_done:
                return PingReply(address, sent=1, rtts_s=(time.monotonic() - begun,), method="tcp")
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    ports = ", ".join(map(str, FALLBACK_PORTS))
    raise ProbeError("this computer may not send pings", _HINT.format(address=address, ports=ports))


async def _tcp_answers(address: str, port: int, left_s: float) -> bool:
    try:
        (await tcp.connect(address, port, left_s=left_s)).close()
    except Refused:
        return True
    except ConnectError:
        return False
    return True
