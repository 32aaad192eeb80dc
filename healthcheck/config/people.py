"""The people to call."""

from __future__ import annotations

import re

from healthcheck.config.mistakes import quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import PersonTable
from healthcheck.model import Person

_ADDRESS = re.compile(r"[^<>@\s,]+@[^<>@\s,]+|[^<>@]*<[^<>@\s,]+@[^<>@\s,]+>")


def people(reading: Reading) -> tuple[Person, ...]:
    """Every `[[person]]` without a mistake, in the order of the config."""
    reading.unique("person")
    entries = reading.tables(PersonTable)
    for place, table in entries:
        if table.email:
            check_mail_address(reading, (*place, "email"), table.email)
    return tuple(Person(table.name, table.role, table.phone, table.email) for _, table in entries)


def check_mail_address(reading: Reading, place: tuple[str | int, ...], text: str) -> None:
    """Note text that is neither "name@example.org" nor "Name <name@example.org>"."""
    if not is_mail_address(text):
        reading.mistakes.add(place, f"{quoted(text)} is no mail address; write it as in name@example.org")


def is_mail_address(text: str) -> bool:
    """Whether text is "name@example.org" or "Name <name@example.org>"."""
    return _ADDRESS.fullmatch(text) is not None
