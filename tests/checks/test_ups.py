"""Power as it is now: from real daemons through the engine, and every word and number that a UPS may tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.checks._ups import apcupsd, nut
from healthcheck.checks._ups.unit import Reading, Unit
from healthcheck.checks.ups import Ups
from healthcheck.connections import nut as nut_wire
from healthcheck.errors import ProbeError
from healthcheck.model import Event, EventKind, Facts, Metric, Outcome, Previous, Result, Status
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import free_port, wait_for
from tests.lab.apcupsd import BATTERY_LOW, ON_BATTERY, Apcupsd
from tests.lab.apcupsd import apcupsd as run_apcupsd
from tests.lab.canned import canned
from tests.lab.nut import Upsd, upsd

DATA = Path(__file__).parents[1] / "data/ups"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
UNSEEN = "keeps no record of power cuts, so those between two looks cannot be seen"
NOT_OBSERVABLE = "history: not observable, NUT's protocol tells none and no `log` is set"
NOT_CURRENT = "has a battery backup whose data is not current"

MAINS = {"ups.status": "OL", "battery.charge": "100", "battery.runtime": "2700", "ups.load": "22"}
BATTERY = {"ups.status": "OB DISCHRG", "battery.charge": "85", "battery.runtime": "1500", "ups.load": "22"}
LOW = {"ups.status": "OB LB", "battery.charge": "8", "battery.runtime": "60", "ups.load": "22"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upsd]:
    with upsd(tmp_path_factory.mktemp("nut"), {"closet": MAINS, "quiet": MAINS, "steady": MAINS}) as server:
        yield server


@pytest.fixture
def apc(tmp_path: Path) -> Iterator[Apcupsd]:
    with run_apcupsd(tmp_path) as server:
        yield server


def told(**variables: str) -> Unit:
    """A UPS at upsd that tells these, with `_` for the dots of their names."""
    return nut.unit("closet", {name.replace("_", "."): value for name, value in variables.items()})


def judged(*units: Unit, check: Ups | None = None) -> Outcome:
    """What the check says of these, without a record and without a look before."""
    found = tuple((check or Ups(via="nut")).evaluate(Reading(units), NOW))
    results = tuple(item for item in found if isinstance(item, Result))
    return Outcome("k", "Pasadena", "pasadena-server", "ups", results, NOW)


def verdict(*units: Unit, check: Ups | None = None) -> tuple[Status, str]:
    """The worst of it, without the line about the record."""
    outcome = judged(*units, check=check)
    return outcome.status, outcome.says.removesuffix(f"; {UNSEEN}")


def test_what_it_is_and_how_old_its_battery_is_are_kept_for_the_inventory() -> None:
    units = (
        told(ups_status="OL", ups_model="Smart-UPS 750", battery_date="2023/04/11"),
        Unit("attic", not_current="DATA-STALE", model="Back-UPS"),
    )
    found = [item for item in Ups(via="nut").evaluate(Reading(units), NOW) if isinstance(item, Facts)]
    assert found == [Facts("ups", {"closet": "Smart-UPS 750"}), Facts("battery", {"closet": "2023/04/11"})]


# Real daemons, through the engine


@pytest.mark.fault(23)
def test_a_power_cut_is_followed_from_mains_to_low_battery_and_back(lab: Upsd, look: Look) -> None:
    check, host = Ups(via="nut", port=lab.port, ups="closet"), a_host()
    assert look(check, host).results == (
        Result(
            Status.OK,
            good := "has mains power; its backup battery is 100 percent charged and would last about 45 minutes",
            "closet (Dummy UPS): status OL, charge 100 %, 2700 s left, load 22 %",
            Metric("on battery", 0.0),
        ),
        Result(Status.OK, good, metric=Metric("charge", 100.0, "%")),
        Result(Status.OK, good, metric=Metric("runtime", 2700.0, "s")),
        Result(Status.OK, good, metric=Metric("load", 22.0, "%")),
        Result(Status.OK, UNSEEN, NOT_OBSERVABLE),
    )

    lab.tell("closet", BATTERY)
    out = look(check, host)
    assert (out.status, out.says) == (
        Status.WARNING,
        "is running on its backup battery: 85 percent charged, about 25 minutes left",
    )

    lab.tell("closet", LOW)
    low = look(check, host, previous=Previous(NOW, Status.WARNING, {"on battery": 1.0}))
    assert (low.status, low.says, low.events) == (
        Status.CRITICAL,
        "is running on its backup battery, which is nearly empty: 8 percent charged, about 1 minute left",
        (),
    )

    lab.tell("closet", MAINS)
    back = look(check, host, previous=Previous(NOW, Status.CRITICAL, {"on battery": 1.0}))
    assert back.status is Status.OK
    [event] = back.events
    assert (event.says, event.kind, event.not_before) == ("got mains power back", EventKind.NOTE, NOW)


@pytest.mark.fault(25)
def test_old_data_is_never_shown_as_the_present_state(lab: Upsd, look: Look) -> None:
    check = Ups(via="nut", port=lab.port, ups="quiet")
    lab.silence("quiet")
    silent = look(check, a_host())
    assert silent.results[0] == Result(Status.UNKNOWN, NOT_CURRENT, "quiet: DATA-STALE")
    lab.kill("quiet")
    gone = look(check, a_host())
    assert gone.results[0] == Result(Status.UNKNOWN, NOT_CURRENT, "quiet: DRIVER-NOT-CONNECTED")
    assert (gone.status, gone.why) == (Status.UNKNOWN, NOT_CURRENT)


@pytest.mark.fault(26)
@pytest.mark.parametrize("via", ["nut", "apcupsd"])
def test_a_daemon_that_does_not_run_is_no_power_cut(look: Look, via: str) -> None:
    port = free_port()
    outcome = look(Ups(via=via, port=port), a_host())  # type: ignore[arg-type]  # pytest gives plain strings
    assert outcome.results == (
        Result(
            Status.UNKNOWN,
            "could not be checked: the program that watches its battery backup does not run, or not where we ask",
            f"{via}: TCP 127.0.0.1:{port}: ECONNREFUSED Connection refused",
        ),
    )


@pytest.mark.fault(26)
def test_a_wrong_name_is_told_apart_from_a_fault(lab: Upsd, look: Look) -> None:
    outcome = look(Ups(via="nut", port=lab.port, ups="closett"), a_host(), attempts=2)
    assert outcome.results == (
        Result(
            Status.UNKNOWN,
            "could not be checked: the battery backup's program knows none by the configured name",
            "upsd: LIST VAR closett: ERR UNKNOWN-UPS",
        ),
    )
    assert outcome.attempts == 1, "asking again does not mend a name"


def test_several_battery_backups_are_told_apart_for_it(lab: Upsd, look: Look) -> None:
    outcome = look(Ups(via="nut", port=lab.port), a_host())
    assert {metric.name for metric in outcome.metrics} >= {"on battery steady", "charge steady", "runtime closet"}
    assert "steady (Dummy UPS): status OL" in outcome.detail


@pytest.mark.fault(24)
def test_a_power_cut_between_two_looks_is_told_by_apcupsd_with_its_length(apc: Apcupsd, look: Look) -> None:
    apc.set(output=ON_BATTERY, charge=60, minutes=20)
    wait_for(lambda: apc.status() == "ONBATT", "apcupsd to be on battery")
    check = Ups(via="apcupsd", port=apc.port)
    during = look(check, a_host())
    assert (during.status, during.says) == (
        Status.WARNING,
        "is running on its backup battery: 60 percent charged, about 20 minutes left",
    )
    apc.set()
    wait_for(lambda: any("Power is back" in line for line in apc.ask("events")), "apcupsd to be back on mains")

    outcome = look(check, a_host())
    assert outcome.status is Status.OK
    began, ended = logged(apc, "Power failure."), logged(apc, "Mains returned.")
    seconds = (ended - began).seconds
    length = "1 second" if seconds == 1 else f"{seconds} seconds"
    assert outcome.events == (
        Event(began, f"lost mains power for {length}", "ups (apcupsd)", EventKind.POWER_CUT, ended),
    )
    assert "; had 1 power cut since " in outcome.says


@pytest.mark.fault(24)
def test_without_its_events_apcupsd_still_tells_the_last_power_cut(apc: Apcupsd, look: Look) -> None:
    apc.set(output=ON_BATTERY)
    wait_for(lambda: any("Power failure" in line for line in apc.ask("events")), "apcupsd to be on battery")
    apc.set()
    wait_for(lambda: any("Power is back" in line for line in apc.ask("events")), "apcupsd to be back on mains")
    began = logged(apc, "Power failure.")
    apc.events.unlink()

    outcome = look(Ups(via="apcupsd", port=apc.port), a_host())
    [cut] = outcome.events
    assert cut.kind is EventKind.POWER_CUT
    assert abs(cut.at - began) <= timedelta(seconds=1)
    assert cut.until is not None
    assert outcome.results[-1] == Result(
        Status.OK, UNSEEN, "history: only the last transfer: apcupsd: events: Not available"
    )


def test_an_empty_battery_at_apcupsd_is_a_problem(apc: Apcupsd, look: Look) -> None:
    apc.set(output=ON_BATTERY, battery=BATTERY_LOW, charge=6, minutes=1)
    wait_for(lambda: apc.status() in ("ONBATT LOWBATT", "SHUTTING DOWN"), "apcupsd to be low")
    assert look(Ups(via="apcupsd", port=apc.port), a_host()).status is Status.CRITICAL


def logged(apc: Apcupsd, text: str) -> datetime:
    """When that stands in apcupsd's events."""
    line = next(line for line in apc.ask("events") if text in line)
    return datetime.strptime(line[:25], "%Y-%m-%d %H:%M:%S %z")


