"""Room on the disks of a host."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.api.mounts import Mount, Space, parse_mounts
from healthcheck.checks.disk import Disk, Disks
from healthcheck.model import Event, Levels, Metric, Result, Status
from tests.conftest import Look, a_host
from tests.lab.mounts import drive, memory, mounted, remount, silent_network_drive
from tests.lab.sshd import sshd
from tests.lab.toolbox import TOOLBOXES, toolbox

DATA = Path(__file__).parent.parent / "data" / "disk"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=ZoneInfo("America/Los_Angeles"))
MAIN = Mount("/", "ext4", "/dev/sda2", "8:2")
SCANS = Mount("/srv/scans", "xfs", "/dev/sdb1", "8:17")
GB = 1000**3


def found(check: Disk, mount: Mount, space: Space | str) -> list[Result | Event]:
    return list(check.evaluate(Disks((mount,), {mount.path: space}), NOW))


def space(
    *, total: int = 100 * GB, free: int = 60 * GB, available: int | None = None, files: int = 0, left: int = 0
) -> Space:
    return Space(total, free, free if available is None else available, files, left)


def test_a_disk_with_room_is_fine_and_every_number_is_kept() -> None:
    detail = "/ (ext4 on /dev/sda2): 58.3 % free, 56,000,000,000 of 100,000,000,000 bytes"
    assert found(Disk(), MAIN, space(available=56 * GB, files=1000, left=900)) == [
        Result(Status.OK, "has room on its main disk (58 percent, 56 GB)", detail, Metric("free /", 58.33, "%")),
        Result(
            Status.OK, "has room on its main disk (58 percent, 56 GB)", detail, Metric("free bytes /", 56 * GB, "B")
        ),
        Result(
            Status.OK,
            "has room for more files on its main disk",
            "/ (ext4 on /dev/sda2): 900 of 1,000 inodes free",
            Metric("free inodes /", 90, "%"),
        ),
    ]


@pytest.mark.fault(30)
@pytest.mark.parametrize(
    ("mount", "room", "status", "says"),
    [
        pytest.param(
            SCANS,
            space(free=15 * GB),
            Status.OK,
            "has room on its disk “scans” (15 percent, 15 GB)",
            id="ok-at-its-limit",
        ),
        pytest.param(
            SCANS,
            space(free=14 * GB),
            Status.WARNING,
            "has little room left on its disk “scans” (14 percent, 14 GB)",
            id="look-below-15",
        ),
        pytest.param(
            MAIN,
            space(free=4 * GB),
            Status.CRITICAL,
            "has little room left on its main disk (4 percent, 4.0 GB)",
            id="problem-below-5",
        ),
        pytest.param(
            MAIN,
            space(free=6 * GB, available=0),
            Status.CRITICAL,
            "has no room left on its main disk",
            id="problem-the-rest-kept-for-root",
        ),
        pytest.param(
            MAIN,
            space(files=1000, left=90),
            Status.WARNING,
            "has room for few more files on its main disk (9 percent), however small",
            id="look-few-files-left",
        ),
        pytest.param(
            MAIN,
            space(files=1000, left=0),
            Status.CRITICAL,
            "has room for no more files on its main disk, however small",
            id="problem-no-files-left",
        ),
        pytest.param(
            MAIN,
            "Input/output error",
            Status.UNKNOWN,
            "could not be checked: the main disk did not tell how full it is",
            id="could-not-check-no-answer",
        ),
    ],
)
def test_room_is_judged_by_what_programs_may_use_in_bytes_and_in_files(
    mount: Mount, room: Space | str, status: Status, says: str
) -> None:
    worst = max((r for r in found(Disk(), mount, room) if isinstance(r, Result)), key=lambda result: result.status.rank)
    assert (worst.status, worst.says) == (status, says)


def test_a_limit_in_bytes_catches_a_huge_disk_before_its_share_does() -> None:
    check = Disk(free_percent=Levels.below(warning=1), free_bytes=Levels.below(warning=500 * GB, critical=100 * GB))
    results = found(check, SCANS, space(total=12_000 * GB, free=480 * GB))
    assert [(r.status, r.says) for r in results if isinstance(r, Result)] == [
        (Status.WARNING, "has little room left on its disk “scans” (4 percent, 480 GB)"),
        (Status.WARNING, "has little room left on its disk “scans” (4 percent, 480 GB)"),
    ]


def test_without_settings_every_disk_and_network_drive_is_looked_at_once() -> None:
    mounts = parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text())
    assert [mount.path for mount in Disk().chosen(mounts)] == [
        "/",
        "/boot",
        "/media/weekly copy\\\ttwo",
        "/mnt/files",
        "/srv/charts",
        "/tank",
    ]


def test_named_mounts_are_the_only_ones_looked_at_and_excepted_ones_are_left_out() -> None:
    mounts = parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text())
    assert [mount.path for mount in Disk(mounts=("/run/", "/boot")).chosen(mounts)] == ["/boot", "/run"]
    left = Disk(except_mounts=("/boot/", "/mnt/files", "/tank")).chosen(mounts)
    assert [mount.path for mount in left] == ["/", "/media/weekly copy\\\ttwo", "/srv/charts", "/tank/scans"]


def test_settings_that_cannot_be_meant_are_named() -> None:
    assert list(Disk(mounts=("data", "/srv"), except_mounts=("/boot",)).mistakes()) == [
        ("mounts", "“data” must start with “/”"),
        ("except_mounts", "has no use beside `mounts`, which already says what to look at"),
    ]
    assert list(Disk(except_mounts=("/boot",)).mistakes()) == []


@pytest.mark.fault(31)
def test_a_disk_that_turned_read_only_is_a_problem_whatever_its_room(look: Look, tmp_path: Path) -> None:
    with drive(tmp_path / "charts") as place:
        assert look(Disk(mounts=(str(place),)), a_host(local=True)).status is Status.OK
        remount(place, "ro")
        outcome = look(Disk(mounts=(str(place),)), a_host(local=True))
        everything = look(Disk(), a_host(local=True))
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "can no longer write to its disk “charts”")
    assert outcome.results[0].detail.startswith(f"{place} (ext4 on /dev/loop")
    assert outcome.results[0].detail.endswith(") is mounted read-only; see the kernel log for the reason")
    assert outcome.says in everything.says


@pytest.mark.fault(31)
def test_a_disk_shown_read_only_to_a_sandbox_is_not_a_problem(look: Look, tmp_path: Path) -> None:
    with drive(tmp_path / "charts") as place, mounted(tmp_path / "shown", "--bind", str(place)) as shown:
        remount(shown, "bind,ro")
        outcome = look(Disk(mounts=(str(shown),)), a_host(local=True))
    assert outcome.status is Status.OK


@pytest.mark.fault(31)
def test_disc_images_are_never_called_read_only(tmp_path: Path) -> None:
    mounts = parse_mounts((DATA / "mountinfo-nine-kinds.txt").read_text())
    check = Disk(mounts=("/mnt/iso", "/snap/core22/1122"))
    chosen = check.chosen(mounts)
    full = {mount.path: "not asked" for mount in chosen}
    results = list(check.evaluate(Disks(chosen, dict(full)), NOW))
    assert [result.status for result in results if isinstance(result, Result)] == [Status.UNKNOWN, Status.UNKNOWN]


@pytest.mark.fault(30)
def test_a_disk_full_of_small_files_is_full_with_bytes_to_spare(look: Look, tmp_path: Path) -> None:
    with memory(tmp_path / "scans", "size=1m,nr_inodes=20") as place:
        for number in range(19):
            (place / str(number)).touch()
        outcome = look(Disk(mounts=(str(place),)), a_host(local=True))
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "has room for no more files on its disk “scans”, however small",
    )
    assert outcome.metrics == (
        Metric(f"free {place}", 100.0, "%"),
        Metric(f"free bytes {place}", 1048576, "B"),
        Metric(f"free inodes {place}", 0.0, "%"),
    )


@pytest.mark.fault(30)
def test_what_is_kept_for_root_is_not_room(look: Look, tmp_path: Path) -> None:
    with drive(tmp_path / "data", reserved_percent=50) as place:
        available = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
        with (place / "scans").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, available + 100_000)
        outcome = look(Disk(mounts=(str(place),)), a_host(local=True))
        df = subprocess.run(["df", "-P", str(place)], capture_output=True, text=True, check=True).stdout
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "has no room left on its disk “data”")
    assert "100%" in df


@pytest.mark.fault(32)
def test_a_named_disk_that_is_not_mounted_is_a_problem_and_the_disk_below_is_not_judged(
    look: Look, tmp_path: Path
) -> None:
    place = tmp_path / "scans"
    with drive(place):
        pass
    assert place.is_dir()
    outcome = look(Disk(mounts=(f"{place}/",)), a_host(local=True))
    assert outcome.results == (
        Result(Status.CRITICAL, "has lost its disk “scans”: it is not connected", f"nothing is mounted at {place}"),
    )


@pytest.mark.fault(33)
def test_a_network_drive_that_hangs_hides_no_other_disk(look: Look, tmp_path: Path) -> None:
    with silent_network_drive(tmp_path / "share") as place:
        outcome = look(Disk(mounts=("/", str(place))), a_host(local=True), timeout_s=3)
    assert outcome.metrics[0].name == "free /"
    assert outcome.results[-1] == Result(
        Status.UNKNOWN,
        "could not be checked: the disk “share” did not tell how full it is",
        f"{place} (fuse.sshfs on fileserver:{place}.served): no answer in 1 second",
    )
    assert outcome.duration_s < 2.5


@pytest.mark.parametrize("name", TOOLBOXES)
def test_every_usual_shell_and_toolbox_gives_the_same_answer(
    name: str, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = toolbox(tmp_path / "bin", name)
    with (
        memory(tmp_path / "it's $HOME", "size=1m,nr_inodes=20") as place,
        silent_network_drive(tmp_path / "share") as share,
        monkeypatch.context() as patch,
    ):
        patch.setenv("PATH", path)
        outcome = look(Disk(mounts=(str(place), str(share))), a_host(local=True), timeout_s=3)
    assert [(result.status, result.metric) for result in outcome.results] == [
        (Status.OK, Metric(f"free {place}", 100.0, "%")),
        (Status.OK, Metric(f"free bytes {place}", 1048576, "B")),
        (Status.OK, Metric(f"free inodes {place}", 95.0, "%")),
        (Status.UNKNOWN, None),
    ]
    assert outcome.results[-1].detail.endswith(": no answer in 1 second")


@pytest.mark.fault(22)
@pytest.mark.fault(33)
def test_over_ssh_neither_a_greeting_nor_a_hung_drive_is_in_the_way(look: Look, tmp_path: Path) -> None:
    greeting = tmp_path / "greeting"
    greeting.write_text("echo 'Willkommen!'; echo '1 0 4096 100 1 1 10 1'; export LC_ALL=de_DE.UTF-8\n")
    greet = f'ForceCommand . {greeting}; eval "$SSH_ORIGINAL_COMMAND"'
    with sshd(tmp_path, "127.0.3.43", lines=[greet]) as server, silent_network_drive(tmp_path / "share") as share:
        check = Disk(mounts=("/", str(share)))
        outcome = look(check, server.host(), known_hosts=[server.known_hosts], timeout_s=4)
    assert outcome.metrics[0].name == "free /"
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, "the disk “share” did not tell how full it is")
    assert outcome.duration_s < 3.5


def test_a_server_without_the_tool_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.44") as server:
        server.shim("timeout", error="timeout: invalid option", exit=1)
        outcome = look(Disk(mounts=("/",)), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, "the main disk did not tell how full it is")
    assert outcome.detail.endswith("): invalid option")


def test_a_machine_that_is_not_linux_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.45") as server:
        server.shim("cat", script="echo 'cat: /proc/self/mountinfo: No such file or directory' >&2; exit 1")
        outcome = look(Disk(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.why, outcome.detail) == (
        Status.UNKNOWN,
        "it does not tell which disks it has",
        "cat: /proc/self/mountinfo: No such file or directory",
    )
