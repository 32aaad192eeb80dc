"""On which line each setting of a TOML text stands: `tomllib` forgets, and a mistake without its line is hard to find.

The text must be one that `tomllib` accepts. The grammar is that of TOML 1.0.
"""

from __future__ import annotations

import re

Place = tuple[str | int, ...]
"""Where a value is in the parsed data: ("site", 0, "host", 2, "address"); lists count from 0."""

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_STRINGS = {
    '"""': re.compile(r'"""(?:\\.|[^\\])*?"{3,5}(?!")', re.DOTALL),
    "'''": re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL),
    '"': re.compile(r'"(?:\\.|[^"\\])*"'),
    "'": re.compile(r"'[^']*'"),
}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def lines_of(text: str) -> dict[Place, int]:
    """The line, counted from 1, of every table, setting and list item of a valid TOML text."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.tables: dict[Place, int] = {}  # how many [[tables]] of a name there are so far
        self._counted_to, self._line = 0, 1

    def scan(self) -> dict[Place, int]:
        here: Place = ()
        while self._skip(_BLANK) < len(self.text):
            if self._next("["):
                here = self._header()
            else:
                self._setting(here)
        return self.lines

    def _header(self) -> Place:
        """`[table]` or `[[table]]`: the place that the settings below it belong to."""
        line = self._line_here()
        bracket = "[[" if self._next("[[") else "["
        self.at += len(bracket)
        *parents, last = self._key()
        self.at += len(bracket)
        here: Place = ()
        for part in parents:
            here = self._newest((*here, part))
            self.lines.setdefault(here, line)
        here = (*here, last)
        if bracket == "[":
            self.lines[here] = line
            return here
        self.lines.setdefault(here, line)
        self.tables[here] = self.tables.get(here, 0) + 1
        here = self._newest(here)
        self.lines[here] = line
        return here

    def _newest(self, place: Place) -> Place:
        """A name in a header means the last of its [[tables]], where it has any."""
        return (*place, self.tables[place] - 1) if place in self.tables else place

    def _setting(self, here: Place) -> None:
        """`key = value`, and for a dotted key the tables that it opens."""
        line = self._line_here()
        parts = self._key()
        for end in range(1, len(parts)):
            self.lines.setdefault((*here, *parts[:end]), line)
        place = (*here, *parts)
        self.lines[place] = line
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(place)

    def _value(self, place: Place) -> None:
        if (quote := self._quote()) is not None:
            self._skip(_STRINGS[quote])
        elif self._next("["):
            self._list(place)
        elif self._next("{"):
            self._inline_table(place)
        else:
            self._skip(_SCALAR)

    def _list(self, place: Place) -> None:
        self.at += 1
        index = 0
        while not self._closed("]"):
            self.lines[(*place, index)] = self._line_here()
            self._value((*place, index))
            index += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while not self._closed("}"):
            self._setting(place)

    def _closed(self, bracket: str) -> bool:
        """Go on to the next item, or past the bracket that ends them."""
        self._skip(_BLANK)
        if self._next(","):
            self.at += 1
            self._skip(_BLANK)
        if not self._next(bracket):
            return False
        self.at += 1
        return True

    def _key(self) -> list[str]:
        """The parts of a dotted key, quotes undone; the text goes on at what follows it."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            quote = self._quote()
            start = self.at
            self._skip(_STRINGS[quote] if quote else _BARE_KEY)
            part = self.text[start : self.at]
            parts.append(_unquoted(part, quote) if quote else part)
            self._skip(_SPACE)
            if not self._next("."):
                return parts
            self.at += 1

    def _quote(self) -> str | None:
        return next((quote for quote in _STRINGS if self._next(quote)), None)

    def _next(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def _skip(self, what: re.Pattern[str]) -> int:
        if found := what.match(self.text, self.at):
            self.at = found.end()
        return self.at

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line


def _unquoted(text: str, quote: str) -> str:
    inner = text[len(quote) : -len(quote)]
    return inner if quote == "'" else _ESCAPE.sub(_unescaped, inner)


def _unescaped(escape: re.Match[str]) -> str:
    short, long, char = escape.groups()
    return chr(int(short or long, 16)) if short or long else _ESCAPED[char]
