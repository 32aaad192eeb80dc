"""Sends a month's report through the outbox: once, on the first open day of the next month, or by hand."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from healthcheck.config.settings import Config
from healthcheck.delivery import outbox
from healthcheck.history import History
from healthcheck.model import Delivery, Posting, Practice
from healthcheck.monthly import facts, render
from healthcheck.monthly.build import build
from healthcheck.monthly.opening import Month
from healthcheck.monthly.page import Monthly
from healthcheck.pages.site import put, service_report
from healthcheck.rounds import HISTORY_FILE, deliver_outbox
from healthcheck.rounds.leavings import FOLDER
from healthcheck.rounds.lock import Busy, only_one

log = logging.getLogger(__name__)

CONTENT = "monthly"
LOCK = "monthly.lock"


def deliveries(config: Config) -> tuple[Delivery, ...]:
    """Those that carry the month's report."""
    return tuple(delivery for delivery in config.deliveries if delivery.content == CONTENT)


def deliver_if_owed(config: Config, state_dir: Path, now: datetime) -> list[str]:
    """Send last month's report if it is time and nobody has yet; a sentence for each delivery that was not accepted.

    A day that was missed is made up for later in the month. Raises `HistoryError`.
    """
    month = due(config.practice, now.astimezone(config.practice.timezone).date())
    if month is None or not deliveries(config):
        return []
    try:
        # Two that find it owed at the same time must not both send it.
        with only_one(state_dir / LOCK), opened(state_dir) as history:
            if not is_owed(history, config.practice, month):
                return []
            post(config, history, state_dir, month, now, posted_as(month))
    except Busy:
        return []
    return deliver_outbox(config, state_dir)


def deliver_by_hand(config: Config, state_dir: Path, month: Month, now: datetime) -> tuple[Monthly, list[str]]:
    """Send it now, whether or not it was sent before. Raises `HistoryError`."""
    with opened(state_dir) as history:
        built = post(config, history, state_dir, month, now, f"{posted_as(month)}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return built, deliver_outbox(config, state_dir)


def due(practice: Practice, today: date) -> Month | None:
    """The month whose report is due: the last one, from this one's first open day on."""
    days = Month(today.year, today.month).days()
    first = next((day for day in days if practice.is_open_on(day)), None)
    return Month.before(today) if first is not None and today >= first else None


def is_owed(history: History, practice: Practice, month: Month) -> bool:
    """Whether it was never posted, and there was somebody to watch before the month was over."""
    first = history.first_at()
    over = month.midnights(practice.timezone)[-1]
    return first is not None and first < over and not history.is_posted(posted_as(month))


def posted_as(month: Month) -> str:
    """What stands in the place of a round's id: the same for the same month."""
    return f"{outbox.MONTHLY}{month}"


def post(config: Config, history: History, state_dir: Path, month: Month, now: datetime, posted: str) -> Monthly:
    """Build it, lay it in the outbox for each delivery, and keep it as a page beside the reports."""
    built = report(config, history, month, now)
    history.update(*postings(config, built, posted, now))
    folder = state_dir / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        put(folder / service_report(str(month)), render.html(built))
    except OSError as error:
        log.warning("The service report could not be kept as a page: %s.", (error.strerror or "unknown reason").lower())
    return built


def report(config: Config, history: History, month: Month, now: datetime) -> Monthly:
    """A month's report out of the history. Raises `HistoryError`."""
    return build(facts.work_out(config, month, facts.read(history, config, month), now))


def postings(config: Config, built: Monthly, posted: str, now: datetime) -> Iterator[Posting]:
    """One for each delivery that carries it. Fallbacks wait."""
    for delivery in deliveries(config):
        yield Posting(
            id=outbox.posting_id(posted, delivery.name, 1),
            round=posted,
            delivery=delivery.name,
            channel=delivery.channel,
            message=render.message(built, delivery.channel),
            created_at=now.astimezone(UTC),
            waiting_for=delivery.to,
            state=outbox.STANDBY if delivery.only_if_failed else outbox.PENDING,
        )


@contextlib.contextmanager
def opened(state_dir: Path) -> Iterator[History]:
    """The history, for as long as the body runs. Raises `HistoryError`."""
    with contextlib.closing(History.open(state_dir / HISTORY_FILE, datetime.now(UTC))) as history:
        yield history