# Recorded answers


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        pytest.param(
            "apc-smart-ups-1500",
            Status.OK,
            "has mains power; its backup battery is 100 percent charged and would last about 2 hours 46 minutes",
            id="ok-mains",
        ),
        pytest.param(
            "minimal-fields",
            Status.WARNING,
            "has a backup battery that is only 75 percent charged",
            id="look-not-full",
        ),
        pytest.param(
            "replace-battery", Status.WARNING, "has a backup battery that needs to be replaced", id="look-replace"
        ),
        pytest.param(
            "on-battery-low",
            Status.CRITICAL,
            "is running on its backup battery, which is nearly empty: 8 percent charged, about 1 minute left",
            id="problem-battery-low",
        ),
    ],
)
def test_recorded_answers_of_upsd(name: str, status: Status, says: str) -> None:
    said = (DATA / f"list-var-{name}.txt").read_bytes()
    ups = said.split()[3].decode()
    with canned(said) as connected:
        reading = asyncio.run(nut_wire.read(connected, ups, left_s=1))
    assert verdict(nut.unit(ups, reading.variables[ups])) == (status, says)


def test_recorded_status_of_apcupsd() -> None:
    unit = apcupsd.unit((DATA / "apcupsd-status-battery-low.txt").read_text().splitlines())
    assert judged(unit, check=Ups(via="apcupsd")).results[0] == Result(
        Status.CRITICAL,
        "is running on its backup battery, which is nearly empty: 6 percent charged, about 1 minute left",
        "ups1 (Smart-UPS 1500): status ONBATT LOWBATT, charge 6 %, 60 s left, load 22 %, input 231 V",
        Metric("on battery", 1.0),
    )


