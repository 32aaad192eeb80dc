"""How a table of the config is declared: a class whose annotated attributes are its settings.

    class WatchTable(Table):
        every_minutes: int = setting(5, ge=1, le=60)

`validation` reads a table by its declaration, and `models` tells it to an editor.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, cast

from healthcheck.records import frozen

Made = TypeVar("Made")

REQUIRED: Any = object()
"""The default of a setting that has none."""


@frozen
class Limits:
    """Bounds of a number or a length, in pydantic's words: `ge`, `le`, `min_length`, `allow_inf_nan` and such."""

    words: tuple[tuple[str, Any], ...]


def limits(**words: Any) -> Limits:
    """For an `Annotated` type: `Annotated[int, limits(ge=1)]`."""
    return Limits(tuple(words.items()))


@frozen
class Fits:
    """What else a value must fit: `look` gives it back, or raises `validation.mistaken`."""

    look: Callable[[Any], Any]
    json_schema: Mapping[str, Any] | None = field(default=None, compare=False)


@frozen
class ReadBy:
    """A value that is read in a way of its own. `json_schema` is what an editor is told of it."""

    read: Callable[[Any], Any]
    json_schema: Mapping[str, Any] = field(compare=False)


@frozen
class Setting:
    """One setting of a table: its name in the config, its type with its limits, and `says`, which an editor shows."""

    default: Any
    name: str = ""
    says: str = ""
    limits: Limits = Limits(())
    type: Any = Any

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED


def setting(default: Any = REQUIRED, *, name: str = "", says: str = "", **words: Any) -> Any:
    """Declares a setting of which more is to be said than its type and its default; see `Setting` and `Limits`."""
    return Setting(default, name, says, limits(**words))


def once_for_each(make: Callable[[type[Table]], Made]) -> Callable[[type[Table]], Made]:
    """`functools.cache` for what is made of a table; mypy would let nobody call it with a class."""
    return cast("Callable[[type[Table]], Made]", cache(make))


class Table:
    """A table of the config, as it was read. Nothing unknown was accepted and nothing converted: "15" is not 15."""

    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")

    @property
    def given(self) -> set[str]:
        """The attributes whose settings stand in the config."""
        found: set[str] = self.__pydantic_fields_set__  # type: ignore[attr-defined]  # the validator sets it
        return found


@once_for_each
def settings_of(table: type[Table]) -> dict[str, Setting]:
    """The settings of a table, by the names of its attributes."""
    return {
        attribute: _setting(attribute, kind, getattr(table, attribute, REQUIRED))
        for attribute, kind in typing.get_type_hints(table, include_extras=True).items()
    }


def _setting(attribute: str, kind: Any, told: Any) -> Setting:
    declared = told if isinstance(told, Setting) else Setting(told)
    limited = Annotated[kind, declared.limits] if declared.limits.words else kind
    return replace(declared, name=declared.name or attribute, type=limited)


def rewritten(kind: Any, other: Callable[[Any], Any]) -> Any:
    """A type with every part of it replaced for which `other` gives something else; marks stay as they are."""
    replaced = other(kind)
    if replaced is not kind:
        return replaced
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is None or origin is Literal:
        return kind
    if origin is Annotated:
        return Annotated[(rewritten(parts[0], other), *parts[1:])]
    inner = tuple(rewritten(part, other) for part in parts)
    if inner == parts:
        return kind
    return Union[inner] if origin in (Union, types.UnionType) else origin[inner]  # noqa: UP007
