"""One question to a key distribution centre: whether it would hand out a ticket (RFC 4120)."""

from __future__ import annotations

import secrets

from healthcheck.checks import _ber as ber
from healthcheck.checks._talk import Talk

ACCOUNT = "healthcheck"
"""The account that a ticket is asked for, without its password: whether there is one does not matter."""
WORKS = frozenset({6, 14, 18, 25})
"""What a working centre says: no such account, no such kind of key, account disabled, first prove who you are."""

_AS_REQUEST, _AS_REPLY, _ERROR = 0x6A, 0x6B, 0x7E
_BIT_STRING, _GENERAL_STRING, _GENERALIZED_TIME = 0x03, 0x1B, 0x18
_VERSION, _KIND, _ERROR_CODE = 0xA0, 0xA1, 0xA6
_IS_REPLY, _IS_ERROR = {_VERSION: 5, _KIND: 11}, {_VERSION: 5, _KIND: 30}
_PRINCIPAL, _SERVICE = 1, 2
_KEY_KINDS = (18, 17, 23)
_MOST_BYTES = 1 << 16


def ask_for_ticket(talk: Talk, realm: str) -> int:
    """The error code with which a ticket for `ACCOUNT` is refused (RFC 4120, 7.5.9); 0 when one is handed out."""
    request = _request(realm)
    talk.send(len(request).to_bytes(4) + request)
    head = talk.exactly(4)
    length = int.from_bytes(head)
    if not 2 <= length <= _MOST_BYTES:
        raise talk.foreign(head)
    message = talk.exactly(length)
    try:
        reply = ber.unpacked(message)
        [sequence] = reply.parts()
        fields = {
            part.tag: part.parts()[0].number for part in sequence.parts() if part.tag in (_VERSION, _KIND, _ERROR_CODE)
        }
    except (ValueError, IndexError):
        raise talk.foreign(message) from None
    if reply.tag == _AS_REPLY and fields == _IS_REPLY:
        return 0
    code = fields.pop(_ERROR_CODE, 0)
    if reply.tag != _ERROR or code <= 0 or fields != _IS_ERROR:
        raise talk.foreign(message)
    return code


def _request(realm: str) -> bytes:
    body = ber.packed(
        ber.SEQUENCE,
        _field(0, ber.packed(_BIT_STRING, bytes(5))),
        _field(1, _name(_PRINCIPAL, ACCOUNT)),
        _field(2, _text(realm)),
        _field(3, _name(_SERVICE, "krbtgt", realm)),
        _field(5, ber.packed(_GENERALIZED_TIME, b"20370913024805Z")),
        _field(7, ber.integer(secrets.randbelow(1 << 31))),
        _field(8, ber.packed(ber.SEQUENCE, *map(ber.integer, _KEY_KINDS))),
    )
    fields = _field(1, ber.integer(5)), _field(2, ber.integer(10)), _field(4, body)
    return ber.packed(_AS_REQUEST, ber.packed(ber.SEQUENCE, *fields))


def _field(number: int, content: bytes) -> bytes:
    return ber.packed(0xA0 | number, content)


def _name(kind: int, *words: str) -> bytes:
    return ber.packed(
        ber.SEQUENCE, _field(0, ber.integer(kind)), _field(1, ber.packed(ber.SEQUENCE, *map(_text, words)))
    )


def _text(text: str) -> bytes:
    return ber.packed(_GENERAL_STRING, text.encode())
