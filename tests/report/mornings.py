"""Mornings as they happen: for each the practice, the round, its diagnosis and the time, built by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from healthcheck.findings import (
    Change,
    Diagnosis,
    Incident,
    Known,
    Paused,
    PlacedEvent,
    ServiceVerdict,
    SiteVerdict,
    StoryLine,
    Verdict,
)
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
    SshAccess,
    Status,
)
from healthcheck.report.build import build
from healthcheck.report.page import Report

PACIFIC = ZoneInfo("America/Los_Angeles")
TOWNS = ("Main office", "Pasadena", "Glendale", "Azusa", "Monrovia", "Arcadia", "Covina", "Duarte", "Sierra Madre")
NOW = datetime(2026, 11, 23, 5, 47, tzinfo=PACIFIC).astimezone(UTC)
STARTED = NOW - timedelta(minutes=2)
CANNOT = "cannot open normally: charts and scheduling will not open"
KINDS = ("ping", "tcp", "disk", "backup", "ups")


@dataclass(frozen=True)
class Morning:
    """Everything that a report is built from."""

    practice: Practice
    round: Round
    diagnosis: Diagnosis
    now: datetime = NOW
    late: str = ""

    def report(self) -> Report:
        return build(self.practice, self.round, self.diagnosis, now=self.now, late=self.late)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on the practice's wall clock, in UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=PACIFIC).astimezone(UTC)


def _short(town: str) -> str:
    return town.lower().replace(" ", "-")


def a_site(town: str, number: int) -> Site:
    place = "the main office" if town == "Main office" else town
    router = Host(
        f"{_short(town)}-router",
        town,
        f"the internet box in {place}",
        f"192.0.2.{number * 10 % 250 + 1}",
        role="gateway",
        room="wiring closet, top shelf",
    )
    server = Host(
        f"{_short(town)}-server",
        town,
        f"the server in {place}",
        f"192.0.2.{number * 10 % 250 + 2}",
        role="server",
        room="back office, under the desk",
        owner="Bay IT",
        ssh=SshAccess("healthcheck", port=2222, jump="office-jump"),
    )
    return Site(town, PACIFIC, f"555-01{number:02d}", f"{number} Main Street", (router, server))


def a_practice(towns: tuple[str, ...] = TOWNS) -> Practice:
    return Practice(
        "Foothill Oncology Group",
        PACIFIC,
        opens=time(7, 30),
        watcher=towns[0],
        people=(
            Person("Maria Lopez", "administrator", "555-0100", "manager@foothill.example"),
            Person("Bay IT", "it", "555-0142", "help@bayit.example"),
            Person("ChartSoft", "vendor", "800-555-0199", "support@chartsoft.example"),
        ),
        sites=tuple(a_site(town, number) for number, town in enumerate(towns, 1)),
        services=(
            Service(
                "Patient charts",
                essential=True,
                needs=(f"{_short(towns[0])}-server",),
                used_by=("*",),
                impact="Charts and scheduling will not open.",
                until_fixed="Use the paper intake forms.",
            ),
        ),
    )


def an_outcome(host: Host, kind: str, *results: Result, why: str = "", duration_s: float = 0.012) -> Outcome:
    results = results or (Result(Status.OK, "is well", f"{kind} ok", Metric("time", 0.0042, "s")),)
    key = f"{host.site}/{host.name}/{kind}"
    return Outcome(key, host.site, host.name, kind, results, STARTED, duration_s, why=why)


def all_outcomes(practice: Practice, kinds: tuple[str, ...] = KINDS) -> tuple[Outcome, ...]:
    return tuple(an_outcome(host, kind) for host in practice.hosts() for kind in kinds)


def a_round(practice: Practice, outcomes: tuple[Outcome, ...], *notes: str, trigger: str = "report") -> Round:
    return Round("20261123-0545", practice.name, trigger, STARTED, NOW, outcomes, notes)


def changed(outcomes: tuple[Outcome, ...], *others: Outcome) -> tuple[Outcome, ...]:
    by_key = {outcome.key: outcome for outcome in others}
    return tuple(by_key.get(outcome.key, outcome) for outcome in outcomes)


def can_open(practice: Practice) -> tuple[SiteVerdict, ...]:
    return tuple(SiteVerdict(site.name, Verdict.READY, Status.OK, "can open") for site in practice.sites)


def all_ok(towns: tuple[str, ...] = TOWNS) -> Morning:
    practice = a_practice(towns)
    diagnosis = Diagnosis(can_open(practice), (ServiceVerdict("Patient charts", Status.OK, essential=True),))
    return Morning(practice, a_round(practice, all_outcomes(practice)), diagnosis)


def charts_down(towns: tuple[str, ...] = TOWNS) -> Morning:
    """The shared database is gone since a power cut in the night, and every clinic with it."""
    practice = a_practice(towns)
    server = practice.sites[0].hosts[1]
    cause = an_outcome(
        server,
        "tcp",
        Result(
            Status.CRITICAL,
            "refused the connection",
            "192.0.2.12:5432: connection refused (errno 111) after 0.4 ms",
            Metric("attempts", 3),
        ),
    )
    followers = tuple(
        an_outcome(
            site.hosts[1],
            "tcp",
            Result(
                Status.CRITICAL,
                "cannot open the charts",
                "pgsql: connection to 192.0.2.12:5432 refused",
            ),
        )
        for site in practice.sites[1:]
    )
    names = tuple(site.name for site in practice.sites)
    incident = Incident(
        reference="HC-20261123-1",
        cause=cause.key,
        status=Status.CRITICAL,
        site=names[0],
        host=server.name,
        says="The server in the main office runs, but the charts on it do not answer.",
        detail=cause.detail,
        keys=(cause.key,),
        consequences=tuple(outcome.key for outcome in followers),
        sites=names,
        likely="Probably the power cut on Sunday stopped the charts.",
        owner="Bay IT",
        since=local(22, 2, 31),
        last_good=local(22, 2, 12),
        rounds=3,
    )
    cut = Event(
        local(22, 2, 14),
        "lost mains power for 17 minutes",
        "ups",
        EventKind.POWER_CUT,
        until=local(22, 2, 31),
    )
    diagnosis = Diagnosis(
        tuple(SiteVerdict(name, Verdict.NOT_READY, Status.CRITICAL, CANNOT) for name in names),
        (
            ServiceVerdict(
                "Patient charts",
                Status.CRITICAL,
                names,
                essential=True,
                says="Charts and scheduling will not open.",
                until_fixed="Use the paper intake forms.",
            ),
        ),
        (incident,),
        story=(
            StoryLine(
                local(22, 2, 14),
                "Sunday, 2:14 am to 2:31 am: the main office had no mains power for 17 minutes.",
                names[0],
            ),
            StoryLine(local(22, 2, 33), "Sunday, 2:33 am: the server in the main office started again.", names[0]),
        ),
        changes=(
            Change(
                names[0],
                server.name,
                "The charts in the main office did not start after the power cut.",
                "postgresql.service: inactive",
            ),
        ),
        events=(PlacedEvent(names[0], server.name, cut),),
    )
    return Morning(practice, a_round(practice, changed(all_outcomes(practice), cause, *followers)), diagnosis)


def one_site_dark() -> Morning:
    """Azusa has had no power since the night: nothing there answers."""
    practice = a_practice()
    azusa = practice.site("Azusa")
    router, server = azusa.hosts
    lost = tuple(
        an_outcome(
            router,
            kind,
            Result(Status.CRITICAL, "did not answer 3 times in 6 seconds", "icmp: 3 sent, 0 received"),
        )
        for kind in KINDS[:2]
    )
    blind = tuple(
        an_outcome(
            host,
            kind,
            Result(Status.UNKNOWN, "could not be checked: the office cannot reach Azusa", "no route to host"),
            why="the office cannot reach Azusa",
        )
        for host, kinds in ((router, KINDS[2:]), (server, KINDS))
        for kind in kinds
    )
    incident = Incident(
        "HC-20261123-1",
        "Azusa/azusa-router",
        Status.CRITICAL,
        "Azusa",
        "azusa-router",
        "Nothing in Azusa answers.",
        "icmp: 3 sent, 0 received; tcp 443: timed out",
        tuple(outcome.key for outcome in lost),
        tuple(outcome.key for outcome in blind),
        ("Azusa",),
        "Probably the power is out: the battery there ran empty on Sunday.",
        "Bay IT",
        local(22, 3, 5),
        local(22, 3, 0),
        rounds=30,
    )
    sites = tuple(
        SiteVerdict(
            "Azusa",
            Verdict.NOT_READY,
            Status.CRITICAL,
            "cannot open normally: nothing there can be reached",
        )
        if verdict.site == "Azusa"
        else verdict
        for verdict in can_open(practice)
    )
    cut = Event(local(22, 2, 14), "lost mains power", "ups", EventKind.POWER_CUT)
    diagnosis = Diagnosis(
        sites,
        (ServiceVerdict("Patient charts", Status.OK, essential=True),),
        (incident,),
        story=(
            StoryLine(local(22, 2, 14), "Sunday, 2:14 am: Azusa lost mains power and ran on battery."),
            StoryLine(
                local(22, 3, 5),
                "Between Sunday, 3:00 am and 3:05 am: everything in Azusa fell silent.",
            ),
        ),
        events=(PlacedEvent("Azusa", "azusa-server", cut),),
    )
    return Morning(practice, a_round(practice, changed(all_outcomes(practice), *lost, *blind)), diagnosis)


def old_backup() -> Morning:
    """Everything works, but the backup in Pasadena is three days old."""
    practice = a_practice()
    server = practice.site("Pasadena").hosts[1]
    stale = an_outcome(
        server,
        "backup",
        Result(
            Status.WARNING,
            "has no backup newer than 3 days",
            "/mnt/backup/charts-20261120.dump: age 74.1 h > 26 h",
            Metric("age", 266760, "s"),
        ),
    )
    incident = Incident(
        "HC-20261123-1",
        stale.key,
        Status.WARNING,
        "Pasadena",
        server.name,
        "The newest backup in Pasadena is 3 days old.",
        stale.detail,
        (stale.key,),
        (),
        ("Pasadena",),
        owner="Bay IT",
        since=local(21, 5, 46),
        last_good=local(20, 5, 46),
        rounds=2,
    )
    sites = tuple(
        replace(
            verdict,
            verdict=Verdict.LIMITED,
            status=Status.WARNING,
            says="can open, but its newest backup is 3 days old",
        )
        if verdict.site == "Pasadena"
        else verdict
        for verdict in can_open(practice)
    )
    return Morning(
        practice,
        a_round(practice, changed(all_outcomes(practice), stale)),
        Diagnosis(
            sites,
            (ServiceVerdict("Patient charts", Status.OK, essential=True),),
            (incident,),
        ),
    )


def known() -> Morning:
    """The old backup was acknowledged, and Azusa is being renovated: nothing of it is answered there."""
    morning = old_backup()
    practice, diagnosis = morning.practice, morning.diagnosis
    dark = tuple(
        an_outcome(host, "ping", Result(Status.CRITICAL, "did not answer", "no reply"))
        for host in practice.site("Azusa").hosts
    )
    place = Paused(
        "Azusa is paused until the end of Friday.",
        "renovation",
        frozenset(outcome.host for outcome in dark),
        local(28, 0),
        "Maria",
        "Azusa",
    )
    acknowledged = Known("Acknowledged Saturday by Maria until the end of Friday: drive ordered.", True, local(28, 0))
    nothing = Incident(
        "HC-20261123-2",
        "Azusa",
        Status.CRITICAL,
        "Azusa",
        "azusa-router",
        "Nothing at Azusa answers.",
        "no reply",
        tuple(outcome.key for outcome in dark),
        sites=("Azusa",),
        owner="Bay IT",
        since=local(22, 5, 46),
        known=Known("Azusa is paused until the end of Friday. Renovation (Maria).", True, local(28, 0), place),
    )
    says = "paused until the end of Friday (renovation); it cannot be reached at all"
    sites = tuple(
        SiteVerdict("Azusa", Verdict.UNKNOWN, Status.CRITICAL, says, paused=True, nags=Status.OK)
        if verdict.site == "Azusa"
        else replace(verdict, nags=Status.OK)
        for verdict in diagnosis.sites
    )
    incidents = (replace(diagnosis.incidents[0], known=acknowledged), nothing)
    found = a_round(practice, changed(morning.round.outcomes, *dark))
    return Morning(practice, found, replace(diagnosis, sites=sites, incidents=incidents, paused=(place,)))


def fixed() -> Morning:
    """The charts that were down in the morning work again."""
    before, morning = charts_down(), all_ok()
    closed = replace(before.diagnosis.incidents[0], closed_at=local(23, 8, 10))
    now = local(23, 8, 12)
    done = replace(morning.round, started_at=local(23, 8, 10), finished_at=now)
    return replace(morning, round=done, now=now, diagnosis=replace(morning.diagnosis, fixed=(closed,)))


def nothing_planned() -> Morning:
    practice = a_practice()
    return Morning(practice, a_round(practice, ()), Diagnosis(()))


def nothing_checked() -> Morning:
    """The checker could not look at anything."""
    practice = a_practice()
    blind = tuple(
        replace(
            outcome,
            results=(Result(Status.UNKNOWN, "could not be checked: not finished by 6:25 am"),),
            why="not finished by 6:25 am",
        )
        for outcome in all_outcomes(practice)
    )
    sites = tuple(
        SiteVerdict(site.name, Verdict.UNKNOWN, Status.UNKNOWN, "could not be checked") for site in practice.sites
    )
    services = (
        ServiceVerdict(
            "Patient charts",
            Status.UNKNOWN,
            tuple(site.name for site in practice.sites),
            essential=True,
        ),
    )
    return Morning(practice, a_round(practice, blind), Diagnosis(sites, services))


def cut_off() -> Morning:
    """The office's own line is down: nobody knows about the others."""
    practice = a_practice()
    router = practice.sites[0].hosts[0]
    silent = Result(Status.CRITICAL, "did not answer 3 times in 6 seconds", "icmp: 3 sent, 0 received")
    outcomes = tuple(
        replace(outcome, results=(silent,)) if outcome.site != "Main office" or outcome.host == router.name else outcome
        for outcome in all_outcomes(practice)
    )
    sites = tuple(
        SiteVerdict(
            site.name,
            Verdict.UNKNOWN,
            Status.UNKNOWN,
            "could not be checked: the main office is cut off",
        )
        if site.name != "Main office"
        else SiteVerdict(
            site.name,
            Verdict.LIMITED,
            Status.CRITICAL,
            "can open, but its internet line is down",
        )
        for site in practice.sites
    )
    says = "The main office itself is cut off from all the other clinics."
    incident = Incident(
        "HC-20261123-1",
        f"Main office/{router.name}",
        Status.CRITICAL,
        "Main office",
        router.name,
        "The internet box in the main office does not answer.",
        "icmp: 3 sent, 0 received",
        (),
        tuple(outcome.key for outcome in outcomes if outcome.status is Status.CRITICAL),
        ("Main office",),
        owner="Bay IT",
        since=STARTED,
        last_good=local(20, 5, 46),
    )
    return Morning(practice, a_round(practice, outcomes), Diagnosis(sites, (), (incident,), cut_off=says))


