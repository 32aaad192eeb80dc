"""The attached text for IT: every brief, every event, and the whole ledger with one line a check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthcheck.findings import Diagnosis, Incident
from healthcheck.model import Outcome, Practice, Round
from healthcheck.report import brief as briefs
from healthcheck.report.findings import was_done, why_not
from healthcheck.report.when import exact
from healthcheck.words import count, plain

_RULE = "=" * 72


def technical(practice: Practice, found: Round, diagnosis: Diagnosis, incidents: Sequence[Incident]) -> str:
    """For whom host names, numbers and exact errors are the plain words."""
    return "\n".join(_lines(practice, found, diagnosis, incidents)) + "\n"


def _lines(practice: Practice, found: Round, diagnosis: Diagnosis, incidents: Sequence[Incident]) -> Iterator[str]:
    yield f"{practice.name}: round {found.id} ({found.trigger})"
    yield f"started  {exact(found.started_at, practice)}"
    yield f"finished {exact(found.finished_at, practice)}"
    yield from (f"note: {plain(note)}" for note in found.notes)
    for incident in incidents:
        yield from ("", _RULE, briefs.text(briefs.brief(practice, found, diagnosis, incident)).rstrip())
    if diagnosis.events:
        yield from ("", _RULE, "EVENTS")
        for placed in diagnosis.events:
            event = placed.event
            until = f" until {exact(event.until, practice, placed.site)}" if event.until else ""
            yield f"{exact(event.at, practice, placed.site)}{until}: {placed.site}/{placed.host} {plain(event.says)}"
    yield from ("", _RULE, f"LEDGER: {count(len(found.outcomes), 'planned check')}", "")
    yield from (ledger_line(outcome) for outcome in found.outcomes)


def ledger_line(outcome: Outcome) -> str:
    """One check: whether it was done, what it found, how long it took, what it measured."""
    done = "done" if was_done(outcome) else "could not check"
    measured = "".join(f"; {briefs.measured(metric)}" for metric in outcome.metrics)
    says = (
        plain(outcome.detail or outcome.says, 500)
        if was_done(outcome)
        else f"{why_not(outcome)}; {plain(outcome.detail, 500)}"
    )
    cost = f"{outcome.duration_s:.3f} s, {count(outcome.attempts, 'attempt')}"
    return f"{done:15} {outcome.status.name:8} {outcome.key}: {says}{measured} ({cost})"
