"""Each clinic day by day: the worst of its looks, and nothing where nobody looked."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.history.days import SiteDay
from healthcheck.model import Outcome, Result, Round, Status

MIDNIGHTS = [datetime(2026, 11, day, 8, tzinfo=UTC) for day in (20, 21, 22, 23, 24)]
FRIDAY, SATURDAY, SUNDAY, MONDAY, _ = MIDNIGHTS


def look(history: History, at: datetime, trigger: str = "report", **found: Status) -> None:
    """A round that found these clinics like this."""
    outcomes = tuple(
        Outcome(f"{site}/server/{kind}", site, "server", kind, (Result(status, "is so"),), at)
        for site, worst in found.items()
        for kind, status in (("ping", worst), ("tcp", Status.OK))
    )
    round = Round(f"{at:%Y%m%dT%H%M%S}", "Foothill", trigger, at, at + timedelta(seconds=3), outcomes)
    history.save(round, Diagnosis(sites=()))


def hours(begin: datetime, count: float) -> datetime:
    return begin + timedelta(hours=count)


def test_the_worst_look_of_a_day_stands_for_it_and_a_day_without_a_look_is_not_there(history: History) -> None:
    look(history, hours(FRIDAY, 6), Azusa=Status.OK, Covina=Status.UNKNOWN)
    look(history, hours(FRIDAY, 7), "watch", Azusa=Status.OK, Covina=Status.WARNING)
    look(history, hours(FRIDAY, 8), "watch", Azusa=Status.CRITICAL, Covina=Status.OK)
    look(history, hours(SUNDAY, 8), "watch", Azusa=Status.OK)
    look(history, hours(MONDAY, 6), "hand", Covina=Status.OK)
    assert history.days(MIDNIGHTS) == {
        (FRIDAY, "Azusa"): SiteDay(Status.CRITICAL, 3, whole=True),
        (FRIDAY, "Covina"): SiteDay(Status.UNKNOWN, 3, whole=True),
        (SUNDAY, "Azusa"): SiteDay(Status.OK, 1, whole=False),
        (MONDAY, "Covina"): SiteDay(Status.OK, 1, whole=True),
    }


def test_light_passes_that_found_the_same_count_each(history: History) -> None:
    look(history, hours(FRIDAY, 23.5), "watch", Azusa=Status.CRITICAL)
    for minute in range(0, 60, 5):
        look(history, hours(SATURDAY, minute / 60), "watch", Azusa=Status.CRITICAL)
    assert history.days(MIDNIGHTS) == {
        (FRIDAY, "Azusa"): SiteDay(Status.CRITICAL, 1, whole=False),
        (SATURDAY, "Azusa"): SiteDay(Status.CRITICAL, 12, whole=False),
    }


def test_a_day_begins_at_its_midnight_and_ends_before_the_next(history: History) -> None:
    look(history, SATURDAY - timedelta(microseconds=1), Azusa=Status.OK)
    look(history, SATURDAY, Azusa=Status.WARNING)
    assert history.days(MIDNIGHTS) == {
        (FRIDAY, "Azusa"): SiteDay(Status.OK, 1, whole=True),
        (SATURDAY, "Azusa"): SiteDay(Status.WARNING, 1, whole=True),
    }


def test_a_day_that_is_over_is_kept_and_the_one_that_goes_on_is_not(history: History, tmp_path: Path) -> None:
    look(history, hours(SUNDAY, 6), Azusa=Status.OK)
    look(history, hours(MONDAY, 6), Azusa=Status.OK)
    first = history.days(MIDNIGHTS)
    with contextlib.closing(sqlite3.connect(tmp_path / "history.sqlite")) as file:
        kept = file.execute("SELECT begins, site FROM site_day").fetchall()
        file.execute("DELETE FROM outcome WHERE round = 1")
        file.commit()
    assert kept == [("2026-11-22T08:00:00.000000Z", "Azusa")]
    look(history, hours(MONDAY, 7), Azusa=Status.CRITICAL)
    assert history.days(MIDNIGHTS) == first | {(MONDAY, "Azusa"): SiteDay(Status.CRITICAL, 2, whole=True)}


def test_what_was_kept_while_a_clock_ran_ahead_goes_with_the_next_report(history: History) -> None:
    ahead = [moment + timedelta(days=10) for moment in MIDNIGHTS]
    look(history, hours(ahead[0], 6), Azusa=Status.OK)
    assert list(history.days(ahead)) == [(ahead[0], "Azusa")]
    look(history, hours(MONDAY, 6), Azusa=Status.OK)
    look(history, hours(ahead[0], 7), Azusa=Status.CRITICAL)
    assert history.days(ahead) == {(ahead[0], "Azusa"): SiteDay(Status.CRITICAL, 2, whole=True)}


def test_nothing_is_known_of_no_day(history: History) -> None:
    assert history.days([]) == history.days([MONDAY]) == history.days(MIDNIGHTS) == {}
