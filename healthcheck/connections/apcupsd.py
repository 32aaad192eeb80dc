"""What apcupsd tells over its network information server (apcupsd 3.14 manual, "NIS network server protocol").

A message is two bytes of length, high byte first, and so many bytes. A question is one message, "status" or
"events"; the answer is one message a line and an empty one at its end. There is no login.
"""

from __future__ import annotations

import socket

from healthcheck.connections.conversation import Conversation
from healthcheck.errors import ProbeError
from healthcheck.words import plain

LONGEST_RECORD_BYTES = 4096
"""apcupsd itself sends at most 256 bytes in one; a greater length is another protocol's first two letters."""

_REFUSALS = {
    "Not available": "it keeps no log of its events that it can show",
    "Invalid command": "it does not know the question",
    "Apcupsd not running": "only part of the battery backup's program is running",
}


async def ask(connected: socket.socket, command: str, *, left_s: float) -> tuple[str, ...]:
    """The lines of the answer to `command` ("status" or "events"), without their ends; the connection is closed.

    Raises `ProbeError` when it refuses, breaks off before the empty message, or something else speaks there.
    """
    question = command.encode("ascii")
    lines: list[str] = []
    async with Conversation(connected, left_s, daemon="apcupsd") as talk:
        await talk.send(len(question).to_bytes(2, "big") + question)
        while length := int.from_bytes(head := await talk.exactly(2), "big"):
            if length > LONGEST_RECORD_BYTES:
                raise talk.foreign(head + talk.unread)
            lines.append((await talk.exactly(length)).decode("utf-8", errors="replace").rstrip("\r\n\0"))
    if len(lines) == 1 and (reason := _REFUSALS.get(lines[0].strip())):
        raise ProbeError(reason, f"apcupsd: {command}: {plain(lines[0], 80)}")
    return tuple(lines)
