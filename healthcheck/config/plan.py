"""From `[[check]]` entries to the plan: every (check, host) pair, each with a key of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from healthcheck.check import Check, Planned
from healthcheck.config.binding import SETTING, Unbindable, settings_of, table_of
from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import CheckTable, LevelsTable, SecretSetting
from healthcheck.config.secrets import Secrets
from healthcheck.config.selectors import Selection
from healthcheck.config.sites import Sites
from healthcheck.model import Host, Levels, Site
from healthcheck.plugins import Catalogue, Kind
from healthcheck.words import join


@dataclass
class Plan:
    """Reads every `[[check]]`; `planned` is the plan as far as it has no mistake, `complete` whether that is all."""

    reading: Reading
    catalogue: Catalogue
    secrets: Secrets
    sites: Sites

    def __post_init__(self) -> None:
        self._tables: dict[str, type[CheckTable] | None] = {}
        self.planned: dict[str, Planned] = {}
        self._places: dict[str, Place] = {}
        before = len(self.reading.mistakes)
        for place, data in self.reading.entries("check"):
            self._entry(place, data)
        self.complete = self.sites.complete and len(self.reading.mistakes) == before

    def _entry(self, place: Place, data: dict[str, Any]) -> None:
        kind = self._kind(place, data)
        model = self._table_of(kind, place) if kind else None
        table = self.reading.table(model, place, data) if model else None
        if kind is None or table is None:
            return
        if table.owner:
            self.reading.knows((*place, "owner"), table.owner, self.reading.names("person"), "person")
        hosts = Selection(self.reading, self.sites, place).hosts(table.hosts, table.but_not)
        check = self._check(place, kind, table)
        if check is None:
            return
        self._check_ways_in(place, check, hosts)
        sites = {site.name: site for site in self.sites.found}
        for host in hosts:
            self._plan(place, table, check, host, sites)

    def _kind(self, place: Place, data: Mapping[str, Any]) -> Kind | None:
        name = data.get("kind")
        if isinstance(name, str) and name in self.catalogue.kinds:
            return self.catalogue.kinds[name]
        if isinstance(name, str):
            refused = next((why for why in self.catalogue.refused if _stem(why) == name), "")
            hint = f"; its file was refused: {refused}" if refused else did_you_mean(name, self.catalogue.kinds)
            self.reading.mistakes.add((*place, "kind"), f"unknown kind of check {quoted(name)}{hint}")
        else:
            self.reading.table(CheckTable, place, {"hosts": ["*"], **{k: v for k, v in data.items() if k == "kind"}})
        return None

    def _table_of(self, kind: Kind, place: Place) -> type[CheckTable] | None:
        if kind.name not in self._tables:
            self._tables[kind.name] = None
            try:
                self._tables[kind.name] = table_of(kind)
            except Unbindable as error:
                self.reading.mistakes.add((*place, "kind"), f"the check {quoted(kind.name)} is faulty: {error}")
        return self._tables[kind.name]

    def _check(self, place: Place, kind: Kind, table: CheckTable) -> Check[Any] | None:
        """The check itself, its settings bound; None when they do not go together."""
        before = len(self.reading.mistakes)
        settings = dict(self._settings(place, kind, table))
        if len(self.reading.mistakes) > before:
            return None
        try:
            check = kind.check(**settings)
            found = list(check.mistakes())
        except Exception as error:  # a drop-in's own code: its fault is a mistake of the config, not the program's end
            says = f"the check {quoted(kind.name)} refuses these settings: {type(error).__name__}"
            self.reading.mistakes.add(place, says)
            return None
        for name, says in found:
            self.reading.mistakes.add((*place, name) if name else place, says)
        return check

    def _settings(self, place: Place, kind: Kind, table: CheckTable) -> Iterator[tuple[str, Any]]:
        """What the config gives, as the check wants it. What it leaves out keeps the check's own default."""
        for field in settings_of(kind):
            if SETTING + field.name in table.model_fields_set:
                here = (*place, field.name)
                value = getattr(table, SETTING + field.name)
                if isinstance(value, LevelsTable):
                    yield field.name, self._levels(here, value, _default_of(field))
                else:
                    yield field.name, self._revealed(here, value)

    def _levels(self, place: Place, table: LevelsTable, default: Levels) -> Levels:
        given = {name: getattr(table, name) for name in table.model_fields_set}
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

    def _check_ways_in(self, place: Place, check: Check[Any], hosts: list[Host]) -> None:
        shut = [quoted(host.name) for host in hosts if check.inside and not host.local and host.ssh is None]
        if shut:
            verb = "has" if len(shut) == 1 else "have"
            self.reading.mistakes.add(
                (*place, "hosts"),
                f"this check looks inside the host, but {join(shut)} {verb} neither local = true nor ssh; "
                "give that, or leave it out with except",
            )

    def _plan(self, place: Place, table: CheckTable, check: Check[Any], host: Host, sites: Mapping[str, Site]) -> None:
        key = "/".join((host.site, host.name, check.kind, *((table.name,) if table.name else ())))
        if key in self.planned:
            line = self.reading.mistakes.line(self._places[key])
            self.reading.mistakes.add(
                place, f'{quoted(key)} is planned already, on line {line}; give one of the two a name = "…" of its own'
            )
            return
        if host.site not in sites:  # a mistake of the site's, noted there
            return
        self._places[key] = place
        self.planned[key] = Planned(
            key=key,
            site=sites[host.site],
            host=host,
            check=check,
            timeout_s=table.timeout_s or check.default_timeout_s,
            attempts=table.attempts or check.default_attempts,
            owner=table.owner or host.owner,
        )


def _default_of(field: Any) -> Levels:
    default = field.default_factory() if callable(field.default_factory) else field.default
    assert isinstance(default, Levels)  # `table_of` refuses a kind that gives no default
    return default


def _stem(refused: str) -> str:
    """The name of the file that a sentence of the catalogue is about."""
    return Path(refused.partition(": not loaded")[0]).stem
