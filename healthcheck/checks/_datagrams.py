"""One question by datagram (UDP) and the answer to it, within a time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

from healthcheck.api import NoAnswer, connect_error
from healthcheck.checks._talk import FOREIGN, Failed, excerpt

Answer = TypeVar("Answer")

SENDINGS = 2
"""A question is sent again after a while: one lost datagram is no finding."""
MOST_ANSWERS = 1000
"""So many datagrams are looked at and no more: no flood gets past it."""


def ask_by_datagram(
    address: str, port: int, question: bytes, read: Callable[[bytes], Answer | None], *, left_s: float
) -> Answer:
    """What `read` makes of the first datagram that it takes for an answer; it returns None for one that is none.

    The socket is connected, so that only the asked port of the asked numeric address is heard, from a random port of
    ours. Raises `Refused`, `Prohibited` or `NoAnswer`, and `Failed` when there were datagrams but no answer.
    """
    where = f"UDP [{address}]:{port}" if ":" in address else f"UDP {address}:{port}"
    begun = time.monotonic()
    foreign = b""
    try:
        with _channel(address, port) as channel:
            for sending in range(1, SENDINGS + 1):
                channel.send(question)
                until = begun + left_s * sending / SENDINGS
                for _ in range(MOST_ANSWERS):
                    wait_s = until - time.monotonic()
                    if wait_s <= 0:
                        break
                    channel.settimeout(wait_s)
                    try:
                        said = channel.recv(65535)
                    except TimeoutError:
                        break
                    answer = read(said)
                    if answer is not None:
                        return answer
                    foreign = foreign or said
    except OSError as error:
        raise connect_error(error, where) from None
    if foreign:
        raise Failed(FOREIGN, f"{where}: no answer to the question, but {excerpt(foreign)!r}")
    raise NoAnswer("did not answer", f"{where}: no answer in {left_s:.1f} s")


def _channel(address: str, port: int) -> socket.socket:
    [(family, kind, protocol, _, where), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )
    channel = socket.socket(family, kind, protocol)
    try:
        channel.connect(where)
    except OSError:
        channel.close()
        raise
    return channel
