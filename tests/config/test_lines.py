"""Every setting is found on the line where it stands, however TOML lets people write it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from healthcheck.config.lines import Place, lines_of

EXAMPLE = '''\
# a comment with a [header] and a "quote
title = "one" # and = more

[practice]
name = 'a "name" # not a comment'
opens = """
07:30
# not a comment = 1
[not.a.header]"""
"quoted.key" = 1
closed = [
  2026-12-25, # Christmas
  # nothing here
  2027-01-01,
]

[[site]]
name = "Pasadena"

  [[site.host]]
  name = "router"
  ssh = { user = "healthcheck", port = 22, key = { secret = "k" } }

  [[site.host]]
  name = "server"

[[site]]
name = "Azusa"
address.street.number = 12
address.street.name = "Foothill"

  [[site.host]]
  name = """ends with quotes"""""

[a.b.c]
d = [[1, 2], [
  3]]
[a]
e = 1979-05-27 07:32:00
'''


def test_each_way_of_writing_a_setting_is_found_on_its_line() -> None:
    assert lines_of(EXAMPLE) == {
        ("title",): 2,
        ("practice",): 4,
        ("practice", "name"): 5,
        ("practice", "opens"): 6,
        ("practice", "quoted.key"): 10,
        ("practice", "closed"): 11,
        ("practice", "closed", 0): 12,
        ("practice", "closed", 1): 14,
        ("site",): 17,
        ("site", 0): 17,
        ("site", 0, "name"): 18,
        ("site", 0, "host"): 20,
        ("site", 0, "host", 0): 20,
        ("site", 0, "host", 0, "name"): 21,
        ("site", 0, "host", 0, "ssh"): 22,
        ("site", 0, "host", 0, "ssh", "user"): 22,
        ("site", 0, "host", 0, "ssh", "port"): 22,
        ("site", 0, "host", 0, "ssh", "key"): 22,
        ("site", 0, "host", 0, "ssh", "key", "secret"): 22,
        ("site", 0, "host", 1): 24,
        ("site", 0, "host", 1, "name"): 25,
        ("site", 1): 27,
        ("site", 1, "name"): 28,
        ("site", 1, "address"): 29,
        ("site", 1, "address", "street"): 29,
        ("site", 1, "address", "street", "number"): 29,
        ("site", 1, "address", "street", "name"): 30,
        ("site", 1, "host"): 32,
        ("site", 1, "host", 0): 32,
        ("site", 1, "host", 0, "name"): 33,
        ("a",): 38,
        ("a", "b"): 35,
        ("a", "b", "c"): 35,
        ("a", "b", "c", "d"): 36,
        ("a", "b", "c", "d", 0): 36,
        ("a", "b", "c", "d", 0, 0): 36,
        ("a", "b", "c", "d", 0, 1): 36,
        ("a", "b", "c", "d", 1): 36,
        ("a", "b", "c", "d", 1, 0): 37,
        ("a", "e"): 39,
    }


def test_lines_that_end_as_on_windows_are_counted_the_same() -> None:
    assert lines_of(EXAMPLE.replace("\n", "\r\n")) == lines_of(EXAMPLE)


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where every value of parsed data is."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*place, name)
        yield from places(item, (*place, name))


class Writer:
    """Writes a TOML document in a style drawn at random and notes the line of every setting that it writes."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Place, int] = {}
        self._names = 0

    def document(self) -> None:
        for _ in range(self._number(0, 3)):
            self.setting(())
        for _ in range(self._number(0, 4)):
            self.section()

    def section(self) -> None:
        """A [table], or [[tables]] with a table or more below them."""
        name, written = self.key()
        self._spaced()
        if self.draw(st.booleans()):
            self._note((name,))
            self.text += f"[ {written} ]\n" if self.draw(st.booleans()) else f"[{written}] # comment\n"
            self.settings((name,))
            return
        inner, inner_written = self.key()
        for index in range(self._number(1, 3)):
            self._spaced()
            self._note((name, index))
            self.text += f"[[{written}]]\n"
            self.settings((name, index))
            for inner_index in range(self._number(0, 2)):
                self._spaced()
                self._note((name, index, inner, inner_index))
                self.text += f"  [[ {written} . {inner_written} ]]\n"
                self.settings((name, index, inner, inner_index))

    def settings(self, place: Place) -> None:
        for _ in range(self._number(0, 3)):
            self._spaced()
            self.setting(place)

    def setting(self, place: Place) -> None:
        self.assignment(place, depth=2)
        self.text += self.draw(st.sampled_from(["\n", " # comment [x] = {\n", "\t\n"]))

    def assignment(self, place: Place, depth: int) -> None:
        keys = [self.key() for _ in range(self._number(1, 2))]
        here = (*place, *(name for name, _ in keys))
        self._note(here)
        self.text += ".".join(written for _, written in keys) + self.draw(st.sampled_from(["=", " = ", "\t= "]))
        self.value(here, depth)

    def value(self, place: Place, depth: int) -> None:
        sort = self.draw(st.sampled_from(["plain", "plain", "list", "table"] if depth else ["plain"]))
        if sort == "plain":
            self.text += self.draw(PLAIN)
        elif sort == "table":
            self.text += "{ "
            for index in range(self._number(0, 3)):
                self.text += ", " if index else ""
                self.assignment(place, depth - 1)
            self.text += " }"
        else:
            self.text += "["
            for index in range(count := self._number(0, 3)):
                self._blank()
                self._note((*place, index))
                self.value((*place, index), depth - 1)
                self._blank()
                self.text += "," if index < count - 1 or self.draw(st.booleans()) else ""
            self._blank()
            self.text += "]"

    def key(self) -> tuple[str, str]:
        """A name that is used nowhere else, and how it is written."""
        self._names += 1
        name = f"k{self._names}" + self.draw(
            st.sampled_from(["", "-x", " ", ".dot", "é", '"', "\\", "#", "[", "'", "\n"])
        )
        ways = [json.dumps(name)]
        if re.fullmatch(r"[A-Za-z0-9_-]+", name):
            ways.append(name)
        if "'" not in name and "\n" not in name:
            ways.append(f"'{name}'")
        return name, self.draw(st.sampled_from(ways))

    def _note(self, place: Place) -> None:
        self.lines[place] = self.text.count("\n") + 1

    def _spaced(self) -> None:
        self.text += self.draw(st.sampled_from(["", "\n", "# comment = [1\n", "  "]))

    def _blank(self) -> None:
        self.text += self.draw(st.sampled_from(["", " ", "\n", " # ] , comment\n"]))

    def _number(self, least: int, most: int) -> int:
        number: int = self.draw(st.integers(least, most))
        return number


