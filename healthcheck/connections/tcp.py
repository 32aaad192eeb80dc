"""Names and TCP connections from here, under a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from typing import Any

from healthcheck.connections.threads import in_thread
from healthcheck.errors import ConnectError, NoAnswer, NotResolved, Prohibited, Refused, connect_error
from healthcheck.words import plain

HEAD_START_S = 0.25
"""What one address of a name gets before the next is tried beside it (RFC 8305), so that a dead one costs little."""
SILENCE_MS = 10_000
"""How long sent data may stay unacknowledged before the connection counts as lost."""
IDLE_S = 5
"""After so long without traffic the other side is asked whether it is still there."""
LEAST_READ_S = 0.01


async def resolve(name: str, *, left_s: float) -> str:
    """The first numeric address of a name; `NotResolved` when it has none or nobody says so within `left_s` seconds."""
    return (await addresses(name, left_s=left_s))[0]


async def connect(name: str, port: int, *, left_s: float) -> socket.socket:
    """A connected, blocking socket whose every call is bounded by what is left of `left_s` seconds.

    The addresses of the name are tried in turn, each beside the ones before it, and the first to answer wins.
    Raises `Refused`, `NoAnswer`, `Prohibited` or `NotResolved`; of several failures the one that tells most.
    """
    deadline = time.monotonic() + left_s
    found = await addresses(name, left_s=left_s)
    try:
        async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
            connected = await (_first_connection(found, port) if len(found) > 1 else _connect_to(found[0], port))
    except TimeoutError:
        raise _no_answer(name, found, port, left_s) from None
    connected.settimeout(max(LEAST_READ_S, deadline - time.monotonic()))
    return connected


def connect_blocking(address: str, port: int, *, left_s: float) -> socket.socket:
    """`connect` to a numeric address, in the thread that calls it."""
    deadline = time.monotonic() + left_s
    connecting, where = _prepared(address, port)
    with contextlib.ExitStack() as undo:
        undo.callback(connecting.close)
        connecting.settimeout(left_s)
        try:
            connecting.connect(where)
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:  # our time is up, not the system's
                raise _no_answer(address, [address], port, left_s) from None
            raise connect_error(error, f"TCP {_where(address, port)}") from None
        undo.pop_all()
    connecting.settimeout(max(LEAST_READ_S, deadline - time.monotonic()))
    return connecting


async def addresses(name: str, *, left_s: float) -> list[str]:
    """Every numeric address of a name, in the order the system prefers; at once when it is numeric already."""
    if is_numeric(name):
        return [name]
    if not name:
        raise NotResolved("it has no address in the configuration", "the host has no `address`")
    try:
        async with asyncio.timeout(left_s):
            found = await in_thread(lambda: _look_up(name), name=f"look up {name}")
    except TimeoutError:
        raise NotResolved(
            "its name could not be looked up: the name server did not answer",
            f"{plain(name, 253)}: no reply from the name server in {left_s:.1f} s",
        ) from None
    except (OSError, ValueError) as error:  # the second for what cannot be a name at all
        raise NotResolved("its name could not be looked up", f"{plain(name, 253)}: {error}") from None
    return found


def is_numeric(name: str) -> bool:
    """Whether it is an address, and not a name that must be looked up."""
    address, percent, interface = name.partition("%")  # behind an IPv6 address an interface may be named
    version = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.inet_pton(version, address)
    except (OSError, ValueError):
        return False
    return not percent or (version == socket.AF_INET6 and bool(interface))


def _look_up(name: str) -> list[str]:
    """Ask the system's resolver, which keeps no deadline of its own worth the name (RFC 3493, getaddrinfo)."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def _first_connection(found: Sequence[str], port: int) -> socket.socket:
    """The first address to answer; raises the most telling error once every one of them has failed."""
    waiting = list(found)
    attempts: set[asyncio.Task[socket.socket]] = set()
    failures: list[ConnectError] = []
    winner: socket.socket | None = None
    try:
        while winner is None and (waiting or attempts):
            if waiting:
                attempts.add(asyncio.create_task(_connect_to(waiting.pop(0), port)))
            done, attempts = await asyncio.wait(
                attempts, timeout=HEAD_START_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                error = attempt.exception()
                if error is None and winner is None:
                    winner = attempt.result()
                elif error is None:
                    attempt.result().close()
                elif isinstance(error, ConnectError):
                    failures.append(error)
                else:
                    raise error
    finally:
        for attempt in attempts:
            attempt.add_done_callback(_close_late)
            attempt.cancel()
    if winner is not None:
        return winner
    worst = min(failures, key=lambda error: _TELLS_MOST.index(type(error)))
    raise type(worst)(worst.says, "; ".join(error.detail for error in failures))


_TELLS_MOST = (Refused, Prohibited, NoAnswer, ConnectError)


def _close_late(attempt: asyncio.Task[socket.socket]) -> None:
    """An attempt may have connected in the very moment in which it was given up."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


def _prepared(address: str, port: int) -> tuple[socket.socket, Any]:
    """A socket that is not connected yet, and where to."""
    [(family, kind, protocol, _, where), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )
    try:
        connecting = socket.socket(family, kind, protocol)
    except OSError as error:
        raise connect_error(error, f"TCP {_where(address, port)}") from None
    _notice_a_lost_line(connecting)
    return connecting, where


async def _connect_to(address: str, port: int) -> socket.socket:
    connecting, where = _prepared(address, port)
    with contextlib.ExitStack() as undo:
        undo.callback(connecting.close)
        connecting.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connecting, where)
        except OSError as error:
            raise connect_error(error, f"TCP {_where(address, port)}") from None
        undo.pop_all()
    return connecting


def _notice_a_lost_line(connecting: socket.socket) -> None:
    """Let the kernel end a connection whose other side has vanished, instead of waiting for it for two hours."""
    connecting.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENCE_MS)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_S)
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, IDLE_S)


def _no_answer(name: str, found: Sequence[str], port: int, left_s: float) -> NoAnswer:
    asked = ", ".join(_where(address, port) for address in found)
    through = "" if list(found) == [name] else f" ({plain(name, 253)})"
    return NoAnswer("did not answer", f"TCP {asked}{through}: no answer in {left_s:.1f} s")


def _where(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