# Every word


@pytest.mark.fault(25)
@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(told(ups_status="WAIT", battery_charge="100"), id="wait"),
        pytest.param(told(ups_status="  "), id="empty"),
        pytest.param(told(battery_charge="100"), id="missing"),
        pytest.param(apcupsd.unit(["STATUS   : COMMLOST ", "BCHARGE  : 100.0 Percent"]), id="contact-lost"),
        pytest.param(apcupsd.unit(["STATUS   : COMMLOST SLAVE"]), id="contact-lost-client"),
        pytest.param(apcupsd.unit(["LINEFAIL : OK", "STATFLAG : 0x108 Status Flag"]), id="contact-lost-flag-only"),
        pytest.param(apcupsd.unit(["MODEL    : Back-UPS"]), id="no-status-line"),
    ],
)
def test_data_that_is_not_current_could_not_be_checked(unit: Unit) -> None:
    assert verdict(unit) == (Status.UNKNOWN, NOT_CURRENT)


@pytest.mark.parametrize(
    ("status", "expected", "says"),
    [
        pytest.param("OL", Status.OK, "has mains power", id="ok-mains"),
        pytest.param("OL HE", Status.OK, "has mains power", id="ok-a-word-of-its-own"),
        pytest.param("TRIM", Status.OK, "has mains power", id="ok-trim-alone"),
        pytest.param("OL BOOST", Status.OK, "has mains power", id="ok-boost"),
        pytest.param("OL CAL", Status.OK, "has mains power", id="ok-testing-on-mains"),
        pytest.param("ol chrg", Status.OK, "has mains power", id="ok-lower-case"),
        pytest.param("OB", Status.WARNING, "is running on its backup battery", id="look-on-battery"),
        pytest.param(
            "OB CAL", Status.WARNING, "is testing its backup battery and runs on it meanwhile", id="look-testing"
        ),
        pytest.param("OL RB", Status.WARNING, "has a backup battery that needs to be replaced", id="look-replace"),
        pytest.param("OL ALARM", Status.WARNING, "has a battery backup that reports an alarm", id="look-alarm"),
        pytest.param(
            "OL BYPASS",
            Status.WARNING,
            "has mains power, but nothing would take over in a power cut (bypass)",
            id="look-bypass",
        ),
        pytest.param(
            "OL DISCHRG OB",
            Status.WARNING,
            "may be running on its backup battery: it reports mains power and battery power at once",
            id="look-contradiction",
        ),
        pytest.param(
            "OL CHRG LB",
            Status.WARNING,
            "has mains power again, but its backup battery is nearly empty and still charging",
            id="look-recovering",
        ),
        pytest.param(
            "OL LB", Status.CRITICAL, "has mains power, but its backup battery is nearly empty", id="problem-empty"
        ),
        pytest.param(
            "OB LB",
            Status.CRITICAL,
            "is running on its backup battery, which is nearly empty",
            id="problem-battery-low",
        ),
        pytest.param(
            "FSD OL", Status.CRITICAL, "is being shut down on the word of its battery backup", id="problem-shutdown"
        ),
        pytest.param(
            "OB FSD",
            Status.CRITICAL,
            "is running on its backup battery; is being shut down on the word of its battery backup",
            id="problem-shutdown-on-battery",
        ),
        pytest.param(
            "OL OVER", Status.CRITICAL, "draws more power than its battery backup can give", id="problem-overload"
        ),
        pytest.param(
            "OFF",
            Status.CRITICAL,
            "has a battery backup that says it is switched off and gives no power",
            id="problem-off",
        ),
        pytest.param(
            "ALARM",
            Status.UNKNOWN,
            "has a battery backup that does not tell whether there is mains power",
            id="could-not-check-no-word-about-power",
        ),
    ],
)
def test_every_status_word_has_its_meaning(status: str, expected: Status, says: str) -> None:
    assert verdict(told(ups_status=status)) == (expected, says)