PLAIN = st.sampled_from(
    [
        "1",
        "-1.5e3",
        "true",
        "inf",
        "2026-12-25",
        "1979-05-27 07:32:00Z",
        "07:30:00",
        '"text # [ } \\" \\\\"',
        "'C:\\data # ]'",
        '""',
        "''",
        '""""""',
        "''''''",
        '"""one"""""',
        "'''one'''''",
        '"""\none\n# = two\n"""',
        '"""a "quote" and ""two"" and \\""" three\n\\\n   on"""',
        "'''\none ''two'' \\\n'''",
    ]
)


@given(st.data())
def test_every_setting_of_any_document_is_found_on_the_line_it_was_written_on(data: st.DataObject) -> None:
    writer = Writer(data.draw)
    writer.document()

    found = lines_of(writer.text)

    assert set(found) == set(places(tomllib.loads(writer.text)))
    assert {place: found[place] for place in writer.lines} == writer.lines


@given(st.integers(0, len(EXAMPLE)), st.text(alphabet="ab[]{}=.,'\"#\\\n \t1-:", max_size=6))
def test_a_document_with_anything_inserted_has_a_line_for_every_value_if_it_is_still_toml(at: int, text: str) -> None:
    document = EXAMPLE[:at] + text + EXAMPLE[at:]
    try:
        parsed = tomllib.loads(document)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines_of(document)) == set(places(parsed))
