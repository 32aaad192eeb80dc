"""Worse than what was acknowledged, or not: status, checks, clinics and numbers, each by its own rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.worse import worse
from healthcheck.findings import Incident, Past, Sampled
from healthcheck.history.known import as_it_is
from healthcheck.known import Acknowledgement
from healthcheck.model import Metric, Outcome, Previous, Result, Status
from tests.diagnosis.scenario import an_outcome
from tests.diagnosis.test_properties import BEGUN, FRIDAY, PLAN, PRACTICE, a_round

KEY, OTHER = "Azusa/azusa-server/disk", "Azusa/azusa-server/backup"
WEDNESDAY, THURSDAY = FRIDAY - timedelta(days=2), FRIDAY - timedelta(days=1)
INCIDENT = Incident(
    "HC-1", KEY, Status.WARNING, "Azusa", "azusa-server", "It is broken.", "", (KEY,), sites=("Azusa",), since=THURSDAY
)


def outcome(status: Status, metric: Metric | None = None, key: str = KEY) -> Outcome:
    [planned] = [planned for planned in PLAN if planned.key == key]
    return replace(an_outcome(planned, "ok", BEGUN), results=(Result(status, "is as it is", "", metric),))


def given(**metrics: float) -> Acknowledgement:
    previous = {KEY: Previous(THURSDAY, Status.WARNING, metrics)}
    until = BEGUN + timedelta(days=9)
    return as_it_is(INCIDENT, previous, (), by="Maria", note="drive ordered", at=THURSDAY, until=until)


def how(*found: Outcome, incident: Incident = INCIDENT, past: Past | None = None, trigger: str = "report") -> str:
    scene = Scene.of(PRACTICE, a_round(found, trigger))
    metrics = {metric.name: 0.0 for one in found for metric in one.metrics}
    return worse(scene, past or Past(), given(**metrics), incident)


def test_what_is_as_it_was_is_not_worse() -> None:
    assert how(outcome(Status.WARNING)) == ""


@pytest.mark.parametrize(
    ("status", "says"), [(Status.CRITICAL, "it became a problem"), (Status.WARNING, ""), (Status.OK, "")]
)
def test_a_status_that_rises_is_worse(status: Status, says: str) -> None:
    assert how(outcome(status), incident=replace(INCIDENT, status=status)) == says


def test_one_check_of_several_that_rises_is_worse() -> None:
    assert how(outcome(Status.CRITICAL)) == "it became a problem"


def test_a_check_that_was_well_while_it_lasted_and_fails_now_is_worse() -> None:
    wider = replace(INCIDENT, keys=(KEY, OTHER))
    found = (outcome(Status.WARNING), outcome(Status.WARNING, key=OTHER))
    assert how(*found, incident=wider, past=Past({OTHER: FRIDAY})) == "1 more check failed with it"
    assert how(*found, incident=wider, past=Past({OTHER: WEDNESDAY})) == ""  # nobody had looked since it began
    assert how(*found, incident=wider) == ""


def test_a_clinic_more_is_worse_for_a_round_that_looked_at_all_of_them() -> None:
    wider = replace(INCIDENT, sites=("Azusa", "Covina"))
    assert how(outcome(Status.WARNING), incident=wider) == "Covina was affected as well"
    assert how(outcome(Status.WARNING), incident=wider, trigger="watch") == ""
    assert how(outcome(Status.WARNING), incident=replace(INCIDENT, sites=())) == ""


def measured(unit: str, well: float | None, then: float, now: float, status: Status = Status.WARNING) -> str:
    """How it is worse, where a number was `well` while all was, `then` when it was acknowledged, and is that `now`."""
    found = outcome(status, Metric("number", now, unit))
    course = {(KEY, "number"): (Sampled(WEDNESDAY, well),)} if well is not None else {}
    past = Past({KEY: WEDNESDAY}, metrics=course)
    return worse(Scene.of(PRACTICE, a_round((found,))), past, given(number=then), INCIDENT)


@pytest.mark.parametrize(
    ("unit", "well", "then", "now"),
    [
        ("", 0, 1, 2),
        ("", None, 1, 2),
        ("", 0, 0, 1),
        ("", 2, 10, 15),
        ("%", 60, 10, 5),
        ("%", 2, 40, 60),
        ("B", 9e9, 4e9, 1e9),
    ],
    ids=[
        "one-more-drive",
        "never-seen-well",
        "the-first",
        "half-as-many-again",
        "half-of-what-was-left",
        "fuller",
        "bytes",
    ],
)
def test_a_number_that_is_clearly_further_from_well_is_worse(
    unit: str, well: float | None, then: float, now: float
) -> None:
    assert measured(unit, well, then, now) == f"what was measured went from {then:g} to {now:g}"


@pytest.mark.parametrize(
    ("unit", "well", "then", "now"),
    [
        ("", 0, 2, 2), ("", 0, 2, 1), ("", 2, 10, 11), ("%", 60, 10, 8), ("%", 60, 10, 30), ("%", None, 10, 1),
        ("h", 5, 30, 300), ("d", 30, 10, 1), ("s", 1, 100, 900),
    ],
    ids=["the-same", "better", "a-little", "somewhat-less", "far-better", "unknown", "older", "days-left", "seconds"],
)  # fmt: skip
def test_a_number_that_grows_by_itself_or_a_little_is_not(
    unit: str, well: float | None, then: float, now: float
) -> None:
    assert measured(unit, well, then, now) == ""


def test_a_number_of_a_finding_that_is_well_is_not_looked_at() -> None:
    assert measured("", 0, 1, 9, Status.OK) == ""
