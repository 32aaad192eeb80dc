"""The little of BER (ITU-T X.690) that LDAP and Kerberos need: one tag, one definite length, the content."""

from __future__ import annotations

from healthcheck.api import frozen
from healthcheck.checks._talk import Talk

BOOLEAN, INTEGER, OCTETS, ENUMERATED = 0x01, 0x02, 0x04, 0x0A
SEQUENCE, SET = 0x30, 0x31

MOST_BYTES = 1 << 16
"""The longest message that is read."""


@frozen
class Element:
    """A tag with its content."""

    tag: int
    content: bytes

    @property
    def number(self) -> int:
        """What an integer or an enumerated value holds."""
        return int.from_bytes(self.content, signed=True)

    def parts(self) -> tuple[Element, ...]:
        """The elements that the content is made of. Raises `ValueError` when it is not."""
        found, at = list[Element](), 0
        while at < len(self.content):
            tag = self.content[at]
            length, start = _length(self.content, at + 1)
            if tag & 0x1F == 0x1F or start + length > len(self.content):
                raise ValueError("an element is cut short")
            found.append(Element(tag, self.content[start : start + length]))
            at = start + length
        return tuple(found)


def packed(tag: int, *contents: bytes) -> bytes:
    """An element as bytes."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A number, not negative, as bytes."""
    return packed(tag, value.to_bytes(value.bit_length() // 8 + 1))


def unpacked(message: bytes) -> Element:
    """The one element that the message is. Raises `ValueError` when it is something else."""
    [element] = Element(0, message).parts()
    return element


def receive(talk: Talk) -> bytes:
    """The next message of a talk, a sequence, whole. Raises `Failed` when what comes cannot be one."""
    head = talk.exactly(2)
    if head[0] != SEQUENCE:
        raise talk.foreign(head)
    if head[1] & 0x80:
        head += talk.exactly(min(head[1] & 0x7F, 4))
    try:
        length, start = _length(head, 1)
    except ValueError:
        raise talk.foreign(head) from None
    if start != len(head) or length > MOST_BYTES:
        raise talk.foreign(head)
    return head + talk.exactly(length)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """How long the content is, and where it begins."""
    if at >= len(data):
        raise ValueError("a length is missing")
    first, start = data[at], at + 1
    if not first & 0x80:
        return first, start
    count = first & 0x7F
    if not 1 <= count <= 4 or start + count > len(data):
        raise ValueError("a length is indefinite, too long or cut short")
    return int.from_bytes(data[start : start + count]), start + count
