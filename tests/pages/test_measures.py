"""The numbers that matter: what each is called, how it stands, and that a missing one is never shown as well."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from healthcheck.findings import Past, Sampled
from healthcheck.model import Metric, Outcome, Result, Status
from healthcheck.pages.measures import Measure, measures
from tests.report.mornings import NOW, PACIFIC, a_practice, an_outcome

PRACTICE = a_practice()
SERVER = PRACTICE.sites[1].hosts[1]
SINCE = NOW - timedelta(days=30)


def measured(outcome: Outcome, past: Past | None = None) -> list[Measure]:
    return list(measures(PRACTICE, [outcome], past or Past(), SINCE, NOW.astimezone(PACIFIC)))


def course(kind: str, name: str, *values: float, first: datetime = NOW - timedelta(days=5)) -> Past:
    samples = tuple(Sampled(first + timedelta(days=number), value) for number, value in enumerate(values))
    return Past(metrics={(f"{SERVER.site}/{SERVER.name}/{kind}", name): samples})


@pytest.mark.parametrize(
    ("kind", "metric", "what", "now"),
    [
        ("disk", Metric("free /", 61.4, "%"), "room left on the main disk", "61 percent"),
        ("disk", Metric("free /srv", 61.4, "%"), "room left on /srv", "61 percent"),
        ("backup", Metric("age_h", 5.5, "h"), "age of the newest backup", "5 hours 30 minutes"),
        ("backup", Metric("free", 40, "%"), "room left on the backup drive", "40 percent"),
        ("backup", Metric("free standby", 40, "%"), "room left on the second backup drive", "40 percent"),
        ("veeam", Metric("age_h Nightly", 50, "h"), "age of the newest backup of Nightly", "2 days"),
        ("ups", Metric("charge", 100, "%"), "charge of the battery", "100 percent"),
        ("ups", Metric("runtime", 2640, "s"), "time that the battery lasts", "44 minutes"),
        ("certificate", Metric("days left", 1.9, "d"), "time until the certificate ends", "1 day"),
        ("printer", Metric("supply black", 7, "%"), "toner or ink left: black", "7 percent"),
        ("nas", Metric("free volume1", 7, "%"), "room left on volume1", "7 percent"),
    ],
)
def test_a_number_is_named_and_told_with_its_unit(kind: str, metric: Metric, what: str, now: str) -> None:
    outcome = an_outcome(SERVER, kind, Result(Status.WARNING, "is so", metric=metric))
    assert measured(outcome) == [Measure("Pasadena", "The server in Pasadena", what, None, now, Status.WARNING)]


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("disk", "free bytes /"), ("disk", "free inodes /"), ("ping", "rtt"), ("ups", "load"), ("backup", "size")],
)
def test_what_does_not_matter_is_left_out(kind: str, metric: str) -> None:
    assert measured(an_outcome(SERVER, kind, Result(Status.OK, "is so", metric=Metric(metric, 1.0)))) == []


def test_what_was_not_measured_this_time_says_so_and_is_not_ok() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.UNKNOWN, "could not be checked: no answer"), why="no answer")
    [one] = measured(outcome, course("ups", "charge", 100, 98))
    assert (one.status, one.now) == (
        Status.UNKNOWN,
        "not measured this time; Thu Nov 19, 5:47 am: 98 percent",
    )


def test_a_value_that_is_no_number_is_not_measured() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.OK, "is so", metric=Metric("charge", math.nan, "%")))
    assert measured(outcome) == []
    [one] = measured(outcome, course("ups", "charge", 98))
    assert (one.status, one.drawing) == (Status.UNKNOWN, None)


def test_what_was_measured_before_these_days_is_left_out() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.UNKNOWN, "could not be checked: no answer"), why="no answer")
    assert measured(outcome, course("ups", "charge", 98, first=SINCE - timedelta(seconds=1))) == []


def test_a_course_is_drawn_from_nothing_to_its_top_and_told_in_words() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.OK, "is so", metric=Metric("charge", 100, "%")))
    [one] = measured(outcome, course("ups", "charge", 50, 0, first=NOW - timedelta(days=2)))
    drawn = ElementTree.fromstring(str(one.drawing))
    assert drawn.attrib["role"] == "img"
    assert drawn.attrib["aria-label"] == drawn.findtext("title") == "3 values, lowest 0 percent, highest 100 percent"
    [path] = drawn.iter("path")
    assert path.attrib["d"] == "M3 20L120 37L237 3"


def test_a_line_is_broken_where_nothing_was_measured_for_long() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.OK, "is so", metric=Metric("charge", 100, "%")))
    [one] = measured(outcome, course("ups", "charge", 100, 100, first=NOW - timedelta(days=8)))
    [path] = ElementTree.fromstring(str(one.drawing)).iter("path")
    assert path.attrib["d"] == "M3 3L32 3M237 3"


def test_a_name_from_elsewhere_is_cut_and_harmless() -> None:
    hostile = Metric("free " + "</svg>\u202e\n" + "x" * 100, 5, "%")
    [one] = measured(an_outcome(SERVER, "disk", Result(Status.OK, "is so", metric=hostile)))
    assert one.what == "room left on </svg> " + "x" * 32 + "…"


def test_all_times_may_be_the_same() -> None:
    outcome = an_outcome(SERVER, "ups", Result(Status.OK, "is so", metric=Metric("runtime", 0, "s")))
    [one] = measured(outcome, course("ups", "runtime", 0, first=NOW.astimezone(UTC)))
    [path] = ElementTree.fromstring(str(one.drawing)).iter("path")
    assert path.attrib["d"] == "M3 37L3 37"
