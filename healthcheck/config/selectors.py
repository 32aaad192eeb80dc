"""Which hosts an entry means: names, globs, "role:gateway", "site:Pasadena" and "*"."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import get_args

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import HostTable
from healthcheck.config.sites import Sites
from healthcheck.config.table import settings_of
from healthcheck.model import Host
from healthcheck.records import frozen

ROLES: tuple[str, ...] = get_args(settings_of(HostTable)["role"].type)
_GLOB = frozenset("*?[")


@frozen(slots=False)
class Selection:
    """The hosts that one `[[check]]` selects; a word that selects none is a mistake, for its hosts would be missed."""

    reading: Reading
    sites: Sites
    place: Place

    def hosts(self, wanted: list[str], unwanted: list[str]) -> list[Host]:
        """The wanted hosts without the unwanted ones, in the order of the config."""
        chosen = self._all(wanted, "hosts")
        names = chosen - self._all(unwanted, "except")
        left = [host for host in self.sites.hosts() if host.name in names]
        if chosen and not left and self.sites.complete:
            self.reading.mistakes.add((*self.place, "except"), "this leaves the check without any host")
        return left

    def _all(self, selectors: list[str], setting: str) -> set[str]:
        return {
            name
            for index, selector in enumerate(selectors)
            for name in self._one((*self.place, setting, index), selector)
        }

    def _one(self, place: Place, selector: str) -> set[str]:
        prefix, colon, word = selector.partition(":")
        if colon and prefix == "role":
            if not self.reading.knows(place, word, ROLES, "role"):
                return set()
            return self._found(place, selector, (host.name for host in self.sites.hosts() if host.role == word))
        if colon and prefix == "site":
            if not self.reading.knows(place, word, self.reading.names("site"), "site"):
                return set()
            return self._found(place, selector, (host.name for host in self.sites.hosts() if host.site == word))
        names = self.reading.host_names
        if _GLOB.isdisjoint(selector):
            if selector not in names:
                says = f"unknown host {quoted(selector)}{did_you_mean(selector, (*names, *_prefixed()))}"
                self.reading.mistakes.add(place, says)
                return set()
            return {selector}
        return self._found(place, selector, (name for name in names if fnmatchcase(name, selector)))

    def _found(self, place: Place, selector: str, names: Iterable[str]) -> set[str]:
        found = set(names)
        if not found and self.sites.complete and self.reading.host_names:
            self.reading.mistakes.add(place, f"{quoted(selector)} selects no host")
        return found


def _prefixed() -> tuple[str, ...]:
    return tuple(f"role:{role}" for role in ROLES)
