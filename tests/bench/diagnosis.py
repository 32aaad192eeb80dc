"""What it costs to work out and to tell a bad morning: 200 sites with 20 checks each, after a weekend of watching."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis, EarlierRound, Past, PlacedEvent
from healthcheck.model import (
    Event,
    EventKind,
    Host,
    Metric,
    Outcome,
    Person,
    Practice,
    Result,
    Round,
    Service,
    Site,
    Status,
)
from healthcheck.report import render
from healthcheck.report.build import build

SITES = 200
PACIFIC = ZoneInfo("America/Los_Angeles")
BEGUN = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
NOW = BEGUN.astimezone(PACIFIC)
WATCHED_EVERY = timedelta(minutes=5)
WATCHED_FOR = timedelta(hours=72)
_INSIDE = ("disk", "memory", "load", "restart", "service", "clock", "backup", "path")
_OK = (Result(Status.OK, "is well", "fine", Metric("value", 1.0, "s")),)


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time for each step."""

    diagnose_s: float
    build_s: float
    render_s: float


def run(rounds: int) -> str:
    """Medians of processor time, for a morning on which one site in ten has trouble and for one on which all have."""
    lines = [
        f"### Diagnosis and report: {SITES} sites × 20 checks, watched every 5 minutes for 3 days",
        "",
        "| CPU s | diagnosis | report | mail | all |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, every in (("one site in ten in trouble", 10), ("every site in trouble", 1)):
        costs = [once(every) for _ in range(rounds)]
        each = [statistics.median(getattr(cost, step) for cost in costs) for step in Cost.__dataclass_fields__]
        lines.append(f"| {name} | " + " | ".join(f"{seconds:.3f}" for seconds in (*each, sum(each))) + " |")
    return "\n".join(lines) + "\n"


def once(trouble_every: int) -> Cost:
    """One morning; every so many sites is dark, short of a server, or has an old backup, in turn."""
    made = practice(SITES)
    found = Round("r", made.name, "report", BEGUN, BEGUN, tuple(outcomes(made, trouble_every)))
    past = _past(made, found)
    started = time.process_time()
    diagnosis: Diagnosis = diagnose(made, found, past, NOW)
    diagnosed = time.process_time()
    report = build(made, found, diagnosis, now=NOW)
    built = time.process_time()
    render.message(report, "summary")
    return Cost(diagnosed - started, built - diagnosed, time.process_time() - built)


def practice(sites: int) -> Practice:
    return Practice(
        "Bench",
        PACIFIC,
        opens=wall_time(7, 30),
        watcher="site 0",
        people=(Person("Bay IT", "it", "555-0142"),),
        sites=tuple(_site(f"site {number}", number) for number in range(sites)),
        services=(Service("Patient charts", True, ("server-0",), (), ("*",), "Charts will not open."),),
    )


def _site(name: str, number: int) -> Site:
    address = f"10.{number // 250}.{number % 250}"
    return Site(
        name,
        PACIFIC,
        hosts=(
            Host(f"router-{number}", name, f"the internet box in {name}", f"{address}.1", role="gateway"),
            Host(f"server-{number}", name, f"the server in {name}", f"{address}.2", role="server"),
            Host(f"desk-{number}", name, f"the front desk in {name}", f"{address}.3"),
            Host(f"ups-{number}", name, f"the battery backup in {name}", f"{address}.4"),
        ),
    )


def outcomes(made: Practice, trouble_every: int) -> list[Outcome]:
    found = []
    for number, site in enumerate(made.sites):
        trouble = number // trouble_every % 3 if number % trouble_every == trouble_every - 1 else -1
        for host in site.hosts:
            machine = host.name.partition("-")[0]
            kinds = {"server": ("ping", "tcp", *_INSIDE), "desk": ("ping", "tcp", *_INSIDE[:6]), "ups": ("ups",)}
            for kind in kinds.get(machine, ("ping",)):
                silent = trouble == 0 or (trouble == 1 and machine == "server")
                old = trouble == 2 and kind in ("backup", "disk")
                found.append(_outcome(host, kind, silent=silent and number > 0, old=old))
    return found


def _outcome(host: Host, kind: str, *, silent: bool, old: bool) -> Outcome:
    asks = kind in ("ping", "tcp")
    results, why = _OK, ""
    if silent and asks:
        results = (Result(Status.CRITICAL, "did not answer", "no answer", Metric("loss", 100.0, "%")),)
    elif silent:
        results, why = (Result(Status.UNKNOWN, "could not be checked: it did not answer"),), "it did not answer"
    elif old:
        results = (Result(Status.CRITICAL, f"has a problem with its {kind}", "old"),)
    other_end = "10.0.0.2" if kind == "path" else ""
    return Outcome(
        f"{host.site}/{host.name}/{kind}", host.site, host.name, kind, results, BEGUN,
        why=why, reachability=asks, other_end=other_end,
    )  # fmt: skip


def _past(made: Practice, found: Round) -> Past:
    """Every five minutes since Friday; each server was silent for a while, and each site lost its power once."""
    watched = [outcome.key for outcome in found.outcomes if outcome.kind in ("ping", "tcp", "ups")]
    well = dict.fromkeys(watched, Status.OK)
    rounds = []
    for number in range(int(WATCHED_FOR / WATCHED_EVERY), 0, -1):
        silent = {f"site {number % SITES}/server-{number % SITES}/{kind}": Status.CRITICAL for kind in ("ping", "tcp")}
        statuses: Mapping[str, Status] = {**well, **silent}
        rounds.append(EarlierRound(f"r{number}", "watch", BEGUN - number * WATCHED_EVERY, statuses))
    cuts = tuple(
        PlacedEvent(
            site.name,
            site.hosts[3].name,
            Event(at, "lost mains power for 5 minutes", "ups", EventKind.POWER_CUT, at + WATCHED_EVERY),
        )
        for number, site in enumerate(made.sites)
        for at in [BEGUN - timedelta(hours=60) + number * timedelta(minutes=11)]
    )
    return Past(dict.fromkeys((outcome.key for outcome in found.outcomes), BEGUN), rounds=tuple(rounds), events=cuts)