def two_hundred() -> Morning:
    """A large group: two clinics are in trouble, four checks could not be made, the rest is well."""
    towns = tuple(f"Clinic {number}" for number in range(1, 201))
    kinds = tuple(f"kind{number}" for number in range(10))
    practice = a_practice(towns)
    outcomes = all_outcomes(practice, kinds)
    servers = [site.hosts[1] for site in practice.sites]
    failing = tuple(
        an_outcome(
            server,
            "kind3",
            Result(Status.WARNING, "has little room left", "free 4.1 % of /var"),
        )
        for server in servers[4:6]
    )
    why = "the login was refused"
    blind = tuple(
        an_outcome(
            server,
            "kind5",
            Result(Status.UNKNOWN, f"could not be checked: {why}", "publickey refused"),
            why=why,
        )
        for server in servers[10:14]
    )
    incidents = tuple(
        Incident(
            f"HC-20261123-{number}",
            outcome.key,
            outcome.status,
            outcome.site,
            outcome.host,
            f"The server in {outcome.site} has little room left.",
            outcome.detail,
            (outcome.key,),
            (),
            (outcome.site,),
            since=STARTED,
        )
        for number, outcome in enumerate(failing, 1)
    )
    limited = {outcome.site for outcome in failing}
    sites = tuple(
        replace(
            verdict,
            verdict=Verdict.LIMITED,
            status=Status.WARNING,
            says="can open, but its server has little room left",
        )
        if verdict.site in limited
        else verdict
        for verdict in can_open(practice)
    )
    return Morning(
        practice,
        a_round(practice, changed(outcomes, *failing, *blind)),
        Diagnosis(sites, (), incidents),
    )


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "is well\r\nBcc: thief@example.org",
    "=?utf-8?q?=3Cb=3E?=",
    "x" * 1_000_000,
    "\U0001f525 \u202egnihton\u202c \x1b[31mred\x1b[0m \x00\ufffd",
    "{{7*7}}{% raw %}",
    "[click](https://evil.example/) ![i](https://evil.example/i.png)",
    "javascript:alert(1)",
)


