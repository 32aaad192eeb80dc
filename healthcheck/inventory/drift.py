"""What is not as it was, or not in the config: devices that vanished, things a machine lost, and unknown ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from healthcheck.config.settings import Config
from healthcheck.findings import Stretch
from healthcheck.inventory.ages import moment
from healthcheck.inventory.document import Clinic, Standing
from healthcheck.inventory.remembered import Remembered
from healthcheck.words import plain, sentence

_NAMES = {
    "drives": "its drive “{}”",
    "raid": "its set of drives “{}”",
    "mounts": "its disk “{}”",
    "programs": "its program “{}”",
    "lines": "its network line “{}”",
    "ups": "its battery backup “{}”",
    "database": "its database “{}”",
}
"""What a machine can lose, as it is told. Ports, memory and names change by themselves with what is told here."""
_REMEMBERED = timedelta(days=90)
"""For so long a device that has left the config is spoken of: as long as what it had is kept."""
_PASSING = frozenset({"programs"})
_SERVER = re.compile(r"(?:cifs|smb3|smbfs) //([^/\s]+)/|(?:nfs4?|ceph|glusterfs) \[?([^\s\[\]/]+?)\]?:/")


def drift(config: Config, known: Remembered, clinics: Sequence[Clinic], now: datetime) -> tuple[str, ...]:
    """A sentence each: what was there and is not, then what is there and nobody wrote down."""
    return (
        *_devices(clinics, now),
        *_things(config, known, now),
        *_left_the_config(config, known, now),
        *_not_in_the_config(config, known),
    )


def _devices(clinics: Sequence[Clinic], now: datetime) -> Iterator[str]:
    for clinic in clinics:
        for device in clinic.devices:
            label = plain(device.host.label)
            if device.standing is Standing.NOT_SEEN_SINCE and device.seen is not None:
                yield sentence(f"{label} ({plain(clinic.site.name)}): not seen since {moment(device.seen, now)}")
            elif device.standing is Standing.NEVER_SEEN:
                yield sentence(f"{label} ({plain(clinic.site.name)}) was looked for and never seen")


def _things(config: Config, known: Remembered, now: datetime) -> Iterator[str]:
    planned = {one.key: one for one in config.plan}
    for (key, sort), stretches in known.surveys.items():
        if key not in planned or sort not in _NAMES:
            continue
        for name, seen in _lost(stretches, passing=sort in _PASSING):
            what = _NAMES[sort].format(plain(name, 100))
            yield sentence(f"{plain(planned[key].host.label)}: {what} was not seen since {moment(seen, now)}")


def _lost(stretches: Sequence[Stretch], *, passing: bool) -> Iterator[tuple[str, datetime]]:
    """What earlier looks found and the newest did not, with the last that did.

    Of what comes and goes (`passing`), only what more than one look found.
    """
    newest = stretches[-1].things
    last: dict[str, datetime] = {}
    settled: set[str] = set()
    for stretch in stretches[:-1]:
        for name in stretch.things:
            if stretch.since < stretch.until or name in last:
                settled.add(name)
            last[name] = max(stretch.until, last.get(name, stretch.until))
    yield from sorted(
        (name, at) for name, at in last.items() if name not in newest and (name in settled or not passing)
    )


def _left_the_config(config: Config, known: Remembered, now: datetime) -> Iterator[str]:
    named = {(host.site, host.name) for host in config.practice.hosts()}
    gone: dict[tuple[str, str], datetime] = {}
    for key, at in known.last_good.items():
        site, host = key.split("/")[:2]
        if (site, host) not in named and now - at < _REMEMBERED:
            gone[site, host] = max(at, gone.get((site, host), at))
    for (site, host), at in sorted(gone.items()):
        yield sentence(f"{plain(host)} ({plain(site)}) is no longer in the config; last seen well {moment(at, now)}")


def _not_in_the_config(config: Config, known: Remembered) -> Iterator[str]:
    """File servers that a machine uses and no device of the config is."""
    planned = {one.key: one for one in config.plan}
    written = {word.casefold() for host in config.practice.hosts() for word in (host.name, host.address) if word}
    short = {word.partition(".")[0] for word in written if not word.replace(".", "").isdigit()}
    told = set()
    for (key, sort), stretches in known.surveys.items():
        if sort != "mounts" or key not in planned:
            continue
        for how in stretches[-1].things.values():
            found = _SERVER.match(how)
            server = (found[1] or found[2]).casefold() if found else ""
            if server and server not in written and server.partition(".")[0] not in short:
                label = planned[key].host.label
                told.add(sentence(f"{plain(label)} uses files of “{plain(server, 100)}”, which is not in the config"))
    yield from sorted(told)
