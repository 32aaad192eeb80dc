"""What light passes leave in the store: next to nothing, and all that a later round needs of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.model import Event, EventKind, Metric, Outcome, Previous, Result, Round, Status

SATURDAY = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NOTHING = Diagnosis(sites=())
UPS, PING = "Pasadena/ups/ups", "Pasadena/server/ping"


def outcome(key: str, status: Status, value: float | None, *events: Event) -> Outcome:
    site, host, kind = key.split("/")
    metric = None if value is None else Metric("on battery", value)
    return Outcome(key, site, host, kind, (Result(status, "says", "detail", metric),), SATURDAY, events=events)


def light(number: int, *outcomes: Outcome, at: datetime | None = None, trigger: str = "watch") -> Round:
    began = at or SATURDAY + timedelta(minutes=5 * number)
    moved = tuple(replace(one, started_at=began) for one in outcomes)
    return Round(f"w{number}", "Foothill", trigger, began, began + timedelta(seconds=3), moved)


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    opened = History.open(path, SATURDAY)
    yield opened
    opened.close()


def kept(path: Path, table: str) -> int:
    with sqlite3.connect(path) as connection:
        [[number]] = connection.execute(f"SELECT count(*) FROM {table}")
    connection.close()
    return int(number)


WELL = (outcome(UPS, Status.OK, 0.0), outcome(PING, Status.OK, None))
DARK = (outcome(UPS, Status.WARNING, 1.0), outcome(PING, Status.CRITICAL, None))


def test_a_change_of_state_is_written_out_and_what_stays_the_same_is_not(history: History, path: Path) -> None:
    for number, found in enumerate((WELL, WELL, DARK, DARK, DARK, WELL, WELL)):
        history.save(light(number, *found), NOTHING)
    assert (kept(path, "round"), kept(path, "outcome"), kept(path, "metric")) == (7, 6, 0)
    assert [dict(look.statuses) for look in history.looks(SATURDAY)] == [
        {UPS: Status.OK, PING: Status.OK},
        {UPS: Status.OK, PING: Status.OK},
        {UPS: Status.WARNING, PING: Status.CRITICAL},
        {UPS: Status.WARNING, PING: Status.CRITICAL},
        {UPS: Status.WARNING, PING: Status.CRITICAL},
        {UPS: Status.OK, PING: Status.OK},
        {UPS: Status.OK, PING: Status.OK},
    ]


def test_the_next_look_is_compared_with_the_last_one_however_little_of_it_is_kept(history: History) -> None:
    for number in range(3):
        history.save(light(number, outcome(UPS, Status.OK, float(number))), NOTHING)
    assert history.previous([UPS]) == {UPS: Previous(SATURDAY + timedelta(minutes=10), Status.OK, {"on battery": 2.0})}


def test_the_next_look_is_compared_with_the_last_that_could_see(history: History) -> None:
    history.save(light(0, outcome(UPS, Status.OK, 0.0)), NOTHING)
    history.save(light(1, outcome(UPS, Status.UNKNOWN, None)), NOTHING)
    assert history.previous([UPS]) == {UPS: Previous(SATURDAY, Status.OK, {"on battery": 0.0})}


def test_another_plan_is_not_the_same_although_all_it_holds_is(history: History, path: Path) -> None:
    history.save(light(0, *WELL), NOTHING)
    history.save(light(1, WELL[0]), NOTHING)
    assert kept(path, "outcome") == 3


def test_a_report_is_written_out_whatever_the_pass_before_it_found(history: History, path: Path) -> None:
    history.save(light(0, *WELL), NOTHING)
    history.save(light(1, *WELL, trigger="report"), NOTHING)
    history.save(light(2, *WELL), NOTHING)
    assert (kept(path, "outcome"), kept(path, "metric")) == (4, 1)


def test_a_quiet_month_keeps_one_written_pass_a_day_and_old_ones_go_with_the_report(
    history: History, path: Path
) -> None:
    day = timedelta(days=1)
    for number in range(160):
        history.save(light(number, *WELL, at=SATURDAY + number * day / 4), NOTHING)
    assert kept(path, "outcome") == 2 * 32  # the fifth pass is a day after the first
    now = SATURDAY + 75 * day + timedelta(hours=1)
    history.save(light(900, *WELL, at=now, trigger="report"), NOTHING)
    looks = history.looks(SATURDAY - day)
    assert looks[0].started_at >= now - 71 * day
    assert all(look.statuses == {UPS: Status.OK, PING: Status.OK} for look in looks)


def test_an_event_outlives_the_pass_that_told_of_it(history: History) -> None:
    cut = Event(SATURDAY, "lost mains power", "ups", EventKind.POWER_CUT)
    history.save(light(0, outcome(UPS, Status.OK, 0.0, cut)), NOTHING)
    later = SATURDAY + timedelta(days=50)
    history.save(light(1, *WELL, at=later, trigger="report"), NOTHING)
    assert [placed.event for placed in history.past(later, SATURDAY, later).events] == [cut]


def test_a_thousand_passes_are_small(history: History, path: Path) -> None:
    plan = [outcome(f"Site {n % 9}/host-{n}/ping", Status.OK, 0.1) for n in range(40)]
    for number in range(1000):
        history.save(light(number, *plan), NOTHING)
    history.close()
    assert path.stat().st_size < 500_000
