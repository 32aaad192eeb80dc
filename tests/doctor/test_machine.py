"""What this computer is asked: whether it may ping, what keeps its clock, which zone it keeps."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.config.hours import zone_of_this_computer
from healthcheck.doctor import machine
from healthcheck.doctor.examination import Finding
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab import need_root
from tests.lab.netns import towns
from tests.lab.program import CONFIG
from tests.lab.rights import without_the_right_to_ping


@pytest.mark.fault(8)
def test_without_the_right_to_ping_that_is_told_with_the_command(at: At) -> None:
    need_root()
    premises = at()
    assert list(machine.pings(premises)) == [Finding(Status.OK, "This account may send pings.")]
    with towns("office") as [office]:
        office.set("net/ipv4/ping_group_range", "1 0")
        [found] = office.call(lambda: without_the_right_to_ping(lambda: list(machine.pings(premises))))
    assert (found.status, found.fix) == (
        Status.WARNING,
        "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'",
    )


def test_the_kernel_is_asked_what_keeps_the_clock(at: At) -> None:
    told = machine.kernel_clock()
    [found] = machine.clock(at())
    assert told is not None
    assert (found.status is Status.OK) == (told.kept and told.error_s <= 10)


def test_what_the_kernel_returns_is_read_as_its_manual_says() -> None:
    assert machine.clock_of(0, 20_000) == machine.Clock(kept=True, error_s=0.02)
    assert machine.clock_of(5, 16_000_000) == machine.Clock(kept=False, error_s=16)
    assert machine.clock_of(-1, 0) is None


@pytest.mark.parametrize(
    ("told", "status", "says"),
    [
        (
            machine.Clock(kept=True, error_s=0.02),
            Status.OK,
            "The clock is kept right by a time server, to within a second.",
        ),
        (
            machine.Clock(kept=True, error_s=14),
            Status.WARNING,
            "The clock is kept right by a time server, to within 14 seconds.",
        ),
        (
            machine.Clock(kept=False, error_s=16),
            Status.WARNING,
            "Nothing keeps this computer's clock right, so the report may come at the wrong time.",
        ),
        (None, Status.UNKNOWN, "Whether anything keeps this computer's clock right is not known."),
    ],
    ids=["ok", "look-far off", "look-kept by nothing", "could-not-check"],
)
def test_the_clock_is_told_as_the_kernel_tells_it(told: machine.Clock | None, status: Status, says: str) -> None:
    found = machine.judged(told)
    assert (found.status, found.says) == (status, says)
    assert bool(found.fix) is (status is not Status.OK)


def zoned(root: Path, name: str) -> None:
    (root / "etc").mkdir(exist_ok=True)
    link = root / "etc/localtime"
    link.unlink(missing_ok=True)
    link.symlink_to(f"/usr/share/zoneinfo/{name}")


def test_the_zone_is_that_of_localtime_or_else_of_the_note_beside_it(tmp_path: Path) -> None:
    assert zone_of_this_computer(tmp_path) == ""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/timezone").write_text("America/Denver\n")
    assert zone_of_this_computer(tmp_path) == "America/Denver"
    zoned(tmp_path, "America/Los_Angeles")
    assert zone_of_this_computer(tmp_path) == "America/Los_Angeles"
    zoned(tmp_path, "posix/Europe/Berlin")
    assert zone_of_this_computer(tmp_path) == "Europe/Berlin"
    assert zone_of_this_computer() == str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]


@pytest.mark.parametrize(
    ("here", "status"),
    [("America/Los_Angeles", Status.OK), ("US/Pacific", Status.OK), ("Etc/UTC", Status.WARNING), ("", Status.UNKNOWN)],
    ids=["ok-same", "ok-another name", "look-another time", "could-not-check-not told"],
)
def test_the_zone_is_compared_by_the_time_it_keeps(at: At, here: str, status: Status) -> None:
    premises = at(config=CONFIG)
    assert premises.practice is not None
    assert premises.practice.timezone == ZoneInfo("America/Los_Angeles")
    found = machine.zone_judged(premises, here)
    assert found.status is status
    if status is Status.WARNING:
        assert found == Finding(
            Status.WARNING,
            "This computer keeps Etc/UTC, the practice America/Los_Angeles: a timer or cron line without a zone starts "
            "the report at another hour.",
            "sudo timedatectl set-timezone America/Los_Angeles",
        )
