"""Holds the parts of a parsed config against the schema: each table on its own, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import Mistakes, did_you_mean, nearest, quoted
from healthcheck.config.schema import File
from healthcheck.config.table import Table, settings_of
from healthcheck.config.validation import ValidationError, read
from healthcheck.config.wording import in_words

T = TypeVar("T", bound=Table)


class Entry(NamedTuple, Generic[T]):
    """A table that fits its shape, and where it stands."""

    place: Place
    table: T


class Reading:
    """One config's data and the mistakes found in it."""

    def __init__(self, data: dict[str, Any], mistakes: Mistakes) -> None:
        self.data = data
        self.mistakes = mistakes

    def sections(self) -> None:
        """Note every unknown section, and every one that is missing."""
        known = settings_of(File)
        for name in self.data:
            if name not in known:
                guess = did_you_mean(name, known)
                self.mistakes.add((name,), "unknown section" + (guess or f"; the sections are {_listed()}"))
        for name, setting in known.items():
            if setting.is_required and self.data.get(name, []) == []:
                brackets = f"[{name}]" if name == "practice" else f"[[{name}]]"
                self.mistakes.add((), f"the section {brackets} is missing")

    def section(self, model: type[T]) -> T | None:
        """A single table such as `[email]`; None when it is absent or mistaken."""
        name = _name_of(model)
        if name not in self.data:
            return None
        value = self.data[name]
        if isinstance(value, list):
            self.mistakes.add((name,), f"there is only one; write [{name}] with single brackets")
            return None
        return self.table(model, (name,), value)

    def has(self, name: str) -> bool:
        """Whether a section stands in the config at all."""
        return name in self.data

    def entries(self, name: str, parent: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
        """The tables of a list such as `[[site]]`, each with its place, as they were found."""
        found = self.at(parent)
        value = found.get(name, []) if isinstance(found, dict) else []
        place = (*parent, name)
        header = ".".join(part for part in place if isinstance(part, str))
        if not isinstance(value, list):
            self.mistakes.add(place, f"there can be several; write [[{header}]] with double brackets")
            return
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield (*place, index), item
            else:
                self.mistakes.add((*place, index), f"must be a table; write [[{header}]] above its settings")

    def tables(self, model: type[T], parent: Place = ()) -> list[Entry[T]]:
        """The tables of a list that fit their shape."""
        read = ((place, self.table(model, place, item)) for place, item in self.entries(_name_of(model), parent))
        return [Entry(place, table) for place, table in read if table is not None]

    def table(self, model: type[T], place: Place, value: object, apart: Collection[str] = ()) -> T | None:
        """One table, or None when it is mistaken. What stands `apart` in it is read on its own."""
        if isinstance(value, dict) and apart:
            value = {name: item for name, item in value.items() if name not in apart}
        try:
            return read(model, value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            misspelt = {_meant(model, one["loc"]) for one in found if one["type"] == "extra_forbidden"}
            for one in found:
                if one["type"] != "missing" or one["loc"] not in misspelt:
                    self._note(model, place, one["loc"], one["type"], one.get("ctx", {}), one["msg"])
            return None

    def at(self, place: Place) -> Any:
        """What stands somewhere; None where nothing does."""
        found: Any = self.data
        for part in place:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def names(self, name: str, parent: Place = ()) -> list[str]:
        """The names given in a list of tables, mistaken or not: nobody is told twice that something is not there."""
        return [item for place, item in self._names(name, parent)]

    @cached_property
    def host_names(self) -> list[str]:
        """The names of the hosts of every site, mistaken or not."""
        return [name for place in self._places("site") for name in self.names("host", place)]

    def unique(self, name: str, parents: Iterable[Place] = ((),)) -> None:
        """Note every name that is given twice in the lists of tables of that name, whatever its capitals."""
        first: dict[str, Place] = {}
        for parent in parents:
            for place, word in self._names(name, parent):
                taken = first.setdefault(word.casefold(), place)
                if taken != place:
                    line = self.mistakes.line(taken)
                    self.mistakes.add(place, f"there is a {name} named {quoted(word)} already, on line {line}")

    def knows(self, place: Place, word: str, known: Iterable[str], what: str) -> bool:
        """Whether a word is among the known ones; if not, that is a mistake."""
        names = list(known)
        if word in names:
            return True
        self.mistakes.add(place, f"unknown {what} {quoted(word)}{did_you_mean(word, names)}")
        return False

    def _names(self, name: str, parent: Place) -> Iterator[tuple[Place, str]]:
        for place in self._places(name, parent):
            if isinstance(word := self.at((*place, "name")), str):
                yield (*place, "name"), word

    def _places(self, name: str, parent: Place = ()) -> list[Place]:
        """Where the tables of a list stand, without a word about what is wrong with the list."""
        value = self.at((*parent, name))
        return [(*parent, name, index) for index in range(len(value))] if isinstance(value, list) else []

    def _note(
        self, model: type[Table], place: Place, loc: Place, kind: str, context: dict[str, Any], said: str
    ) -> None:
        here = (*place, *self._real(place, loc))
        self.mistakes.add(here, in_words(kind, context, said, here, self.at(here), _settings(model, loc)))

    def _real(self, place: Place, loc: Place) -> Place:
        """Pydantic's location without the names of union members, which stand nowhere in the config."""
        kept: Place = ()
        for index, part in enumerate(loc):
            container = self.at((*place, *kept))
            last = index == len(loc) - 1
            if (isinstance(container, dict) and (part in container or last)) or (
                isinstance(container, list) and isinstance(part, int)
            ):
                kept = (*kept, part)
        return kept


def _listed() -> str:
    return ", ".join(sorted(settings_of(File)))


def _name_of(model: type[Table]) -> str:
    """The section that a table class describes: `SiteTable` is `[[site]]`."""
    return model.__name__.removesuffix("Table").lower()


def _settings(model: type[Table], loc: Place) -> list[str]:
    """The settings that may stand next to the one at `loc`: of the table itself, or of a table inside it."""
    for part in loc[:-1]:
        model = next((inner for name, inner in _inner_tables(model) if name == part), model)
    return [setting.name for setting in settings_of(model).values()]


def _meant(model: type[Table], loc: Place) -> Place:
    """The setting that an unknown one at `loc` most likely was to be."""
    return (*loc[:-1], nearest(str(loc[-1]), _settings(model, loc)))


def _inner_tables(model: type[Table]) -> Iterator[tuple[str, type[Table]]]:
    for setting in settings_of(model).values():
        options = getattr(setting.type, "__args__", ()) or (setting.type,)
        for option in options:
            if isinstance(option, type) and issubclass(option, Table):
                yield setting.name, option
