"""The `[[check]]` table of each kind, made from its dataclass: whoever writes a check writes no schema."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Annotated, Any, Literal

from pydantic import Field, create_model
from pydantic.errors import PydanticUserError

from healthcheck.config.schema import CheckTable, LevelsTable, SecretValue
from healthcheck.model import Levels, Secret
from healthcheck.plugins import Kind

SETTING = "setting_"
"""Stands before a kind's own fields in its model, so that none can collide with what pydantic calls its own."""


class Unbindable(Exception):
    """A kind has a setting that cannot come from a config; the text says which and why."""


def table_of(kind: Kind) -> type[CheckTable]:
    """The `[[check]]` table of one kind: what every check takes, and the kind's own fields. Raises `Unbindable`."""
    taken = {field.alias or name for name, field in CheckTable.model_fields.items()}
    settings: dict[str, Any] = {"kind": (Literal[kind.name], ...)}
    try:
        hints = typing.get_type_hints(kind.check, include_extras=True)
        for field in settings_of(kind):
            if field.name in taken:
                raise Unbindable(f'its setting "{field.name}" is one that every check has already')
            settings[SETTING + field.name] = (_as_setting(hints[field.name]), _setting(field, hints[field.name]))
        return create_model(kind.name, __base__=CheckTable, __doc__=kind.manual, **settings)
    except (NameError, TypeError, AttributeError, SyntaxError, PydanticUserError) as error:
        raise Unbindable(f"its settings cannot be read from a config: {type(error).__name__}") from error


def settings_of(kind: Kind) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a kind that a config may give."""
    assert dataclasses.is_dataclass(kind.check)  # the catalogue holds nothing else
    return tuple(field for field in dataclasses.fields(kind.check) if field.init)


def _setting(field: dataclasses.Field[Any], annotation: object) -> Any:
    """What pydantic is told about a field: its name in the config, and its default for the editor."""
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if isinstance(default, Levels):
        return Field(LevelsTable(warning=default.warning, critical=default.critical), alias=field.name)
    if _mentions(annotation, Levels):
        raise Unbindable(f'its setting "{field.name}" has no default, which would tell if low or high is bad')
    return Field(alias=field.name) if default is dataclasses.MISSING else Field(default, alias=field.name)


def _as_setting(annotation: Any) -> Any:
    """The type that a config is held against: `Levels` and `Secret` are written in a way of their own."""
    if annotation is Levels:
        return LevelsTable
    if annotation is Secret:
        return SecretValue
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None or origin is Literal:
        return annotation
    replaced = tuple(_as_setting(part) for part in inner)
    if replaced == inner:
        return annotation
    if origin is Annotated:
        return Annotated[replaced]
    return typing.Union[replaced] if origin in (typing.Union, types.UnionType) else origin[replaced]  # noqa: UP007


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in typing.get_args(annotation))
