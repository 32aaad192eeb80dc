"""A small practice and a month of it, built by hand: two clinics, one service, open on weekdays from 8 to 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from healthcheck.check import Planned
from healthcheck.checks.database import Database
from healthcheck.checks.disk import Disk
from healthcheck.checks.ping import Ping
from healthcheck.checks.tcp import Tcp
from healthcheck.config.settings import Config
from healthcheck.findings import EarlierRound, Incident
from healthcheck.history.review import KeptRound, Sent
from healthcheck.model import Host, Person, Practice, Service, Site, Status
from healthcheck.monthly.facts import Kept
from healthcheck.monthly.opening import Month

PACIFIC = ZoneInfo("America/Los_Angeles")
OCTOBER = Month(2026, 10)
AZUSA_SERVER = Host("azusa-server", "Azusa", "the server in Azusa", "192.0.2.1", owner="Bay IT")
AZUSA_UPS = Host("azusa-ups", "Azusa", "the battery backup in Azusa", "192.0.2.3", role="ups")
COVINA_ROUTER = Host("covina-router", "Covina", "the internet box in Covina", "192.0.2.2", role="gateway")
AZUSA = Site("Azusa", PACIFIC, hosts=(AZUSA_SERVER, AZUSA_UPS))
COVINA = Site("Covina", PACIFIC, hosts=(COVINA_ROUTER,))
CHARTS = Service("Patient charts", essential=True, needs=("Azusa/azusa-server/database",))
PRACTICE = Practice(
    "Foothill",
    PACIFIC,
    opens=time(8),
    closes=time(17),
    closes_is_known=True,
    closed=(date(2026, 10, 12),),
    watcher="Azusa",
    people=(Person("Bay IT", "it", "555-0142"),),
    sites=(AZUSA, COVINA),
    services=(CHARTS,),
)
TCP, DATABASE, DISK = (f"Azusa/azusa-server/{kind}" for kind in ("tcp", "database", "disk"))
PING = "Covina/covina-router/ping"
PLAN = (
    Planned(TCP, AZUSA, AZUSA_SERVER, Tcp(port=5432), 5, 1),
    Planned(DATABASE, AZUSA, AZUSA_SERVER, Database(url="postgresql://db/charts"), 5, 1),
    Planned(DISK, AZUSA, AZUSA_SERVER, Disk(), 5, 1),
    Planned(PING, COVINA, COVINA_ROUTER, Ping(), 5, 1),
)
CONFIG = Config(Path("config.toml"), PRACTICE, PLAN)
WELL = {TCP: Status.OK, PING: Status.OK}
ALL_WELL = {**WELL, DATABASE: Status.OK, DISK: Status.OK}


def at(day: int, hour: int, minute: int = 0, month: int = 10) -> datetime:
    """A moment on the practice's wall clock in 2026, in UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=PACIFIC).astimezone(UTC)


def look(moment: datetime, trigger: str = "watch", /, **found: Status) -> EarlierRound:
    """A look that found everything well but what is given by kind."""
    keys = {key.rpartition("/")[2]: key for key in (TCP, DATABASE, DISK, PING)}
    statuses = ALL_WELL if trigger == "report" else WELL
    changed = {keys[kind]: status for kind, status in found.items()}
    return EarlierRound(f"{moment:%d%H%M}", trigger, moment, {**statuses, **changed})


def day_of_looks(day: int, *, every: int = 5, hours: tuple[int, int] = (0, 24), **found: Status) -> list[EarlierRound]:
    """Light passes every few minutes between two hours of a day of October."""
    begin, end = at(day, hours[0]), at(day, hours[0]) + timedelta(hours=hours[1] - hours[0])
    count = int((end - begin) / timedelta(minutes=every))
    return [look(begin + timedelta(minutes=number * every), **found) for number in range(count)]


def open_days() -> list[int]:
    """The days of October on which the doors open: 21 of them."""
    return [day.day for day in OCTOBER.days() if PRACTICE.is_open_on(day)]


@cache
def a_month(*without: int) -> tuple[EarlierRound, ...]:
    """Every day watched every five minutes, with a report at 5:45 on open days; none at all on the days left out."""
    looks: list[EarlierRound] = []
    for day in range(1, 32):
        if day in without:
            continue
        looks += day_of_looks(day)
        if day in open_days():
            looks.append(look(at(day, 5, 46), "report"))
    return tuple(sorted(looks, key=lambda one: one.started_at))


def a_report(day: int, *, minute: int = 47, hour: int = 5) -> KeptRound:
    """A report round that was over at that hour."""
    ended = at(day, hour, minute)
    return KeptRound(f"r{day}", "report", ended - timedelta(minutes=2), ended, {Status.OK: 4})


def accepted(kept: KeptRound, after: timedelta | None = timedelta(seconds=9)) -> Sent:
    """What became of its mail: accepted some time after, or never."""
    sent_at = kept.finished_at + after if after is not None else None
    return Sent("mail", kept.finished_at, "sent" if sent_at else "failed", (), 1, "", sent_at)


def an_incident(
    reference: str,
    since: datetime | None,
    closed_at: datetime | None,
    status: Status = Status.CRITICAL,
    host: Host = AZUSA_SERVER,
    owner: str = "",
) -> Incident:
    """A trouble of a host in Azusa."""
    says = f"{host.label} did not answer"
    return Incident(
        reference, TCP, status, host.site, host.name, says, "", owner=owner, since=since, closed_at=closed_at
    )


def kept(**given: object) -> Kept:
    """What the history holds of October when nothing else is said: a month that was watched throughout."""
    rounds = tuple(a_report(day) for day in open_days())
    whole: dict[str, object] = {
        "first_at": at(1, 5, 45, month=9),
        "looks": a_month(),
        "rounds": rounds,
        "sent": tuple(accepted(one) for one in rounds),
    }
    return Kept(**{**whole, **given})  # type: ignore[arg-type]  # the names are checked when it is made
