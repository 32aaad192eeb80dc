"""Collects every mistake of a config, each with its line and its setting's path, and tells them all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from healthcheck.config.lines import Place, lines_of
from healthcheck.errors import ConfigError
from healthcheck.words import plain

_LIKENESS = 0.6
_SHOWN_CHARACTERS = 60
_PRIVATE_WORDS = ("password", "passphrase", "secret", "token", "credential", "community", "key", "url")
"""A setting with one of these in its name is never shown: it holds a secret, or may (a webhook's address is one)."""


@dataclass
class Mistakes:
    """What is wrong with one config file, whose text it needs for the lines, and what is only worth a warning."""

    path: Path
    text: str
    _found: dict[tuple[int, str], None] = field(default_factory=dict)
    _warned: dict[tuple[int, str], None] = field(default_factory=dict)

    def add(self, place: Place, says: str) -> None:
        """Note a mistake at a setting."""
        self._found[self._sentence(place, says)] = None

    def warn(self, place: Place, says: str) -> None:
        """Note something that stops nothing."""
        self._warned[self._sentence(place, says)] = None

    def line(self, place: Place) -> int:
        """The line of a setting; of one that is missing, the line of what it is missing from."""
        return next((self._lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in self._lines), 1)

    @cached_property
    def _lines(self) -> Mapping[Place, int]:
        """Where everything stands; a config without a mistake never asks."""
        return lines_of(self.text)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning, by line."""
        return _by_line(self._warned)

    def __len__(self) -> int:
        return len(self._found)

    def raise_any(self) -> None:
        """Raise `ConfigError` with every mistake, by line, if there is any."""
        if self._found:
            raise ConfigError("\n".join(_by_line(self._found)))

    def _sentence(self, place: Place, says: str) -> tuple[int, str]:
        line = self.line(place)
        return line, f"{self.path}:{line}: {dotted(place) + ': ' if place else ''}{says}"


def _by_line(sentences: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(text for _, text in sorted(sentences, key=lambda sentence: sentence[0]))


def dotted(place: Place) -> str:
    """A setting's path as people count: ("site", 0, "name") is "site[1].name"."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{plain(part, _SHOWN_CHARACTERS)}"
    return text.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one, whatever its capitals; empty where none is near."""
    import difflib  # late: most configs have no mistake

    words = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=_LIKENESS)
    return words[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest right word as the end of a sentence, or nothing where none is near."""
    near = nearest(word, known)
    return f'; did you mean "{near}"?' if near else ""


def one_of(words: Iterable[str]) -> str:
    """A choice in words: "tls", "starttls" or "none"."""
    names = [f'"{word}"' for word in words]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def quoted(text: str) -> str:
    """Text from the config as it is shown in a message: harmless, short and in quotes."""
    return f'"{plain(text, _SHOWN_CHARACTERS)}"'


def is_private(place: Place) -> bool:
    """Whether the value of a setting may be a secret."""
    return any(word in part.casefold() for part in place if isinstance(part, str) for word in _PRIVATE_WORDS)


def shown(place: Place, value: object) -> str:
    """A value as it was found, written as in TOML: a kind of thing only where it may be a secret or is long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str) and (is_private(place) or ("@" in value and "://" in value)):
        return "the text found there"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "the value found there" if is_private(place) else str(value)
