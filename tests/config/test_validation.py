"""The validator that is told of a table directly judges as the whole of pydantic does."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar

import pytest
from annotated_types import Gt
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from healthcheck import plugins
from healthcheck.api import Secret
from healthcheck.config import schema
from healthcheck.config.binding import Unbindable, table_of
from healthcheck.config.models import model_of
from healthcheck.config.table import Table, settings_of
from healthcheck.config.validation import ValidationError, read, valid
from healthcheck.plugins import Kind
from tests.config.kinds import Still
from tests.config.test_loading import WHOLE

CONFIG = tomllib.loads(WHOLE)
CONFIG |= {"host": [host for site in CONFIG["site"] for host in site["host"]], "ssh": {"user": "healthcheck"}}
CONFIG |= {"maintenance": {"hosts": ["*"], "reason": "new cables", "from": "01:00", "until": "02:00"}}
CONFIG |= {"contract": {"name": "line"}, "credential": {"for": "router", "kept_at": "the safe"}}
TABLES: list[type[Table]] = [*Table.__subclasses__(), *(table_of(kind) for kind in plugins.load().kinds.values())]

WORDS = st.sampled_from(["", "a", " a", "a/b", "*", "role:x", "07:30", "24:00", "2026-12-05 18:00", "mon", "("])
SCALARS = (
    WORDS | st.text(max_size=3) | st.integers(-2, 70) | st.integers() | st.floats() | st.booleans() | st.none()
    | st.sampled_from([date(2026, 12, 25), time(7, 30), datetime(2026, 12, 25, 7, 30)])  # noqa: DTZ001
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "secret", "user", "warning", "critical", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[type[Table], dict[str, Any]]:
    """A table, and what a config has there, with some of its settings left out or replaced by anything."""
    table = draw(st.sampled_from(TABLES))
    section = CONFIG.get(table.__name__.removesuffix("Table").lower(), CONFIG if table is schema.File else {})
    data = dict(draw(st.sampled_from(section)) if isinstance(section, list) else section)
    if issubclass(table, schema.CheckTable):
        data = {"kind": table.__name__, "hosts": ["*"]}
    for name in draw(st.lists(st.sampled_from([each.name for each in settings_of(table).values()]), max_size=2)):
        data |= {name: draw(VALUES)}
    for name in draw(st.lists(st.sampled_from([*data, "unheard_of"]), max_size=1)):
        data = {other: value for other, value in data.items() if other != name} if name in data else {name: 1, **data}
    return table, data


@settings(max_examples=1000, deadline=None)
@given(tables())
def test_pydantic_as_a_whole_says_the_same_of_every_table(given: tuple[type[Table], dict[str, Any]]) -> None:
    table, data = given
    assert outcome(lambda: read(table, data)) == outcome(
        lambda: model_of(table).model_validate_json(json.dumps(data, default=lambda value: value.isoformat()))
    )


def outcome(do: Any) -> Any:
    """The values and which of them were given, or every mistake with its place."""
    try:
        return "read", plainly(do())
    except ValidationError as error:
        return "mistaken", [
            (one["type"], one["loc"], one["msg"], one.get("ctx")) for one in error.errors(include_input=False)
        ]


def plainly(value: Any) -> Any:
    match value:
        case Table():
            return plainly(vars(value)), value.given
        case BaseModel():
            return plainly(vars(value)), value.model_fields_set
        case dict():
            return {name: plainly(item) for name, item in value.items()}
        case list() | tuple():
            return [type(value).__name__, *(plainly(item) for item in value)]
        case float():
            return repr(value)  # not a number is not itself
    return value


def kind_with(annotation: Any) -> Kind:
    fields = {"__annotations__": {"kind": ClassVar[str], "odd": annotation}, "kind": "odd", "__doc__": "Is odd."}
    return Kind(dataclass(frozen=True, kw_only=True)(type("Odd", (Still,), fields)), "tests")


@pytest.mark.parametrize(
    ("annotation", "fits", "does_not"),
    [
        (set[int], [1, 2], [1, "2"]),
        (Annotated[int, Gt(3)], 4, 3),
        (tuple[int, str], [1, "a"], [1]),
        (dict[str, set[Secret]], {"a": [{"secret": "b"}]}, {"a": [{"sceret": "b"}]}),
    ],
    ids=str,
)
def test_a_type_that_only_pydantic_can_read_is_left_to_it(annotation: Any, fits: Any, does_not: Any) -> None:
    table = table_of(kind_with(annotation))
    entry = {"kind": "odd", "hosts": ["*"]}
    assert read(table, entry | {"odd": fits}).given == {"kind", "hosts", "setting_odd"}
    with pytest.raises(ValidationError):
        read(table, entry | {"odd": does_not})


def test_a_type_that_nobody_can_read_cannot_be_bound() -> None:
    with pytest.raises(Unbindable, match="its settings cannot be read from a config: TypeError"):
        table_of(kind_with(subprocess.Popen))


def test_a_list_that_a_table_has_by_default_is_its_own() -> None:
    entry = {"kind": "ping", "hosts": ["*"]}
    read(schema.CheckTable, entry).but_not.append("x")
    assert read(schema.CheckTable, entry).but_not == []


def test_a_value_can_be_held_against_a_type_alone() -> None:
    assert valid(schema.Clock, "7:30") == time(7, 30)
    with pytest.raises(ValidationError, match="must be one line"):
        valid(schema.Name, "a\nb")


def test_all_of_pydantic_can_still_be_had_and_is_the_same() -> None:
    code = (
        "import sys; from healthcheck.config.validation import ValidationError\n"
        "assert 'pydantic' not in sys.modules and 'pydantic_core' not in sys.modules\n"
        "import pydantic, pydantic_core\n"
        "assert pydantic.ValidationError is ValidationError is pydantic_core.ValidationError\n"
        "assert pydantic.TypeAdapter(int).validate_python('3') == 3\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("deep", [100, 300])
def test_lists_that_stand_deep_inside_each_other_are_a_mistake_like_any_other(deep: int) -> None:
    nested: list[Any] = []
    for _ in range(deep):
        nested = [nested]
    with pytest.raises(ValidationError):
        read(schema.ReportTable, {"at": nested})
