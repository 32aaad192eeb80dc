"""A check's own settings as its config has them, in plain words; nothing that may be a secret."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from healthcheck.check import Check, Planned
from healthcheck.config.mistakes import is_private
from healthcheck.config.plan import COMMON
from healthcheck.foreign.checks import Foreign, Unusable
from healthcheck.model import Levels, Secret
from healthcheck.privacy import Privacy
from healthcheck.words import count, duration, join, size

NOT_SHOWN = "a secret, which is not shown"
_MOST_CHARACTERS = 200
_MAY_BE_SECRET = re.compile(r"(?<=:)(?!//)[^/@\s]*(?=@)|(?<=\?).*")
"""Of an address: a password in it, and what it asks for."""


def settings(planned: Planned, privacy: Privacy) -> Iterator[tuple[str, str]]:
    """Each limit and each number that holds, and each other setting that was given, by its name."""
    for name, value, default in _given(planned.check):
        if isinstance(value, Levels):
            if said := limits(name, value):
                yield name, said
        elif value != default or (value and type(value) in (int, float)):
            yield name, privacy.text(_value(name, value), _MOST_CHARACTERS)


def defaults(check: type[Check[Any]]) -> Iterator[tuple[str, str]]:
    """Each setting of a kind with what holds where nothing is given: "" where it must be, or where that is nothing."""
    for field in _fields(check):
        value = field.default
        if value is dataclasses.MISSING:
            yield field.name, "must be given"
        elif isinstance(value, Levels):
            yield field.name, limits(field.name, value)
        else:
            yield field.name, _value(field.name, value) if value not in ("", (), None) else ""


def patience(planned: Planned) -> str:
    """How long it may take, and how often a failure must be seen before it is believed."""
    most = duration(planned.timeout_s)
    if planned.attempts == 1:
        return f"A look may take {most}."
    return f"A look may take {most}, and it must fail {count(planned.attempts, 'time')} in a row before it is believed."


def limits(name: str, levels: Levels) -> str:
    """ "Look below 15 percent, Problem below 5 percent"; empty where there is none."""
    side = "below" if levels.falling else "above"
    both = (("Look", levels.warning), ("Problem", levels.critical))
    return ", ".join(f"{word} {side} {_number(name, limit)}" for word, limit in both if limit is not None)


def _given(check: Check[Any]) -> Iterator[tuple[str, object, object]]:
    """Name, value and default. Of foreign code, what stands in the config: its own settings are its own affair."""
    if isinstance(check, Foreign):
        yield from ((name, value, None) for name, value in check.entry.items() if name not in COMMON)
    elif not isinstance(check, Unusable):
        yield from ((field.name, getattr(check, field.name), field.default) for field in _fields(type(check)))


def _fields(check: type[Check[Any]]) -> tuple[dataclasses.Field[Any], ...]:
    if issubclass(check, Foreign | Unusable):
        return ()
    return dataclasses.fields(check)  # type: ignore[arg-type]  # every check is a dataclass; its parent is not


def _value(name: str, value: object) -> str:
    if name == "url" and isinstance(value, str):
        return _MAY_BE_SECRET.sub("…", value)
    if isinstance(value, Secret) or is_private((name,)):
        return NOT_SHOWN
    if isinstance(value, Mapping):
        return (
            NOT_SHOWN if "secret" in value else join(f"{key} = {_value(str(key), one)}" for key, one in value.items())
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(name, value)
    if isinstance(value, list | tuple):
        return join(str(item) for item in value)
    return str(value)


_UNITS: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("_percent", lambda value: f"{value:g} percent"),
    ("_bytes", size),
    ("_ms", lambda value: f"{value:g} milliseconds"),
    ("_s", lambda value: duration(value) if value >= 1 else f"{value:g} seconds"),
    ("_h", lambda value: duration(value * 3600)),
    ("_days", lambda value: count(int(value), "day") if value == int(value) else f"{value:g} days"),
    ("days_left", lambda value: count(int(value), "day") if value == int(value) else f"{value:g} days"),
    ("_c", lambda value: f"{value:g} °C"),
    ("_mbit", lambda value: f"{value:g} Mbit/s"),
)
"""By how a setting's name ends."""


def _number(name: str, value: float) -> str:
    return next((say(value) for ending, say in _UNITS if name.endswith(ending)), f"{value:g}")
