"""The health of single drives, as they tell it themselves."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.api import Answer, Metric, Previous, ProbeError, Result, Status
from healthcheck.checks._smart import as_json, as_text
from healthcheck.checks._smart.drive import Device, Drive
from healthcheck.checks._smart.judge import bits
from healthcheck.checks.smart import Drives, Smart, read
from healthcheck.model import worst
from tests.conftest import PACIFIC, Look
from tests.lab.sshd import SshServer, sshd

DATA = Path(__file__).parents[1] / "data" / "smart"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
FRIDAY = datetime(2026, 11, 20, 5, 45, tzinfo=PACIFIC)
SDA = Device("/dev/sda")
HEALTHY = Drive(SDA, model="DISK", passed=True)

GOOD = "has drives in good health"
FAILING = "has a drive that is about to fail"
UNTOLD = "could not be checked: one of its drives tells nothing about its health"
GONE = "does not find one of the drives that it should have"


def recorded(name: str) -> str:
    return (DATA / name).read_text()


def judged(*drives: Drive, check: Smart | None = None, before: dict[str, float] | None = None) -> list[Result]:
    previous = None if before is None else Previous(FRIDAY, Status.OK, before)
    return list((check or Smart()).evaluate(Drives(drives, (), previous), NOW))


def bad(*drives: Drive, check: Smart | None = None) -> list[tuple[Status, str]]:
    """The findings that are not OK."""
    found = judged(*drives, check=check)
    return [(result.status, result.says) for result in found if result.status is not Status.OK]


# What is said of a drive


def test_a_drive_in_good_health_is_told_with_every_number() -> None:
    drive = replace(HEALTHY, hours=8000, worn_percent=3, reallocated=0, temperature_c=35, serial="S1")
    told = "/dev/sda DISK (S1)"
    assert judged(drive) == [
        Result(Status.OK, GOOD, told, Metric("hours /dev/sda", 8000, "h")),
        Result(Status.OK, GOOD, f"{told}: worn 3", Metric("worn /dev/sda", 3, "%")),
        Result(Status.OK, GOOD, f"{told}: reallocated 0", Metric("reallocated /dev/sda", 0)),
        Result(Status.OK, GOOD, f"{told}: temperature 35", Metric("temperature /dev/sda", 35, "°C")),
    ]


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"exit": 4, "hours": 10}, [], id="ok-one-command-failed"),
        pytest.param({"exit": 64}, [], id="ok-old-errors-in-its-log"),
        pytest.param({"worn_percent": 85}, [], id="ok-worn-up-to-the-limit"),
        pytest.param(
            {"worn_percent": 96}, [(Status.WARNING, "has a drive that is worn (96 percent used up)")], id="look-worn"
        ),
        pytest.param(
            {"worn_percent": 130},
            [(Status.CRITICAL, "has a drive that is worn (130 percent used up)")],
            id="problem-worn",
        ),
        pytest.param(
            {"reallocated": 56}, [(Status.WARNING, "has a drive with worn-out spots: 56 so far")], id="look-reallocated"
        ),
        pytest.param(
            {"pending": 8}, [(Status.WARNING, "has a drive with spots that it cannot read: 8")], id="look-pending"
        ),
        pytest.param(
            {"unreadable": 1},
            [(Status.WARNING, "has a drive that failed to keep data: once so far")],
            id="look-unreadable",
        ),
        pytest.param(
            {"unreadable": 1501},
            [(Status.CRITICAL, "has a drive that failed to keep data: 1,501 times so far")],
            id="problem-very-many-unreadable",
        ),
        pytest.param({"temperature_c": 67}, [(Status.WARNING, "has a drive that is too hot (67 °C)")], id="look-hot"),
        pytest.param(
            {"temperature_c": 71}, [(Status.CRITICAL, "has a drive that is too hot (71 °C)")], id="problem-hot"
        ),
        pytest.param(
            {"self_test": "read failure"},
            [(Status.WARNING, "has a drive that failed its last self-test")],
            id="look-test",
        ),
        pytest.param(
            {"exit": 128}, [(Status.WARNING, "has a drive that failed its last self-test")], id="look-test-bit"
        ),
        pytest.param(
            {"exit": 32}, [(Status.WARNING, "has a drive that was once beyond its limits")], id="look-once-bit"
        ),
        pytest.param({"passed": False}, [(Status.CRITICAL, FAILING)], id="problem-its-own-verdict"),
        pytest.param({"exit": 8}, [(Status.CRITICAL, FAILING)], id="problem-failing-bit"),
        pytest.param({"exit": 16}, [(Status.CRITICAL, FAILING)], id="problem-prefail-bit"),
        pytest.param({"failing": ("Spin_Up_Time 5 (limit 21)",)}, [(Status.CRITICAL, FAILING)], id="problem-threshold"),
        pytest.param({"warning": 1}, [(Status.CRITICAL, FAILING)], id="problem-nvme-spare"),
        pytest.param(
            {"spare_percent": 4, "spare_limit_percent": 10}, [(Status.CRITICAL, FAILING)], id="problem-spare-counted"
        ),
        pytest.param(
            {"warning": 2}, [(Status.WARNING, "has a drive that is too hot or too cold")], id="look-nvme-heat"
        ),
        pytest.param({"warning": 4}, [(Status.CRITICAL, FAILING)], id="problem-nvme-reliability"),
        pytest.param(
            {"warning": 8},
            [(Status.CRITICAL, "has a drive that can no longer be written to")],
            id="problem-nvme-read-only",
        ),
        pytest.param(
            {"warning": 16},
            [(Status.WARNING, "has a drive that may lose its latest data in a power cut")],
            id="look-nvme-backup",
        ),
        pytest.param(
            {"warning": 128},
            [
                (
                    Status.UNKNOWN,
                    "could not be checked: one of its drives warns of something that this check does not know",
                )
            ],
            id="could-not-check-nvme-bit-of-the-future",
        ),
        pytest.param({"passed": None}, [(Status.UNKNOWN, UNTOLD)], id="could-not-check-no-verdict"),
        pytest.param(
            {"exit": 4},
            [(Status.UNKNOWN, "could not be checked: one of its drives tells only part of its health")],
            id="could-not-check-no-number",
        ),
        pytest.param({"exit": 1}, [(Status.UNKNOWN, UNTOLD)], id="could-not-check-not-understood"),
        pytest.param({"exit": 2}, [(Status.UNKNOWN, UNTOLD)], id="could-not-check-not-opened"),
    ],
)
def test_a_drive_is_judged_by_all_that_it_tells(changes: dict[str, Any], expected: list[tuple[Status, str]]) -> None:
    assert bad(replace(HEALTHY, **changes)) == expected


def test_every_bit_of_the_exit_code_is_put_in_words() -> None:
    assert bits(0) == ""
    assert bits(2 | 64) == "device not opened, errors in the device's log"
    assert len(bits(255).split(", ")) == 8


@pytest.mark.fault(34)
def test_errors_that_are_new_in_the_log_are_worth_a_look() -> None:
    drive = replace(HEALTHY, logged=15)
    told, metric = "/dev/sda DISK: 15 errors in its log", Metric("errors /dev/sda", 15)
    assert judged(drive)[-1] == Result(Status.OK, GOOD, told, metric)
    assert judged(drive, before={"errors /dev/sda": 15})[-1] == Result(Status.OK, GOOD, told, metric)
    assert judged(drive, before={"errors /dev/sda": 12})[-1] == Result(
        Status.WARNING, "has a drive that made 3 more errors since Friday, 5:45 am", told, metric
    )


def without_smart(name: str = "/dev/sdb") -> Drive:
    return Drive(Device(name), supported=False, messages=("Unavailable - device lacks SMART capability.",))


@pytest.mark.fault(34)
def test_a_drive_without_smart_is_only_named_where_others_have_it() -> None:
    told = "/dev/sdb: Unavailable - device lacks SMART capability."
    assert judged(HEALTHY, without_smart())[-1] == Result(Status.OK, GOOD, told)
    assert judged(without_smart()) == [Result(Status.UNKNOWN, UNTOLD, told)]


@pytest.mark.fault(34)
def test_a_drive_that_should_have_smart_and_has_none_could_not_be_checked() -> None:
    named = Smart(drives=("/dev/sda", "/dev/sdb"))
    assert bad(HEALTHY, without_smart(), check=named) == [(Status.UNKNOWN, UNTOLD)]
    before = {"hours /dev/sdb": 100.0}
    assert judged(HEALTHY, without_smart(), before=before)[-1].status is Status.UNKNOWN


@pytest.mark.fault(34)
def test_a_drive_that_is_named_and_gone_is_a_problem() -> None:
    gone = read(Device("/dev/nosuch"), Answer(2, recorded("problem-no-such-device.json")))
    assert judged(HEALTHY, gone, check=Smart(drives=("/dev/sda", "/dev/nosuch")))[-1] == Result(
        Status.CRITICAL, GONE, "/dev/nosuch: Smartctl open device: /dev/nosuch failed: No such device"
    )


def test_a_name_that_is_no_drive_is_a_mistake() -> None:
    assert list(Smart(drives=("/dev/sda -d sat", "/dev/bus/0 -d megaraid,3", "sda; reboot")).mistakes()) == [
        ("drives", "'sda; reboot' is not a drive: write “/dev/sda” or “/dev/bus/0 -d megaraid,3”")
    ]


# What smartctl tells


@pytest.mark.fault(34)
@pytest.mark.parametrize("name", sorted(path.name for path in DATA.iterdir() if not path.name.startswith("scan")))
def test_recorded_drives_are_as_their_files_are_named(name: str) -> None:
    verdicts = {"ok": Status.OK, "look": Status.WARNING, "problem": Status.CRITICAL, "could": Status.UNKNOWN}
    device = Device("/dev/nosuch") if "no-such" in name else SDA
    drive = read(device, Answer(0, recorded(name)))
    check = Smart(drives=(device.name,))
    assert worst(result.status for result in judged(drive, check=check)) is verdicts[name.partition("-")[0]]


def test_a_recorded_drive_in_json_is_read_whole() -> None:
    assert read(SDA, Answer(0, recorded("ok-hdd-errors-logged.json"))) == Drive(
        SDA,
        model="HGST HUS724020ALE640",
        serial="REDACTED",
        exit=64,
        supported=True,
        passed=True,
        reallocated=0,
        pending=0,
        unreadable=0,
        temperature_c=26,
        hours=83425,
        logged=12,
    )


def test_a_recorded_drive_in_text_is_read_whole() -> None:
    assert read(SDA, Answer(0, recorded("problem-hdd-failing.txt"))) == Drive(
        SDA,
        model="ST32000542AS",
        serial="LINUXFABRIK",
        supported=True,
        passed=False,
        failing=("Reallocated_Sector_Ct 4 (limit 36)",),
        reallocated=3956,
        pending=0,
        unreadable=0,
        temperature_c=22,
        hours=18319,
        self_test="Short offline Completed: unknown failure 90% 18317 0",
    )


def test_a_recorded_nvme_drive_tells_the_same_in_text_as_in_json() -> None:
    text = read(SDA, Answer(0, recorded("look-nvme-media-errors.txt")))
    assert text == Drive(
        SDA,
        model="Samsung SSD 970 EVO 1TB",
        serial="LINUXFABRIK377P",
        passed=True,
        worn_percent=0,
        spare_percent=90,
        spare_limit_percent=10,
        warning=0,
        unreadable=71,
        temperature_c=37,
        hours=11044,
    )
    json_drive = read(SDA, Answer(0, recorded("look-nvme-media-errors.json")))
    assert (json_drive.worn_percent, json_drive.spare_percent, json_drive.unreadable) == (3, 99, 7)


def told(**more: Any) -> Drive:
    return as_json.drive(SDA, Answer(0, json.dumps({"smartctl": {"exit_status": 0}, "device": {}, **more})))


def test_numbers_may_be_strings_or_missing_in_json() -> None:
    log = {"percentage_used": "7", "available_spare": None, "media_errors": 1.5, "critical_warning": True}
    drive = told(nvme_smart_health_information_log=log, temperature={"current": "31"})
    assert (drive.worn_percent, drive.spare_percent, drive.unreadable, drive.warning) == (7, None, None, None)
    assert drive.temperature_c == 31


@pytest.mark.parametrize(
    ("value", "supported"),
    [(True, True), (False, False), (None, None), ({"available": True, "enabled": False}, False)],
)
def test_whether_a_drive_has_smart_is_told_in_two_forms(value: object, supported: bool | None) -> None:
    assert told(smart_support=value).supported is supported


@pytest.mark.parametrize(
    ("more", "test"),
    [
        pytest.param(
            {"ata_smart_self_test_log": {"standard": {"table": [
                {"status": {"value": 25, "string": "Aborted by host"}},
                {"status": {"value": 112, "string": "Completed: read failure", "passed": False}},
            ]}}},
            "Completed: read failure", id="look-ata",
        ),
        pytest.param(
            {"ata_smart_self_test_log": {"standard": {"table": [
                {"status": {"value": 0, "string": "Completed without error", "passed": True}},
                {"status": {"value": 112, "string": "Completed: read failure", "passed": False}},
            ]}}},
            "", id="ok-a-newer-one-passed",
        ),
        pytest.param(
            {"nvme_self_test_log": {"table": [{"self_test_result": {"value": 7,
                "string": "Completed: failed segments"}}]}},
            "Completed: failed segments", id="look-nvme",
        ),
        pytest.param(
            {"scsi_self_test_0": {"result": {"value": 3, "string": "Failed in first segment"}}},
            "Failed in first segment", id="look-scsi",
        ),
    ],
)  # fmt: skip
def test_the_newest_self_test_counts(more: dict[str, Any], test: str) -> None:
    assert told(**more).self_test == test


def test_the_life_that_is_left_is_told_as_what_is_used_up() -> None:
    table = [{"name": "Wear_Leveling_Count", "value": 81, "thresh": 0, "raw": {"value": 278, "string": "278"}}]
    assert told(ata_smart_attributes={"table": table}).worn_percent == 19
    assert told(ata_smart_attributes={"table": table}, in_smartctl_database=False).worn_percent is None
    assert told(endurance_used={"current_percent": 5}, ata_smart_attributes={"table": table}).worn_percent == 5


def test_packed_raw_values_are_read_by_their_text() -> None:
    table = [
        {
            "name": "Reallocated_Sector_Ct",
            "value": 98,
            "thresh": 30,
            "raw": {"value": 53416508262463, "string": "2 (12 0)"},
        }
    ]
    assert told(ata_smart_attributes={"table": table}).reallocated == 2


@pytest.mark.parametrize(
    ("attribute", "failing", "failed"),
    [
        ({"value": 5, "thresh": 21, "when_failed": "now"}, 1, 0),
        ({"value": 5, "thresh": 21}, 1, 0),
        ({"value": 30, "thresh": 21, "when_failed": "past"}, 0, 1),
        ({"value": 30, "thresh": 21, "when_failed": ""}, 0, 0),
        ({"value": 30, "thresh": 0}, 0, 0),
    ],
)
def test_attributes_below_their_threshold_are_found(attribute: dict[str, Any], failing: int, failed: int) -> None:
    drive = told(ata_smart_attributes={"table": [{"name": "Spin_Up_Time", **attribute}]})
    assert (len(drive.failing), len(drive.failed)) == (failing, failed)


def test_the_usual_form_of_the_table_in_text() -> None:
    head = "smartctl 6.6 2016-05-31 r4324 [x86_64-linux] (local build)\n"
    verdict = "SMART overall-health self-assessment test result: PASSED\n"
    rows = (
        "ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE\n"
        "  5 Reallocated_Sector_Ct   0x0033   001   001   036    Pre-fail  Always   FAILING_NOW 3956\n"
        "190 Airflow_Temperature_Cel 0x0022   044   040   045    Old_age   Always   In_the_past 40 (Min/Max 20/60)\n"
        "231 SSD_Life_Left           0x0013   012   012   000    Pre-fail  Always       -       12\n"
    )
    drive = as_text.drive(SDA, Answer(24, head + verdict + rows))
    assert drive.failing == ("Reallocated_Sector_Ct 1 (limit 36)",)
    assert drive.failed == ("Airflow_Temperature_Cel 44 (limit 45)",)
    assert (drive.reallocated, drive.temperature_c, drive.worn_percent, drive.exit) == (3956, 40, 88, 24)


def test_drives_behind_a_controller_are_told_apart() -> None:
    both = (Device("/dev/bus/0", "megaraid,0"), Device("/dev/bus/0", "megaraid,1"))
    assert as_json.scan(Answer(0, recorded("scan-megaraid.json"))) == both
    assert [device.name for device in both] == ["/dev/bus/0 megaraid,0", "/dev/bus/0 megaraid,1"]
    assert both[0].arguments == ["-d", "megaraid,0", "/dev/bus/0"]


def test_a_drive_that_the_search_could_not_open_is_asked_all_the_same() -> None:
    found = as_text.scan(Answer(0, recorded("scan-open-one-denied.txt")))
    assert found == (Device("/dev/sda", "sat"), Device("/dev/nvme0", "nvme"))


def test_what_the_search_takes_for_scsi_is_not_asked_as_such() -> None:
    assert as_text.scan(Answer(0, "/dev/sda -d scsi # /dev/sda, SCSI device\n")) == (Device("/dev/sda"),)


# smartctl behind a real SSH server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.28") as running:
        yield running


def with_smartctl(server: SshServer, told: dict[str, str], *, otherwise: str = "exit 9") -> None:
    """A smartctl that answers to exactly these arguments, with its exit code 0."""
    cases = []
    for number, (arguments, text) in enumerate(told.items()):
        file = server.folder / f"smartctl.{number}"
        file.write_text(text)
        cases.append(f"{shlex.quote(arguments)}) exec /bin/cat {shlex.quote(str(file))};;")
    server.shim("smartctl", script='case "$*" in\n' + "\n".join(cases) + f"\nesac\n{otherwise}")


SCAN = """{"smartctl": {"exit_status": 0},
 "devices": [{"name": "/dev/sda", "type": "sat"}, {"name": "/dev/nvme0", "type": "nvme"}]}"""


def test_every_drive_that_is_found_is_asked(look: Look, server: SshServer) -> None:
    with_smartctl(
        server,
        {
            "-j --scan": SCAN,
            "--scan": "",
            "-j -a -d sat /dev/sda": recorded("ok-hdd-errors-logged.json"),
            "-j -a -d nvme /dev/nvme0": recorded("ok-nvme.json"),
        },
    )
    outcome = look(Smart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.OK, GOOD)
    assert {metric.name: metric.value for metric in outcome.metrics if "hours" in metric.name} == {
        "hours /dev/sda": 83425,
        "hours /dev/nvme0": 10147,
    }


def test_an_old_smartctl_is_asked_in_text(look: Look, server: SshServer) -> None:
    old = "smartctl 6.6 2016-05-31 r4324\n\n=======> INVALID ARGUMENTS FOUND: -j\n\nUse smartctl -h\n"
    with_smartctl(
        server,
        {"--scan": "/dev/sda -d scsi # /dev/sda, SCSI device\n", "-a /dev/sda": recorded("problem-hdd-failing.txt")},
        otherwise=f"printf %s {shlex.quote(old)}; exit 1",
    )
    outcome = look(Smart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "has a drive that is about to fail; has a drive with worn-out spots: 3,956 so far",
    )


@pytest.mark.fault(34)
def test_drives_that_all_do_not_open_could_not_be_checked(look: Look, server: SshServer) -> None:
    with_smartctl(server, {"-j -a /dev/sda": recorded("could-not-check-not-opened.json"), "-j -a /dev/sdb": ""})
    outcome = look(Smart(drives=("/dev/sda", "/dev/sdb")), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        f"{UNTOLD}; could not be checked: what it says about its drives is unreadable",
    )


@pytest.mark.fault(34)
def test_one_drive_that_does_not_answer_hides_no_other(look: Look, server: SshServer) -> None:
    failing = {
        "-j -a /dev/sda": recorded("problem-hdd-failing.txt"),
        "-a /dev/sda": recorded("problem-hdd-failing.txt"),
    }
    with_smartctl(server, failing, otherwise="kill -KILL $$")
    outcome = look(Smart(drives=("/dev/sda", "/dev/sdb")), server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.CRITICAL
    assert Status.UNKNOWN in [result.status for result in outcome.results]


def test_a_host_without_drives_that_could_tell_is_never_green(look: Look, server: SshServer) -> None:
    with_smartctl(server, {"-j --scan": '{"smartctl": {"exit_status": 0}}', "--scan": ""})
    outcome = look(Smart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: it finds no drive that could tell of its health",
    )


@pytest.mark.fault(20)
def test_a_login_that_is_not_root_is_told_what_to_allow(look: Look, server: SshServer) -> None:
    with_smartctl(server, {}, otherwise='echo "Smartctl open device: /dev/sda failed: Permission denied"; exit 2')
    server.shim("id", "1000")
    outcome = look(Smart(drives=("/dev/sda -d megaraid,3",)), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our login there may not use smartctl: only root may",
    )
    line = f"{server.user} ALL = (root) NOPASSWD: {server.bin}/smartctl -j -a -d megaraid\\,3 /dev/sda"
    assert outcome.detail.startswith(f"set sudo = true and allow in sudoers: “{line}”; smartctl said: ")


@pytest.mark.fault(20)
def test_a_host_without_smartctl_could_not_be_checked(look: Look, server: SshServer) -> None:
    if shutil.which("smartctl"):
        pytest.skip("needs a machine without smartctl")
    outcome = look(Smart(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the tool smartctl is not installed there",
    )


# Nonsense


def statuses(answer: Answer) -> list[Status]:
    with contextlib.suppress(ProbeError):
        return [result.status for result in judged(read(SDA, answer))]
    return []


@settings(deadline=2000)
@given(text=st.text() | st.binary().map(lambda data: data.decode(errors="replace")), exit=st.integers(0, 255))
def test_nonsense_is_never_fine(text: str, exit: int) -> None:
    assert Status.OK not in statuses(Answer(exit, text))
    for scan in (as_json.scan, as_text.scan):
        with contextlib.suppress(ProbeError):
            assert scan(Answer(exit, text)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted({
        "smartctl", "device", "devices", "name", "type", "exit_status", "messages", "string", "smart_status", "passed",
        "smart_support", "available", "ata_smart_attributes", "table", "value", "thresh", "raw", "when_failed",
            "status",
        "ata_smart_self_test_log", "standard", "nvme_smart_health_information_log", "critical_warning", "temperature",
        "current", "scsi_error_counter_log", "read", "total_uncorrected_errors", "scsi_self_test_0", "result",
    })), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


@settings(deadline=2000)
@given(value=JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    answer = Answer(0, json.dumps(value))
    assert set(statuses(answer)) <= set(Status)
    with contextlib.suppress(ProbeError):
        assert isinstance(as_json.scan(answer), tuple)


@pytest.mark.parametrize("name", ["ok-nvme.json", "ok-sas.txt", "ok-ssd.txt", "look-hdd-unreadable.txt"])
@settings(deadline=2000)
@given(data=st.data())
def test_a_damaged_answer_is_read_or_refused(name: str, data: st.DataObject) -> None:
    text = recorded(name)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 200)))
    put = data.draw(st.text(max_size=5) | st.sampled_from(["\n", ":", " ", "0", "9" * 5000, "٣", "[" * 2000]))
    assert set(statuses(Answer(0, text[:start] + put + text[end:]))) <= set(Status)
