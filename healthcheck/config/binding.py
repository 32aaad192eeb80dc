"""The `[[check]]` table of each kind, made from its dataclass: whoever writes a check writes no schema."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any, Literal

from healthcheck.config.schema import CheckTable, LevelsTable, SecretValue
from healthcheck.config.table import rewritten, setting, settings_of
from healthcheck.config.validation import prepared
from healthcheck.model import Levels, Secret
from healthcheck.plugins import Kind

SETTING = "setting_"
"""Stands before a kind's own fields in its table, so that none can collide with what every table has."""


class Unbindable(Exception):
    """A kind has a setting that cannot come from a config; the text says which and why."""


def table_of(kind: Kind) -> type[CheckTable]:
    """The `[[check]]` table of one kind: what every check takes, and the kind's own fields. Raises `Unbindable`."""
    taken = {each.name for each in settings_of(CheckTable).values()}
    types: dict[str, Any] = {"kind": Literal[kind.name]}
    declared: dict[str, Any] = {}
    try:
        hints = typing.get_type_hints(kind.check, include_extras=True)
        for field in fields_of(kind):
            if field.name in taken:
                raise Unbindable(f'its setting "{field.name}" is one that every check has already')
            types[SETTING + field.name] = rewritten(hints[field.name], _as_setting)
            declared[SETTING + field.name] = _declared(field, hints[field.name])
        declared |= {"__doc__": kind.manual, "__annotations__": types}
        table: type[CheckTable] = type(kind.name, (CheckTable,), declared)
        prepared(table)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise Unbindable(f"its settings cannot be read from a config: {type(error).__name__}") from error
    return table


def fields_of(kind: Kind) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a kind that a config may give."""
    assert dataclasses.is_dataclass(kind.check)  # the catalogue holds nothing else
    return tuple(field for field in dataclasses.fields(kind.check) if field.init)


def _declared(field: dataclasses.Field[Any], annotation: object) -> Any:
    """A field's name in the config, and its default for the editor."""
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    if isinstance(default, Levels):
        return setting({"warning": default.warning, "critical": default.critical}, name=field.name)
    if _mentions(annotation, Levels):
        raise Unbindable(f'its setting "{field.name}" has no default, which would tell if low or high is bad')
    return setting(name=field.name) if default is dataclasses.MISSING else setting(default, name=field.name)


def _as_setting(part: Any) -> Any:
    """`Levels` and `Secret` are written in a way of their own."""
    return LevelsTable if part is Levels else SecretValue if part is Secret else part


def _mentions(annotation: Any, wanted: type) -> bool:
    return annotation is wanted or any(_mentions(part, wanted) for part in typing.get_args(annotation))
