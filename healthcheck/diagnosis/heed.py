"""Heeds what is known: marks what need not nag, once everything has been judged as if nobody knew of it.

Nothing that keeps a clinic from opening is ever quiet, nor what a paused place does to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from healthcheck.diagnosis import pauses
from healthcheck.diagnosis.acknowledged import Acknowledged
from healthcheck.diagnosis.incidents import Listed, felt_by, touches
from healthcheck.diagnosis.says import MOST_SITES
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import lives
from healthcheck.findings import (
    Change,
    Incident,
    Known,
    Past,
    Paused,
    ServiceVerdict,
    SiteVerdict,
    Verdict,
    is_quiet,
)
from healthcheck.known import Acknowledgement
from healthcheck.model import Outcome, Status, worst
from healthcheck.records import frozen
from healthcheck.words import join_some

_ALL_THE_SAME = "It is told all the same:"


@frozen(slots=False)
class Heeded:
    """A diagnosis's parts, with what is known marked."""

    incidents: tuple[Incident, ...]
    services: tuple[ServiceVerdict, ...]
    changes: tuple[Change, ...]
    paused: tuple[Paused, ...]
    ended: tuple[Acknowledgement, ...]

    @property
    def any(self) -> bool:
        """Whether anything is known at all."""
        return bool(self.paused or any(map(is_quiet, self.incidents)) or any(map(is_quiet, self.changes)))


def heed(
    scene: Scene,
    past: Past,
    listed: Listed,
    services: Sequence[ServiceVerdict],
    changes: Sequence[Change],
    answers: Sequence[SiteVerdict],
    now: datetime,
) -> Heeded:
    """Mark what is known. `answers` are the clinics' own, as if nobody knew of anything."""
    places = pauses.in_effect(scene, past, now)
    closed = frozenset(place.site for place in places if place.site)
    acknowledged = Acknowledged(scene, past, now)
    asked = {answer.site: answer.verdict for answer in answers if answer.site not in closed}

    def known(incident: Incident) -> Known | None:
        if incident.closed_at is not None:
            return None
        here = _at_a_paused_place(scene, services, places, closed, incident)
        if here is None or not here.quiet:
            here = acknowledged.known(incident) or here or pauses.over(scene, past, incident, now)
        return _unless_it_shuts(scene, services, asked, incident, here) if here and here.quiet else here

    incidents = tuple(replace(incident, known=known(incident)) for incident in listed.open)
    over = (*listed.fixed, *(incident for incident in listed.open if incident.closed_at))
    return Heeded(
        incidents,
        tuple(replace(service, quiet=_ails_quietly(scene, service, incidents, closed)) for service in services),
        tuple(
            replace(change, known=_of_change(change, places) or acknowledged.of_change(change)) for change in changes
        ),
        places,
        tuple(acknowledged.ended(incidents, over, changes)),
    )


def _outcomes(scene: Scene, incident: Incident) -> list[Outcome]:
    return [scene.by_key[key] for key in (*incident.keys, *incident.consequences) if key in scene.by_key]


def _at_a_paused_place(
    scene: Scene, services: Sequence[ServiceVerdict], places: Sequence[Paused], closed: Set[str], incident: Incident
) -> Known | None:
    """A trouble that lies in paused places altogether; quiet where nobody feels it but who is there."""
    outcomes = _outcomes(scene, incident)
    hosts = {key.split("/")[1] for key in (*incident.keys, *incident.consequences)}
    covering = [place for place in places if hosts & place.hosts]
    if not covering or not hosts <= frozenset().union(*(place.hosts for place in covering)):
        around = next((place for place in places if incident.host in place.hosts), None)
        return None if around is None else Known(f"{around.what} {around.reason}", False, around.until, around)
    felt = felt_by(scene, incident.host, outcomes, services) | set(incident.sites)
    elsewhere = felt - {outcome.site for outcome in outcomes} - closed
    first = covering[0]
    says = f"{first.what} {first.reason}"
    if elsewhere:
        says += f" {_ALL_THE_SAME} {join_some(scene.in_order(elsewhere), MOST_SITES)} cannot do without it."
    return Known(says, not elsewhere, first.until, first)


def _unless_it_shuts(
    scene: Scene,
    services: Sequence[ServiceVerdict],
    asked: Mapping[str, Verdict],
    incident: Incident,
    said: Known,
) -> Known:
    """Not quiet, where the answer of a clinic that should open rests on it."""
    outcomes = _outcomes(scene, incident)
    essential = [service for service in services if service.essential]
    rests = felt_by(scene, incident.host, outcomes, essential)
    rests |= {outcome.site for outcome in outcomes if not lives(scene.by_site[outcome.site])}
    for verdict, means in _MEANS.items():
        if sites := scene.in_order(site for site in rests if asked.get(site) is verdict):
            says = f"{said.says} {_ALL_THE_SAME} {means.format(join_some(sites, MOST_SITES))}."
            return replace(said, says=says, quiet=False)
    return said


_MEANS = {
    Verdict.NOT_READY: "{} cannot open normally",
    Verdict.UNKNOWN: "nobody knows whether {} can open",
}
"""What an answer that is not to be hidden means, for the clinics that have it."""


def _ails_quietly(scene: Scene, service: ServiceVerdict, incidents: Iterable[Incident], closed: Set[str]) -> bool:
    """Whether all that ails a service is known, or nobody uses it but clinics that are paused."""
    if service.status is Status.OK:
        return False
    if service.sites and set(service.sites) <= closed:
        return True
    needs = next(set(one.needs) | set(one.needs_any) for one in scene.practice.services if one.name == service.name)
    about = [one for one in incidents if needs & touches(one.host, _outcomes(scene, one))]
    return bool(about) and all(map(is_quiet, about))


def _of_change(change: Change, places: Iterable[Paused]) -> Known | None:
    place = next((place for place in places if change.host in place.hosts), None)
    return Known(f"{place.what} {place.reason}", True, place.until, place) if place else None


def told(scene: Scene, answers: Iterable[SiteVerdict], heeded: Heeded, now: datetime) -> Iterator[SiteVerdict]:
    """Each clinic's answer, with how it counts once what is known does not."""
    closed = {place.site: place for place in heeded.paused if place.site}
    for answer in answers:
        if answer.site in closed:
            yield pauses.answer(scene, answer, closed[answer.site], now)
        elif answer.verdict in _MEANS:
            yield answer
        else:
            yield replace(answer, nags=worst((Status.OK, *_nagging(answer.site, heeded))))


def _nagging(site: str, heeded: Heeded) -> Iterator[Status]:
    yield from (one.status for one in heeded.incidents if site in one.sites and not is_quiet(one))
    yield from (one.status for one in heeded.services if site in one.sites and not one.quiet)
    yield from (one.status for one in heeded.changes if site == one.site and not is_quiet(one))