@pytest.mark.parametrize(
    ("lines", "expected", "says"),
    [
        pytest.param(["STATUS   : ONLINE SLAVE "], Status.OK, "has mains power", id="ok-client-of-another"),
        pytest.param(["LINEFAIL : OK", "BATTSTAT : OK"], Status.OK, "has mains power", id="ok-two-contacts-only"),
        pytest.param(
            ["LINEFAIL : DOWN", "BATTSTAT : RUNNING"],
            Status.WARNING,
            "is running on its backup battery",
            id="look-two-contacts-only",
        ),
        pytest.param(
            ["STATUS   : ONLINE NOBATT"],
            Status.WARNING,
            "has a battery backup that finds no battery in itself",
            id="look-no-battery",
        ),
        pytest.param(
            ["STATUS   : ONLINE ", "SELFTEST : BT"],
            Status.WARNING,
            "has a backup battery that failed its last test",
            id="look-test-failed",
        ),
        pytest.param(
            ["STATUS   : ONLINE REPLACEBATT "],
            Status.WARNING,
            "has a backup battery that needs to be replaced",
            id="look-replace",
        ),
        pytest.param(
            ["LINEFAIL : DOWN", "BATTSTAT : FAILING"],
            Status.CRITICAL,
            "is running on its backup battery, which is nearly empty",
            id="problem-two-contacts-only",
        ),
        pytest.param(
            ["STATUS   : SHUTTING DOWN"],
            Status.CRITICAL,
            "is being shut down on the word of its battery backup",
            id="problem-shutdown",
        ),
        pytest.param(
            ["STATUS   : NETWORK ERROR"],
            Status.UNKNOWN,
            "has a battery backup that does not tell whether there is mains power",
            id="could-not-check-a-word-nobody-knows",
        ),
    ],
)
def test_every_word_of_apcupsd_has_its_meaning(lines: list[str], expected: Status, says: str) -> None:
    assert verdict(apcupsd.unit(lines), check=Ups(via="apcupsd")) == (expected, says)


