"""The tables of a config as models of the whole of pydantic: for JSON Schema, and for types that only it can read."""

from __future__ import annotations

import os
import typing
from collections.abc import Iterator
from typing import Annotated, Any

from healthcheck.config.table import Fits, Limits, ReadBy, Setting, Table, once_for_each, rewritten, settings_of

# No package that happens to be installed may look on; finding them takes time, too.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import (  # the variable is read while it is imported
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
    create_model,
)
from pydantic.errors import PydanticUserError

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


@once_for_each
def model_of(table: type[Table]) -> type[BaseModel]:
    """The table as a model that accepts and refuses what `validation.read` does."""
    fields: dict[str, Any] = {
        attribute: (as_pydantic(setting.type), _field(setting)) for attribute, setting in settings_of(table).items()
    }
    return create_model(table.__name__, __config__=_STRICT, __doc__=table.__doc__, **fields)


def words_of(kind: Any) -> dict[str, Any]:
    """A type in the words of pydantic's validator. Raises `TypeError` for one that pydantic cannot read."""
    try:
        return dict(TypeAdapter(as_pydantic(kind)).core_schema)
    except PydanticUserError as error:
        raise TypeError(f"{kind}: {error.code}") from error


def as_pydantic(kind: Any) -> Any:
    """A type with everything of `table` in it said in pydantic's way."""
    return rewritten(kind, _said)


def _said(part: Any) -> Any:
    if isinstance(part, type) and issubclass(part, Table):
        return model_of(part)
    if typing.get_origin(part) is Annotated:
        kind, *marks = typing.get_args(part)
        marks.sort(key=lambda mark: not isinstance(mark, Limits))  # they are those of the value itself
        return Annotated[(as_pydantic(kind), *(said for mark in marks for said in _mark(mark)))]
    return part


def _mark(mark: object) -> Iterator[object]:
    match mark:
        case Limits(words=words):
            yield Field(**dict(words))
        case Fits(look=look):
            yield AfterValidator(look)
        case ReadBy(read=read):
            yield PlainValidator(read)
        case _:
            yield mark
    if isinstance(mark, Fits | ReadBy) and mark.json_schema is not None:
        yield WithJsonSchema(dict(mark.json_schema))


def _field(setting: Setting) -> Any:
    told: dict[str, Any] = {"alias": setting.name} | ({"description": setting.says} if setting.says else {})
    return Field(**told) if setting.is_required else Field(setting.default, **told)
