"""Power cuts: what several sources tell of one cut is joined, what one source tells twice is two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from healthcheck.diagnosis.power import Cut, areas, cuts, may_explain
from healthcheck.findings import PlacedEvent
from healthcheck.model import Event, EventKind

NIGHT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NIGHT + timedelta(minutes=minute)


def lost(
    begun: float,
    until: float | None = None,
    *,
    site: str = "Azusa",
    host: str = "azusa-ups",
    source: str = "log",
    not_before: float | None = None,
    kind: EventKind = EventKind.POWER_CUT,
) -> PlacedEvent:
    event = Event(
        at(begun),
        "lost mains power",
        source,
        kind,
        None if until is None else at(until),
        None if not_before is None else at(not_before),
    )
    return PlacedEvent(site, host, event)


def cut(begun: float, until: float | None = None, *hosts: str, site: str = "Azusa") -> Cut:
    return Cut(site, hosts or ("azusa-ups",), "lost mains power", at(begun), None if until is None else at(until))


def test_two_sources_tell_of_one_cut_and_the_exact_one_counts() -> None:
    assert cuts([lost(15, 35, source="polls", not_before=10), lost(14, 31, source="events")]) == (cut(14, 31),)


def test_one_source_that_tells_of_two_cuts_means_two() -> None:
    assert cuts([lost(14, 15), lost(15.5, 16)]) == (cut(14, 15), cut(15.5, 16))


def test_two_sources_far_apart_tell_of_two_cuts() -> None:
    assert cuts([lost(14, 15, source="a"), lost(18, 19, source="b")]) == (cut(14, 15), cut(18, 19))


def test_a_source_that_knows_the_end_is_believed_before_one_that_does_not() -> None:
    assert cuts([lost(14, None, source="a"), lost(14.5, 20, source="b")]) == (cut(14.5, 20),)


def test_two_devices_of_a_site_lost_it_from_the_first_to_the_last() -> None:
    found = cuts([lost(14, 31), lost(14.2, 33, host="other-ups")])
    assert found == (cut(14, 33, "azusa-ups", "other-ups"),)


def test_of_two_devices_one_is_still_without() -> None:
    assert cuts([lost(14, 31), lost(14.2, None, host="other-ups")]) == (cut(14, None, "azusa-ups", "other-ups"),)


def test_a_self_test_explains_what_lies_within_it_and_no_more() -> None:
    test = lost(0, 1, kind=EventKind.SELF_TEST, source="events")
    assert cuts([test, lost(0, 1)]) == ()
    assert cuts([test, lost(0, 9)]) == (cut(0, 9),)
    assert cuts([test, lost(0, 1, host="other-ups")]) == (cut(0, 1, "other-ups"),)


def test_sites_within_ten_minutes_are_one_area() -> None:
    near = (cut(0, 5), cut(4, 9, "c", site="Covina"), cut(9, 12, "d", site="Downey"))
    far = cut(30, 31, "p", site="Pasadena")
    assert areas([far, *reversed(near)]) == (near, (far,))


@pytest.mark.parametrize(
    ("found", "last_good", "explains"),
    [
        pytest.param(cut(60, 70), 30, True, id="explains-between-well-and-failing"),
        pytest.param(cut(10, 15), 30, False, id="does-not-over-before-it-was-last-well"),
        pytest.param(cut(10, 25), 30, True, id="explains-over-just-before-it-was-last-well"),
        pytest.param(cut(130, 140), 30, False, id="does-not-begun-after-it-failed"),
        pytest.param(cut(10, None), 200, True, id="explains-not-over-and-a-battery-lasts"),
        pytest.param(cut(-400, None), 30, False, id="does-not-longer-ago-than-a-battery-lasts"),
        pytest.param(cut(-3000, -2990), None, True, id="explains-nobody-knows-when-it-was-well"),
        pytest.param(cut(-9000, -8990), None, False, id="does-not-more-than-a-long-weekend-ago"),
    ],
)
def test_what_a_cut_may_explain(found: Cut, last_good: float | None, explains: bool) -> None:
    failing = at(210) if last_good == 200 else at(100)
    assert may_explain(found, failing, None if last_good is None else at(last_good)) is explains
