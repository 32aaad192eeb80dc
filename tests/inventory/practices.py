"""A practice of two clinics with what was found in it, and groups of any size."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from healthcheck.check import Check, Planned
from healthcheck.checks.backup import Backup
from healthcheck.checks.disk import Disk
from healthcheck.checks.ping import Ping
from healthcheck.checks.survey import Survey
from healthcheck.checks.ups import Ups
from healthcheck.config.settings import Config
from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.inventory import Inventory, Remembered, inventory, remember
from healthcheck.model import (
    Contract,
    Credential,
    Facts,
    Host,
    Metric,
    Outcome,
    Person,
    Practice,
    Result,
    Round,
    Service,
    Site,
    SshAccess,
    Status,
)
from healthcheck.rounds import HISTORY_FILE
from tests.conftest import OPENS, PACIFIC

FRIDAY = datetime(2026, 11, 20, 13, 45, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=PACIFIC)

ROUTER = Host("main-router", "Main office", "the internet box", "192.0.2.1", "gateway", "the closet")
SERVER = Host(
    "pasadena-server",
    "Pasadena",
    "the server in Pasadena",
    "192.0.2.22",
    "server",
    "the closet behind the front desk",
    "Bay IT",
    ssh=SshAccess("healthcheck"),
)
BATTERY = Host("pasadena-ups", "Pasadena", "the battery in Pasadena", "192.0.2.23", "ups")
FAR_ROUTER = Host("pasadena-router", "Pasadena", "the internet box in Pasadena", "192.0.2.21", "gateway")
PRINTER = Host("pasadena-printer", "Pasadena", "the printer in Pasadena", "192.0.2.24", "printer")

PRACTICE = Practice(
    "Foothill Oncology Group",
    PACIFIC,
    OPENS,
    watcher="Main office",
    people=(
        Person("Dana Reyes", "administrator", email="dana@foothill.example"),
        Person("Charts support", "vendor", "800-555-0170"),
        Person("Bay IT", "it", "555-0142"),
    ),
    sites=(
        Site("Main office", PACIFIC, "555-0100", hosts=(ROUTER,)),
        Site("Pasadena", PACIFIC, hosts=(FAR_ROUTER, SERVER, BATTERY, PRINTER)),
    ),
    services=(
        Service(
            "Patient charts",
            essential=True,
            needs=("pasadena-server",),
            used_by=("Main office", "Pasadena"),
            impact="Charts will not open.",
            until_fixed="Use the paper forms.",
        ),
    ),
    contracts=(
        Contract("Charts licence"),
        Contract("Internet line", "Valley Cable", "800-555-0150", "VC-20417", date(2027, 3, 31)),
    ),
    credentials=(Credential("the internet boxes", "the safe", "Dana Reyes"),),
)


def planned(host: Host, check: Check[Any]) -> Planned:
    site = PRACTICE.site(host.site)
    return Planned(f"{host.site}/{host.name}/{check.kind}", site, host, check, 5.0, 1)


PLAN = (
    planned(ROUTER, Ping()),
    planned(FAR_ROUTER, Ping()),
    planned(SERVER, Survey()),
    planned(SERVER, Disk()),
    planned(SERVER, Backup(path="/mnt/backup", standby_path="/mnt/second")),
    planned(BATTERY, Ups(via="nut")),
)
CONFIG = Config(Path("/etc/healthcheck/config.toml"), PRACTICE, PLAN)


def outcome(
    key: str, at: datetime, *facts: Facts, status: Status = Status.OK, metrics: Sequence[Metric] = ()
) -> Outcome:
    site, host, kind = key.split("/")[:3]
    results = tuple(Result(status, "is so", metric=metric) for metric in metrics) or (Result(status, "is so"),)
    return Outcome(key, site, host, kind, results, at, facts=facts)


SURVEYED = (
    Facts(
        "system",
        {
            "system": "Debian GNU/Linux 12 (bookworm)",
            "kernel": "6.1.0",
            "maker": "Dell Inc.",
            "model": "PowerEdge",
        },
    ),
    Facts("memory", {"memory": "8241684480"}),
    Facts("drives", {"WDC WD40 E1": "4000787030016 sdb", "Samsung S3": "500107862016 sda"}),
    Facts("mounts", {"/": "ext4 /dev/sda1", "/srv/scans": "cifs //filer.foothill.example/scans"}),
)


def a_round(at: datetime, *outcomes: Outcome, trigger: str = "report") -> Round:
    return Round(f"round-{at:%dT%H}", "Foothill", trigger, at, at, outcomes)


def friday(at: datetime = FRIDAY) -> Round:
    """All is there."""
    return a_round(
        at,
        outcome("Main office/main-router/ping", at),
        outcome("Pasadena/pasadena-router/ping", at),
        outcome("Pasadena/pasadena-server/survey", at, *SURVEYED),
        outcome(
            "Pasadena/pasadena-server/disk",
            at,
            metrics=(Metric("free /", 35.0, "%"), Metric("free bytes /", 41e9, "B")),
        ),
        outcome("Pasadena/pasadena-server/backup", at, metrics=(Metric("age_h", 5.0, "h"), Metric("size", 2e9, "B"))),
        outcome(
            "Pasadena/pasadena-ups/ups",
            at,
            Facts("ups", {"closet": "Smart-UPS 750"}),
            Facts("battery", {"closet": "2021/04/11"}),
        ),
    )


def monday() -> Round:
    """A drive is gone, and nothing was heard of the battery."""
    drives = Facts("drives", {"Samsung S3": "500107862016 sda"})
    return a_round(
        MONDAY,
        outcome("Main office/main-router/ping", MONDAY),
        outcome("Pasadena/pasadena-router/ping", MONDAY),
        outcome("Pasadena/pasadena-server/survey", MONDAY, drives, *(one for one in SURVEYED if one.sort != "drives")),
        outcome("Pasadena/pasadena-server/backup", MONDAY, status=Status.UNKNOWN),
        outcome("Pasadena/pasadena-ups/ups", MONDAY, status=Status.UNKNOWN),
    )


def known(folder: Path, *rounds: Round, config: Config = CONFIG) -> Remembered:
    """What is remembered of these rounds once a real history has kept them."""
    with contextlib.closing(History.open(folder / HISTORY_FILE, NOW)) as history:
        for one in rounds:
            history.save(one, Diagnosis(sites=()))
    return remember(config, folder)


def made(remembered: Remembered, config: Config = CONFIG, now: datetime = NOW) -> Inventory:
    return inventory(config, remembered, now)


def group(sites: int, *, hosts: int = 5, people: int = 3, contracts: int = 2, keys: int = 3, more: str = "") -> Config:
    """So many clinics; `more` is put behind every name."""
    roles = ("gateway", "server", "ups", "nas", "printer")
    names = [f"Clinic {number}{more}" for number in range(sites)]
    places = tuple(
        Site(
            name,
            PACIFIC,
            phone=f"626-555-01{number:02d}",
            hosts=tuple(
                Host(
                    f"c{number}-{index}",
                    name,
                    f"the {roles[index % 5]} in {name}",
                    f"192.0.2.{number}",
                    roles[index % 5],
                    f"the closet behind the front desk{more}",
                )
                for index in range(hosts)
            ),
        )
        for number, name in enumerate(names)
    )
    practice = Practice(
        f"Foothill Oncology Group{more}",
        PACIFIC,
        time(7, 30),
        watcher=names[0],
        people=tuple(
            Person(f"Person {number}{more}", ("it", "vendor", "administrator")[number % 3], f"800-555-01{number:02d}")
            for number in range(people)
        ),
        sites=places,
        services=(
            Service(f"Charts{more}", True, ("c0-1",), (), tuple(names), "It fails.", f"Use the paper forms.{more}"),
            Service(f"Mail{more}", False, (), ("c0-0", "c0-1"), tuple(names), "It fails.", f"Use the fax.{more}"),
        )
        if hosts > 1
        else (),
        contracts=tuple(
            Contract(f"Line {number}{more}", f"Valley Cable{more}", "800-555-0150", f"VC-1{more}", date(2027, 3, 1))
            for number in range(contracts)
        ),
        credentials=tuple(
            Credential(f"key {number}{more}", f"the safe in the main office{more}", f"Dana Reyes{more}")
            for number in range(keys)
        ),
    )
    return Config(Path("/etc/healthcheck/config.toml"), practice, ())


HOSTILE = '<script>alert("1")</script><b onmouseover=alert(1)>'


def hostile() -> Config:
    """The practice, every word of it an attack."""
    sites = tuple(
        replace(site, phone=HOSTILE, hosts=tuple(replace(host, label=HOSTILE, room=HOSTILE) for host in site.hosts))
        for site in PRACTICE.sites
    )
    practice = replace(PRACTICE, name=HOSTILE, sites=sites, contracts=(Contract(HOSTILE, HOSTILE, HOSTILE, HOSTILE),))
    return Config(Path("/etc/healthcheck/config.toml"), practice, PLAN)
