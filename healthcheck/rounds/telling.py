"""From what a round found to what is told of it: the diagnosis, the report, its files and pages, and the history."""

from __future__ import annotations

from datetime import datetime, timedelta

from healthcheck import pages
from healthcheck.config.settings import Config
from healthcheck.diagnosis import diagnose
from healthcheck.errors import HistoryError
from healthcheck.findings import Diagnosis, Past
from healthcheck.history import History
from healthcheck.model import Round
from healthcheck.report import render
from healthcheck.report.build import build
from healthcheck.report.page import Report
from healthcheck.rounds import leavings, schedule
from healthcheck.rounds.begun import REPORT, Begun
from healthcheck.rounds.finished import Finished

TREND_DAYS = 90
"""How far back the course of a measured number is looked at."""
STORY_DAYS = 8
"""The story reaches back to the last open day, and at least this far is read for it."""


def get_ready() -> None:
    """Load what telling a round takes, while the round is still looking."""
    render.load_templates()
    pages.load_templates()


def told_and_kept(config: Config, round: Round, begun: Begun) -> Finished:
    """Diagnose the round, write its report, and save both. What cannot be read or kept, the report says."""
    practice, history = config.practice, begun.history
    now = round.finished_at.astimezone(practice.timezone)
    past = Past()
    if history is not None:
        try:
            past = _past(config, history, now)
        except HistoryError as error:
            round, history = round.noting(str(error)), None
    diagnosis = diagnose(practice, round, past, now)
    late = ""
    if round.trigger == REPORT:
        late = schedule.late(practice, past.last_report_at, _watched_until(past), now)
    built = build(practice, round, diagnosis, now=now, late=late)
    noted = round
    try:
        what = "report could not be kept as files"
        leavings.write_files(built, round.id, begun.state_dir, now)
        if len(round.outcomes) == len(config.plan):  # of what a part left out, a page could say nothing
            what = "page of the newest report could not be written"
            pages.write(begun.state_dir / leavings.FOLDER, built, past, history)
    except OSError as error:
        noted = round.noting(f"The {what}: {(error.strerror or 'unknown reason').lower()}.")
    first = _first_today(past, now)

    def told(round: Round, *, kept: bool) -> Finished:
        report = built if round is built.facts.round else build(practice, round, diagnosis, now=now, late=late)
        return _with_postings(config, report, diagnosis, first, kept=kept)

    finished = told(noted, kept=history is not None)
    if history is not None:
        try:
            history.save(finished.round, diagnosis, finished.postings)
        except HistoryError as error:
            finished = told(noted.noting(str(error)), kept=False)
    return finished


def kept(config: Config, round: Round, history: History) -> None:
    """Diagnose and save a round that is told to nobody. Raises `HistoryError`."""
    now = round.finished_at.astimezone(config.practice.timezone)
    history.save(round, diagnose(config.practice, round, _past(config, history, now), now))


def _past(config: Config, history: History, now: datetime) -> Past:
    return history.past(now, _story_begins(config, now), now - timedelta(days=TREND_DAYS))


def _story_begins(config: Config, now: datetime) -> datetime:
    opened = config.practice.last_open_day(now.date())
    days = max(STORY_DAYS, (now.date() - opened).days) if opened else STORY_DAYS
    return now - timedelta(days=days)


def _watched_until(past: Past) -> datetime | None:
    return max((earlier.started_at for earlier in past.rounds), default=past.last_report_at)


def _first_today(past: Past, now: datetime) -> str:
    """The round that reported first today; empty when none did yet."""
    reports = (earlier for earlier in past.rounds if earlier.trigger == REPORT)
    return next((one.id for one in reports if one.started_at.astimezone(now.tzinfo).date() == now.date()), "")


def _with_postings(config: Config, built: Report, diagnosis: Diagnosis, first_today: str, *, kept: bool) -> Finished:
    round = built.facts.round
    postings = tuple(leavings.postings(config, round, built, first_today)) if round.trigger == REPORT else ()
    return Finished(round, diagnosis, built, postings, kept)
