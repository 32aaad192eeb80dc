"""How values are written in the store: times as UTC text that sorts, lists as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import overload


@overload
def stamp(moment: datetime) -> str: ...
@overload
def stamp(moment: None) -> None: ...
def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds: text that sorts as time does."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@overload
def moment(text: str) -> datetime: ...
@overload
def moment(text: None) -> None: ...
def moment(text: str | None) -> datetime | None:
    """The time that `stamp` wrote."""
    return None if text is None else datetime.fromisoformat(text)


def listed(items: Sequence[str]) -> str:
    """A list of texts."""
    return json.dumps(list(items), ensure_ascii=False)


def unlisted(text: str) -> tuple[str, ...]:
    """The list that `listed` wrote."""
    return tuple(json.loads(text))
