"""What else there is to see to: findings that no incident explains, changes, and notes about the round itself."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.findings import Diagnosis
from healthcheck.model import Outcome, Practice, Round, Status
from healthcheck.report.page import Coverage, Finding, Missed
from healthcheck.words import count, plain, sentence


def findings(practice: Practice, found: Round, diagnosis: Diagnosis) -> tuple[Finding, ...]:
    """Each in one sentence, the worst first; the same sentence never twice."""
    every = dict.fromkeys([*_unexplained(practice, found, diagnosis), *_changes(diagnosis), *_notes(found)])
    return tuple(sorted(every, key=lambda finding: -finding.status.rank))


def unexplained(found: Round, diagnosis: Diagnosis) -> tuple[Outcome, ...]:
    """What is not well and neither an incident nor a consequence of one."""
    explained = {
        key for incident in diagnosis.incidents for key in (incident.cause, *incident.keys, *incident.consequences)
    }
    return tuple(
        outcome for outcome in found.outcomes if outcome.status is not Status.OK and outcome.key not in explained
    )


def _unexplained(practice: Practice, found: Round, diagnosis: Diagnosis) -> Iterator[Finding]:
    labels = labels_of(practice)
    if diagnosis.cut_off:
        return
    for outcome in unexplained(found, diagnosis):
        says = plain(outcome.says) or "could not be checked: it gave no answer"
        yield Finding(outcome.status, sentence(f"{labels.get(outcome.host, outcome.host)} {says}"))


def _changes(diagnosis: Diagnosis) -> Iterator[Finding]:
    for change in diagnosis.changes:
        if change.status is not Status.OK:
            yield Finding(change.status, sentence(plain(change.says)))


def _notes(found: Round) -> Iterator[Finding]:
    for note in found.notes:
        yield Finding(Status.WARNING, sentence(plain(note)))


def labels_of(practice: Practice) -> dict[str, str]:
    """What people call each device."""
    return {host.name: host.label for host in practice.hosts()}


def coverage(practice: Practice, found: Round) -> Coverage:
    """How many checks were done of those planned, and what was not, device by device."""
    labels = labels_of(practice)
    missed: dict[tuple[str, str], int] = {}
    for outcome in found.outcomes:
        if not was_done(outcome):
            place = (labels.get(outcome.host, outcome.host), why_not(outcome))
            missed[place] = missed.get(place, 0) + 1
    planned = len(found.outcomes)
    done = sum(was_done(outcome) for outcome in found.outcomes)
    if not planned:
        says = "No check was planned, so nothing was checked."
    elif done == planned:
        says = f"All {count(planned, 'check')} were done." if planned > 1 else "The one check was done."
    else:
        says = f"{done:,} of {count(planned, 'check')} {'was' if done == 1 else 'were'} done."
    lines = tuple(
        Missed(sentence(label)[:-1] if number == 1 else f"{count(number, 'check')} of {label}", why)
        for (label, why), number in missed.items()
    )
    return Coverage(planned, done, says, lines)


def was_done(outcome: Outcome) -> bool:
    """Whether the check could look, whatever it then found."""
    return not outcome.why and outcome.status is not Status.UNKNOWN


def why_not(outcome: Outcome) -> str:
    """Why it could not look, in plain words."""
    return plain(outcome.why or outcome.says.removeprefix("could not be checked: ")) or "it gave no answer"
