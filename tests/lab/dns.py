"""A name server of the test's own (RFC 1035): it knows a few names, says of all others that there is no such name.

And one for any other service by datagram, that says whatever a test wants.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

_A, _AAAA = 1, 28
_FAMILY = {_A: socket.AF_INET, _AAAA: socket.AF_INET6}


@contextlib.contextmanager
def name_server(address: str, names: Mapping[str, Sequence[str]], port: int = 53) -> Iterator[int]:
    """Serve at that address: names without a final dot, each with its addresses in order; yields the port."""
    with datagram_server(lambda question: [_answer(question, names)], address, port) as served:
        yield served


@contextlib.contextmanager
def datagram_server(
    reply: Callable[[bytes], Sequence[bytes]], address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Send back every datagram that `reply` makes of one that came; yields the port."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind((address, port))
        channel.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    question, asker = channel.recvfrom(65535)
                    for answer in reply(question):
                        channel.sendto(answer, asker)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield channel.getsockname()[1]
        finally:
            over.set()
            serving.join()


def _answer(question: bytes, names: Mapping[str, Sequence[str]]) -> bytes:
    words, at = [], 12
    while question[at]:
        words.append(question[at + 1 : at + 1 + question[at]].decode())
        at += 1 + question[at]
    end = at + 5
    [kind] = struct.unpack("!H", question[at + 1 : at + 3])
    known = names.get(".".join(words))
    records = b""
    count = 0
    for address in known or ():
        if kind == (_AAAA if ":" in address else _A):
            packed = socket.inet_pton(_FAMILY[kind], address)
            records += struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(packed)) + packed
            count += 1
    flags = 0x8180 if known is not None else 0x8183  # an answer with recursion; the 3 is "no such name"
    return question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question[12:end] + records
