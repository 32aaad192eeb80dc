"""The schema that editors use accepts what the program accepts."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from healthcheck import plugins
from healthcheck.config.json_schema import json_schema
from tests.config.kinds import CATALOGUE
from tests.config.test_loading import WHOLE


def test_the_schema_is_of_the_draft_that_it_names_and_refuses_unknown_settings_everywhere() -> None:
    schema = json_schema(CATALOGUE)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["required"] == ["practice", "site", "check"]
    assert schema["additionalProperties"] is False
    assert {name: table["additionalProperties"] for name, table in schema["$defs"].items()} == dict.fromkeys(
        schema["$defs"], False
    )


def test_each_kind_has_its_settings_its_manual_and_its_defaults_in_the_schema() -> None:
    schema = json_schema(CATALOGUE)

    items = schema["properties"]["check"]["items"]
    assert sorted(items["discriminator"]["mapping"]) == ["database", "disk", "fussy", "ping"]
    ping = schema["$defs"]["ping"]
    assert ping["description"] == "Whether the host answers."
    assert ping["required"] == ["kind", "hosts"]
    assert ping["properties"]["kind"] == {"const": "ping", "title": "Kind", "type": "string"}
    assert ping["properties"]["count"] == {"default": 10, "title": "Count", "type": "integer"}
    assert ping["properties"]["loss_percent"] == {
        "$ref": "#/$defs/LevelsTable",
        "default": {"warning": 10, "critical": 70},
    }
    assert schema["$defs"]["database"]["required"] == ["kind", "hosts", "url"]


def test_every_kind_that_ships_can_be_configured() -> None:
    shipped = plugins.load()

    assert set(json_schema(shipped)["properties"]["check"]["items"]["discriminator"]["mapping"]) == set(shipped.kinds)


def test_the_schema_accepts_a_whole_config_and_refuses_what_the_program_refuses() -> None:
    schema = json_schema(CATALOGUE)
    config = tomllib.loads(WHOLE.replace("05:00:00", '"05:00"'))
    assert fits(config, schema, schema)

    config["check"][0]["cuont"] = 3
    assert not fits(config, schema, schema)


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value fits, as far as this schema uses the words of JSON Schema; an unknown word is an error."""
    words = sorted(schema, key=lambda word: word != "type")  # the type first: the other words rely on it
    return all(bool(_WORDS[word](value, schema[word], schema, root)) for word in words)


def _has_type(value: Any, rule: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    if isinstance(value, bool):
        return bool(rule == "boolean")
    if rule == "number":
        return isinstance(value, int | float)
    types: dict[str, Any] = {"object": dict, "array": list, "string": (str, date), "integer": int}
    return isinstance(value, types.get(rule, ()))


def _has_properties(value: Any, rule: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return not isinstance(value, dict) or all(fits(value[name], rule[name], root) for name in rule if name in value)


def _has_no_others(value: Any, rule: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    others = set(value) - set(schema.get("properties", ()))
    return not others if rule is False else all(fits(value[name], rule, root) for name in others)


def _follows(value: Any, rule: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return fits(value, root["$defs"][rule.rpartition("/")[2]], root)


def _anything(value: Any, rule: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    return True


_WORDS: dict[str, Any] = {
    "$schema": _anything,
    "$defs": _anything,
    "title": _anything,
    "description": _anything,
    "default": _anything,
    "examples": _anything,
    "discriminator": _anything,
    "format": _anything,
    "pattern": _anything,
    "minLength": lambda value, rule, schema, root: len(value) >= rule,
    "minItems": lambda value, rule, schema, root: len(value) >= rule,
    "minimum": lambda value, rule, schema, root: value >= rule,
    "maximum": lambda value, rule, schema, root: value <= rule,
    "exclusiveMinimum": lambda value, rule, schema, root: value > rule,
    "enum": lambda value, rule, schema, root: value in rule,
    "const": lambda value, rule, schema, root: value == rule,
    "required": lambda value, rule, schema, root: set(rule) <= set(value),
    "items": lambda value, rule, schema, root: all(fits(item, rule, root) for item in value),
    "anyOf": lambda value, rule, schema, root: any(fits(value, one, root) for one in rule),
    "oneOf": lambda value, rule, schema, root: sum(fits(value, one, root) for one in rule) == 1,
    "type": _has_type,
    "properties": _has_properties,
    "additionalProperties": _has_no_others,
    "$ref": _follows,
}
