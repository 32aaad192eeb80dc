"""What each host had: kept as stretches, so that what stays the same costs nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from healthcheck.findings import Diagnosis, Incident, Stretch
from healthcheck.history import History, schema
from healthcheck.model import Facts, Outcome, Result, Round, Status
from tests.history.conftest import MONDAY

NOTHING = Diagnosis(sites=())
KEY = "Pasadena/pasadena-server/survey"
TWO = {"A1": "4000 sdb", "B2": "500 sda"}
ONE = {"B2": "500 sda"}


def looked(history: History, day: float, **sorts: Mapping[str, str]) -> None:
    """Save a round of that day after Monday, in which this was found."""
    at = MONDAY + timedelta(days=day)
    facts = tuple(Facts(sort, things) for sort, things in sorts.items())
    outcome = Outcome(
        KEY, "Pasadena", "pasadena-server", "survey", (Result(Status.OK, "was looked over"),), at, facts=facts
    )
    history.save(Round(f"r{day}", "Foothill", "report", at, at, (outcome,)), NOTHING)


def known(history: History) -> dict[tuple[str, str], tuple[Stretch, ...]]:
    return dict(history.past(MONDAY, MONDAY, MONDAY).surveys)


def stretch(things: Mapping[str, str], since: float, until: float) -> Stretch:
    return Stretch(things, MONDAY + timedelta(days=since), MONDAY + timedelta(days=until))


def test_what_stays_the_same_is_one_stretch(history: History) -> None:
    for day in range(5):
        looked(history, day, drives=TWO if day % 2 else dict(reversed(TWO.items())))
    assert known(history) == {(KEY, "drives"): (stretch(TWO, 0, 4),)}


def test_what_changes_begins_a_stretch_of_its_sort_alone(history: History) -> None:
    looked(history, 0, drives=TWO, ports={"22": ""})
    looked(history, 1, drives=TWO, ports={"22": ""})
    looked(history, 2, drives=ONE, ports={"22": ""})
    looked(history, 3, drives=TWO, ports={})
    assert known(history) == {
        (KEY, "drives"): (stretch(TWO, 0, 1), stretch(ONE, 2, 2), stretch(TWO, 3, 3)),
        (KEY, "ports"): (stretch({"22": ""}, 0, 2), stretch({}, 3, 3)),
    }


def test_a_sort_that_was_not_known_once_keeps_its_stretch(history: History) -> None:
    looked(history, 0, drives=TWO)
    looked(history, 1)
    looked(history, 2, drives=TWO)
    assert known(history) == {(KEY, "drives"): (stretch(TWO, 0, 2),)}


def test_stretches_stand_in_the_order_in_which_they_were_found_whatever_the_clock_said(history: History) -> None:
    looked(history, 365, drives=TWO)
    looked(history, 0, drives=ONE)
    assert known(history)[KEY, "drives"] == (stretch(TWO, 365, 365), stretch(ONE, 0, 0))


def test_what_ended_long_ago_is_forgotten(history: History) -> None:
    looked(history, 0, drives=TWO)
    looked(history, 1, drives=ONE)
    looked(history, 90.5, drives=ONE)
    assert known(history) == {(KEY, "drives"): (stretch(ONE, 1, 90.5),)}


def test_what_stays_the_same_costs_no_room(history: History, path: Path) -> None:
    many = {f"program-{number}.service": "" for number in range(60)}
    for day in range(60):
        looked(history, day, programs=many)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (1,)
    connection.close()


def test_the_incidents_of_the_last_weeks_are_told(history: History) -> None:
    def closed(days_ago: float) -> Incident:
        return Incident(
            f"HC-{days_ago}", "cause", Status.CRITICAL, "Pasadena", "pasadena-server", "It fails.", "",
            since=MONDAY - timedelta(days=days_ago, hours=3), closed_at=MONDAY - timedelta(days=days_ago),
        )  # fmt: skip

    incidents = tuple(closed(days_ago) for days_ago in (70, 62, 7, 0.1))
    history.save(Round("r", "Foothill", "report", MONDAY, MONDAY), Diagnosis(sites=(), fixed=incidents))
    assert history.past(MONDAY, MONDAY, MONDAY).earlier_incidents == incidents[1:]


def test_a_history_of_the_first_version_is_carried_on(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"BEGIN;\n{schema.MIGRATIONS[0]}\nPRAGMA user_version = 1;\nCOMMIT;")
    connection.close()
    history = History.open(path, MONDAY)
    looked(history, 0, drives=TWO)
    assert known(history) == {(KEY, "drives"): (stretch(TWO, 0, 0),)}
    history.close()
