"""One question to a directory: what it says about itself to anybody (LDAP's root entry, RFC 4511 and RFC 4512)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from healthcheck.api import frozen
from healthcheck.checks import _ber as ber
from healthcheck.checks._talk import Talk

SUCCESS, BUSY, UNAVAILABLE = 0, 51, 52

_SEARCH, _ENTRY, _DONE, _PRESENT = 0x63, 0x64, 0x65, 0x87
_BASE, _NEVER = 0, 0
_MOST_MESSAGES = 8


@frozen
class RootEntry:
    """The result code, and the first value of each attribute by its name in lower case."""

    code: int
    attributes: Mapping[str, str] = field(default_factory=dict)


def root_entry(talk: Talk, *attributes: str) -> RootEntry:
    """Ask for these attributes of the root entry, without a login."""
    wanted = ber.packed(ber.SEQUENCE, *(ber.packed(ber.OCTETS, name.encode()) for name in attributes))
    search = ber.packed(
        _SEARCH,
        ber.packed(ber.OCTETS, b""),
        ber.integer(_BASE, ber.ENUMERATED),
        ber.integer(_NEVER, ber.ENUMERATED),
        ber.integer(1),
        ber.integer(5),
        ber.packed(ber.BOOLEAN, b"\0"),
        ber.packed(_PRESENT, b"objectClass"),
        wanted,
    )
    talk.send(ber.packed(ber.SEQUENCE, ber.integer(1), search))
    found: dict[str, str] = {}
    for _ in range(_MOST_MESSAGES):
        message = ber.receive(talk)
        try:
            number, response, *_ = ber.unpacked(message).parts()
            if number.tag != ber.INTEGER or number.number != 1:
                raise talk.foreign(message)
            if response.tag == _DONE and (code := response.parts()[0]).tag == ber.ENUMERATED:
                return RootEntry(code.number, found)
            if response.tag == _ENTRY:
                found |= _attributes(response)
        except (ValueError, IndexError):
            raise talk.foreign(message) from None
    raise talk.foreign(message)


def _attributes(entry: ber.Element) -> dict[str, str]:
    _, attributes = entry.parts()
    found: dict[str, str] = {}
    for attribute in attributes.parts():
        name, values = attribute.parts()
        if first := values.parts()[:1]:
            found[name.content.decode("utf-8", "replace").lower()] = first[0].content.decode("utf-8", "replace")
    return found
