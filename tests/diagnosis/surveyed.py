"""Rounds with what was surveyed and measured in them, for tests of what changed and what goes slowly wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Change, Past, Sampled, Stretch
from healthcheck.model import Event, EventKind, Facts, Host, Metric, Outcome, Practice, Result, Round, Site, Status

PACIFIC = ZoneInfo("America/Los_Angeles")
MONDAY = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
FRIDAY = MONDAY - timedelta(days=3)
THURSDAY = FRIDAY - timedelta(days=1)
SUNDAY = MONDAY - timedelta(hours=27)

PRACTICE = Practice(
    "Foothill Oncology Group",
    PACIFIC,
    opens=time(7, 30),
    closed=(date(2026, 11, 9),),
    sites=(
        Site(
            "Pasadena",
            PACIFIC,
            hosts=(
                Host("pasadena-server", "Pasadena", "the server in Pasadena", "192.0.2.22"),
                Host("pasadena-ups", "Pasadena", "the battery backup in Pasadena", "192.0.2.23", role="ups"),
            ),
        ),
        Site("Azusa", PACIFIC, hosts=(Host("azusa-server", "Azusa", "the server in Azusa", "192.0.2.32"),)),
    ),
)

Things = Mapping[str, Mapping[str, str]]

USUAL: Things = {
    "start": {"boot": "one"},
    "drives": {"WDC WD40 A1": "4000787030016 sdb", "Samsung B2": "500107862016 sda"},
    "raid": {"md0": "raid1 2/2 sda1 sdb1"},
    "mounts": {"/": "ext4 /dev/sda1", "/mnt/backup": "ext4 /dev/sdb1", "/srv/scans": "nfs4 nas:/scans"},
    "programs": {"charts.service": "Charts", "cron.service": "Cron"},
    "ports": {"22": "", "5432": ""},
    "lines": {"eth0": "1000"},
    "memory": {"memory": "16500000000"},
}
RESTARTED: Things = {**USUAL, "start": {"boot": "two"}}


def without(things: Things, sort: str, *names: str) -> Things:
    return {**things, sort: {name: how for name, how in things[sort].items() if name not in names}}


def surveyed(things: Things, at: datetime = MONDAY, host: str = "pasadena-server") -> Outcome:
    """A survey that found this."""
    return outcome("survey", at, host, facts=tuple(Facts(sort, those) for sort, those in things.items()))


def outcome(
    kind: str,
    at: datetime = MONDAY,
    host: str = "pasadena-server",
    *metrics: Metric,
    status: Status = Status.OK,
    detail: str = "",
    events: Sequence[Event] = (),
    facts: Sequence[Facts] = (),
) -> Outcome:
    site = PRACTICE.host(host).site
    results = tuple(Result(status, "is so", detail, metric) for metric in metrics) or (Result(status, "is so", detail),)
    return Outcome(f"{site}/{host}/{kind}", site, host, kind, results, at, events=tuple(events), facts=tuple(facts))


def before(*looks: tuple[datetime, Things], host: str = "pasadena-server") -> Past:
    """What history holds of these surveys, the oldest first: each stretch as long as nothing changed."""
    course: dict[tuple[str, str], list[Stretch]] = {}
    key = surveyed(USUAL, host=host).key
    for at, things in looks:
        for sort, those in things.items():
            stretches = course.setdefault((key, sort), [])
            if stretches and stretches[-1].things == those:
                stretches[-1] = replace(stretches[-1], until=at)
            else:
                stretches.append(Stretch(those, at, at))
    return Past(surveys={where: tuple(stretches) for where, stretches in course.items()})


def measured(key: str, **courses: Sequence[tuple[datetime, float]]) -> Past:
    """What history holds of these metrics; "free_bytes__" stands for "free bytes /"."""
    return Past(
        metrics={(key, name): tuple(Sampled(at, value) for at, value in course) for name, course in courses.items()}
    )


def told(past: Past, *outcomes: Outcome, now: datetime = MONDAY) -> list[Change]:
    """What a round with these outcomes says of changes and trends."""
    found = Round("r", PRACTICE.name, "report", now, now, outcomes)
    return list(diagnose(PRACTICE, found, past, now).changes)


def says(past: Past, *outcomes: Outcome, now: datetime = MONDAY) -> list[tuple[Status, str]]:
    return [(change.status, change.says) for change in told(past, *outcomes, now=now)]


def power_cut(at: datetime = SUNDAY, minutes: float = 17) -> Event:
    until = at + timedelta(minutes=minutes)
    return Event(at, "lost mains power for 17 minutes", "nut", EventKind.POWER_CUT, until=until)
