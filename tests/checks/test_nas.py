"""Network storage of both makes: volumes, drives, temperature, power supply."""

from __future__ import annotations

from datetime import datetime

import pytest

from healthcheck.checks._snmp.told import Value
from healthcheck.checks.nas import WELL, Nas, storage
from healthcheck.errors import ProbeError
from healthcheck.model import Facts, Metric, Result, Status, worst
from tests.conftest import PACIFIC
from tests.lab.snmp import recorded

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
SYN, QNAP = "1.3.6.1.4.1.6574", "1.3.6.1.4.1.24681.1.2"


def results(recording: str, changes: dict[str, Value | None]) -> list[Result]:
    found = Nas().evaluate(storage(recorded(recording, changes)), NOW)
    return [item for item in found if isinstance(item, Result)]


def test_what_it_is_called_is_kept_for_the_inventory() -> None:
    found = Nas().evaluate(storage(recorded("nas-synology", {})), NOW)
    assert [item for item in found if isinstance(item, Facts)] == [Facts("device", {"model": "DS214"})]


def test_a_synology_that_is_well_tells_each_of_its_numbers_and_a_full_pool_is_as_it_should_be() -> None:
    detail = (
        "DS214: system: state 1; power supply: state 1; inside: temperature, 34 °C; Disk 1: DT01, Normal, 31 °C; "
        "Disk 2: DT01, Normal, 33 °C; Volume 1: Normal, 3.0 TB (50 %) free; Storage Pool 1: Normal"
    )
    assert results("nas-synology", {}) == [
        Result(Status.OK, WELL, detail),
        Result(Status.OK, WELL, metric=Metric("temperature inside", 34, "°C")),
        Result(Status.OK, WELL, metric=Metric("temperature Disk 1", 31, "°C")),
        Result(Status.OK, WELL, metric=Metric("temperature Disk 2", 33, "°C")),
        Result(Status.OK, WELL, metric=Metric("free Volume 1", 50.0, "%")),
    ]


def test_a_qnap_that_is_well_tells_its_numbers_and_an_empty_slot_is_none_of_them() -> None:
    detail = "TS-431: inside: temperature, 36 °C; HDD1: WD40, ready, GOOD, 33 °C; DataVol1: Ready, 1.8 TB (50 %) free"
    assert results("nas-qnap", {}) == [
        Result(Status.OK, WELL, detail),
        Result(Status.OK, WELL, metric=Metric("temperature inside", 36.0, "°C")),
        Result(Status.OK, WELL, metric=Metric("temperature HDD1", 33.0, "°C")),
        Result(Status.OK, WELL, metric=Metric("free DataVol1", 50.0, "%")),
    ]


@pytest.mark.parametrize(
    ("recording", "changes", "status", "says"),
    [
        pytest.param(
            "nas-synology", {f"{SYN}.3.1.1.3.0": 11}, Status.CRITICAL,
            "lost a drive, and one more failure loses data: Volume 1", id="problem-degraded",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.3.1.1.3.0": 12}, Status.CRITICAL,
            "lost storage, and the files on it cannot be read or written: Volume 1", id="problem-crashed",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.3.1.1.3.0": 2}, Status.WARNING,
            "is repairing its storage, and one more failure may lose data: Volume 1", id="look-repairing",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.3.1.1.3.0": 21}, Status.UNKNOWN,
            "has storage in a state that we do not know: Volume 1", id="could-not-check-new-state",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.3.1.1.4.0": 120000000000}, Status.CRITICAL,
            "has only 2 percent of its room left (Volume 1)", id="problem-full",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.2.1.1.5.1": 5}, Status.CRITICAL, "has a drive that failed: Disk 2",
            id="problem-drive-failed",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.2.1.1.13.1": 4}, Status.CRITICAL, "has a drive that is failing: Disk 2",
            id="problem-drive-failing",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.2.1.1.6.1": 60}, Status.WARNING,
            "is too hot inside (Disk 2: 60 degrees Celsius)", id="look-hot",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.1.3.0": 2}, Status.CRITICAL, "has a power supply that failed",
            id="problem-power-supply",
        ),
        pytest.param(
            "nas-synology", {f"{SYN}.1.3.0": b"?"}, Status.UNKNOWN, "does not tell how its power supply is",
            id="could-not-check-text-for-number",
        ),
        pytest.param(
            "nas-qnap", {f"{QNAP}.17.1.6.1": b"Degraded"}, Status.CRITICAL,
            "lost a drive, and one more failure loses data: DataVol1", id="problem-qnap-degraded",
        ),
        pytest.param(
            "nas-qnap", {f"{QNAP}.17.1.6.1": b"Sulking"}, Status.UNKNOWN,
            "has storage in a state that we do not know: DataVol1", id="could-not-check-qnap-new-word",
        ),
        pytest.param(
            "nas-qnap", {f"{QNAP}.11.1.4.1": -9}, Status.CRITICAL, "has a drive that failed: HDD1",
            id="problem-qnap-drive",
        ),
        pytest.param(
            "nas-qnap", {f"{QNAP}.11.1.4.1": -4}, Status.UNKNOWN, "has storage in a state that we do not know: HDD1",
            id="could-not-check-qnap-drive",
        ),
        pytest.param(
            "nas-qnap", {f"{QNAP}.11.1.7.1": b"Warning"}, Status.WARNING, "has a drive that should be watched: HDD1",
            id="look-qnap-drive",
        ),
    ],
)  # fmt: skip
def test_what_a_storage_says_is_judged(
    recording: str, changes: dict[str, Value | None], status: Status, says: str
) -> None:
    found = results(recording, changes)
    assert worst(result.status for result in found) is status
    assert says in [result.says for result in found if result.status is status]


def test_another_make_could_not_be_checked() -> None:
    with pytest.raises(ProbeError) as caught:
        storage(recorded("foreign"))
    assert caught.value.detail == "SNMP: neither Synology's nor QNAP's MIB; it is “UPS SNMP Card”"
