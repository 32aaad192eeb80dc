"""The mail server of the demonstration (RFC 5321): it takes every mail and puts it into a folder, for people."""

from __future__ import annotations

import email
import itertools
import re
import socket
from collections.abc import Iterator
from email import policy
from pathlib import Path
from typing import BinaryIO

from healthcheck.demo.ports import Talk

_LONGEST_LINE = 8192
_LARGEST_BYTES = 20_000_000
_PATH = re.compile(rb"(?:MAIL FROM|RCPT TO):\s*<([^>]*)>", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


def mail_server(folder: Path) -> Talk:
    """A server that delivers into the folder: each mail as it came (.eml), and what a person reads (.txt, .html)."""
    numbers = itertools.count(1)

    def talk(client: socket.socket) -> None:
        with client.makefile("rb") as stream:
            _say(client, "220 demonstration ESMTP")
            recipients: list[str] = []
            while line := stream.readline(_LONGEST_LINE):
                verb, path = line[:4].upper(), _PATH.match(line)
                if verb == b"EHLO":
                    _say(client, f"250-demonstration\r\n250-8BITMIME\r\n250 SIZE {_LARGEST_BYTES}")
                elif verb == b"DATA" and recipients:
                    _say(client, "354 Go on")
                    mail = b"".join(_lines(stream))
                    keep(mail, folder / f"{next(numbers)}-{_safe(recipients[0])}")
                    recipients = []
                    _say(client, "250 Kept")
                elif verb == b"RCPT" and path:
                    recipients.append(path[1].decode("utf-8", "replace"))
                    _say(client, "250 OK")
                elif verb in (b"HELO", b"MAIL", b"RSET", b"NOOP"):
                    recipients = []
                    _say(client, "250 OK")
                elif verb == b"QUIT":
                    _say(client, "221 Goodbye")
                    return
                else:
                    _say(client, "503 Not now" if verb == b"DATA" else "500 Not known here")

    return talk


def keep(mail: bytes, stem: Path) -> None:
    """Write a mail and its readable parts beside each other; each file is whole or not there."""
    files = {".eml": mail}
    message = email.message_from_bytes(mail, policy=policy.default)
    for kind, ending in (("plain", ".txt"), ("html", ".html")):
        if part := message.get_body((kind,)):
            files[ending] = str(part.get_content()).replace("\r\n", "\n").encode()
    for ending, content in files.items():
        unfinished = stem.with_name(f".{stem.name}{ending}.new")
        unfinished.write_bytes(content)
        unfinished.replace(stem.with_name(f"{stem.name}{ending}"))


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The mail without its last line, ".", and without the dot that is put before a line that begins with one."""
    left = _LARGEST_BYTES
    while (line := stream.readline(_LONGEST_LINE)) != b".\r\n":
        left -= len(line)
        if not line or left < 0:
            raise EOFError
        yield line[1:] if line.startswith(b".") else line


def _say(client: socket.socket, line: str) -> None:
    client.sendall(f"{line}\r\n".encode())


def _safe(address: str) -> str:
    return _NOT_IN_NAMES.sub("", address.partition("@")[0]) or "nobody"
