"""The subjects, in the order in which they matter, and what was found as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from healthcheck.doctor import files, keys, machine, remembering, sending, settings, starting
from healthcheck.doctor.examination import Finding, Subject
from healthcheck.model import Status
from healthcheck.words import join, plain

SCHEMA = "healthcheck.doctor/1"
SUBJECTS = (
    Subject("config", settings.config),
    Subject("rights of the config", files.config_file),
    Subject("secrets", settings.secrets),
    Subject("rights of the secrets", files.credentials),
    Subject("state folder", files.state),
    Subject("packages", settings.packages),
    Subject("pings", machine.pings),
    Subject("clock", machine.clock),
    Subject("time zone", machine.zone),
    Subject("start of the report", starting.starts),
    Subject("recipients", sending.recipients),
    Subject("mail server", sending.mail),
    Subject("other channels", sending.channels),
    Subject("outside watchdog", sending.heartbeat),
    Subject("host keys", keys.host_keys),
    Subject("our key", keys.our_key),
    Subject("history", remembering.file),
    Subject("last report", remembering.last_report),
    Subject("outbox", remembering.outbox),
    Subject("round under way", remembering.lock),
)

_WORD = max(len(status.word) for status in Status)
_NAME = max(len(subject.name) for subject in SUBJECTS)
_WIDTH = 120


def lines(subject: Subject, findings: Iterable[Finding]) -> str:
    """The lines of one subject: its state, its name, a sentence, and below it what to do."""
    shown = []
    for finding in findings:
        head = f"{finding.status.word:<{_WORD}}  {subject.name:<{_NAME}}  "
        shown.append(_wrapped(head, plain(finding.says, 1000)))
        if finding.fix:
            shown.append(_fix(f"{'':{len(head)}}→ ", plain(finding.fix, 1000)))
    return "\n".join(shown)


def _fix(head: str, fix: str) -> str:
    """A command stands on one line, however long, so that it can be copied; a sentence is wrapped."""
    return _wrapped(head, fix) if fix.endswith(".") else f"{head}{fix}"


def _wrapped(head: str, text: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def ending(findings: Sequence[Finding]) -> str:
    """How many there are of each state, the worst first."""
    counted = {status: sum(finding.status is status for finding in findings) for status in Status}
    ordered = sorted(filter(counted.__getitem__, counted), key=lambda status: -status.rank)
    return f"{join(f'{counted[status]} {status.word}' for status in ordered)}."


def document(found: Iterable[tuple[Subject, Sequence[Finding]]], status: Status) -> dict[str, object]:
    """Everything as JSON has it; `fix` is empty where there is nothing to do."""
    return {
        "schema": SCHEMA,
        "status": status.name,
        "findings": [
            {"subject": subject.name, "status": finding.status.name, "says": finding.says, "fix": finding.fix}
            for subject, findings in found
            for finding in findings
        ],
    }
