"""What a device told by SNMP: a value for each number of its tree, read only as far as it can be believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from healthcheck.api import frozen, plain

Value = int | bytes | str
"""A number of any of SNMP's sorts, an octet string, or an object identifier in dots."""

DESCRIPTION = "1.3.6.1.2.1.1.1.0"
"""sysDescr (RFC 3418): what the device calls itself."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


@frozen
class Told:
    """Values by object identifier in dots. What the device does not have, or tells as "no such instance", is absent."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def number(self, oid: str) -> int | None:
        """A whole number; some devices tell it as a string of digits. None when it is absent or anything else."""
        return number(self.values.get(oid))

    def text(self, oid: str) -> str:
        """A text on one line; bytes that are no text are shown as hexadecimal digits. Empty when it is absent."""
        return text(self.values.get(oid))

    def octets(self, oid: str) -> bytes | None:
        """An octet string as it is; None when it is absent or something else."""
        value = self.values.get(oid)
        return value if isinstance(value, bytes) else None

    def rows(self, column: str) -> dict[str, Value]:
        """A column of a table: the values by index, in the device's order."""
        start = f"{column}."
        return {oid[len(start) :]: value for oid, value in self.values.items() if oid.startswith(start)}

    def numbers(self, column: str) -> dict[str, int]:
        """Those of a column that are whole numbers, by index."""
        found = {index: number(value) for index, value in self.rows(column).items()}
        return {index: value for index, value in found.items() if value is not None}

    def texts(self, column: str) -> dict[str, str]:
        """A column as texts, by index."""
        return {index: text(value) for index, value in self.rows(column).items()}


def number(value: Value | None) -> int | None:
    """The whole number that a value is, or spells."""
    if isinstance(value, int):
        return value
    match = _NUMBER.fullmatch(text(value)) if isinstance(value, bytes) else None
    return int(match[0]) if match else None


def text(value: Value | None) -> str:
    """A value as harmless text on one line."""
    if value is None:
        return ""
    if not isinstance(value, bytes):
        return str(value)
    kept = value.rstrip(b"\0 \r\n")
    try:
        found = kept.decode()
    except UnicodeDecodeError:
        return f"0x{kept[:64].hex()}"
    if any(ord(char) < 32 and char not in "\t\r\n" for char in found):
        return f"0x{kept[:64].hex()}"
    return plain(found, 120)
