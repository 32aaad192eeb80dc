"""JSON as programs on other machines print it, read without trusting it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from healthcheck.api import ProbeError, plain

_YEARS = range(1970, 3000)
"""What is outside is no time, and could not be told by our clock."""


def read(text: str, says: str) -> object:
    """What the text means; `ProbeError` with those words if it is no JSON."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise unreadable(text, says) from error
    return value


def unreadable(text: str, says: str) -> ProbeError:
    """That somebody's answer is not what it should be."""
    return ProbeError(says, f"it said: {plain(text, 160)}" if text.strip() else "it said nothing")


def word(entry: dict[str, object], name: str) -> str:
    """A text in it, on one line and not too long; empty where there is none."""
    value = entry.get(name)
    return plain(value, 120) if isinstance(value, str) else ""


def number(entry: dict[str, object], name: str) -> int | None:
    """A whole number in it; None where there is none."""
    value = entry.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(entry: dict[str, object], name: str) -> tuple[str, ...]:
    """The texts of a list in it."""
    value = entry.get(name)
    return tuple(plain(each, 200) for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def moment_of(text: object, *, naive_is_utc: bool = False) -> datetime | None:
    """A time in ISO 8601 with its offset, or where `naive_is_utc` without; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            return at.replace(tzinfo=UTC) if naive_is_utc and at.year in _YEARS else None
        return at.astimezone(UTC) if at.year in _YEARS else None
    except (ValueError, OverflowError):
        return None
