"""Writes the pages into the folder of the kept reports: each is whole or as it was, and their number is bounded."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from healthcheck.errors import HistoryError
from healthcheck.findings import Past
from healthcheck.history import History
from healthcheck.model import Practice
from healthcheck.pages import kept
from healthcheck.pages.latest import latest, listed
from healthcheck.pages.strips import Days, midnights
from healthcheck.report.page import Report
from healthcheck.sheets import environment
from healthcheck.words import month_name

if TYPE_CHECKING:
    from jinja2 import Environment

LATEST = "latest.html"
RELOAD_S = 900
"""How often a browser that is left open asks for the page again."""
KEEP_SERVICE_REPORTS = 60
"""Five years, as the history itself."""
_SERVICE_REPORT = "service-report-"
_MONTH = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])\.html")
READABLE = 0o644
"""For a web server under another account. What keeps others out is the state directory around them."""


def load_templates() -> None:
    """Load what every page needs, so that nobody has to wait for it later."""
    _environment().get_template("latest.html.j2")


def write(folder: Path, report: Report, past: Past, history: History | None) -> None:
    """Write `latest.html`, and a list of the reports of each month that is over. Raises `OSError`.

    For rounds that looked at everything: a page of a part would say nothing of the rest. Call it once the files of the
    report itself are written.
    """
    practice = report.facts.practice
    today = report.facts.now.astimezone(practice.timezone).date()
    moments = midnights(today, practice.timezone)
    days: Days | None = None
    if history is not None:
        with contextlib.suppress(HistoryError):  # the page says so
            days = history.days(moments)
    known = kept.days(folder)
    over = sorted({day[:7] for day in known if day[:7] < f"{today:%Y-%m}"}, reverse=True)
    page = latest(report, past, days, moments, kept.reports(folder, known))
    put(
        folder / LATEST,
        _environment()
        .get_template("latest.html.j2")
        .render(
            page=page,
            report=report,
            months=[(name(month), f"{month}.html") for month in over],
            service_reports=_service_reports(folder),
            reload_s=RELOAD_S,
        ),
    )
    _months(folder, practice, known, over)


def _months(folder: Path, practice: Practice, known: Sequence[str], over: Sequence[str]) -> None:
    """The page of each month that is over, once; those of months long gone are taken away."""
    for month in over:
        if not (folder / f"{month}.html").exists():
            reports = kept.reports(folder, [day for day in known if day.startswith(month)])
            put(
                folder / f"{month}.html",
                _environment()
                .get_template("month.html.j2")
                .render(
                    practice=practice,
                    month=name(month),
                    reports=[listed(one, practice) for one in reports],
                    latest=LATEST,
                ),
            )
    for page in folder.iterdir():
        if _MONTH.fullmatch(page.name) and page.stem not in over:
            page.unlink(missing_ok=True)


def service_report(month: str) -> str:
    """The name of the page of a month's service report ("2026-10"), which stands beside the reports."""
    return f"{_SERVICE_REPORT}{month}.html"


def _service_reports(folder: Path) -> list[tuple[str, str]]:
    """Those that are kept, as their months in words and their names, newest first; the oldest go."""
    found = sorted((page.name for page in folder.glob(f"{_SERVICE_REPORT}????-??.html")), reverse=True)
    for old in found[KEEP_SERVICE_REPORTS:]:
        (folder / old).unlink(missing_ok=True)
    months = (page.removeprefix(_SERVICE_REPORT).removesuffix(".html") for page in found[:KEEP_SERVICE_REPORTS])
    return [(name(month), service_report(month)) for month in months if _MONTH.fullmatch(f"{month}.html")]


def name(month: str) -> str:
    """ "2026-11" in words: "November 2026"."""
    return month_name(date.fromisoformat(f"{month}-01"))


def put(path: Path, text: str) -> None:
    """Write a page, whole or not at all. Raises `OSError`."""
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), READABLE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


@cache
def _environment() -> Environment:
    return environment("healthcheck.pages")
