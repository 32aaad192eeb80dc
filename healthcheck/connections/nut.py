"""What upsd knows about its UPSes, over its network protocol (RFC 9271, NUT 2.8)."""

from __future__ import annotations

import re
import socket

from healthcheck.check import NutReading
from healthcheck.connections.conversation import Conversation
from healthcheck.errors import ProbeError
from healthcheck.words import plain

NOT_CURRENT = frozenset({"DATA-STALE", "DRIVER-NOT-CONNECTED"})
"""Errors that concern one UPS: upsd is well, but has nothing current to tell about it."""

_SAYS = {
    "UNKNOWN-UPS": "the battery backup's program knows none by the configured name",
    "ACCESS-DENIED": "the battery backup's program does not let this computer ask",
}
"""Errors that asking again does not mend: somebody must change a configuration."""

_BARE_WORD = re.compile(r"[A-Za-z0-9._-]+")
_SPECIAL = re.compile(r'(["\\#])')
_ESCAPED = re.compile(r"\\(.)")
_UPS = re.compile(r'UPS (.+?) "(?:[^"\\]|\\.)*"')
_VARIABLE = re.compile(r'(\S+) "((?:[^"\\]|\\.)*)"')


async def read(connected: socket.socket, ups: str, *, left_s: float) -> NutReading:
    """The variables of the UPS named `ups`, or of all that upsd knows when it is empty; the connection is closed.

    A UPS that upsd has no current data of is in `errors`, with upsd's word for why. Raises `ProbeError` when upsd
    refuses, does not know the UPS, breaks off before the list's END, or is not upsd at all.
    """
    async with Conversation(connected, left_s, daemon="upsd") as talk:
        names = [ups] if ups else await _names(talk)
        variables: dict[str, dict[str, str]] = {}
        errors: dict[str, str] = {}
        for name in names:
            found = await _list(talk, f"VAR {quoted(name)}")
            if isinstance(found, str):
                errors[name] = found
            else:
                variables[name] = _variables(talk, name, found)
        await talk.send(b"LOGOUT\n")
    return NutReading(variables, errors)


async def _names(talk: Conversation) -> list[str]:
    found = await _list(talk, "UPS")
    if not found or isinstance(found, str):
        raise ProbeError("the battery backup's program watches none", f"upsd: LIST UPS: {found or 'an empty list'}")
    names = []
    for line in found:
        match = _UPS.fullmatch(line)
        if match is None:
            raise talk.foreign(line)
        names.append(match[1])
    return names


async def _list(talk: Conversation, query: str) -> list[str] | str:
    """The lines between BEGIN and END, or the error's word where it says that one UPS has no current data."""
    await talk.send(f"LIST {query}\n".encode())
    kind = query.partition(" ")[0]
    lines = await talk.lines((f"BEGIN LIST {kind}".encode(), f"{kind} ".encode()))
    last = lines[-1]
    if last.startswith("ERR "):
        return _error(last, query)
    begun = lines[0].startswith("BEGIN ")
    if not (begun and last.startswith(f"END LIST {kind}")):
        raise talk.foreign(last if begun else lines[0])
    return lines[1:-1]


def _error(line: str, query: str) -> str:
    word = plain(line.split()[1], 40) if len(line.split()) > 1 else ""
    if word in NOT_CURRENT:
        return word
    detail = f"upsd: LIST {plain(query, 80)}: {plain(line, 80)}"
    if word in _SAYS:
        raise ProbeError(_SAYS[word], detail, final=True)
    raise ProbeError("the battery backup's program refused the question", detail)


def _variables(talk: Conversation, ups: str, lines: list[str]) -> dict[str, str]:
    starts = (f"VAR {ups} ", f"VAR {quoted(ups)} ")
    found = {}
    for line in lines:
        start = starts[0] if line.startswith(starts[0]) else starts[1]
        match = _VARIABLE.fullmatch(line, len(start)) if line.startswith(start) else None
        if match is None:
            raise talk.foreign(line)
        name, value = match.groups()
        found[name] = _ESCAPED.sub(r"\1", value) if "\\" in value else value
    return found


def quoted(word: str) -> str:
    """A word as upsd's parser reads it back: in quotes, its special characters escaped, unless it needs none.

    A control character cannot be sent at all: it would end the line and begin another command.
    """
    if not word.isprintable():
        detail = f"upsd: the name {plain(word, 80)!r} has a line break or another control character"
        raise ProbeError("the battery backup's configured name cannot be sent", detail, final=True)
    return word if _BARE_WORD.fullmatch(word) else '"' + _SPECIAL.sub(r"\\\1", word) + '"'
