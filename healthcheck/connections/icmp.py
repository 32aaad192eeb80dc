"""Whether a machine is there: echo requests, or TCP connections where this computer may not send those."""

from __future__ import annotations

import asyncio
import time

from healthcheck.check import PingReply
from healthcheck.connections import tcp
from healthcheck.connections.echo import EchoSocket, open_echo
from healthcheck.errors import ConnectError, ProbeError, Refused

USUAL_PORTS = (22, 80, 443, 445, 3389, 9100)
"""Where a router, server, workstation or printer answers, or at least refuses."""

_NO_RIGHT = (
    "no right to open an ICMP socket: give the service AmbientCapabilities=CAP_NET_RAW, or run "
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'; {address} did not answer on TCP ports {ports} either"
)


class Pinger:
    """One a round. It opens its sockets when they are first needed, on the running event loop."""

    def __init__(self) -> None:
        self._echoes: dict[int, EchoSocket | None] = {}

    async def ping(self, address: str, *, count: int, interval_s: float, left_s: float) -> PingReply:
        """Send `count` requests to a numeric address, one each `interval_s`, and wait at most `left_s` seconds.

        Where the machine lets nobody send ICMP, a TCP connection that is answered or refused proves that the host is
        up; none proves nothing and raises `ProbeError`.
        """
        version = 6 if ":" in address else 4
        if version not in self._echoes:
            self._echoes[version] = open_echo(version)
        echo = self._echoes[version]
        if echo is None:
            return await _ask_by_tcp(address, left_s)
        return await echo.ping(address, count=count, interval_s=interval_s, left_s=left_s)

    def close(self) -> None:
        """Close what was opened."""
        for echo in self._echoes.values():
            if echo is not None:
                echo.close()
        self._echoes.clear()


async def _ask_by_tcp(address: str, left_s: float) -> PingReply:
    """Whether anything comes back from the usual ports: an answer or a refusal, both prove a live machine."""
    begun = time.monotonic()
    asking = [asyncio.create_task(_comes_back(address, port, left_s)) for port in USUAL_PORTS]
    try:
        for answer in asyncio.as_completed(asking):
            if await answer:
                return PingReply(address, sent=1, rtts_s=(time.monotonic() - begun,), method="tcp")
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    detail = _NO_RIGHT.format(address=address, ports=", ".join(map(str, USUAL_PORTS)))
    raise ProbeError("this computer may not send pings", detail)


async def _comes_back(address: str, port: int, left_s: float) -> bool:
    try:
        (await tcp.connect(address, port, left_s=left_s)).close()
    except Refused:
        return True
    except ConnectError:
        return False
    return True
