"""Asking a service that begins in the open to go on encrypted (STARTTLS and its like)."""

from __future__ import annotations

from collections.abc import Callable

from healthcheck.api import plain
from healthcheck.checks import _ber as ber
from healthcheck.checks._certificate.handshake import UNENCRYPTED
from healthcheck.checks._talk import Failed, Talk

TURNED_AWAY = "answers, but turns this computer away"

_START_TLS = b"1.3.6.1.4.1.1466.20037"
_EXTENDED_REQUEST, _REQUEST_NAME, _EXTENDED_RESPONSE = 0x77, 0x80, 0x78
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def smtp(talk: Talk) -> None:
    """RFC 3207."""
    _reply(talk, "220", TURNED_AWAY)
    talk.send(b"EHLO healthcheck\r\n")
    offered = _reply(talk, "250", TURNED_AWAY)
    if not any(line[4:].strip().upper() == "STARTTLS" for line in offered):
        raise Failed(UNENCRYPTED, "STARTTLS is not offered")
    talk.send(b"STARTTLS\r\n")
    _reply(talk, "220", UNENCRYPTED)


def _reply(talk: Talk, wanted: str, otherwise: str) -> list[str]:
    """The lines of an SMTP reply (RFC 5321, 4.2) with the wanted code."""
    lines: list[str] = []
    while not lines or lines[-1][3:4] == "-":
        line = talk.text_line()
        code = line[:3]
        if not (code.isdigit() and line[3:4] in (b"", b" ", b"-")):
            raise talk.foreign(line)
        lines.append(line.decode("utf-8", "replace"))
    if lines[-1][:3] != wanted:
        raise Failed(otherwise, f"{plain(lines[-1], 120)!r} instead of {wanted}")
    return lines


def imap(talk: Talk) -> None:
    """RFC 9051, 6.2.1."""
    greeting = talk.text_line()
    if greeting.startswith(b"* BYE"):
        raise Failed(TURNED_AWAY, repr(plain(greeting.decode("utf-8", "replace"), 120)))
    if not greeting.startswith((b"* OK", b"* PREAUTH")):
        raise talk.foreign(greeting)
    talk.send(b"a STARTTLS\r\n")
    while (line := talk.text_line()).startswith(b"* "):
        pass
    if not line.startswith(b"a "):
        raise talk.foreign(line)
    if not line.startswith(b"a OK"):
        raise Failed(UNENCRYPTED, f"STARTTLS: {plain(line.decode('utf-8', 'replace'), 120)!r}")


def ldap(talk: Talk) -> None:
    """RFC 4511, 4.14."""
    request = ber.packed(_EXTENDED_REQUEST, ber.packed(_REQUEST_NAME, _START_TLS))
    talk.send(ber.packed(ber.SEQUENCE, ber.integer(1), request))
    message = ber.receive(talk)
    try:
        number, response, *_ = ber.unpacked(message).parts()
        code = response.parts()[0].number
    except (ValueError, IndexError):
        raise talk.foreign(message) from None
    if number.number != 1 or response.tag != _EXTENDED_RESPONSE:
        raise talk.foreign(message)
    if code != 0:
        raise Failed(UNENCRYPTED, f"StartTLS: LDAP result code {code}")


def postgres(talk: Talk) -> None:
    """SSLRequest (PostgreSQL 16, "Frontend/Backend Protocol", 55.2.10)."""
    talk.send(_SSL_REQUEST)
    answer = talk.exactly(1)
    if answer == b"N":
        raise Failed(UNENCRYPTED, "SSLRequest: N")
    if answer != b"S":
        raise talk.foreign(answer)


STARTTLS: dict[str, Callable[[Talk], None]] = {"smtp": smtp, "imap": imap, "ldap": ldap, "postgres": postgres}
