"""Whether a service worked, look by look: what it needs, what stands in for it, and for how long that is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from healthcheck.findings import EarlierRound
from healthcheck.history.answered import Answer
from healthcheck.model import Service, Status
from healthcheck.monthly.subjects import clinic_looks, reachability, service_looks
from tests.monthly.october import CHARTS, COVINA_ROUTER, DATABASE, PING, PLAN, TCP, at, look

YES, NO, BLIND, NOT_ASKED = Answer.YES, Answer.NO, Answer.COULD_NOT_LOOK, Answer.NOT_ASKED
OK, CRITICAL, UNKNOWN = Status.OK, Status.CRITICAL, Status.UNKNOWN
REPORT = at(1, 5, 46)


def answers(service: Service, *looks: EarlierRound) -> list[Answer]:
    return [answer for _, answer in service_looks(PLAN, service, looks)]


def passes(*found: dict[str, Status]) -> list[EarlierRound]:
    """Light passes after the report."""
    return [look(REPORT + timedelta(minutes=5 * number), **each) for number, each in enumerate(found, 1)]


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ({}, [{}, {}], [YES, YES, YES]),
        ({}, [{"tcp": CRITICAL}, {}], [YES, NO, YES]),
        ({}, [{"tcp": UNKNOWN}, {}], [YES, BLIND, YES]),
        ({"database": CRITICAL}, [{}, {}], [NO, NO, NO]),
        ({"database": UNKNOWN}, [{}, {"tcp": CRITICAL}], [BLIND, BLIND, NO]),
        ({"database": CRITICAL}, [{"database": OK}, {}], [NO, YES, YES]),
        ({"tcp": CRITICAL}, [{"tcp": CRITICAL}, {}], [YES, NOT_ASKED, NOT_ASKED]),
    ],
    ids=[
        "well", "its machine is silent", "its machine could not be looked at", "broken until it is looked at again",
        "could not be checked", "mended", "what keeps silent while it works cannot stand in",
    ],
)  # fmt: skip
def test_between_the_reports_the_machine_stands_in_for_what_only_the_report_looks_at(
    first: dict[str, Status], then: list[dict[str, Status]], expected: list[Answer]
) -> None:
    assert answers(CHARTS, look(REPORT, "report", **first), *passes(*then)) == expected


def test_before_the_first_report_it_is_not_known() -> None:
    assert answers(CHARTS, *passes({}, {"tcp": CRITICAL})) == [BLIND, NO]


def test_what_a_report_found_is_believed_for_a_day() -> None:
    later = [look(REPORT + timedelta(hours=hours)) for hours in (24, 24.1)]
    assert answers(CHARTS, look(REPORT, "report"), *later) == [YES, YES, BLIND]


def test_a_round_by_hand_over_something_else_says_nothing() -> None:
    elsewhere = EarlierRound("hand", "hand", REPORT + timedelta(hours=1), {PING: OK})
    assert answers(CHARTS, look(REPORT, "report"), elsewhere) == [YES, NOT_ASKED]


def test_a_host_that_is_needed_is_judged_by_what_it_serves() -> None:
    service = Service("Patient charts", needs=("azusa-server",))
    report = look(REPORT, "report", disk=CRITICAL)
    assert answers(service, report, *passes({}, {"tcp": CRITICAL}, {})) == [YES, YES, NO, YES]
    assert answers(service, look(REPORT, "report", database=CRITICAL), *passes({})) == [NO, NO]


def test_a_host_that_serves_nothing_must_live() -> None:
    service = Service("The line to Covina", needs=(COVINA_ROUTER.name,))
    assert answers(service, *passes({}, {"ping": CRITICAL}, {"ping": UNKNOWN})) == [YES, NO, BLIND]


def test_of_a_pair_one_is_enough() -> None:
    pair = Service("Internet", needs_any=(COVINA_ROUTER.name, TCP))
    found = answers(
        pair,
        *passes({}, {"ping": CRITICAL}, {"ping": CRITICAL, "tcp": CRITICAL}, {"ping": CRITICAL, "tcp": UNKNOWN}),
    )
    assert found == [YES, YES, NO, BLIND]


def test_what_is_needed_besides_a_pair_decides_too() -> None:
    service = replace(CHARTS, needs_any=(COVINA_ROUTER.name,))
    report = look(REPORT, "report")
    assert answers(service, report, *passes({"ping": CRITICAL}, {"tcp": CRITICAL}, {})) == [YES, NO, NO, YES]


def test_a_need_that_nothing_looks_at_is_never_called_working() -> None:
    assert answers(Service("Fax", needs=("fax-machine",)), look(REPORT, "report")) == [NOT_ASKED]


def test_a_clinic_is_asked_by_the_checks_that_ask_for_an_answer() -> None:
    assert reachability(PLAN, "Azusa") == {TCP, DATABASE}
    looks = [look(REPORT, "report", database=CRITICAL), *passes({"tcp": CRITICAL}, {})]
    assert [answer for _, answer in clinic_looks(reachability(PLAN, "Azusa"), looks)] == [YES, NO, YES]
