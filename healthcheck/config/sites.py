"""The sites, the hosts in them and how they depend on each other."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from healthcheck.config.hours import zone_of
from healthcheck.config.lines import Place
from healthcheck.config.mistakes import quoted
from healthcheck.config.reading import Entry, Reading
from healthcheck.config.schema import HostTable, SiteTable, SshTable
from healthcheck.config.secrets import Secrets
from healthcheck.model import Host, Site, SshAccess

THIS_COMPUTER = "127.0.0.1"

_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_NUMERIC = re.compile(r"[0-9.]+|.*:.*")


class Sites:
    """Reads every `[[site]]` of a config; `found` are those without a mistake, each with its hosts without one."""

    def __init__(self, reading: Reading, secrets: Secrets, zone: ZoneInfo | None, watcher: str) -> None:
        self._reading, self._secrets = reading, secrets
        self._watcher = watcher
        self._zone = zone or ZoneInfo("UTC")  # without a zone there is a mistake, and nothing is built
        self._hosts: dict[str, tuple[Place, HostTable]] = {}
        self.found = tuple(self._sites())
        self.places = {name: place for name, (place, _) in self._hosts.items()}
        self.complete = len(list(self.hosts())) == len(reading.host_names)
        self._check_names()
        self._check_this_computer()
        self._check_ways_in()
        self._check_dependencies()

    def hosts(self) -> Iterator[Host]:
        """Every host without a mistake."""
        for site in self.found:
            yield from site.hosts

    def _sites(self) -> Iterator[Site]:
        for place, data in self._reading.entries("site"):
            table = self._reading.table(SiteTable, place, data, apart=["host"])
            name = table.name if table else ""
            hosts = tuple(self._host(entry, name) for entry in self._reading.tables(HostTable, place))
            if table is None:
                continue
            zone = zone_of(self._reading, (*place, "timezone"), table.timezone) if table.timezone else self._zone
            yield Site(table.name, zone or self._zone, table.phone, table.address, hosts)

    def _host(self, entry: Entry[HostTable], site: str) -> Host:
        place, table = entry
        self._hosts.setdefault(table.name, (place, table))
        self._check_address(place, table)
        if table.owner:
            self._reading.knows((*place, "owner"), table.owner, self._reading.names("person"), "person")
        return Host(
            name=table.name,
            site=site,
            label=table.label or table.name,
            address=table.address or (THIS_COMPUTER if table.local else ""),
            role=table.role,
            room=table.room,
            owner=table.owner,
            local=table.local,
            os=table.os,
            ssh=self._access((*place, "ssh"), table.ssh) if table.ssh else None,
            depends_on=tuple(table.depends_on),
        )

    def _access(self, place: Place, table: SshTable) -> SshAccess:
        key, key_file = None, None
        if table.key and table.key.name:
            key = self._secrets.named((*place, "key"), table.key.name)
        elif table.key:
            key_file = self._secrets.key_file((*place, "key"), table.key.literal)
        return SshAccess(table.user, table.port, key, key_file, table.jump)

    def _check_address(self, place: Place, table: HostTable) -> None:
        if not table.address and not table.local:
            self._reading.mistakes.add((*place, "address"), "this setting is missing; it has no default")
        if table.address and not is_address(table.address):
            self._reading.mistakes.add(
                (*place, "address"),
                f"{quoted(table.address)} is no address; write a name or a number such as "
                '"192.0.2.10", without "http://" and without a port',
            )

    def _check_names(self) -> None:
        sites = [place for place, _ in self._reading.entries("site")]
        self._reading.unique("site")
        self._reading.unique("host", sites)
        if not any(self._reading.at((*place, "host")) for place in sites) and sites:
            self._reading.mistakes.add((), "no site has a host; write [[site.host]] below a [[site]]")

    def _check_this_computer(self) -> None:
        here = [(place, table) for place, table in self._hosts.values() if table.local]
        for place, _ in here[1:]:
            line = self._reading.mistakes.line(here[0][0])
            says = f"only one host can be this computer, and {quoted(here[0][1].name)} on line {line} is it already"
            self._reading.mistakes.add((*place, "local"), says)
        for host in self.hosts():
            if host.local and self._watcher and host.site != self._watcher:
                self._reading.mistakes.add(
                    (*self._hosts[host.name][0], "local"),
                    f"this computer is at {quoted(host.site)}, but the practice's watcher is {quoted(self._watcher)}",
                )

    def _check_ways_in(self) -> None:
        """A jump host is one that can be logged in to, and the jumps come to an end."""
        for name, (place, table) in self._hosts.items():
            if table.ssh is None or table.ssh.jump is None:
                continue
            jump, at = table.ssh.jump, (*place, "ssh", "jump")
            if not self._reading.knows(at, jump, self._reading.host_names, "host") or jump not in self._hosts:
                continue
            if self._hosts[jump][1].ssh is None:
                self._reading.mistakes.add(at, f"{quoted(jump)} cannot be logged in to: it has no ssh setting")
            elif name in self._jumps(jump):
                self._reading.mistakes.add(at, f"{quoted(name)} would be reached through itself")

    def _jumps(self, name: str) -> set[str]:
        seen: set[str] = set()
        while name in self._hosts and name not in seen:
            seen.add(name)
            ssh = self._hosts[name][1].ssh
            name = (ssh.jump or "") if ssh else ""
        return seen

    def _check_dependencies(self) -> None:
        """Nothing may depend on itself, be it by `depends_on` or by way of the gateways."""
        parents = self._parents()
        told: set[frozenset[str]] = set()
        for name, (place, table) in self._hosts.items():
            for index, other in enumerate(table.depends_on):
                at = (*place, "depends_on", index)
                if not self._reading.knows(at, other, self._reading.host_names, "host"):
                    continue
                if other == name:
                    self._reading.mistakes.add(at, "a host cannot depend on itself")
                    continue
                way = _way(other, name, parents) if self.complete else ()
                if way and frozenset(way) not in told:
                    told.add(frozenset(way))
                    self._reading.mistakes.add(
                        at,
                        f"{quoted(name)} would depend on itself: {' → '.join((name, *way))} "
                        "(every host depends on its site's gateway, and that on the watcher's)",
                    )

    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        gateways = {site.name: site.gateway.name for site in self.found if site.gateway}
        parents: dict[str, tuple[str, ...]] = {}
        for host in self.hosts():
            gateway = gateways.get(host.site, "")
            implied = gateways.get(self._watcher, "") if gateway == host.name else gateway
            parents[host.name] = (*host.depends_on, *((implied,) if implied not in ("", host.name) else ()))
        return parents


def _way(start: str, end: str, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The shortest way up from one host to another, both included; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for parent in parents.get(way[-1], ()):
            if parent not in seen:
                seen.add(parent)
                ways.append((*way, parent))
    return ()


def is_address(text: str) -> bool:
    """Whether text is a host's name, or its number in either version of the internet's addresses."""
    numeric = _NUMERIC.fullmatch(text)
    try:
        return bool(ipaddress.ip_address(text)) if numeric else _HOST_NAME.fullmatch(text) is not None
    except ValueError:
        return False
