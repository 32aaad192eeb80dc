"""Places that somebody paused, or that the config plans work on: what is found there is told, and does not nag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Incident, Known, Past, Paused, SiteVerdict, Verdict
from healthcheck.known import Pause
from healthcheck.model import Maintenance, Status, worst
from healthcheck.words import deadline, join_some, on_day, plain, sentence

_MOST_DEVICES = 3


def in_effect(scene: Scene, past: Past, now: datetime) -> tuple[Paused, ...]:
    """Every place that was paused or worked on when the round began: clinics first, then devices, then planned work."""
    at = scene.round.started_at
    paused = [pause for pause in past.pauses if pause.holds(at)]
    paused.sort(key=lambda pause: (bool(pause.host), scene.place.get(pause.site, len(scene.place)), pause.host))
    windows = ((work, work.window(at)) for work in scene.practice.maintenance)
    return (
        *(one for pause in paused for one in _paused(scene, pause, now)),
        *(_planned(scene, work, window[1], now) for work, window in windows if window),
    )


def over(scene: Scene, past: Past, incident: Incident, now: datetime) -> Known | None:
    """That nobody saw it well since a pause of the place ended: whoever paused it may have forgotten."""
    at, zone = scene.round.started_at, scene.practice.timezone
    for pause in past.pauses:
        here = pause.site == incident.site and pause.host in ("", incident.host)
        well_since = incident.last_good is not None and incident.last_good >= pause.until
        if here and not well_since and not pause.holds(at):
            place = scene.label(pause.host) if pause.host else pause.site
            ended = f"ended {on_day(pause.until.astimezone(zone), now)}"
            return Known(f"The pause of {place} ({plain(pause.reason)}) {ended}.", False, pause.until)
    return None


def _paused(scene: Scene, pause: Pause, now: datetime) -> Iterator[Paused]:
    """Nothing, where the config no longer has the place."""
    site, host = scene.sites.get(pause.site), scene.hosts.get(pause.host)
    until = _until(scene, pause.until, now)
    if pause.host and host:
        what = sentence(f"{host.label} is paused until {until}")
        yield Paused(what, pause.reason, frozenset({host.name}), pause.until, pause.by)
    elif site and not pause.host:
        hosts = frozenset(host.name for host in site.hosts)
        yield Paused(f"{site.name} is paused until {until}.", pause.reason, hosts, pause.until, pause.by, site.name)


def _planned(scene: Scene, work: Maintenance, end: datetime, now: datetime) -> Paused:
    rest = [
        scene.label(name) for name in work.hosts if name in scene.hosts and scene.hosts[name].site not in work.sites
    ]
    where = join_some([*work.sites, *rest], _MOST_DEVICES)
    what = f"Planned work until {_until(scene, end, now)}: {where}."
    return Paused(what, work.reason, frozenset(work.hosts), end)


def _until(scene: Scene, at: datetime, now: datetime) -> str:
    return deadline(at.astimezone(scene.practice.timezone), now)


def answer(scene: Scene, found: SiteVerdict, paused: Paused, now: datetime) -> SiteVerdict:
    """What is said of a clinic that is paused: until when and why, and what was found; never that it can open.

    The status is that of what is there: what the clinic would need from elsewhere is no concern of one that is closed.
    """
    until = _until(scene, paused.until, now)
    status, fact = _fact(scene, found)
    says = f"paused until {until} ({plain(paused.why)}); {fact}"
    return SiteVerdict(found.site, Verdict.UNKNOWN, status, says, paused=True, nags=Status.OK)


def _fact(scene: Scene, found: SiteVerdict) -> tuple[Status, str]:
    here = [outcome.status for outcome in scene.by_site.get(found.site, ())]
    if here and found.verdict in (Verdict.NOT_READY, Verdict.UNKNOWN) and ":" not in found.says:
        return found.status, f"it {found.says}"  # nobody there answers, or nobody can see it from here
    status = worst(here)
    if status in (Status.CRITICAL, Status.WARNING):
        return status, "not everything there is well"
    if status is Status.UNKNOWN:
        return (
            status,
            "not everything there could be checked" if Status.OK in here else "nothing there could be checked",
        )
    return status, "all that was checked there is well"
