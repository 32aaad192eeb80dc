"""Binds one `[[check]]` to its settings: the table held against the kind, secrets looked up, the check made.

The same for every kind, wherever its code may run: what is said of a mistake does not depend on who made the check.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from healthcheck.check import Check
from healthcheck.config.binding import SETTING, fields_of, table_of
from healthcheck.config.lines import Place
from healthcheck.config.reading import Reading
from healthcheck.config.schema import CheckTable, LevelsTable, SecretSetting
from healthcheck.model import Levels, Secret
from healthcheck.plugins import Kind


class Given(Protocol):
    """Where secrets come from; `config.secrets.Secrets` is the one."""

    def given(self, place: Place, name: str, literal: str) -> Secret | None: ...


@dataclass
class Binder:
    """Binds checks and notes every mistake in `reading`. What the check's own code raises, it raises."""

    reading: Reading
    secrets: Given
    _models: dict[str, type[CheckTable]] = dataclasses.field(default_factory=dict)

    def table(self, place: Place, kind: Kind, data: object) -> CheckTable | None:
        """The entry as a table of its kind; None when it is mistaken. Raises `Unbindable`."""
        if kind.name not in self._models:
            self._models[kind.name] = table_of(kind)
        return self.reading.table(self._models[kind.name], place, data)

    def settings(self, place: Place, kind: Kind, table: CheckTable) -> dict[str, Any] | None:
        """The settings that the table gives, secrets looked up; None when one of them is mistaken."""
        before = len(self.reading.mistakes)
        settings = dict(self._settings(place, kind, table))
        return settings if len(self.reading.mistakes) == before else None

    def check(self, place: Place, kind: Kind, settings: Mapping[str, Any]) -> Check[Any]:
        """The check itself; what it says of its settings is noted."""
        check = kind.check(**settings)
        for name, says in list(check.mistakes()):
            self.reading.mistakes.add((*place, name) if name else place, says)
        return check

    def _settings(self, place: Place, kind: Kind, table: CheckTable) -> Iterator[tuple[str, Any]]:
        """What the config gives, as the check wants it. What it leaves out keeps the check's own default."""
        for field in fields_of(kind):
            if SETTING + field.name in table.given:
                here = (*place, field.name)
                value = getattr(table, SETTING + field.name)
                if isinstance(value, LevelsTable):
                    yield field.name, self._levels(here, value, _default_of(field))
                else:
                    yield field.name, self._revealed(here, value)

    def _levels(self, place: Place, table: LevelsTable, default: Levels) -> Levels:
        given = {name: getattr(table, name) for name in table.given}
        levels = replace(default, **given)
        warning, critical = levels.warning, levels.critical
        if warning is not None and critical is not None:
            if levels.falling and warning < critical:
                says = f"low values are bad here, so warning ({warning:g}) must not be below critical ({critical:g})"
                self.reading.mistakes.add(place, says)
            if not levels.falling and warning > critical:
                says = f"high values are bad here, so warning ({warning:g}) must not be above critical ({critical:g})"
                self.reading.mistakes.add(place, says)
        return levels

    def _revealed(self, place: Place, value: Any) -> Any:
        """The value with every secret in it looked up."""
        match value:
            case SecretSetting():
                return self.secrets.given(place, value.name, value.literal)
            case dict():
                return {name: self._revealed((*place, name), item) for name, item in value.items()}
            case list() | tuple():
                return type(value)(self._revealed((*place, index), item) for index, item in enumerate(value))
        return value


def _default_of(field: Any) -> Levels:
    default = field.default_factory() if callable(field.default_factory) else field.default
    assert isinstance(default, Levels)  # `table_of` refuses a kind that gives no default
    return default