def test_an_answer_that_is_no_status_could_not_be_read() -> None:
    with pytest.raises(ProbeError) as caught:
        apcupsd.unit(["<html>", "welcome"])
    assert caught.value.detail == "apcupsd: status: '<html> | welcome'"


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        pytest.param({"battery_charge": "101"}, "status OL, battery.charge '101' is not believable", id="charge-101"),
        pytest.param({"battery_charge": "-1"}, "status OL, battery.charge '-1' is not believable", id="charge-minus"),
        pytest.param({"ups_load": "520"}, "status OL, ups.load '520' is not believable", id="load-520"),
        pytest.param(
            {"ups_load": "1" + "0" * 254},
            f"status OL, ups.load '1{'0' * 39}' is not believable",
            id="load-beyond-all-bounds",
        ),
        pytest.param({"ups_load": "1e254"}, "status OL, ups.load '1e254' is not believable", id="load-exponent"),
        pytest.param({"ups_load": "nan"}, "status OL, ups.load 'nan' is not believable", id="load-no-number"),
        pytest.param(
            {"battery_runtime": "65535"}, "status OL, battery.runtime '65535' is not believable", id="time-all-bits"
        ),
        pytest.param(
            {"battery_date": "2065/165/165"}, "status OL, battery dated 2065/165/165", id="battery-of-the-future"
        ),
        pytest.param({"battery_date": "2065-01-01"}, "status OL, battery dated 2065-01-01", id="battery-not-yet-made"),
        pytest.param({"battery_date": "1980-01-01"}, "status OL, battery dated 1980-01-01", id="battery-never-set"),
        pytest.param({"battery_date": "2001/00/00"}, "status OL, battery dated 2001/00/00", id="battery-of-no-day"),
        pytest.param(
            {"battery_mfr_date": "2020-11-01"},
            "status OL, battery dated 2020-11-01 (6 years old)",
            id="battery-of-an-age",
        ),
        pytest.param({"input_L1-N_voltage": "232.00"}, "status OL, input 232 V", id="three-phases"),
    ],
)
def test_values_that_cannot_be_are_set_aside_and_shown_as_told(variables: dict[str, str], shown: str) -> None:
    outcome = judged(told(ups_status="OL", **variables))
    assert (outcome.status, outcome.results[0].detail) == (Status.OK, f"closet: {shown}")


@pytest.mark.fault(27)
def test_an_alarm_is_told_in_the_devices_own_words() -> None:
    unit = told(ups_status="ALARM OL RB", ups_alarm="Battery bad! Building alarm!")
    assert verdict(unit) == (
        Status.WARNING,
        (
            "has a backup battery that needs to be replaced; "
            "has a battery backup that reports an alarm: “Battery bad! Building alarm!”"
        ),
    )


