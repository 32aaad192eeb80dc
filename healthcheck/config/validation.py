"""pydantic's validator, told directly what a table may hold.

The validator does all the work of pydantic; what stands around it, to declare models and much else, takes ten times as
long to import. So the types that a config is made of are put into the validator's own words here, and any other type is
left to the whole of pydantic (`models`). The words: pydantic_core.core_schema, the same since pydantic 2.7.
"""

from __future__ import annotations

import json
import types
import typing
from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union

from healthcheck.config.table import Fits, Limits, ReadBy, Setting, Table, once_for_each, settings_of
from healthcheck.partial_import import module_alone

if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError
else:
    _core = module_alone("pydantic_core", "_pydantic_core")
    PydanticCustomError, SchemaValidator = _core.PydanticCustomError, _core.SchemaValidator
    ValidationError = _core.ValidationError

__all__ = ["ValidationError", "mistaken", "prepared", "read", "valid"]

T = TypeVar("T", bound=Table)
Words = dict[str, Any]
"""A type as the validator is told of it."""

_PLAIN = {str: "str", int: "int", float: "float", bool: "bool", date: "date", Any: "any"}


def mistaken(text: str) -> PydanticCustomError:
    """What to raise where a value does not fit: the end of a sentence about it."""
    return PydanticCustomError("words", "{text}", {"text": text})


def read(table: type[T], data: object) -> T:
    """Data from a TOML parser as that table. Raises `ValidationError`."""
    # As JSON, for there strict mode takes a list for a tuple and a word for an enum.
    found: T = prepared(table).validate_json(json.dumps(data, default=_written))
    return found


def valid(kind: Any, value: object) -> Any:
    """A value as that type has it. Raises `ValidationError`."""
    return SchemaValidator(_words(kind)).validate_python(value)


@once_for_each
def prepared(table: type[Table]) -> SchemaValidator:
    """What reads such a table. Raises `TypeError` or `NameError` for a type that cannot be read."""
    return SchemaValidator(_words(table))


def _words(kind: Any) -> Words:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated and all(isinstance(mark, Limits | Fits | ReadBy) for mark in parts[1:]):
        return _marked(parts[0], parts[1:])
    if origin in (Union, types.UnionType):
        return _one_of(parts)
    if origin is Literal and all(type(part) is str for part in parts):
        return {"type": "literal", "expected": list(parts)}
    if origin is list:
        return {"type": "list", "items_schema": _words(parts[0])}
    if origin is tuple and parts[1:] == (...,):
        return {"type": "tuple", "items_schema": [_words(parts[0])], "variadic_item_index": 0}
    if origin is dict:
        return {"type": "dict", "keys_schema": _words(parts[0]), "values_schema": _words(parts[1])}
    if isinstance(kind, type) and issubclass(kind, Table):
        return _table(kind)
    if origin is None and kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    from healthcheck.config.models import words_of  # the whole of pydantic

    return words_of(kind)


def _table(table: type[Table]) -> Words:
    fields = {attribute: _field(attribute, setting) for attribute, setting in settings_of(table).items()}
    return {
        "type": "model",
        "cls": table,
        "config": {"strict": True, "extra_fields_behavior": "forbid", "hide_input_in_errors": True},
        "schema": {"type": "model-fields", "fields": fields, "model_name": table.__name__},
    }


def _field(attribute: str, setting: Setting) -> Words:
    words = _words(setting.type)
    if not setting.is_required:
        words = {"type": "default", "schema": words, "default": setting.default}
    field: Words = {"type": "model-field", "schema": words}
    return field if setting.name == attribute else field | {"validation_alias": setting.name}


def _one_of(kinds: tuple[Any, ...]) -> Words:
    some = [_words(kind) for kind in kinds if kind is not types.NoneType]
    words = some[0] if len(some) == 1 else {"type": "union", "choices": some}
    return words if len(some) == len(kinds) else {"type": "nullable", "schema": words}


def _marked(kind: Any, marks: tuple[Limits | Fits | ReadBy, ...]) -> Words:
    words: Words = {} if isinstance(marks[0], ReadBy) else _words(kind)
    for mark in marks:
        match mark:
            case Limits(words=limits):
                words = _limited(words, dict(limits))
            case Fits(look=look):
                words = {"type": "function-after", "function": {"type": "no-info", "function": look}, "schema": words}
            case ReadBy(read=reader):
                words = {"type": "function-plain", "function": {"type": "no-info", "function": reader}}
    return words


def _limited(words: Words, limits: Words) -> Words:
    """Limits are those of the value itself, whatever else it must fit."""
    if "schema" in words:
        return words | {"schema": _limited(words["schema"], limits)}
    return words | limits


def _written(value: object) -> str:
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")
