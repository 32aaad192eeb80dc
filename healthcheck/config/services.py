"""What the clinics use, and what that needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from healthcheck.config.lines import Place
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.reading import Reading
from healthcheck.config.schema import ServiceTable
from healthcheck.model import Service


def services(reading: Reading, keys: Collection[str] | None) -> Iterator[Service]:
    """Every `[[service]]` without a mistake; `used_by` holds the sites' names, whatever the config selects them by.

    `keys` are those of the plan; None when the plan has mistakes of its own, so that a missing key may be theirs.
    """
    reading.unique("service")
    for place, table in reading.tables(ServiceTable):
        if not table.needs and not table.needs_any:
            reading.mistakes.add(place, "the service needs nothing; name hosts or check keys in needs or needs_any")
        for name, needed in (("needs", table.needs), ("needs_any", table.needs_any)):
            for index, word in enumerate(needed):
                _check_need(reading, (*place, name, index), word, keys)
        yield Service(
            name=table.name,
            essential=table.essential,
            needs=tuple(table.needs),
            needs_any=tuple(table.needs_any),
            used_by=_sites(reading, (*place, "used_by"), table.used_by),
            impact=table.impact,
            until_fixed=table.until_fixed,
        )


def _check_need(reading: Reading, place: Place, word: str, keys: Collection[str] | None) -> None:
    hosts = reading.host_names
    if word in hosts or (keys is None and "/" in word) or word in (keys or ()):
        return
    known = keys or () if "/" in word else hosts
    reading.mistakes.add(place, f"there is no host and no check key {quoted(word)}{did_you_mean(word, known)}")


def _sites(reading: Reading, place: Place, selectors: list[str]) -> tuple[str, ...]:
    names = reading.names("site")
    for index, selector in enumerate(selectors):
        if not any(fnmatchcase(name, selector) for name in names):
            guess = did_you_mean(selector, names)
            reading.mistakes.add((*place, index), f"there is no site {quoted(selector)}{guess}")
    return tuple(name for name in names if any(fnmatchcase(name, selector) for selector in selectors))
