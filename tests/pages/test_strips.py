"""A clinic's days: one cell each, and none that looks better than what is known of it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from healthcheck.history.days import SiteDay
from healthcheck.model import Outcome, Result, Status
from healthcheck.pages.drawings import strip
from healthcheck.pages.strips import DAYS, Cell, cells, midnights

PACIFIC = ZoneInfo("America/Los_Angeles")
TODAY = date(2026, 11, 23)


def found(*statuses: Status) -> list[Outcome]:
    at = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
    return [
        Outcome(f"Azusa/server/{n}", "Azusa", "server", "tcp", (Result(status, "is so"),), at)
        for n, status in enumerate(statuses)
    ]


def test_thirty_days_end_with_today_and_the_longer_night_is_one_day() -> None:
    moments = midnights(TODAY, PACIFIC)
    assert (moments[0].isoformat(), moments[-1].isoformat()) == (
        "2026-10-25T00:00:00-07:00",
        "2026-11-24T00:00:00-08:00",
    )
    lengths = [(end.astimezone(UTC) - begin.astimezone(UTC)) for begin, end in itertools.pairwise(moments)]
    assert lengths == [timedelta(hours=25 if begin.date() == date(2026, 11, 1) else 24) for begin in moments[:-1]]


def test_a_day_that_nobody_watched_is_said_to_be_so_and_takes_no_colour() -> None:
    moments = midnights(TODAY, PACIFIC)
    days = {(moments[-2], "Covina"): SiteDay(Status.OK, 3, whole=True)}
    [*_, before, today] = cells("Azusa", moments, days, ())
    assert (before, today) == (Cell(date(2026, 11, 22)), Cell(TODAY))
    assert strip([today]) == (
        '<li class="none" title="Mon Nov 23: not watched">–<span class="unseen"> Mon Nov 23: not watched</span></li>'
    )


@pytest.mark.parametrize(
    ("earlier", "now", "expected"),
    [
        (None, [Status.OK, Status.WARNING], Cell(TODAY, Status.WARNING, 1, whole=True)),
        (SiteDay(Status.CRITICAL, 60, whole=False), [Status.OK], Cell(TODAY, Status.CRITICAL, 61, whole=True)),
        (SiteDay(Status.OK, 60, whole=False), [Status.UNKNOWN], Cell(TODAY, Status.UNKNOWN, 61, whole=True)),
        (SiteDay(Status.OK, 60, whole=False), [], Cell(TODAY, Status.OK, 60, whole=False)),
    ],
    ids=["first look of the day", "worse before", "worse now", "not part of this round"],
)
def test_this_round_is_part_of_today(earlier: SiteDay | None, now: list[Status], expected: Cell) -> None:
    moments = midnights(TODAY, PACIFIC)
    days = {(moments[-2], "Azusa"): earlier} if earlier else {}
    strip_of_site = cells("Azusa", moments, days, found(*now))
    assert (len(strip_of_site), strip_of_site[-1]) == (DAYS, expected)


@pytest.mark.parametrize(
    ("cell", "drawn"),
    [
        (Cell(TODAY, Status.OK, 1, whole=True), '<li class="ok" title="Mon Nov 23: OK (1 look)">✓'),
        (
            Cell(TODAY, Status.OK, 288, whole=False),
            '<li class="ok" title="Mon Nov 23: OK (288 looks, power and lines only)">✓',
        ),
        (Cell(TODAY, Status.WARNING, 2, whole=True), '<li class="warning" title="Mon Nov 23: Look (2 looks)">▲'),
        (Cell(TODAY, Status.CRITICAL, 2, whole=True), '<li class="critical" title="Mon Nov 23: Problem (2 looks)">■'),
        (
            Cell(TODAY, Status.UNKNOWN, 2, whole=True),
            '<li class="unknown" title="Mon Nov 23: Could not check (2 looks)">?',
        ),
    ],
    ids=["ok", "ok-light", "look", "problem", "could-not-check"],
)
def test_each_cell_has_a_shape_and_a_word(cell: Cell, drawn: str) -> None:
    assert strip([cell]).startswith(drawn)
