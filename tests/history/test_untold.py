"""What was mended while nobody was told: handed to every round until a report has been made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck.findings import Diagnosis, Incident
from healthcheck.history import History
from healthcheck.model import Round, Status

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
INCIDENT = Incident(
    "HC-20261121-1", "Azusa/azusa-server", Status.CRITICAL, "Azusa", "azusa-server", "The server does not answer.", ""
)


def saved(history: History, name: str, hours_before: float, trigger: str, diagnosis: Diagnosis) -> None:
    at = MONDAY - timedelta(hours=hours_before)
    history.save(Round(name, "Foothill", trigger, at, at + timedelta(seconds=40)), diagnosis)


def closed(hours_before: float) -> Incident:
    return replace(INCIDENT, closed_at=MONDAY - timedelta(hours=hours_before) + timedelta(seconds=40))


def untold(history: History) -> tuple[Incident, ...]:
    return history.past(MONDAY, MONDAY - timedelta(days=8), MONDAY - timedelta(days=90)).closed


def test_what_a_watch_pass_found_mended_is_handed_on_until_a_report_is_made(tmp_path: Path) -> None:
    history = History.open(tmp_path / "history.sqlite", MONDAY)
    saved(history, "report", 48, "report", Diagnosis((), incidents=(INCIDENT,)))
    saved(history, "watch", 40, "watch", Diagnosis((), fixed=(closed(40),)))
    saved(history, "hand", 30, "hand", Diagnosis(()))
    assert untold(history) == (closed(40),)
    saved(history, "next", 24, "report", Diagnosis((), fixed=(closed(40),)))
    assert untold(history) == ()
    history.close()


def test_what_a_report_found_mended_is_told_by_that_report(tmp_path: Path) -> None:
    history = History.open(tmp_path / "history.sqlite", MONDAY)
    saved(history, "report", 48, "report", Diagnosis((), incidents=(INCIDENT,)))
    saved(history, "next", 24, "report", Diagnosis((), fixed=(closed(24),)))
    assert untold(history) == ()
    history.close()


def test_rounds_are_handed_on_as_they_were_kept_so_that_a_clock_set_back_shows(tmp_path: Path) -> None:
    history = History.open(tmp_path / "history.sqlite", MONDAY)
    for name, hours_before in (("ahead", 2.0), ("set back", 6.0), ("later", 5.0)):
        saved(history, name, hours_before, "watch", Diagnosis(()))
    past = history.past(MONDAY, MONDAY - timedelta(days=8), MONDAY - timedelta(days=90))
    assert [earlier.id for earlier in past.rounds] == ["ahead", "set back", "later"]
    history.close()