@pytest.mark.parametrize(
    ("variables", "expected", "says"),
    [
        pytest.param(
            {"battery_charge": "40"},
            Status.CRITICAL,
            "has a backup battery that is only 40 percent charged",
            id="problem-half-empty",
        ),
        pytest.param({"battery_charge": "0"}, Status.CRITICAL, "has an empty backup battery", id="problem-empty"),
        pytest.param(
            {"ups_status": "OL CHRG", "battery_charge": "40"},
            Status.WARNING,
            "has a backup battery that is only 40 percent charged, and charging",
            id="look-charging",
        ),
        pytest.param(
            {"battery_runtime": "240"},
            Status.CRITICAL,
            "has a backup battery that would last only about 4 minutes",
            id="problem-short",
        ),
        pytest.param(
            {"battery_runtime": "0"},
            Status.CRITICAL,
            "has a backup battery that would last less than a minute",
            id="problem-lasts-not-at-all",
        ),
        pytest.param(
            {"ups_load": "91"}, Status.WARNING, "draws 91 percent of what its battery backup can give", id="look-load"
        ),
        pytest.param(
            {"ups_status": "OB", "battery_charge": "45", "battery_runtime": "900"},
            Status.CRITICAL,
            "is running on its backup battery: 45 percent charged, about 15 minutes left",
            id="problem-on-battery-half-empty",
        ),
        pytest.param(
            {"ups_test_result": "Done and error"},
            Status.WARNING,
            "has a backup battery that failed its last test",
            id="look-test-failed",
        ),
    ],
)
def test_numbers_are_judged_by_their_limits(variables: dict[str, str], expected: Status, says: str) -> None:
    assert verdict(told(**{"ups_status": "OL", **variables})) == (expected, says)


def test_one_battery_backup_without_data_does_not_hide_a_problem_of_another() -> None:
    outcome = judged(Unit("old", not_current="DATA-STALE"), told(ups_status="OB LB"))
    assert outcome.status is Status.CRITICAL
    assert [result.status for result in outcome.results] == [Status.UNKNOWN, Status.CRITICAL, Status.OK]


@pytest.mark.parametrize(
    ("check", "mistakes"),
    [
        (Ups(via="nut", ups="closet", log="/var/log/ups.log"), []),
        (Ups(via="nut", port=65536), [("port", "must be between 1 and 65535, or 0 for the usual one")]),
        (Ups(via="nut", ups="a\nb"), [("ups", "must not contain line breaks or control characters")]),
        (Ups(via="nut", log="ups.log"), [("log", "must be a whole path, from / on")]),
        (
            Ups(via="apcupsd", ups="a", log="/x"),
            [
                ("ups", "apcupsd looks after one UPS and is not asked for a name; leave it out"),
                ("log", "apcupsd tells its own history over the network; leave it out"),
            ],
        ),
    ],
)
def test_settings_that_do_not_go_together_are_named(check: Ups, mistakes: list[tuple[str, str]]) -> None:
    assert list(check.mistakes()) == mistakes


# Whatever a device tells

VARIABLES = st.sampled_from(
    ["ups.status", "battery.charge", "battery.runtime", "ups.load", "input.voltage", "battery.date", "ups.alarm"]
)
WORDS = st.sampled_from(["OL", "OB", "LB", "FSD", "RB", "CHRG", "ALARM", "OFF", "BYPASS", "OVER", "CAL", "WAIT", "X"])


@given(st.dictionaries(VARIABLES, st.text(max_size=30) | st.floats().map(str)), st.lists(WORDS, max_size=4))
def test_any_variables_are_judged(variables: dict[str, str], words: list[str]) -> None:
    unit = nut.unit("closet", {**variables, "ups.status": " ".join(words)} if words else variables)
    assert judged(unit).results


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["STATUS", "BCHARGE", "XONBATT"]).map(lambda key: f"{key:9}: 1"))
)
def test_any_lines_are_a_ups_or_a_reason(lines: list[str]) -> None:
    try:
        unit = apcupsd.unit(lines)
    except ProbeError:
        return
    assert judged(unit, check=Ups(via="apcupsd")).results
