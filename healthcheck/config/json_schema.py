"""The config's shape as JSON Schema, for an editor that completes and checks TOML while it is written."""

from __future__ import annotations

from typing import Annotated, Any, Union

from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from healthcheck.config.binding import Unbindable, table_of
from healthcheck.config.schema import CheckTable, File
from healthcheck.plugins import Catalogue, Kind


def json_schema(catalogue: Catalogue) -> dict[str, Any]:
    """The schema of a whole config (draft 2020-12), every kind of check with its own settings in it."""
    tables = [table for kind in catalogue.kinds.values() for table in _tables(kind)]
    known: Any = Annotated[Union[tuple(tables)], Field(discriminator="kind")] if tables else CheckTable  # noqa: UP007
    whole = create_model(
        "healthcheck config", __base__=File, __doc__=File.__doc__, check=(list[known], Field(min_length=1))
    )
    return {"$schema": GenerateJsonSchema.schema_dialect, **whole.model_json_schema(by_alias=True)}


def _tables(kind: Kind) -> list[type[CheckTable]]:
    try:
        return [table_of(kind)]
    except Unbindable:  # `config check` says so, to whoever uses it
        return []
