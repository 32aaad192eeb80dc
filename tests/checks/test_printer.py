"""What a printer says of itself, and what is left in it."""

from __future__ import annotations

from datetime import datetime

import pytest

from healthcheck.checks._snmp.told import Value
from healthcheck.checks.printer import Printer, reading
from healthcheck.errors import ProbeError
from healthcheck.model import Metric, Result, Status, worst
from tests.conftest import PACIFIC
from tests.lab.snmp import recorded

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
ERRORS, DEVICE, STATE = "1.3.6.1.2.1.25.3.5.1.2.1", "1.3.6.1.2.1.25.3.2.1.5.1", "1.3.6.1.2.1.25.3.5.1.1.1"
COVER, BLACK = "1.3.6.1.2.1.43.6.1.1.3.1.1", "1.3.6.1.2.1.43.11.1.1.9.1.1"


def results(changes: dict[str, Value | None]) -> list[Result]:
    return list(Printer().evaluate(reading(recorded("printer-office", changes)), NOW))


def test_a_printer_that_is_well_says_so_with_what_is_left_in_it() -> None:
    detail = "LaserJet M252: device 2, status 3, errors 0x00; Black Cartridge: 63 %; Cyan Cartridge: some left"
    assert results({}) == [
        Result(Status.OK, "is ready to print", detail),
        Result(Status.OK, "is ready to print", metric=Metric("supply Black Cartridge", 63.0, "%")),
    ]


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        pytest.param({ERRORS: b"\x40"}, Status.CRITICAL, "cannot print: it is out of paper", id="problem-no-paper"),
        pytest.param({ERRORS: b"\x80"}, Status.WARNING, "is low on paper", id="look-low-paper"),
        pytest.param({ERRORS: b"\x20"}, Status.WARNING, "is low on toner or ink", id="look-low-toner"),
        pytest.param({ERRORS: b"\x10"}, Status.CRITICAL, "cannot print: it is out of toner or ink", id="problem-toner"),
        pytest.param({ERRORS: b"\x04"}, Status.CRITICAL, "cannot print: paper is jammed in it", id="problem-jam"),
        pytest.param({ERRORS: b"\x00\x08"}, Status.CRITICAL, "cannot print: its output tray is full", id="problem-out"),
        pytest.param({ERRORS: b"\x00\x04"}, Status.WARNING, "has an empty paper tray", id="look-one-tray-empty"),
        pytest.param(
            {ERRORS: b"\x08"}, Status.CRITICAL, "cannot print: a cover or door of it is open", id="problem-door"
        ),
        pytest.param({COVER: 3}, Status.CRITICAL, "cannot print: a cover or door of it is open", id="problem-cover"),
        pytest.param(
            {COVER: 9}, Status.UNKNOWN, "does not tell whether its covers are shut", id="could-not-check-cover"
        ),
        pytest.param(
            {DEVICE: 5, STATE: 1}, Status.CRITICAL, "cannot print: it says that it is out of order", id="problem-down"
        ),
        pytest.param({DEVICE: 5, STATE: 5}, Status.OK, "is ready to print", id="ok-warming-up"),
        pytest.param({STATE: 1}, Status.OK, "is ready to print", id="ok-asleep"),
        pytest.param({DEVICE: 1}, Status.UNKNOWN, "does not tell whether it can print", id="could-not-check-unknown"),
        pytest.param({DEVICE: 77}, Status.UNKNOWN, "does not tell whether it can print", id="could-not-check-new"),
        pytest.param({ERRORS: None}, Status.UNKNOWN, "does not tell whether it can print", id="could-not-check-none"),
        pytest.param({ERRORS: 0}, Status.UNKNOWN, "does not tell whether it can print", id="could-not-check-number"),
        pytest.param({BLACK: 9}, Status.WARNING, "has only 9 percent left of “Black Cartridge”", id="look-supply-low"),
        pytest.param({BLACK: 0}, Status.CRITICAL, "has used up its “Black Cartridge”", id="problem-supply-empty"),
        pytest.param({BLACK: 250}, Status.OK, "is ready to print", id="ok-more-than-full-is-not-believed"),
    ],
)  # fmt: skip
def test_what_a_printer_says_is_judged(changes: dict[str, Value | None], status: Status, says: str) -> None:
    found = results(changes)
    assert worst(result.status for result in found) is status
    assert says in [result.says for result in found if result.status is status]


def test_a_device_that_is_no_printer_could_not_be_checked() -> None:
    with pytest.raises(ProbeError) as caught:
        reading(recorded("foreign"))
    assert caught.value.says == "it answers, but not as a printer does"
