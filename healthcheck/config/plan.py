"""From `[[check]]` entries to the plan: every (check, host) pair, each with a key of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from healthcheck.check import Check, Planned
from healthcheck.config.binder import Binder
from healthcheck.config.binding import Unbindable
from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import CheckTable
from healthcheck.config.secrets import Secrets
from healthcheck.config.selectors import Selection
from healthcheck.config.sites import Sites
from healthcheck.config.table import settings_of
from healthcheck.foreign.checks import Foreign, Unusable
from healthcheck.foreign.drop_ins import DropIns
from healthcheck.model import Host, Secret, Site
from healthcheck.plugins import Catalogue, Kind
from healthcheck.words import join

COMMON = frozenset(setting.name for setting in settings_of(CheckTable).values())
"""The settings that every check has, whatever its kind."""


@dataclass
class Plan:
    """Reads every `[[check]]`; `planned` is the plan as far as it has no mistake, `complete` whether that is all."""

    reading: Reading
    catalogue: Catalogue
    drop_ins: DropIns
    secrets: Secrets
    sites: Sites

    def __post_init__(self) -> None:
        self._binder = Binder(self.reading, self.secrets)
        self.planned: dict[str, Planned] = {}
        self._places: dict[str, Place] = {}
        before = len(self.reading.mistakes)
        entries = list(self.reading.entries("check"))
        self.drop_ins.prepare([name for _, data in entries if isinstance(name := data.get("kind"), str)])
        for place, data in entries:
            self._entry(place, data)
        self.complete = self.sites.complete and len(self.reading.mistakes) == before

    def _entry(self, place: Place, data: dict[str, Any]) -> None:
        kind = self._kind(place, data)
        table = self._table(place, kind, data) if kind else None
        if kind is None or table is None:
            return
        if table.owner:
            self.reading.knows((*place, "owner"), table.owner, self.reading.names("person"), "person")
        hosts = Selection(self.reading, self.sites, place).hosts(table.hosts, table.but_not)
        check = self._check(place, kind, table, data)
        if check is None:
            return
        self._check_ways_in(place, check, hosts)
        self._check_systems(place, check, hosts)
        sites = {site.name: site for site in self.sites.found}
        for host in hosts:
            self._plan(place, table, check, host, sites)

    def _kind(self, place: Place, data: Mapping[str, Any]) -> Kind | None:
        """The kind of a file that claims the name, else the built-in one, else that of any foreign code."""
        name = data.get("kind")
        if not isinstance(name, str):
            self.reading.table(CheckTable, place, {"hosts": ["*"], **{k: v for k, v in data.items() if k == "kind"}})
            return None
        kind = self.drop_ins.claimed(name) or self.catalogue.kinds.get(name) or self.drop_ins.anywhere(name)
        if kind is None:
            hint = did_you_mean(name, (*self.catalogue.kinds, *self.drop_ins.names()))
            self.reading.mistakes.add((*place, "kind"), f"unknown kind of check {quoted(name)}{hint}")
        return kind

    def _table(self, place: Place, kind: Kind, data: dict[str, Any]) -> CheckTable | None:
        """What every check is told. The settings of foreign code are for that code to judge, behind the wall."""
        if issubclass(kind.check, Foreign | Unusable):
            return self.reading.table(CheckTable, place, {name: data[name] for name in data if name in COMMON})
        try:
            return self._binder.table(place, kind, data)
        except Unbindable as error:
            self.reading.mistakes.add((*place, "kind"), f"the check {quoted(kind.name)} is faulty: {error}")
            return None

    def _check(self, place: Place, kind: Kind, table: CheckTable, data: dict[str, Any]) -> Check[Any] | None:
        """The check itself, its settings bound; None when they do not go together."""
        if issubclass(kind.check, Unusable):
            return kind.check()  # `DropIns.refused` names its file
        if issubclass(kind.check, Foreign):
            return self._foreign(place, kind, data)
        settings = self._binder.settings(place, kind, table)
        if settings is None:
            return None
        try:
            return self._binder.check(place, kind, settings)
        except Exception as error:  # a check's own code: its fault is a mistake of the config, not the program's end
            says = f"the check {quoted(kind.name)} refuses these settings: {type(error).__name__}"
            self.reading.mistakes.add(place, says)
            return None

    def _foreign(self, place: Place, kind: Kind, data: dict[str, Any]) -> Check[Any] | None:
        def secret(tail: Place, name: str) -> Secret | None:
            at = (*place, *tail)
            return self.secrets.given(at, name, "" if name else str(self.reading.at(at)))

        bound = self.drop_ins.bind(kind, data, secret)
        for tail, says in bound.mistakes:
            self.reading.mistakes.add((*place, *tail), says)
        if bound.fault:
            self.reading.mistakes.warn(place, f"the check {quoted(kind.name)} cannot be used: {bound.fault}")
        return bound.check

    def _check_ways_in(self, place: Place, check: Check[Any], hosts: list[Host]) -> None:
        shut = [quoted(host.name) for host in hosts if check.inside and not host.local and host.ssh is None]
        if shut:
            verb = "has" if len(shut) == 1 else "have"
            self.reading.mistakes.add(
                (*place, "hosts"),
                f"this check looks inside the host, but {join(shut)} {verb} neither local = true nor ssh; "
                "give that, or leave it out with except",
            )

    def _check_systems(self, place: Place, check: Check[Any], hosts: list[Host]) -> None:
        """What the check cannot look into, and what its settings mean nothing on."""
        found: dict[tuple[str, str], list[Host]] = {}
        for host in hosts:
            if check.inside and host.os not in check.systems:
                says = "this check cannot look into every host; leave some out with except"
                found.setdefault(("hosts", says), []).append(host)
                continue
            for mistake in check.mistakes_on(host):
                found.setdefault(mistake, []).append(host)
        for (setting, says), mistaken in found.items():
            names = join([quoted(host.name) for host in mistaken])
            verb = "has" if len(mistaken) == 1 else "have"
            says = f"{says}: {names} {verb} os = {quoted(mistaken[0].os)}"
            self.reading.mistakes.add((*place, setting), says)

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
