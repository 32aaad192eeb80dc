"""A name server of the test's own (RFC 1035): it knows a few names, says of all others that there is no such name."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence

_A, _AAAA = 1, 28
_FAMILY = {_A: socket.AF_INET, _AAAA: socket.AF_INET6}


@contextlib.contextmanager
def name_server(address: str, names: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Serve on port 53 of that address: names without a final dot, each with its addresses in order."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind((address, 53))
        channel.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    question, asker = channel.recvfrom(512)
                    channel.sendto(_answer(question, names), asker)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield
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
