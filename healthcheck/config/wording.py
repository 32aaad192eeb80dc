"""What pydantic found, in words for the person who wrote the config. No value that may be a secret is ever shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, one_of, quoted, shown

_TABLE_EXAMPLES = {
    "LevelsTable": "{ warning = 15, critical = 5 }",
    "SshTable": '{ user = "healthcheck" }',
}

Context = dict[str, Any]


def in_words(kind: str, context: Context, said: str, place: Place, found: object, known: Sequence[str]) -> str:
    """One of pydantic's errors (its type, context and message) as the end of a line about the setting at `place`.

    `found` is what stands there; `known` are the settings that may.
    """
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), known)
    if kind == "missing":
        return "this setting is missing; it has no default"
    if kind == "words":
        return f"{said}, not {shown(place, found)}" if said.startswith("must be a") else said
    if kind in ("literal_error", "enum"):
        return _not_among(context, place, found)
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind](context)}, not {shown(place, found)}"
    if kind in ("too_short", "string_too_short"):
        return "must not be empty"
    return f"{said[:1].lower()}{said[1:]}"


def _unknown(word: str, known: Sequence[str]) -> str:
    guess = did_you_mean(word, known)
    return f"unknown setting {quoted(word)}{guess or '; the settings here are ' + ', '.join(sorted(known))}"


def _not_among(context: Context, place: Place, found: object) -> str:
    words = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
    guess = did_you_mean(found, words) if isinstance(found, str) else ""
    return f"must be {one_of(words)}, not {shown(place, found)}{guess}"


def _limit(words: str, key: str) -> Callable[[Context], str]:
    return lambda context: f"{words} {context[key]:g}"


def _always(words: str) -> Callable[[Context], str]:
    return lambda context: words


def _a_table(context: Context) -> str:
    example = _TABLE_EXAMPLES.get(str(context.get("class_name")))
    return f"a table such as {example}" if example else "a table"


_EXPECTED: dict[str, Callable[[Context], str]] = {
    "string_type": _always("text in quotes"),
    "int_type": _always("a whole number without quotes"),
    "int_from_float": _always("a whole number"),
    "int_parsing": _always("a whole number without quotes"),
    "float_type": _always("a number without quotes"),
    "float_parsing": _always("a number without quotes"),
    "finite_number": _always("a number"),
    "bool_type": _always("true or false without quotes"),
    "bool_parsing": _always("true or false without quotes"),
    "list_type": _always('a list such as ["one", "two"]'),
    "tuple_type": _always('a list such as ["one", "two"]'),
    "set_type": _always('a list such as ["one", "two"]'),
    "frozen_set_type": _always('a list such as ["one", "two"]'),
    "dict_type": _always("a table"),
    "model_type": _a_table,
    "model_attributes_type": _a_table,
    "date_type": _always("a date such as 2026-12-25 without quotes"),
    "date_parsing": _always("a date such as 2026-12-25 without quotes"),
    "date_from_datetime_parsing": _always("a date such as 2026-12-25 without quotes"),
    "date_from_datetime_inexact": _always("a date such as 2026-12-25 without a time"),
    "greater_than": _limit("more than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
}
