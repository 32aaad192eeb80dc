"""What the network card of a UPS tells, in each of the languages that such cards speak."""

from __future__ import annotations

from datetime import datetime

import pytest

from healthcheck.checks._snmp.told import Value
from healthcheck.checks._ups.snmp import unit
from healthcheck.checks._ups.unit import Measured, Reading, Unit
from healthcheck.checks.ups import Ups
from healthcheck.errors import ProbeError
from healthcheck.model import Result, Status, worst
from tests.conftest import PACIFIC
from tests.lab.snmp import recorded

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
RFC, APC, CPS = "1.3.6.1.2.1.33.1", "1.3.6.1.4.1.318.1.1.1", "1.3.6.1.4.1.3808.1.1.1"
UNTOLD = "has a battery backup that does not tell whether there is mains power"


def judged(recording: str, changes: dict[str, Value | None]) -> tuple[Status, str]:
    """The worst finding and its sentence."""
    reading = Reading((unit(recorded(recording, changes)),), history_of="snmp")
    results = [item for item in Ups(via="snmp").evaluate(reading, NOW) if isinstance(item, Result)]
    status = worst(result.status for result in results)
    return status, next(result.says for result in results if result.status is status)


def test_the_standard_language_as_a_unit() -> None:
    assert unit(recorded("ups-rfc1628")) == Unit(
        "", "RFC 1628 output 3, battery 2", frozenset({"OL"}), model="Line 1500",
        measured=Measured(100.0, 2700.0, 22.0, 119.0),
    )  # fmt: skip


def test_numbers_in_tenths_are_read_where_a_card_tells_them_only_there() -> None:
    assert unit(recorded("ups-powernet")) == Unit(
        "", "PowerNet output 2, battery 2", frozenset({"OL"}), model="Smart-UPS X 750",
        measured=Measured(100.0, 2700.0, 16.9, 119.1),
    )  # fmt: skip


def test_a_makers_own_language_is_read_where_the_standard_one_is_only_begun() -> None:
    assert unit(recorded("ups-cyberpower")) == Unit(
        "", "CPS-MIB output 2, battery 2", frozenset({"OL"}), model="OL2200",
        measured=Measured(100.0, 1740.0, None, 119.5),
    )  # fmt: skip


@pytest.mark.fault(29)
def test_numbers_that_cannot_be_are_set_aside_and_texts_of_digits_are_numbers() -> None:
    assert unit(recorded("ups-odd-numbers")) == Unit(
        "", "RFC 1628 output 3, battery 2", frozenset({"OL"}), measured=Measured(None, None, 22.0, None),
        notes=(
            "2.4.0 '-1' is not believable", "2.3.0 '4294967295' is not believable", "input '2360' is not believable",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("recording", "changes", "expected"),
    [
        pytest.param(
            "ups-rfc1628", {f"{RFC}.4.1.0": 5},
            (Status.WARNING, "is running on its backup battery: 100 percent charged, about 45 minutes left"),
            id="look-on-battery",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.4.1.0": 5, f"{RFC}.2.1.0": 4, f"{RFC}.2.4.0": None, f"{RFC}.2.3.0": None},
            (Status.CRITICAL, "is running on its backup battery, which is nearly empty"), id="problem-battery-empty",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.4.1.0": 2},
            (Status.CRITICAL, "has a battery backup that says it is switched off and gives no power"),
            id="problem-no-output",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.4.1.0": 4},
            (Status.WARNING, "has mains power, but nothing would take over in a power cut (bypass)"), id="look-bypass",
        ),
        pytest.param("ups-rfc1628", {f"{RFC}.4.1.0": 1}, (Status.UNKNOWN, UNTOLD), id="could-not-check-other-source"),
        pytest.param("ups-rfc1628", {f"{RFC}.4.1.0": 99}, (Status.UNKNOWN, UNTOLD), id="could-not-check-new-source"),
        pytest.param("ups-powernet", {f"{APC}.4.1.1.0": 99}, (Status.UNKNOWN, UNTOLD), id="could-not-check-new-output"),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.2.1.0": 9},
            (Status.UNKNOWN, "has a battery backup that does not tell how its battery is"),
            id="could-not-check-new-battery-state",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.6.2.1.2.1": f"{RFC}.6.3.20"},
            (Status.UNKNOWN, "has a battery backup whose data is not current"), id="could-not-check-card-lost-the-ups",
        ),
        pytest.param(
            "ups-powernet", {f"{APC}.8.1.0": 2},
            (Status.UNKNOWN, "has a battery backup whose data is not current"), id="could-not-check-apc-lost-the-ups",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.6.2.1.2.1": f"{RFC}.6.3.16"},
            (Status.WARNING, "has a battery backup that reports an alarm: “fan”"), id="look-fan",
        ),
        pytest.param(
            "ups-rfc1628", {f"{RFC}.7.3.0": 3}, (Status.WARNING, "has a backup battery that failed its last test"),
            id="look-test-failed",
        ),
        pytest.param(
            "ups-powernet", {f"{APC}.2.2.4.0": 2}, (Status.WARNING, "has a backup battery that needs to be replaced"),
            id="look-battery-old",
        ),
        pytest.param(
            "ups-cyberpower", {f"{CPS}.4.1.1.0": 3, f"{CPS}.2.1.1.0": 3, f"{CPS}.2.2.1.0": 8, f"{CPS}.2.2.4.0": 6000},
            (
                Status.CRITICAL,
                "is running on its backup battery, which is nearly empty: 8 percent charged, about 1 minute left",
            ),
            id="problem-cyberpower-battery-low",
        ),
    ],
)  # fmt: skip
def test_what_a_card_says_is_judged(
    recording: str, changes: dict[str, Value | None], expected: tuple[Status, str]
) -> None:
    assert judged(recording, changes) == expected


@pytest.mark.fault(29)
def test_a_card_that_tells_nothing_about_power_could_not_be_checked() -> None:
    with pytest.raises(ProbeError) as caught:
        unit(recorded("foreign"))
    assert caught.value.detail == "SNMP: no output status of PowerNet, CPS-MIB, RFC 1628; it is “UPS SNMP Card”"
