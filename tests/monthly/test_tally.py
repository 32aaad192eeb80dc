"""Troubles, repairs, power cuts, reports and coverage of a month, counted by hand and by the program."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from healthcheck.findings import EarlierRound, Incident, PlacedEvent
from healthcheck.history.review import KeptRound, Sent
from healthcheck.model import Event, EventKind, Status
from healthcheck.monthly import tally
from healthcheck.monthly.opening import Span
from healthcheck.monthly.tally import Coverage, Offender, Repairs, Reports
from tests.monthly.october import (
    AZUSA_UPS,
    DISK,
    OCTOBER,
    PRACTICE,
    TCP,
    a_report,
    accepted,
    an_incident,
    at,
    look,
    open_days,
)

MONTH = Span(at(1, 0), at(1, 0, month=11))
HOUR = timedelta(hours=1)


def after(begin: datetime, hours: float) -> datetime:
    return begin + hours * HOUR


@pytest.mark.parametrize(
    ("since", "closed_at", "is_in", "over"),
    [
        (at(5, 8), at(5, 9), True, True),
        (at(30, 8, month=9), at(5, 9), True, True),
        (at(30, 8, month=9), at(30, 9, month=9), False, False),
        (at(30, 8), at(2, 9, month=11), True, False),
        (at(30, 8), None, True, False),
        (at(2, 8, month=11), None, False, False),
        (at(1, 0, month=11), at(2, 0, month=11), False, False),
        (at(30, 8, month=9), at(3, 0, month=11), True, False),
        (None, at(5, 9), True, True),
        (None, None, True, False),
    ],
    ids=[
        "in it", "from before", "over before", "into the next", "still open", "began later", "began as it ended",
        "all the month", "nobody knows since when", "nor until when",
    ],
)  # fmt: skip
def test_a_trouble_belongs_to_every_month_in_which_it_was_open(
    since: datetime | None, closed_at: datetime | None, is_in: bool, over: bool
) -> None:
    one = an_incident("HC-1", since, closed_at)
    assert tally.incidents_of(MONTH, [one]) == ((one,) if is_in else ())
    assert not is_in or tally.is_over(MONTH, one) is over


def test_the_time_to_repair_is_of_those_that_ended_and_open_ones_stand_apart() -> None:
    began = at(5, 8)
    incidents = [
        an_incident("HC-1", began, after(began, 1)),
        an_incident("HC-2", began, after(began, 2)),
        an_incident("HC-3", at(20, 8, month=9), after(at(20, 8, month=9), 400)),
        an_incident("HC-4", began, after(began, 30 * 24)),  # after the month
        an_incident("HC-5", began, None),
        an_incident("HC-6", None, after(began, 9)),
        an_incident("HC-7", began, after(began, 4), Status.WARNING),
        an_incident("HC-8", began, after(began, 6), Status.WARNING),
        an_incident("HC-9", began, None, Status.UNKNOWN),
    ]
    assert list(tally.repairs(MONTH, incidents).items()) == [
        (Status.CRITICAL, Repairs(4, 2 * 3600.0, 400 * 3600.0, 2)),
        (Status.UNKNOWN, Repairs(0, None, None, 1)),
        (Status.WARNING, Repairs(2, 5 * 3600.0, 6 * 3600.0, 0)),
    ]


def test_where_the_trouble_was_two_at_once_count_their_time_once_and_only_the_month_counts() -> None:
    incidents: list[Incident] = [
        an_incident("HC-1", at(5, 8), at(5, 12)),
        an_incident("HC-2", at(5, 10), at(5, 14)),
        an_incident("HC-3", at(7, 8), at(7, 9)),
        an_incident("HC-4", at(29, 0, month=9), at(1, 3), host=AZUSA_UPS),
        an_incident("HC-5", at(31, 20), None, host=AZUSA_UPS),
        replace(an_incident("HC-6", None, at(1, 7)), host="", site="Covina"),
    ]
    assert tally.offenders(MONTH, incidents) == [
        Offender("Azusa", "azusa-server", 3, 7 * 3600.0),
        Offender("Azusa", "azusa-ups", 2, 7 * 3600.0),
        Offender("Covina", "", 1, 7 * 3600.0),
    ]


def test_power_cuts_are_those_that_touch_the_month_in_their_order() -> None:
    def cut(begin: datetime, end: datetime | None, kind: EventKind = EventKind.POWER_CUT) -> PlacedEvent:
        return PlacedEvent("Azusa", "azusa-ups", Event(begin, "lost mains power", "ups", kind, end))

    within, from_before = cut(at(10, 2), at(10, 3)), cut(at(30, 23, month=9), at(1, 1))
    unended = cut(at(11, 2), None)
    others = [
        cut(at(30, 22, month=9), at(30, 23, month=9)),
        cut(at(1, 0, month=11), None),
        cut(at(12, 0), None, EventKind.RESTART),
    ]
    assert tally.power_cuts(MONTH, [within, *others, unended, from_before]) == (from_before, within, unended)


def reports(rounds: list[KeptRound], sent: list[Sent]) -> Reports:
    return tally.reports(PRACTICE, OCTOBER, rounds, sent, at(1, 5, month=9), at(3, 8, month=11))


def due(day: int) -> datetime:
    return at(day, 6, 30)


def utc(days: tuple[datetime, ...]) -> list[datetime]:
    return [day.astimezone(UTC) for day in days]


def test_what_became_of_the_report_of_each_open_day() -> None:
    made = {day: a_report(day) for day in open_days() if day not in (6, 7)}
    made[8] = a_report(8, hour=9)
    sent = [accepted(one) for day, one in made.items() if day not in (9, 13, 14)]
    sent.append(accepted(made[9], None))
    sent += [accepted(made[13], None), accepted(made[13], timedelta(minutes=53))]  # a fallback, at the last moment
    sent.append(accepted(made[14], timedelta(minutes=54)))
    by_hand = replace(a_report(6), trigger="hand")
    found = reports([*made.values(), by_hand], sent)
    assert utc(found.not_made) == [due(6), due(7)]
    assert utc(found.late) == [due(8), due(14)]
    assert utc(found.not_delivered) == [due(9)]
    assert (len(found.in_time), found.due) == (16, 21)


def test_where_nothing_is_sent_on_a_good_day_it_is_enough_that_it_was_made() -> None:
    assert len(reports([a_report(day) for day in open_days()], []).in_time) == 21


def test_no_report_was_due_before_the_program_was_there_nor_is_one_that_is_still_to_come() -> None:
    rounds = [a_report(day) for day in open_days()]
    found = tally.reports(PRACTICE, OCTOBER, rounds, [], at(20, 7), at(23, 6, 29))
    assert utc(found.in_time) == [due(21), due(22)]
    assert Reports().due == 0


def test_coverage_counts_the_checks_of_the_reports_alone() -> None:
    looks: list[EarlierRound] = [
        look(at(30, 6, month=9), "report", disk=Status.UNKNOWN),
        look(at(1, 6), "report", disk=Status.UNKNOWN, tcp=Status.UNKNOWN),
        look(at(1, 7), "watch", tcp=Status.UNKNOWN),
        look(at(1, 8), "hand", disk=Status.UNKNOWN),
        look(at(2, 6), "report", disk=Status.UNKNOWN),
    ]
    assert tally.coverage(MONTH, looks, 5) == Coverage(2, 8, 3, ((DISK, 2), (TCP, 1)))
    assert tally.coverage(MONTH, looks, 1).most == ((DISK, 2),)
    assert tally.coverage(MONTH, [], 5) == Coverage(0, 0, 0, ())
