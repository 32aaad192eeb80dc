"""The backup folder of a Windows machine."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, Mount, ProbeError, Result, Space, Status
from healthcheck.checks._backup.drives import Place
from healthcheck.checks._backup.files import BackupFile, Files
from healthcheck.checks._windows.asking import Failure, Told
from healthcheck.checks._windows.folder import files_of, place_of, whole
from healthcheck.checks._windows.letters import letters_of
from healthcheck.checks.backup import Backup, Backups
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC, a_host, summed_up
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED, told

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
CLOCK_S = int(NOW.timestamp())
GB = 1000**3
CHECK = Backup(path=r"D:\Backups")
LETTERS = [
    {"Name": "C:\\", "Type": 3, "Ready": True, "Format": "NTFS", "Size": 500 * GB, "Free": 250 * GB, "Ours": 250 * GB},
    {
        "Name": "D:\\",
        "Type": 3,
        "Ready": True,
        "Format": "NTFS",
        "Size": 4000 * GB,
        "Free": 2000 * GB,
        "Ours": 2000 * GB,
    },
    {"Name": "E:\\", "Type": 2, "Ready": False},
    {"Name": "G:\\", "Type": 3, "Ready": False},
]
BY_LETTER = {letter.mount.path: letter for letter in letters_of(Told(tuple(LETTERS)))}
GONE = {"Category": "ObjectNotFound", "Code": -2146233087, "Says": "Der Pfad wurde nicht gefunden."}


def listed(*lines: str) -> list[dict[str, object]]:
    """What the machine lists, the last of it too."""
    return [{"Text": "\n".join([f"clock {CLOCK_S}", *lines, "/end/"])}]


def a_file(kind: str, name: str, *, hours_ago: float, size_bytes: int = 100 * GB) -> str:
    at = round(CLOCK_S - hours_ago * 3600)
    return f"/{kind}/{at}/{size_bytes}/{at - 1800}/{name}"


LAST_NIGHT = a_file("finished", "sql/charts-1122.bak", hours_ago=3.7)
NIGHT_BEFORE = a_file("finished", "sql/charts-1121.bak", hours_ago=27.7)


def answer(*lines: str, failed: dict[str, dict[str, object]] | None = None, **changes: Any) -> str:
    things = {"letters": LETTERS, "folder": [{"Folder": True}], "files": listed(*lines), **changes}
    return told(failed, **{name: thing for name, thing in things.items() if name not in (failed or {})})


def judged(text: str, check: Backup = CHECK) -> list[Result]:
    """What is said of an answer at a quarter to six."""
    all_told = json.loads(text)
    asked = {name: Told(tuple(things)) for name, things in all_told["Told"].items()}
    asked |= {
        name: Told(failure=Failure(why["Category"], why["Code"] & 0xFFFFFFFF, why["Says"]))
        for name, why in all_told["Failed"].items()
    }
    folder = place_of(check.path, asked["folder"], BY_LETTER)
    standby = place_of(check.standby_path, asked["standby"], BY_LETTER) if check.standby_path else None
    files = files_of(asked["files"]) if isinstance(folder.space, Space) else None
    return list(check.evaluate(Backups(folder, files, standby), NOW))


def test_a_backup_of_last_night_on_a_drive_of_its_own_is_fine() -> None:
    assert judged(answer(LAST_NIGHT, NIGHT_BEFORE)) == [
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "D:/Backups/sql/charts-1122.bak: 3.7 hours old, limit 26",
            Metric("age_h", 3.7, "h"),
        ),
        Result(
            Status.OK,
            "made its last backup today, 2:03 am",
            "sql/charts-1122.bak: 100,000,000,000 bytes, the one before 100,000,000,000",
            Metric("size", 100 * GB, "B"),
        ),
        Result(
            Status.OK,
            "has room on its backup drive (50 percent, 2.0 TB)",
            r"D:/Backups on D: (NTFS on \\.\D:): 2,000,000,000,000 of 4,000,000,000,000 bytes free",
            Metric("free", 50.0, "%"),
        ),
    ]


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        pytest.param(
            answer(NIGHT_BEFORE), Status.CRITICAL, "has no backup since Sunday, 2:03 am", id="problem-old"
        ),
        pytest.param(answer(), Status.CRITICAL, "holds no backup at all", id="problem-none"),
        pytest.param(
            answer(a_file("small", "charts-1122.bak", hours_ago=3, size_bytes=0)), Status.CRITICAL,
            "holds no backup that can be used, only an empty one", id="problem-empty",
        ),
        pytest.param(
            answer(NIGHT_BEFORE, f"/growing/{CLOCK_S - 20}/5/{CLOCK_S - 3600}/charts-1122.bak"), Status.CRITICAL,
            "has no backup since Sunday, 2:03 am; one has been running since today, 4:45 am", id="problem-running",
        ),
        pytest.param(
            answer("find: D:\\Backups: PermissionDenied"), Status.UNKNOWN,
            "could not be checked: our login may not read all of its backup folder", id="could-not-check-refused-in-it",
        ),
        pytest.param(
            answer(failed={"folder": DENIED}), Status.UNKNOWN,
            "could not be checked: our login may not look at its backup drive", id="could-not-check-refused",
        ),
        pytest.param(
            answer(failed={"folder": GONE}), Status.CRITICAL,
            "has lost its backup drive: it is not connected", id="problem-no-such-folder",
        ),
        pytest.param(
            answer(failed={"folder": {"Category": "ReadError", "Code": -2147023779, "Says": "E/A"}}), Status.CRITICAL,
            "cannot read its backup drive: it seems to be broken", id="problem-broken",
        ),
        pytest.param(
            answer(failed={"folder": {"Category": "NotSpecified", "Code": -2146233088, "Says": "?"}}), Status.UNKNOWN,
            "could not be checked: its backup drive did not answer", id="could-not-check-another-error",
        ),
        pytest.param(
            answer(folder=[{"Folder": False}]), Status.CRITICAL, "has lost its backup drive: it is not connected",
            id="problem-a-file",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_apart(text: str, status: Status, says: str) -> None:
    assert summed_up(judged(text)) == (status, says)


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    ("check", "status", "says"),
    [
        pytest.param(
            Backup(path="C:\\Backups"), Status.CRITICAL, "has lost its backup drive: it is not connected",
            id="problem-on-the-main-disk",
        ),
        pytest.param(
            Backup(path="C:\\Backups", mounted=False), Status.OK, "made its last backup today, 2:03 am; "
            "has room in its backup folder (50 percent, 250 GB)", id="ok-on-the-main-disk-on-purpose",
        ),
        pytest.param(
            Backup(path="D:\\Backups", mounted="d:\\"), Status.OK, "made its last backup today, 2:03 am; "
            "has room on its backup drive (50 percent, 2.0 TB)", id="ok-on-the-named-drive",
        ),
        pytest.param(
            Backup(path="D:\\Backups", mounted="F:"), Status.CRITICAL,
            "has lost its backup drive: it is not connected", id="problem-on-another-drive",
        ),
        pytest.param(
            Backup(path="F:\\Backups"), Status.CRITICAL, "has lost its backup drive: it is not connected",
            id="problem-no-such-drive",
        ),
        pytest.param(
            Backup(path="E:\\Backups"), Status.CRITICAL, "has lost its backup drive: it is not connected",
            id="problem-an-empty-slot",
        ),
        pytest.param(
            Backup(path="G:\\Backups"), Status.UNKNOWN, "could not be checked: its backup drive did not answer",
            id="could-not-check-a-locked-drive",
        ),
        pytest.param(
            Backup(path="D:\\Backups", standby_path="D:\\Second"), Status.WARNING,
            "keeps both backup drives on one and the same disk", id="look-one-disk-for-both",
        ),
        pytest.param(
            Backup(path="D:\\Backups", standby_path="E:\\"), Status.WARNING,
            "has lost its second backup drive: it is not connected", id="look-the-second-is-gone",
        ),
    ],
)  # fmt: skip
def test_the_drive_is_judged_as_on_linux(check: Backup, status: Status, says: str) -> None:
    assert summed_up(judged(answer(LAST_NIGHT, standby=[{"Folder": True}]), check)) == (status, says)


def test_over_ssh_one_command_tells_it_all(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", answer(LAST_NIGHT, standby=[{"Folder": True}]))
    outcome = look_at(Backup(path="D:\\Backups", standby_path="C:\\Backups", newest_within_h=1e6))
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "has lost its second backup drive: it is not connected",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            answer(failed={"letters": DENIED}), "could not be checked: our login there may not see its disks",
            id="no-drives",
        ),
        pytest.param(
            answer(failed={"files": DENIED}), "could not be checked: our login there may not see its backups",
            id="no-files",
        ),
        pytest.param(
            answer(files=[{"Text": f"clock {CLOCK_S}\n{LAST_NIGHT}"}]),
            "could not be checked: its list of backups was cut short", id="cut-short",
        ),
        pytest.param(
            answer(files=[]), "could not be checked: what it says about its backups is unreadable", id="nothing"
        ),
        pytest.param(
            answer(folder=["True"]), "could not be checked: what it says about its backups is unreadable", id="no-word"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_fine(look_at: LookAt, server: SshServer, text: str, says: str) -> None:
    server.shim("powershell", text)
    outcome = look_at(CHECK)
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


def test_a_folder_and_its_files_are_read_whole() -> None:
    at = round(CLOCK_S - 3.7 * 3600)
    assert place_of("D:\\Backups\\", Told(({"Folder": True},)), BY_LETTER) == Place(
        "D:/Backups",
        "D:/Backups",
        Mount("D:", "NTFS", r"\\.\D:", "D:"),
        Space(4000 * GB, 2000 * GB, 2000 * GB, 0, 0),
    )
    assert files_of(Told(tuple(listed(LAST_NIGHT)))) == Files(
        CLOCK_S, (BackupFile("sql/charts-1122.bak", at, 100 * GB, at - 1800),)
    )


@pytest.mark.parametrize(
    ("path", "spelling"), [("d:\\", "D:"), ("D:\\Backups\\sql\\", "D:/Backups/sql"), ("D:/Backups", "D:/Backups")]
)
def test_a_folder_has_one_spelling(path: str, spelling: str) -> None:
    assert whole(path) == spelling


def test_paths_of_another_system_are_mistakes() -> None:
    linux = Backup(path="/mnt/backup", standby_path="/mnt/second", mounted="/mnt", pattern="[!a]*")
    windows = Backup(path="D:\\Backups", standby_path="D:/Backups", mounted="D:\\Backups")
    assert list(linux.mistakes()) == []
    assert list(linux.mistakes_on(a_host())) == []
    assert list(linux.mistakes_on(a_host(os="windows"))) == [
        ("path", "“/mnt/backup” must be on a drive, as “D:/Backups” is"),
        ("standby_path", "“/mnt/second” must be on a drive, as “D:/Backups” is"),
        ("mounted", "“/mnt” must be on a drive, as “D:/Backups” is"),
        ("pattern", "may have *, ? and [a-z], but neither [! nor `"),
    ]
    assert list(windows.mistakes()) == [("standby_path", "must be another place than `path`")]
    assert list(windows.mistakes_on(a_host(os="windows"))) == [
        ("mounted", "“D:\\Backups” must be a drive, such as “D:”")
    ]
    assert list(windows.mistakes_on(a_host())) == [
        ("path", "“D:\\Backups” must start with “/”"),
        ("standby_path", "“D:/Backups” must start with “/”"),
        ("mounted", "“D:\\Backups” must start with “/”"),
    ]
    assert list(Backup(path="\\\\nas\\backup").mistakes()) == [("path", "“\\\\nas\\backup” must start with “/”")]


_VALUES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([LAST_NIGHT, f"clock {CLOCK_S}\n/end/"])
)
_RECORDS = st.lists(st.dictionaries(st.sampled_from(["Folder", "Text"]), _VALUES), max_size=2)


@given(_RECORDS, _RECORDS)
def test_any_answer_is_judged_or_refused(folder: list[dict[str, object]], files: list[dict[str, object]]) -> None:
    with contextlib.suppress(ProbeError):
        place = place_of(CHECK.path, Told(tuple(folder)), BY_LETTER)
        found = files_of(Told(tuple(files))) if isinstance(place.space, Space) else None
        assert max(result.status.rank for result in CHECK.evaluate(Backups(place, found), NOW)) >= 0
        assert found is None or found.finished or summed_up(CHECK.evaluate(Backups(place, found), NOW))[0] != Status.OK