def hostile() -> Morning:
    """Every place that text from elsewhere can reach holds something nasty."""
    practice = a_practice()
    server = practice.site("Pasadena").hosts[1]
    incidents, outcomes = [], []
    for number, text in enumerate(HOSTILE, 1):
        outcome = an_outcome(server, f"kind{number}", Result(Status.CRITICAL, text, text, Metric(text, 1.0, text)))
        outcomes.append(outcome)
        incidents.append(
            Incident(
                f"HC-20261123-{number}",
                outcome.key,
                Status.CRITICAL,
                "Pasadena",
                server.name,
                text,
                text,
                (outcome.key,),
                (),
                ("Pasadena",),
                text,
                "Bay IT",
                NOW,
                NOW,
            )
        )
    loose = tuple(
        an_outcome(server, f"other{number}", Result(Status.UNKNOWN, text, text), why=text)
        for number, text in enumerate(HOSTILE)
    )
    sites = tuple(
        replace(verdict, verdict=Verdict.LIMITED, status=Status.CRITICAL, says=text)
        for verdict, text in zip(can_open(practice), HOSTILE, strict=True)
    )
    diagnosis = Diagnosis(
        sites,
        (ServiceVerdict(HOSTILE[2], Status.CRITICAL, ("Pasadena",), says=HOSTILE[0], until_fixed=HOSTILE[1]),),
        tuple(incidents),
        story=tuple(StoryLine(NOW, text) for text in HOSTILE),
        changes=tuple(Change("Pasadena", server.name, text, text) for text in HOSTILE),
        events=tuple(PlacedEvent("Pasadena", server.name, Event(NOW, text, text)) for text in HOSTILE),
    )
    place = Paused(HOSTILE[0], HOSTILE[1], frozenset({server.name}), NOW, HOSTILE[2], "Azusa")
    quiet = [Known(text, True, NOW, place if number % 2 else None) for number, text in enumerate(HOSTILE)]
    diagnosis = replace(
        diagnosis,
        incidents=(
            *diagnosis.incidents,
            *(
                replace(incident, reference=f"{incident.reference}0", known=known)
                for incident, known in zip(diagnosis.incidents, quiet, strict=True)
            ),
        ),
        changes=(
            *diagnosis.changes,
            *(replace(change, known=known) for change, known in zip(diagnosis.changes, quiet, strict=True)),
        ),
        paused=(place,),
    )
    found = a_round(practice, (*all_outcomes(practice), *outcomes, *loose), *HOSTILE)
    return Morning(practice, found, diagnosis, late=HOSTILE[0])


MORNINGS = {
    "all-ok": all_ok,
    "fixed": fixed,
    "look-old-backup": old_backup,
    "ok-known-and-paused": known,
    "problem-charts-down": charts_down,
    "problem-one-site-dark": one_site_dark,
    "could-not-check-anything": nothing_checked,
    "could-not-check-nothing-planned": nothing_planned,
    "could-not-check-cut-off": cut_off,
    "look-two-hundred-clinics": two_hundred,
    "problem-hostile-text": hostile,
}
