"""The config's shape as JSON Schema, for an editor that completes and checks TOML while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from healthcheck.config.binding import Unbindable, table_of
from healthcheck.config.models import model_of
from healthcheck.config.schema import CheckTable, File
from healthcheck.config.table import setting
from healthcheck.plugins import Catalogue, Kind


def json_schema(catalogue: Catalogue, foreign: Mapping[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """The schema of a whole config (draft 2020-12), every kind of check with its own settings in it.

    `foreign` are the tables of kinds whose code is not here, by name, as `DropIns.schemas` tells them.
    """
    tables = [table for kind in catalogue.kinds.values() for table in _tables(kind)]
    known: Any = Annotated[Union[tuple(tables)], Field(discriminator="kind")] if tables else CheckTable  # noqa: UP007
    check = {"__annotations__": {"check": list[known]}, "check": setting(min_length=1)}
    whole = type("healthcheck config", (File,), {"__doc__": File.__doc__, **check})
    schema = {"$schema": GenerateJsonSchema.schema_dialect, **model_of(whole).model_json_schema(by_alias=True)}
    for name, table in (foreign or {}).items():
        _add(schema, name, table)
    return schema


def _add(schema: dict[str, Any], name: str, table: dict[str, Any]) -> None:
    """Put one more kind's table among the others; what it defines is named after it already."""
    definitions, one_of = schema["$defs"], schema["properties"]["check"]["items"]
    definitions |= table.get("$defs", {})
    definitions[name] = {word: rule for word, rule in table.items() if word != "$defs"}
    one_of["oneOf"].append({"$ref": f"#/$defs/{name}"})
    one_of["discriminator"]["mapping"][name] = f"#/$defs/{name}"


def _tables(kind: Kind) -> list[type[CheckTable]]:
    try:
        return [table_of(kind)]
    except Unbindable:  # `config check` says so, to whoever uses it
        return []
