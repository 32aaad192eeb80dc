"""What is written as TOML is read back as it was."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.handover.toml import toml

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PLAIN = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | st.dates(date(1000, 1, 1))
    | st.times().map(lambda at: at.replace(fold=0))
    | st.datetimes().filter(lambda at: at.year >= 1000).map(lambda at: at.replace(fold=0))
)
DATA = st.dictionaries(
    TEXT,
    st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)),
    max_size=5,
)


@given(DATA)
def test_any_data_is_read_back_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml(data)) == data


def test_the_example_is_read_back_as_it_was() -> None:
    data = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert tomllib.loads(toml(data)) == data


def test_it_reads_as_a_person_would_write_it() -> None:
    data = {
        "practice": {"name": "Foothill “Oncology”", "opens": time(7, 30), "closed": [date(2026, 12, 25)]},
        "site": [{"name": "Pasadena", "host": [{"name": "server", "ssh": {"user": "u", "port": 22}}]}],
        "check": [{"kind": "disk", "free_percent": {"warning": 15, "critical": 5.5}, "a b": []}],
    }
    assert (
        toml(data)
        == """\
[practice]
name = "Foothill “Oncology”"
opens = 07:30:00
closed = [2026-12-25]

[[site]]
name = "Pasadena"

[[site.host]]
name = "server"
ssh = { user = "u", port = 22 }

[[check]]
kind = "disk"
free_percent = { warning = 15, critical = 5.5 }
"a b" = []
"""
    )


def test_what_toml_has_no_word_for_is_refused() -> None:
    with pytest.raises(TypeError, match="TOML has no NoneType"):
        toml({"a": None})
