"""From a file's bytes to TOML data, with words for every way in which a person can get TOML wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from healthcheck.errors import ConfigError
from healthcheck.plugins import unsafe

LARGEST_BYTES = 4_000_000
"""Far above any config written by hand; whoever names a disk image by mistake is told so at once."""

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", 'it starts with a byte order mark; save it as "UTF-8", not as "UTF-8 with BOM"'),
    (b"\xff\xfe", 'it is written in UTF-16; save it as "UTF-8"'),
    (b"\xfe\xff", 'it is written in UTF-16; save it as "UTF-8"'),
)


def read(path: Path) -> str:
    """The text of a config file that nobody else can have written; `ConfigError` says why there is none."""
    try:
        if (why := unsafe(path)) is not None:
            raise ConfigError(f"{path}: not read: {why}")
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; make one with `healthcheck init`, or name another with --config"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or 'unknown reason'}") from None
    if len(data) > LARGEST_BYTES:
        raise ConfigError(f"{path}: this is no config: it is larger than {LARGEST_BYTES // 1_000_000} MB")
    return _decoded(path, data)


def _decoded(path: Path, data: bytes) -> str:
    for mark, says in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            raise ConfigError(f"{path}:1: {says}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError(
            f"{path}:{line}: the character at column {column} is not UTF-8 (byte 0x{data[error.start]:02x}); "
            'save the file as "UTF-8"'
        ) from None


def parse(path: Path, text: str) -> dict[str, Any]:
    """The data of a TOML text; `ConfigError` has the line and what to write instead. No value is ever shown."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, column, said = _where(str(error), text)
        raise ConfigError(f"{path}:{line}: {_in_words(said, text, line, column)}") from None
    except ValueError:  # from `int`, which refuses thousands of digits
        raise ConfigError(f"{path}: it cannot be read: there is a number of thousands of digits in it") from None
    except RecursionError:
        raise ConfigError(f"{path}: it cannot be read: lists or tables stand too deep inside each other") from None
    if not data:
        raise ConfigError(f"{path}: the config is empty; config.example.toml shows what belongs in it")
    return data


def _where(said: str, text: str) -> tuple[int, int, str]:
    """The line and column of a mistake, both from 1, and the parser's own words."""
    if found := re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", said, re.DOTALL):
        return int(found[2]), int(found[3]), found[1]
    said = said.removesuffix(" (at end of document)")
    at = _left_open(said, text)
    before = text[:at] if at >= 0 else text.rstrip()
    return before.count("\n") + 1, len(before) - before.rfind("\n"), said


def _left_open(said: str, text: str) -> int:
    """Where the quote is that nothing closes, so that it is the last of its sort; -1 when it is not about quotes."""
    if said.startswith("Expected \"'''"):
        return text.rfind("'''")
    if said.startswith("Expected \"'"):
        return text.rfind("'")
    if said == "Unterminated string":
        return text.rfind('"""' if text.count('"""') % 2 else '"')
    return -1


def _in_words(said: str, text: str, line: int, column: int) -> str:
    rows = text.replace("\r\n", "\n").split("\n")
    row = rows[line - 1] if line <= len(rows) else ""
    for beginning, words in _WORDS:
        if said.startswith(beginning):
            return words(row, column - 1)
    return f"this cannot be read: {said[:1].lower()}{said[1:]}"


def _no_equals(row: str, at: int) -> str:
    if re.match(r"\s*(- *)?[\w.-]+ *:", row):
        return 'a setting is written name = value, with "=" where this has ":"'
    if re.match(r"\s*- ", row):
        return 'a list is written name = ["one", "two"], not with dashes'
    if at < len(row) and not row[at].isascii():
        return _bad_name(row, at)
    return 'a setting is written name = value; there is no "=" after the name'


def _bad_value(row: str, at: int) -> str:
    value = row[at:].strip()
    word = re.match(r"[^\s,#\]}]*", value)
    first = word[0].casefold() if word else ""
    if not first:
        return 'there is no value after the "="; text stands in quotes'
    if first in ("yes", "no", "on", "off", "true", "false"):
        return "yes and no are written true and false, in small letters and without quotes"
    if first in ("null", "none", "nil", "~"):
        return "there is no word for nothing; leave the setting out"
    if first[0] in "“”„‘’«":
        return 'text stands in straight quotes ("…"), not in the curly ones of a word processor'
    if re.match(r"[^\s#]+ *=", value):
        return 'the list or the value before this setting is not finished; is a "]" missing above?'
    return "this value cannot be read; text stands in quotes"


def _something_follows(row: str, at: int) -> str:
    if re.search(r"=\s*\d{1,2}:\d\d\b", row):
        return 'a time of day stands in quotes, such as "07:30"'
    if re.search(r"=\s*\d+\.\d+\.\d+", row):
        return 'an address stands in quotes, such as "192.0.2.10"'
    if re.search(r"=\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?!:)", row):
        return 'a day with a time stands in quotes, such as "2026-12-25 18:00"'
    if re.search(r"=\s*\d{4}-\d", row):
        return "there is no such date; a date is written as 2026-12-25"
    if re.search(r"=\s*0\d", row):
        return "a number does not start with 0; text stands in quotes"
    if re.search(r"=\s*[\d.]+\s*[A-Za-z%]", row):
        return "a number stands alone, without a unit; the unit is in the setting's name"
    return "something follows that does not belong on this line; one line holds one setting"


def _open_quote(row: str, at: int) -> str:
    return "a quote is opened and never closed"


def _control_character(row: str, at: int) -> str:
    if at >= len(row):
        return _open_quote(row, at)
    return f"there is an invisible character (code {ord(row[at])}) that does not belong in a config"


def _backslash(row: str, at: int) -> str:
    return r"a backslash has a meaning of its own between double quotes; use single quotes: 'C:\data'"


def _twice(row: str, at: int) -> str:
    if found := re.match(r"\s*\[+\s*([^\]]*?)\s*\]", row):
        return f"[{found[1]}] stands in this file twice, or is a list here and a single table there"
    return "this setting is given twice"


def _bad_name(row: str, at: int) -> str:
    if "{" in row[:at]:
        return 'a table in { } stands on one line, and nothing but a setting follows a ","'
    return "a setting's name is made of letters a to z, digits, - and _; anything else stands in quotes"


def _fixed(words: str) -> Callable[[str, int], str]:
    return lambda row, at: words


_WORDS: tuple[tuple[str, Callable[[str, int], str]], ...] = (
    ("Expected '=' after", _no_equals),
    ("Invalid value", _bad_value),
    ("Expected newline or end of document", _something_follows),
    ("Unterminated string", _open_quote),
    ("Expected \"'", _open_quote),
    ("Illegal character", _control_character),
    ("Found invalid character", _control_character),
    ("Unescaped '\\'", _backslash),
    ("Cannot declare", _twice),
    ("Cannot overwrite", _twice),
    ("Cannot mutate", _twice),
    ("Cannot redefine", _twice),
    ("Duplicate inline table key", _twice),
    ("Unclosed array", _fixed('a list is not closed; a "," or a "]" is missing')),
    ("Unclosed inline table", _fixed('a table is not closed; a "," or a "}" is missing on this line')),
    ("Expected ']", _fixed('the name of a table is not closed; a "]" is missing')),
    ("Invalid initial character", _bad_name),
    ("Invalid statement", _bad_name),
    ("Invalid date or datetime", _fixed("there is no such date; a date is written as 2026-12-25")),
)
