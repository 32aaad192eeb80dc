"""What is known already, in a section of its own: acknowledged troubles, paused places and planned work."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.findings import Incident, Paused, is_quiet
from healthcheck.model import Outcome, Status, worst
from healthcheck.report.facts import Facts
from healthcheck.report.parts import KnownRow
from healthcheck.words import plain, sentence


def known(facts: Facts) -> tuple[KnownRow, ...]:
    """Each acknowledged trouble, the worst first, then each place with what was found there, be it well or not."""
    return (*_troubles(facts), *(_place(facts, place) for place in facts.diagnosis.paused))


def _troubles(facts: Facts) -> Iterator[KnownRow]:
    for found, changes in facts.known_troubles:
        known = plain(found.known.says) if found.known else ""
        also = " ".join(sentence(plain(change.says)) for change in changes)
        reference = f"Reference {plain(found.reference)}." if isinstance(found, Incident) else ""
        yield KnownRow(found.status, sentence(plain(found.says)), tuple(filter(None, (also, known, reference))))


def _place(facts: Facts, place: Paused) -> KnownRow:
    """The status is that of what was found there; of a place where nothing was checked nobody knows."""
    here = [outcome for outcome in facts.round.outcomes if outcome.host in place.hosts]
    status = worst(outcome.status for outcome in here)
    found = list(_found(facts, place))
    if not found and facts.diagnosis.cut_off and status is not Status.OK:
        status, found = Status.UNKNOWN, ["Nobody can say from here how it is."]
    found = found or [_nothing_found(here)]
    return KnownRow(status, plain(place.what), (place.reason, " ".join(found)))


def _found(facts: Facts, place: Paused) -> Iterator[str]:
    for incident in facts.incidents:
        if is_quiet(incident) and incident.known and incident.known.paused == place:
            yield f"{sentence(plain(incident.says))} Reference {plain(incident.reference)}."
    for change in facts.diagnosis.changes:
        if is_quiet(change) and change.known and change.known.paused == place:
            yield sentence(plain(change.says))


def _nothing_found(here: list[Outcome]) -> str:
    if not here:
        return "Nothing there was checked this time."
    if all(outcome.status is Status.OK for outcome in here):
        return "All that was checked there is well."
    return "What was found there is told above."
