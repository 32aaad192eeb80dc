"""What else there is to see to: findings that no incident explains, changes, and notes about the round itself."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.findings import is_quiet
from healthcheck.model import Status
from healthcheck.report.facts import Facts
from healthcheck.report.parts import Finding
from healthcheck.report.problems import changed
from healthcheck.words import plain, sentence


def loose_ends(facts: Facts) -> tuple[Finding, ...]:
    """Each in one sentence, the worst first; the same sentence never twice.

    What could not be checked is the ledger's to tell; what changed on a device with a problem, the problem's.
    """
    every = dict.fromkeys([*_unexplained(facts), *_changes(facts), *_notes(facts)])
    return tuple(sorted(every, key=lambda finding: -finding.status.rank))


def _unexplained(facts: Facts) -> Iterator[Finding]:
    if facts.diagnosis.cut_off:
        return
    for outcome in facts.unexplained:
        if outcome.status is not Status.UNKNOWN:
            label = facts.label(outcome.host)
            yield Finding(outcome.status, sentence(f"{plain(label)} {plain(outcome.says)}"))


def _changes(facts: Facts) -> Iterator[Finding]:
    places = {(incident.site, incident.host) for incident in facts.nagging}
    for change in facts.diagnosis.changes:
        told = (change.site, change.host) in places or is_quiet(change)
        if change.status is not Status.OK and not told:
            yield changed(facts, change)


def _notes(facts: Facts) -> Iterator[Finding]:
    for note in facts.round.notes:
        yield Finding(Status.WARNING, sentence(plain(note)))
