"""The attached text for IT: every brief, every event, and the whole ledger with one line a check."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.findings import Change
from healthcheck.model import Outcome
from healthcheck.report import brief as briefs
from healthcheck.report.ledger import was_done, why_not
from healthcheck.report.page import Report
from healthcheck.report.when import exact
from healthcheck.words import count, plain

_RULE = "=" * 72


def technical(report: Report) -> str:
    """For whom host names, numbers and exact errors are the plain words."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    practice, found, diagnosis = report.facts.practice, report.facts.round, report.facts.diagnosis
    yield f"{practice.name}: round {found.id} ({found.trigger})"
    yield f"started  {exact(found.started_at, practice)}"
    yield f"finished {exact(found.finished_at, practice)}"
    yield from (f"note: {plain(note)}" for note in found.notes)
    for problem in report.problems:
        yield from ("", _RULE, briefs.text(problem.brief).rstrip())
    sections = (
        ("KNOWN", [f"{row.status.name}: {' '.join((row.says, *row.paragraphs))}" for row in report.known]),
        ("ALSO TO SEE TO", [f"{finding.status.name}: {finding.says}" for finding in report.findings]),
        ("STORY", report.story),
        ("EVENTS", [briefs.happened(practice, placed) for placed in diagnosis.events]),
        ("CHANGES", [_change(change) for change in diagnosis.changes]),
    )
    for title, lines in sections:
        if lines:
            yield from ("", _RULE, title, *lines)
    yield from ("", _RULE, f"LEDGER: {count(len(found.outcomes), 'planned check')}", "")
    yield from (ledger_line(outcome) for outcome in found.outcomes)


def _change(change: Change) -> str:
    detail = f" ({plain(change.detail)})" if change.detail else ""
    return f"{change.status.name}: {change.site}/{change.host}: {plain(change.says)}{detail}"


def ledger_line(outcome: Outcome) -> str:
    """One check: whether it was done, what it found, how long it took, what it measured."""
    done = was_done(outcome)
    says = "" if done else f"{why_not(outcome)}; "
    measured = "".join(f"; {briefs.measured(metric)}" for metric in outcome.metrics)
    cost = f"{outcome.duration_s:.3f} s, {count(outcome.attempts, 'attempt')}"
    detail = plain(outcome.detail or outcome.says, 500)
    word = "done" if done else "could not check"
    return f"{word:15} {outcome.status.name:8} {outcome.key}: {says}{detail}{measured} ({cost})"
