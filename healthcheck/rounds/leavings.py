"""What a round leaves behind: the postings that are to be sent, and its report as files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from healthcheck.config.settings import Config
from healthcheck.delivery import outbox
from healthcheck.model import Delivery, Message, Posting, Round, Status
from healthcheck.pages.site import READABLE
from healthcheck.report import files, render
from healthcheck.report.page import Report

FOLDER = "reports"
KEEP_FILES_DAYS = 400
"""A year and a month, so that a report can be laid beside the one of the year before."""
OPEN = 0o755
"""For a web server under another account to look through; what keeps others out is the state directory around them."""
_UNFINISHED = ".unfinished-"


def postings(config: Config, round: Round, built: Report, first_today: str = "") -> Iterator[Posting]:
    """One posting for each message of each delivery. Fallbacks wait; there is none for what has nothing to say.

    `first_today` is the round that reported first today, if this one is not the first: its thread goes on.
    """
    messages = {delivery.name: _messages(delivery, built) for delivery in config.deliveries}
    for _ in config.deliveries:  # a chain of fallbacks is no longer than the list
        for delivery in config.deliveries:
            if delivery.only_if_failed and not messages[delivery.only_if_failed]:
                messages[delivery.name] = ()
    for delivery in config.deliveries:
        follows = outbox.posting_id(first_today, delivery.name, 1) if first_today else ""
        for number, message in enumerate(messages[delivery.name], 1):
            yield Posting(
                id=outbox.posting_id(round.id, delivery.name, number),
                round=round.id,
                delivery=delivery.name,
                channel=delivery.channel,
                message=replace(message, follows=follows),
                created_at=round.finished_at,
                waiting_for=delivery.to,
                state=outbox.STANDBY if delivery.only_if_failed else outbox.PENDING,
            )


def _messages(delivery: Delivery, built: Report) -> tuple[Message, ...]:
    """What a delivery carries this time: one summary, or one brief a problem; nothing when there is nothing to say."""
    if delivery.content == "monthly":
        return ()
    if delivery.when == "problems" and built.status is Status.OK and not built.fixed:
        return ()
    if delivery.channel == "webhook":
        return (files.for_programs(built),)
    if delivery.content == "brief" and (letters := render.letters(built)):
        return letters
    return (render.message(built, delivery.content),)


def write_files(built: Report, round_id: str, state_dir: Path, now: datetime) -> None:
    """`reports/<date>/<round>/`: written beside it and renamed, so that a folder which is there is whole.

    Those of long ago go, and what a round that did not finish left half-written. Raises `OSError`.
    """
    folder = state_dir / FOLDER / f"{now:%Y-%m-%d}"
    for made in (folder.parent, folder):
        if not made.is_dir():
            made.mkdir(parents=True)
            made.chmod(OPEN)
    _tidy(folder.parent, now.date())
    unfinished = folder / f"{_UNFINISHED}{round_id}"
    unfinished.mkdir(mode=0o700)
    try:
        for name, text in files.written(built).items():
            with (unfinished / name).open("w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), READABLE)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        unfinished.chmod(OPEN)
        unfinished.rename(folder / round_id)
    except BaseException:
        _remove(unfinished)
        raise


def _tidy(reports: Path, today: date) -> None:
    # Whole months, as the pages list them.
    oldest = f"{today - timedelta(days=KEEP_FILES_DAYS):%Y-%m-01}"
    for day in reports.iterdir():
        if day.name < oldest and _is_day(day.name):
            _remove(day)
    for left in reports.glob(f"*/{_UNFINISHED}*"):  # we hold the lock, so nobody writes there any more
        _remove(left)


def _remove(folder: Path) -> None:
    import shutil  # brings every kind of archive, and most rounds remove nothing

    shutil.rmtree(folder, ignore_errors=True)


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
