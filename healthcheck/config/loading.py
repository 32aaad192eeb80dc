"""From a config file to a `Config`, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from healthcheck import plugins
from healthcheck.config import syntax
from healthcheck.config.asked import asked
from healthcheck.config.deliveries import deliveries, email
from healthcheck.config.heartbeat import heartbeat
from healthcheck.config.hours import check_report_times, closing, zone_of
from healthcheck.config.lines import Place
from healthcheck.config.maintenance import maintenance
from healthcheck.config.mistakes import Mistakes
from healthcheck.config.papers import contracts, credentials
from healthcheck.config.people import people
from healthcheck.config.plan import Plan
from healthcheck.config.reading import Reading
from healthcheck.config.schema import PracticeTable, PrivacyTable, ReportTable, WatchTable
from healthcheck.config.secrets import Secrets
from healthcheck.config.services import services
from healthcheck.config.settings import Config
from healthcheck.config.sites import Sites
from healthcheck.config.validation import read
from healthcheck.foreign.drop_ins import DropIns
from healthcheck.model import Practice, Secret
from healthcheck.plugins import Catalogue

DROP_INS = "checks.d"
DEFAULT_KEY = "ssh_key"

_PASSWORD_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/@:]*:([^\s/@]+)@", re.IGNORECASE)


def load(path: Path, catalogue: Catalogue | None, environ: Mapping[str, str], copy: Path) -> Config:
    """The config of that path as it stands in the copy; `ConfigError` lists every mistake, one a line."""
    text = syntax.read(copy)
    data = syntax.parse(path, text)
    mistakes = Mistakes(path, text)
    reading = Reading(data, mistakes)
    folder = path.absolute().parent
    known = catalogue or plugins.load()
    with DropIns(folder / DROP_INS if catalogue is None else None) as drop_ins:
        config = _read(path, reading, Secrets(folder, environ, mistakes), known, drop_ins)
    mistakes.raise_any()
    assert config is not None  # what keeps it from being built is a mistake
    return config


def _read(path: Path, reading: Reading, secrets: Secrets, catalogue: Catalogue, drop_ins: DropIns) -> Config | None:
    """Everything is read even when there are mistakes already, so that all of them are told at once."""
    reading.sections()
    hours = reading.section(PracticeTable)
    report = reading.section(ReportTable) if reading.has("report") else read(ReportTable, {})
    if hours and report:
        check_report_times(reading, hours, report)
    zone = zone_of(reading, ("practice", "timezone"), hours.timezone) if hours else None
    watcher = _watcher(reading, hours) if hours else ""
    everybody = people(reading)
    sites = Sites(reading, secrets, zone, watcher)
    plan = Plan(reading, catalogue, drop_ins, secrets, sites)
    used = tuple(services(reading, plan.planned if plan.complete else None))
    planned_work = tuple(maintenance(reading, sites, zone, hours))
    sent = deliveries(reading, secrets, path.absolute().parent)
    mail = email(reading, secrets, path.absolute().parent)
    called = heartbeat(reading, secrets, path.absolute().parent)
    watch = reading.section(WatchTable) or read(WatchTable, {})
    privacy = reading.section(PrivacyTable)
    signed, kept = contracts(reading), credentials(reading)
    default_key = _default_key(sites, secrets)
    for place, password in _passwords_in_urls(reading.data):
        reading.mistakes.warn(place, "there is a password in this address; keep it out of the config, in a secret")
        secrets.known += [Secret(password), Secret(unquote(password))]
    if hours is None or report is None or zone is None:
        return None
    return Config(
        path=path,
        practice=Practice(
            name=hours.name,
            timezone=zone,
            opens=hours.opens,
            open_days=tuple(hours.open_days),
            closed=tuple(hours.closed),
            watcher=watcher,
            people=everybody,
            sites=sites.found,
            services=used,
            report_at=report.at,
            report_due=report.due,
            maintenance=planned_work,
            closes=closing(hours),
            closes_is_known=hours.closes is not None,
            contracts=signed,
            credentials=kept,
        ),
        plan=tuple(plan.planned.values()),
        deliveries=sent,
        email=mail,
        default_key=default_key,
        warnings=(*reading.mistakes.warnings, *catalogue.refused, *drop_ins.refused),
        secrets=tuple(secrets.known),
        redact=tuple(privacy.redact) if privacy else (),
        heartbeat=called,
        watch_every_minutes=watch.every_minutes,
        asked=asked(reading, secrets.requests),
    )


def _watcher(reading: Reading, hours: PracticeTable) -> str:
    """The site that this program runs at; it goes without saying where there is only one."""
    names = reading.names("site")
    place = ("practice", "watcher")
    if hours.watcher:
        return hours.watcher if reading.knows(place, hours.watcher, names, "site") else ""
    if len(names) > 1:
        reading.mistakes.add(place, "this setting is missing; name the site that this program runs at")
    return names[0] if names else ""


def _default_key(sites: Sites, secrets: Secrets) -> Secret | None:
    """The client key of hosts that name none, if it is kept as a secret; else the user's own key is used."""
    for host in sites.hosts():
        if host.ssh and host.ssh.key is None and host.ssh.key_file is None:
            return secrets.if_any((*sites.places[host.name], "ssh"), DEFAULT_KEY)
    return None


def _passwords_in_urls(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str) and (found := _PASSWORD_IN_URL.search(value)):
        yield place, found[1]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _passwords_in_urls(item, (*place, name))
