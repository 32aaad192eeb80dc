"""Backups: when the last one was made, whether it looks whole, and whether there is a drive with room for the next."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api.mounts import Mount, Space
from healthcheck.checks._backup.drives import Place
from healthcheck.checks._backup.files import BackupFile, Files
from healthcheck.checks._backup.listing import parse_files
from healthcheck.checks.backup import Backup, Backups
from healthcheck.errors import ProbeError
from healthcheck.model import Metric, Previous, Result, Status
from tests.conftest import Look, a_host, summed_up
from tests.lab import need, need_root
from tests.lab.mounts import drive, memory, remount, silent_network_drive
from tests.lab.sshd import sshd
from tests.lab.toolbox import TOOLBOXES, toolbox

DATA = Path(__file__).parent.parent / "data" / "backup"
PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)  # a Monday
CLOCK_S = int(NOW.timestamp())
GB = 1000**3

CHECK = Backup(path="/mnt/backup")
MOUNT = Mount("/mnt/backup", "ext4", "/dev/sdb1", "8:17")
FOLDER = Place("/mnt/backup", "/mnt/backup", MOUNT, Space(4000 * GB, 2000 * GB, 2000 * GB, 0, 0))
SECOND = Place(
    "/mnt/second",
    "/mnt/second",
    Mount("/mnt/second", "ext4", "/dev/sdc1", "8:33"),
    Space(4000 * GB, 2000 * GB, 2000 * GB, 0, 0),
)
ROOM = Result(
    Status.OK,
    "has room on its backup drive (50 percent, 2.0 TB)",
    "/mnt/backup on /mnt/backup (ext4 on /dev/sdb1): 2,000,000,000,000 of 4,000,000,000,000 bytes free",
    Metric("free", 50.0, "%"),
)


def a_file(name: str, *, hours_ago: float, gb: float = 100, created_hours_ago: float | None = None) -> BackupFile:
    created_s = None if created_hours_ago is None else round(CLOCK_S - created_hours_ago * 3600)
    return BackupFile(name, round(CLOCK_S - hours_ago * 3600), round(gb * GB), created_s)


LAST_NIGHT = a_file("charts-1122.gz", hours_ago=3.7)
NIGHT_BEFORE = a_file("charts-1121.gz", hours_ago=27.7)
ON_FRIDAY = a_file("charts-1120.gz", hours_ago=54.72)


def a_folder(
    *finished: BackupFile,
    growing: tuple[BackupFile, ...] = (),
    small: tuple[BackupFile, ...] = (),
    future: tuple[BackupFile, ...] = (),
    unfinished: tuple[BackupFile, ...] = (),
) -> Files:
    return Files(CLOCK_S, finished, growing, small, future, unfinished)


def results(
    files: Files, check: Backup = CHECK, *, previous: Previous | None = None, now: datetime = NOW
) -> list[Result]:
    found = check.evaluate(Backups(FOLDER, files, previous=previous), now)
    return [result for result in found if result != ROOM]


def test_a_backup_of_last_night_on_a_drive_with_room_is_fine() -> None:
    assert list(CHECK.evaluate(Backups(FOLDER, a_folder(LAST_NIGHT, NIGHT_BEFORE)), NOW)) == [
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "/mnt/backup/charts-1122.gz: 3.7 hours old, limit 26",
            Metric("age_h", 3.7, "h"),
        ),
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "charts-1122.gz: 100,000,000,000 bytes, the one before 100,000,000,000",
            Metric("size", 100 * GB, "B"),
        ),
        ROOM,
    ]


@pytest.mark.fault(44)
def test_a_backup_older_than_its_limit_is_a_problem() -> None:
    assert results(a_folder(ON_FRIDAY))[0] == Result(
        Status.CRITICAL,
        "has no backup since Friday, 11:01 pm",
        "/mnt/backup/charts-1120.gz: 54.7 hours old, limit 26",
        Metric("age_h", 54.72, "h"),
    )


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        pytest.param(
            a_folder(), Status.CRITICAL, "holds no backup at all", id="problem-empty-folder"
        ),
        pytest.param(
            a_folder(small=(a_file("a.gz", hours_ago=3, gb=0),)),
            Status.CRITICAL,
            "holds no backup that can be used, only an empty one",
            id="problem-only-an-empty-one",
        ),
        pytest.param(
            a_folder(small=(a_file("a.gz", hours_ago=3, gb=0.1),)),
            Status.CRITICAL,
            "holds no backup that can be used, only one that is too small",
            id="problem-only-a-small-one",
        ),
        pytest.param(
            a_folder(future=(a_file("a.gz", hours_ago=-48),)),
            Status.CRITICAL,
            "holds no backup that can be used, only one that is dated in the future",
            id="problem-only-a-future-one",
        ),
        pytest.param(
            a_folder(unfinished=(a_file("a.gz.part", hours_ago=3),)),
            Status.CRITICAL,
            "holds no backup that can be used, only one that broke off",
            id="problem-only-an-unfinished-one",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, small=(a_file("a.gz", hours_ago=3, gb=0),)),
            Status.WARNING,
            "made an empty backup today, 2:45 am; the last good one is from today, 2:03 am",
            id="look-the-newest-is-empty",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, small=(a_file("a.gz", hours_ago=3, gb=0.1),)),
            Status.WARNING,
            "made a backup that is far too small, today, 2:45 am; the last good one is from today, 2:03 am",
            id="look-the-newest-is-small",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, future=(a_file("a.gz", hours_ago=-48),)),
            Status.WARNING,
            "has a backup that is dated in the future and does not count; the last good one is from today, 2:03 am",
            id="look-one-from-the-future",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, unfinished=(a_file("a.gz.part", hours_ago=3),)),
            Status.WARNING,
            "broke off a backup today, 2:45 am; the last good one is from today, 2:03 am",
            id="look-the-newest-broke-off",
        ),
        pytest.param(
            a_folder(ON_FRIDAY, small=(a_file("a.gz", hours_ago=3, gb=0),)),
            Status.CRITICAL,
            "has no backup since Friday, 11:01 pm",
            id="problem-old-and-the-newest-is-empty",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, small=(a_file("a.gz", hours_ago=30, gb=0),)),
            Status.OK,
            "made its last backup today, 2:03 am",
            id="ok-an-empty-one-long-made-good",
        ),
    ],
)  # fmt: skip
def test_only_a_finished_file_with_something_in_it_counts(files: Files, status: Status, says: str) -> None:
    assert summed_up(results(files)) == (status, says)


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        pytest.param(
            a_folder(replace(LAST_NIGHT, size_bytes=8 * GB), NIGHT_BEFORE),
            Status.CRITICAL,
            "made its last backup today, 2:03 am, 92 percent smaller than the one before (8.0 GB instead of 100 GB)",
            id="problem-92-percent-smaller",
        ),
        pytest.param(
            a_folder(replace(LAST_NIGHT, size_bytes=40 * GB), NIGHT_BEFORE),
            Status.WARNING,
            "made its last backup today, 2:03 am, 60 percent smaller than the one before (40 GB instead of 100 GB)",
            id="look-60-percent-smaller",
        ),
        pytest.param(
            a_folder(a_file("incremental-1122.gz", hours_ago=3.7, gb=1), NIGHT_BEFORE),
            Status.OK,
            "made its last backup today, 2:03 am",
            id="ok-another-kind-of-backup",
        ),
        pytest.param(
            a_folder(a_file("charts-1122-03.gz", hours_ago=3.7, gb=1), a_file("charts-1122-02.gz", hours_ago=3.8)),
            Status.OK,
            "made its last backup today, 2:03 am",
            id="ok-the-last-part-of-the-same-backup",
        ),
        pytest.param(
            a_folder(a_file("charts-Sun.gz", hours_ago=3.7, gb=1), a_file("charts-Saturday.gz", hours_ago=27.7)),
            Status.CRITICAL,
            "made its last backup today, 2:03 am, 99 percent smaller than the one before (1.0 GB instead of 100 GB)",
            id="problem-smaller-and-named-by-weekday",
        ),
    ],
)
def test_a_backup_much_smaller_than_the_one_before_is_told(files: Files, status: Status, says: str) -> None:
    assert summed_up(results(files)) == (status, says)


@pytest.mark.fault(44)
def test_a_single_file_that_is_overwritten_is_compared_with_the_round_before() -> None:
    before = Previous(NOW - timedelta(days=1), Status.OK, {"size": 100.0 * GB})
    one = a_folder(replace(LAST_NIGHT, name="charts.bak", size_bytes=5 * GB))
    assert summed_up(results(one, previous=before)) == (
        Status.CRITICAL,
        "made its last backup today, 2:03 am, 95 percent smaller than the one before (5.0 GB instead of 100 GB)",
    )
    same_file_seen_again = replace(before, at=NOW - timedelta(hours=1))
    assert summed_up(results(one, previous=same_file_seen_again))[0] is Status.OK


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        pytest.param(
            a_folder(LAST_NIGHT, unfinished=(a_file("b.gz.part", hours_ago=0.01, created_hours_ago=0.5),)),
            Status.OK,
            "made its last backup today, 2:03 am; is making its next backup: one has been running since today, 5:15 am",
            id="ok-part-file-grows",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, unfinished=(a_file("b.gz.part", hours_ago=0.01),)),
            Status.OK,
            "made its last backup today, 2:03 am; is making its next backup: one is running now",
            id="ok-part-file-of-unknown-birth",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, unfinished=(a_file("backup.lock", hours_ago=2.75),)),
            Status.OK,
            "made its last backup today, 2:03 am; is making its next backup: one has been running since today, 3:00 am",
            id="ok-lock",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, growing=(a_file("b.gz", hours_ago=0.01, created_hours_ago=0.5),)),
            Status.OK,
            "made its last backup today, 2:03 am; is making its next backup: one has been running since today, 5:15 am",
            id="ok-written-a-moment-ago",
        ),
        pytest.param(
            a_folder(ON_FRIDAY, unfinished=(a_file("b.gz.part", hours_ago=0.01, created_hours_ago=0.5),)),
            Status.CRITICAL,
            "has no backup since Friday, 11:01 pm; one has been running since today, 5:15 am",
            id="problem-the-one-before-is-old",
        ),
        pytest.param(
            a_folder(unfinished=(a_file("b.gz.part", hours_ago=0.01),)),
            Status.WARNING,
            "has no finished backup yet; one is running now",
            id="look-the-first-of-all",
        ),
        pytest.param(
            a_folder(LAST_NIGHT, unfinished=(a_file("backup.lock", hours_ago=3.9),)),
            Status.OK,
            "made its last backup today, 2:03 am",
            id="ok-lock-of-the-finished-one",
        ),
    ],
)
def test_a_backup_under_way_is_told_and_judged_by_the_one_before(files: Files, status: Status, says: str) -> None:
    assert summed_up(results(files)) == (status, says)


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    ("made_at", "now", "age_h", "says"),
    [
        pytest.param(
            datetime(2026, 10, 31, 23, 30, tzinfo=PACIFIC),
            datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC),
            7.25,
            "made its last backup Saturday, 11:30 pm",
            id="ok-autumn-night-of-25-hours",
        ),
        pytest.param(
            datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=PACIFIC),
            datetime(2026, 11, 1, 5, 45, tzinfo=PACIFIC),
            4.25,
            "made its last backup today, 1:30 am",
            id="ok-second-1-30-of-the-night",
        ),
        pytest.param(
            datetime(2027, 3, 13, 23, 30, tzinfo=PACIFIC),
            datetime(2027, 3, 14, 5, 45, tzinfo=PACIFIC),
            5.25,
            "made its last backup Saturday, 11:30 pm",
            id="ok-spring-night-of-23-hours",
        ),
    ],
)
def test_ages_are_right_on_both_nights_when_the_clocks_change(
    made_at: datetime, now: datetime, age_h: float, says: str
) -> None:
    files = Files(int(now.timestamp()), (BackupFile("a.gz", int(made_at.timestamp()), GB),))
    found = results(files, now=now)
    assert (found[0].status, found[0].says, found[0].metric) == (Status.OK, says, Metric("age_h", age_h, "h"))


@pytest.mark.fault(38)
@pytest.mark.parametrize(("ahead_s", "note"), [(600, "10 minutes ahead"), (-7200, "2 hours behind"), (90, "")])
def test_a_host_with_a_wrong_clock_still_gives_the_right_age(ahead_s: int, note: str) -> None:
    made = BackupFile("a.gz", CLOCK_S - 4 * 3600 + ahead_s, GB)
    age = results(Files(CLOCK_S + ahead_s, (made,)))[0]
    assert age.metric == Metric("age_h", 4.0, "h")
    assert age.detail == "/mnt/backup/a.gz: 4.0 hours old, limit 26" + (f"; the host's clock is {note}" if note else "")
    assert age.says == ("made its last backup today, 1:45 am" if note else "made its last backup today, 1:46 am")


@pytest.mark.parametrize(
    "files", [a_folder(), a_folder(ON_FRIDAY)], ids=["could-not-check-none", "could-not-check-old"]
)
def test_a_folder_that_is_read_in_part_only_is_not_said_to_lack_a_backup(files: Files) -> None:
    part = replace(files, complaint="find: './charts': Permission denied")
    assert results(part)[0] == Result(
        Status.UNKNOWN,
        "could not be checked: our login may not read all of its backup folder",
        "find: './charts': Permission denied",
    )
    assert summed_up(results(replace(part, finished=(LAST_NIGHT,))))[0] is Status.OK


@pytest.mark.parametrize(
    ("place", "check", "expected"),
    [
        pytest.param(
            replace(FOLDER, mount=Mount("/", "ext4", "/dev/sda1", "8:1")),
            CHECK,
            Result(
                Status.CRITICAL,
                "has lost its backup drive: it is not connected",
                "/mnt/backup on / (ext4 on /dev/sda1): no drive is mounted there",
            ),
            id="problem-on-the-main-disk",
        ),
        pytest.param(
            replace(FOLDER, mount=Mount("/mnt", "tmpfs", "tmpfs", "0:9")),
            CHECK,
            Result(
                Status.CRITICAL,
                "has lost its backup drive: it is not connected",
                "/mnt/backup on /mnt (tmpfs on tmpfs): no drive is mounted there",
            ),
            id="problem-in-memory",
        ),
        pytest.param(
            replace(FOLDER, mount=Mount("/mnt", "ext4", "/dev/sda2", "8:2")),
            replace(CHECK, mounted="/mnt/backup/"),
            Result(
                Status.CRITICAL,
                "has lost its backup drive: it is not connected",
                "/mnt/backup on /mnt (ext4 on /dev/sda2): no drive is mounted there",
            ),
            id="problem-another-drive-than-named",
        ),
        pytest.param(
            Place("/mnt/backup", "", None, "No such file or directory"),
            CHECK,
            Result(
                Status.CRITICAL,
                "has lost its backup drive: it is not connected",
                "/mnt/backup: No such file or directory",
            ),
            id="problem-no-folder-no-drive",
        ),
        pytest.param(
            Place("/mnt/backup", "", None, "No such file or directory"),
            replace(CHECK, mounted=False),
            Result(
                Status.CRITICAL,
                "has lost its backup folder: it is not there",
                "/mnt/backup: No such file or directory",
            ),
            id="problem-no-folder",
        ),
        pytest.param(
            Place("/mnt/backup", "", None, "Input/output error"),
            CHECK,
            Result(
                Status.CRITICAL,
                "cannot read its backup drive: it seems to be broken",
                "/mnt/backup: Input/output error",
            ),
            id="problem-broken",
        ),
        pytest.param(
            Place("/mnt/backup", "", None, "Permission denied"),
            CHECK,
            Result(
                Status.UNKNOWN,
                "could not be checked: our login may not look at its backup drive",
                "/mnt/backup: Permission denied",
            ),
            id="could-not-check-not-allowed",
        ),
        pytest.param(
            Place("/mnt/backup", "", None, "no answer in 5 seconds"),
            CHECK,
            Result(
                Status.UNKNOWN,
                "could not be checked: its backup drive did not answer",
                "/mnt/backup: no answer in 5 seconds",
            ),
            id="could-not-check-hangs",
        ),
    ],
)  # fmt: skip
def test_a_drive_that_is_not_there_is_told_apart_from_one_that_cannot_be_seen(
    place: Place, check: Backup, expected: Result
) -> None:
    # An old file in the folder that the absent drive left behind is nothing to judge.
    files = a_folder(LAST_NIGHT) if isinstance(place.space, Space) else None
    assert list(check.evaluate(Backups(place, files), NOW)) == [expected]


@pytest.mark.parametrize(
    ("available", "status", "says"),
    [
        (400 * GB, Status.OK, "has room on its backup drive (10 percent, 400 GB)"),
        (399 * GB, Status.WARNING, "has little room left on its backup drive (10 percent, 399 GB)"),
        (100 * GB, Status.CRITICAL, "has little room left on its backup drive (2 percent, 100 GB)"),
    ],
    ids=["ok-at-its-limit", "look-below-10", "problem-below-3"],
)
def test_room_for_the_next_backups_is_judged(available: int, status: Status, says: str) -> None:
    place = replace(FOLDER, space=Space(4000 * GB, available, available, 0, 0))
    found = list(CHECK.evaluate(Backups(place, a_folder(LAST_NIGHT)), NOW))
    assert (found[-1].status, found[-1].says) == (status, says)


STANDBY = replace(CHECK, standby_path="/mnt/second")
LITTLE = Space(4000 * GB, 50 * GB, 50 * GB, 0, 0)


@pytest.mark.parametrize(
    ("place", "status", "says"),
    [
        pytest.param(
            SECOND, Status.OK, "has room on its second backup drive (50 percent, 2.0 TB)", id="ok-ready"
        ),
        pytest.param(
            Place("/mnt/second", "", None, "No such file or directory"),
            Status.WARNING,
            "has lost its second backup drive: it is not connected",
            id="look-gone",
        ),
        pytest.param(
            replace(SECOND, mount=replace(SECOND.mount, read_only=True) if SECOND.mount else None),
            Status.WARNING,
            "can no longer write to its second backup drive",
            id="look-read-only",
        ),
        pytest.param(
            replace(SECOND, space=LITTLE),
            Status.WARNING,
            "has little room left on its second backup drive (1 percent, 50 GB); "
            "has no room for one more backup on its second backup drive (50 GB left, 100 GB needed)",
            id="look-too-small",
        ),
        pytest.param(
            replace(SECOND, mount=replace(MOUNT, path="/mnt/second")),
            Status.WARNING,
            "keeps both backup drives on one and the same disk",
            id="look-the-same-disk",
        ),
        pytest.param(
            Place("/mnt/second", "", None, "no answer in 5 seconds"),
            Status.UNKNOWN,
            "could not be checked: its second backup drive did not answer",
            id="could-not-check-hangs",
        ),
    ],
)  # fmt: skip
def test_a_second_drive_that_could_not_take_over_is_worth_a_look(place: Place, status: Status, says: str) -> None:
    found = list(STANDBY.evaluate(Backups(FOLDER, a_folder(LAST_NIGHT, NIGHT_BEFORE), place), NOW))
    assert summed_up(found[3:]) == (status, says)
    assert found[:3] == list(STANDBY.evaluate(Backups(FOLDER, a_folder(LAST_NIGHT, NIGHT_BEFORE)), NOW))


def test_settings_that_cannot_be_meant_are_named() -> None:
    check = Backup(
        path="backup",
        pattern="2026/*.gz",
        depth=0,
        min_bytes=-1,
        newest_within_h=0,
        mounted="mnt",
        standby_path="backup/",
    )
    assert list(check.mistakes()) == [
        ("path", "“backup” must start with “/”"),
        ("standby_path", "“backup/” must start with “/”"),
        ("mounted", "“mnt” must start with “/”"),
        ("standby_path", "must be another place than `path`"),
        ("pattern", "must be the name of files, without folders: set `path` and `depth` for those"),
        ("depth", "must be at least 1"),
        ("min_bytes", "must be at least 0"),
        ("newest_within_h", "must be more than 0"),
    ]
    assert list(STANDBY.mistakes()) == []


@pytest.mark.parametrize("made_by", ["coreutils-9.1-mawk", "busybox-1.35"])
def test_the_newest_files_of_each_kind_are_read(made_by: str) -> None:
    found = parse_files((DATA / f"listing-{made_by}.txt").read_text())
    created_s = 1795374330 if made_by.startswith("coreutils") else None
    assert found == Files(
        clock_s=1795374358,
        finished=(
            BackupFile("charts-2026-11-21.sql.gz", 1795361730, 118 * GB, created_s),
            BackupFile("charts-2026-11-20.sql.gz", 1795275330, 117 * GB, created_s),
            BackupFile("2026-11-20/charts-2026-11-19.sql.gz", 1795188930, 116_500_000_000, created_s),
            BackupFile("charts with", 1795086330, 77, created_s),
        ),
        small=(BackupFile("charts-2026-11-22.sql.gz", 1795372170, 0, created_s),),
        future=(BackupFile("charts-2030-01-01.sql.gz", 1795547130, 5000, created_s),),
        unfinished=(BackupFile("charts-2026-11-23.sql.gz.part", 1795374150, 40_000, created_s),),
    )


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    "text",
    ["", "clock 1795374358\n/finished/1795361730/1/0/a", "/end/", "clock now\n/end/", "sh: date: not found\n/end/"],
)
def test_a_list_that_was_cut_short_is_no_list(text: str) -> None:
    with pytest.raises(ProbeError, match="its list of backups was cut short"):
        parse_files(text)


def test_files_that_go_while_they_are_looked_at_are_no_complaint_and_others_are() -> None:
    lines = ["clock 5", "stat: cannot stat './a': No such file or directory", "find: './b': Permission denied", "/end/"]
    assert parse_files("\n".join(lines)).complaint == "find: './b': Permission denied"
    assert parse_files("\n".join([lines[0], lines[1], "b.gz", lines[3]])).complaint == ""


@given(
    st.text()
    | st.lists(st.integers(-9, 10**25)).map(lambda n: "clock 5\n/finished/" + "/".join(map(str, n)) + "\n/end/")
)
def test_any_list_is_read_or_refused_and_every_one_that_is_read_can_be_judged(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert results(parse_files(text))


# From here on the real thing: real files, drives, shells and SSH.


def write(path: Path, *, hours_ago: float, size_bytes: int = 1000, offset_s: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size_bytes)
    modified_s = time.time() + offset_s - hours_ago * 3600
    os.utime(path, (modified_s, modified_s))
    return path


def fill(folder: Path) -> Path:
    """A folder with a backup of every sort: two good ones, and others that must not count."""
    write(folder / "2026-11/charts-1121.gz", hours_ago=29)
    write(folder / "2026-11/charts-1122.gz", hours_ago=5)
    write(folder / "charts-1123.gz", hours_ago=4, size_bytes=0)
    write(folder / "charts-1130.gz", hours_ago=-48)
    write(folder / "charts-1124.gz.PART", hours_ago=3)
    write(folder / "notes.txt", hours_ago=1)
    write(folder / ".charts-1125.gz", hours_ago=1)
    write(folder / ".trash/charts-1126.gz", hours_ago=1)
    write(folder / "a/b/c/charts-1127.gz", hours_ago=1)
    write(folder / 'it\'s a "$HOME"\n/finished/9999999999/1/0/charts-1128.gz', hours_ago=2000)
    write(folder / "charts-\n1129.gz", hours_ago=1000)
    return folder


@pytest.mark.fault(44)
@pytest.mark.parametrize("name", TOOLBOXES)
def test_every_usual_shell_and_toolbox_finds_the_same_backup(
    name: str, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path / "it's $(the) backup")
    monkeypatch.setenv("PATH", toolbox(tmp_path / "bin", name))
    outcome = look(Backup(path=str(folder), pattern="charts-*.gz", mounted=False), a_host(local=True))
    assert [(result.status, result.detail.partition(", changed at")[0]) for result in outcome.results[:-1]] == [
        (Status.OK, f"{folder}/2026-11/charts-1122.gz: 5.0 hours old, limit 26"),
        (Status.OK, "2026-11/charts-1122.gz: 1,000 bytes, the one before 1,000"),
        (Status.WARNING, "charts-1123.gz: 0 bytes"),
        (Status.WARNING, "charts-1130.gz: 1,000 bytes"),
        (Status.WARNING, "charts-1124.gz.PART: 1,000 bytes"),
    ]
    assert [metric.name for metric in outcome.metrics] == ["age_h", "size", "free"]


@pytest.mark.fault(22)
def test_over_ssh_a_greeting_and_a_wrong_clock_change_nothing(look: Look, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    write(folder / "charts-1122.gz", hours_ago=5, offset_s=600)
    with sshd(
        tmp_path, "127.0.3.41", lines=[f'ForceCommand . {tmp_path}/greeting; eval "$SSH_ORIGINAL_COMMAND"']
    ) as server:
        (tmp_path / "greeting").write_text("echo 'Willkommen!'; echo '/finished/1/1/0/x'; export LC_ALL=de_DE.UTF-8\n")
        server.shim("date", script=f"echo {int(time.time()) + 600}")
        outcome = look(Backup(path=str(folder), mounted=False), server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.OK
    assert outcome.results[0].detail == (
        f"{folder}/charts-1122.gz: 5.0 hours old, limit 26; the host's clock is 10 minutes ahead"
    )


@pytest.mark.fault(32)
def test_an_unplugged_drive_leaves_an_empty_folder_that_is_not_judged(look: Look, tmp_path: Path) -> None:
    place = tmp_path / "backup"
    check = Backup(path=str(place / "charts"))
    with drive(place):
        write(place / "charts/1122.gz", hours_ago=5)
        plugged_in = look(check, a_host(local=True))
    write(place / "charts/1122.gz", hours_ago=5)
    unplugged = look(check, a_host(local=True))
    assert plugged_in.status is Status.OK
    assert (unplugged.status, unplugged.says) == (Status.CRITICAL, "has lost its backup drive: it is not connected")
    assert unplugged.metrics == ()


@pytest.mark.fault(32)
def test_a_link_to_the_drive_is_followed(look: Look, tmp_path: Path) -> None:
    with drive(tmp_path / "sdb1") as place:
        write(place / "1122.gz", hours_ago=5)
        (tmp_path / "backup").symlink_to(place)
        outcome = look(Backup(path=str(tmp_path / "backup")), a_host(local=True))
    assert outcome.status is Status.OK
    assert outcome.results[-1].detail.startswith(f"{tmp_path}/backup -> {place} on {place} (ext4 on /dev/loop")


@pytest.mark.fault(31)
def test_a_drive_that_turned_read_only_is_a_problem_and_its_backups_are_still_judged(
    look: Look, tmp_path: Path
) -> None:
    with drive(tmp_path / "backup") as place:
        write(place / "1122.gz", hours_ago=5)
        remount(place, "ro")
        outcome = look(Backup(path=str(place)), a_host(local=True))
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "can no longer write to its backup drive")
    assert [metric.name for metric in outcome.metrics] == ["age_h", "size", "free"]


@pytest.mark.fault(33)
def test_a_drive_that_hangs_is_not_waited_for_and_the_other_is_still_judged(look: Look, tmp_path: Path) -> None:
    with silent_network_drive(tmp_path / "share") as share, drive(tmp_path / "second") as second:
        check = Backup(path=str(share), standby_path=str(second))
        outcome = look(check, a_host(local=True), timeout_s=3)
    assert [result.status for result in outcome.results] == [Status.UNKNOWN, Status.OK]
    assert outcome.why == "its backup drive did not answer"
    assert outcome.results[1].says.startswith("has room on its second backup drive (")
    assert outcome.duration_s < 2.5


@pytest.mark.fault(32)
def test_a_second_drive_in_memory_is_none(look: Look, tmp_path: Path) -> None:
    write(tmp_path / "backup/1122.gz", hours_ago=5)
    with memory(tmp_path / "second", "size=1m") as second:
        check = Backup(path=str(tmp_path / "backup"), mounted=False, standby_path=str(second))
        outcome = look(check, a_host(local=True))
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "has lost its second backup drive: it is not connected",
    )


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (0o000, "could not be checked: our login may not look at its backup folder"),
        (0o711, "could not be checked: our login may not read all of its backup folder"),
    ],
    ids=["could-not-check-not-entered", "could-not-check-not-listed"],
)
def test_a_folder_that_our_login_may_not_read_could_not_be_checked(
    mode: int, says: str, look: Look, tmp_path: Path
) -> None:
    need_root()
    need("setpriv")
    as_nobody = 'ForceCommand setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$SSH_ORIGINAL_COMMAND"'
    with TemporaryDirectory() as place, sshd(tmp_path, "127.0.3.42", lines=[as_nobody]) as server:
        Path(place).chmod(0o755)
        folder = Path(place) / "backup"
        write(folder / "1122.gz", hours_ago=5)
        folder.chmod(mode)
        outcome = look(Backup(path=str(folder), mounted=False), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


def test_a_file_in_the_place_of_the_folder_is_a_lost_folder(look: Look, tmp_path: Path) -> None:
    path = write(tmp_path / "backup", hours_ago=5)
    outcome = look(Backup(path=str(path), mounted=False), a_host(local=True))
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.CRITICAL,
        "has lost its backup folder: it is not there",
        f"{path}: Not a directory",
    )


def test_the_newest_is_found_among_many_whatever_the_others_are_called(look: Look, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    for number in range(60):
        write(folder / f"charts-{number}.gz", hours_ago=30 + number)
        write(folder / f"{number}\nx/finished/{int(time.time()) - 600}/9", hours_ago=2000)
    write(folder / ".charts-hidden.gz", hours_ago=1)
    write(folder / "charts.gz", hours_ago=5)
    outcome = look(Backup(path=str(folder), mounted=False, depth=4), a_host(local=True))
    assert outcome.status is Status.OK
    assert outcome.results[0].detail == f"{folder}/charts.gz: 5.0 hours old, limit 26"


def test_a_folder_of_more_names_than_one_answer_holds_is_reduced_on_the_host(look: Look, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    for number in range(6000):
        (folder / f"{'a-very-long-name' * 12}-{number:06d}.gz").touch()
    write(folder / "the-newest-that-counts.gz", hours_ago=0.1)
    outcome = look(Backup(path=str(folder), mounted=False), a_host(local=True), timeout_s=20)
    assert outcome.status is Status.OK
    assert outcome.results[0].detail == f"{folder}/the-newest-that-counts.gz: 0.1 hours old, limit 26"
