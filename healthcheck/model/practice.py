"""Who and what is looked after: the practice, its people, its clinics and the devices in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from healthcheck.model.maintenance import Maintenance
from healthcheck.model.secret import Secret
from healthcheck.records import frozen


@frozen
class SshAccess:
    """How to log in to a host. `key` is a client key's text; `key_file` the file it is in; neither: the default key."""

    user: str
    port: int = 22
    key: Secret | None = None
    key_file: Path | None = None
    jump: str | None = None


@frozen
class Host:
    """A device at a site. `name` is its technical name, `label` what people call it, `room` where it stands."""

    name: str
    site: str
    label: str
    address: str = ""
    role: str = "other"
    room: str = ""
    owner: str = ""
    local: bool = False
    os: str = "linux"
    ssh: SshAccess | None = None
    depends_on: tuple[str, ...] = ()


@frozen
class Site:
    """A clinic. `timezone` is its own; its hosts are in the order of the config."""

    name: str
    timezone: ZoneInfo
    phone: str = ""
    address: str = ""
    hosts: tuple[Host, ...] = ()

    @property
    def gateway(self) -> Host | None:
        """The device that joins the site to the others."""
        return next((host for host in self.hosts if host.role == "gateway"), None)


@frozen
class Person:
    """Somebody to call. `role` is administrator, it, vendor or site."""

    name: str
    role: str
    phone: str = ""
    email: str = ""


@frozen
class Service:
    """Something the clinics use. It needs all of `needs` and, if given, one of `needs_any` (hosts or check keys)."""

    name: str
    essential: bool = False
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    used_by: tuple[str, ...] = ()
    impact: str = ""
    until_fixed: str = ""


@frozen
class Contract:
    """Something the practice pays for. `partner` is who it is with, `number` what to give on the telephone.

    `renews` is the day it ends or renews itself, None where nobody wrote it down; `covers` says what it is for.
    """

    name: str
    partner: str = ""
    phone: str = ""
    number: str = ""
    renews: date | None = None
    covers: str = ""
    notes: str = ""


@frozen
class Credential:
    """Where what opens something is kept, and by whom; never the thing itself.

    `purpose` says what it opens, or is the name of a secret of the config.
    """

    purpose: str
    kept_at: str
    kept_by: str = ""


_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@frozen(slots=False)
class Practice:
    """The whole group: its hours, its people, its clinics and the services they share."""

    name: str
    timezone: ZoneInfo
    opens: time
    open_days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    closed: tuple[date, ...] = ()
    watcher: str = ""
    people: tuple[Person, ...] = ()
    sites: tuple[Site, ...] = ()
    services: tuple[Service, ...] = ()
    report_at: time = time(5, 45)
    report_due: time = time(6, 30)
    closes: time = time(17)
    """When the doors close. `closes_is_known` is whether the config says so."""
    closes_is_known: bool = False
    maintenance: tuple[Maintenance, ...] = ()
    contracts: tuple[Contract, ...] = ()
    credentials: tuple[Credential, ...] = ()

    def is_open_on(self, day: date) -> bool:
        """Whether the doors open on that day."""
        return _DAY_NAMES[day.weekday()] in self.open_days and day not in self.closed

    def last_open_day(self, before: date) -> date | None:
        """The nearest open day before a date, at most a year back."""
        return self._open_day(before, -1)

    def next_open_day(self, after: date) -> date | None:
        """The nearest open day after a date, at most a year on."""
        return self._open_day(after, 1)

    def _open_day(self, start: date, step: int) -> date | None:
        days = (start + timedelta(days=step * n) for n in range(1, 367))
        return next((day for day in days if self.is_open_on(day)), None)

    def site(self, name: str) -> Site:
        """The site of that name; `KeyError` if there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise KeyError(name)

    def hosts(self) -> Iterator[Host]:
        """Every host of every site, in the order of the config."""
        for site in self.sites:
            yield from site.hosts

    def host(self, name: str) -> Host:
        """The host of that name; `KeyError` if there is none."""
        return self.hosts_by_name[name]

    def label_of(self, name: str) -> str:
        """What people call the host of that name; the name itself where the config has no such host any more."""
        host = self.hosts_by_name.get(name)
        return host.label if host else name

    @cached_property
    def hosts_by_name(self) -> Mapping[str, Host]:
        """Every host, in the order of the config; its names are unique."""
        return {host.name: host for host in self.hosts()}

    def person(self, name: str) -> Person | None:
        """The person of that name, if any."""
        return next((person for person in self.people if person.name == name), None)

    def people_of(self, role: str) -> tuple[Person, ...]:
        """Everybody of a role, in the order of the config."""
        return tuple(person for person in self.people if person.role == role)
