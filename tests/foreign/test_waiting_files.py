"""The Nagios plug-in that ships: files that nobody takes from a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

PLUG_IN = Path(__file__).parents[2] / "checks.d" / "waiting_files"
SHELLS = [[], [shutil.which("busybox") or "busybox", "sh"]]


@pytest.fixture(params=SHELLS, ids=["sh", "busybox"])
def shell(request: pytest.FixtureRequest) -> list[str]:
    if request.param and not shutil.which("busybox"):
        pytest.skip("needs busybox, which is not installed")
    found: list[str] = request.param
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "outgoing faxes"
    folder.mkdir()
    return folder


def waiting(folder: Path, name: str, minutes: float) -> None:
    path = folder / name
    path.touch()
    os.utime(path, (time.time() - minutes * 60,) * 2)


def run(shell: list[str], *arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run([*shell, PLUG_IN, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("minutes", "code", "says"),
    [
        ([], 0, "0 files wait in {}, none for more than 15 minutes | late=0;0 too_late=0;;0 waiting=0"),
        ([1, 14], 0, "2 files wait in {}, none for more than 15 minutes | late=0;0 too_late=0;;0 waiting=2"),
        ([1, 20], 1, "1 of 2 files wait for more than 15 minutes in {} | late=1;0 too_late=0;;0 waiting=2"),
        ([20, 70, 90], 2, "2 of 3 files wait for more than 60 minutes in {} | late=3;0 too_late=2;;0 waiting=3"),
        ([-30], 0, "1 files wait in {}, none for more than 15 minutes | late=0;0 too_late=0;;0 waiting=1"),
    ],
    ids=["ok-empty", "ok-new-ones", "look-one-late", "problem-two-too-late", "ok-of-tomorrow"],
)
def test_the_age_of_what_waits_decides(
    minutes: list[int], code: int, says: str, folder: Path, shell: list[str]
) -> None:
    for number, age in enumerate(minutes):
        waiting(folder, f"fax {number}\nof today.pdf", age)

    assert run(shell, "-d", folder) == (code, says.format(folder))


def test_what_is_no_waiting_file_does_not_count(folder: Path, shell: list[str]) -> None:
    waiting(folder, ".lock", 600)
    (folder / "sent").mkdir()
    waiting(folder / "sent", "old.pdf", 600)

    assert run(shell, "-d", folder)[0] == 0


def test_limits_can_be_given(folder: Path, shell: list[str]) -> None:
    waiting(folder, "fax", 8)

    assert [run(shell, "-d", folder, "-w", "5", "-c", critical)[0] for critical in ("10", "7")] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-d", "/nowhere/at/all"], "there is no folder /nowhere/at/all"),
        (["-d", "faxes"], "-d takes a folder that begins with /"),
        ([], "-d takes a folder that begins with /"),
        (["-d", "/", "-w", "-5"], "-w and -c take whole minutes"),
        (["-d", "/", "-c", "1;id"], "-w and -c take whole minutes"),
        (["-x"], "usage: waiting_files -d FOLDER [-w MINUTES] [-c MINUTES]"),
    ],
    ids=["no-folder", "relative", "nothing", "negative", "no-number", "unknown-option"],
)
def test_what_cannot_be_looked_at_is_never_well(arguments: list[str], says: str, shell: list[str]) -> None:
    assert run(shell, *arguments) == (3, says)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to look as somebody who may not")
def test_a_folder_that_may_not_be_read_is_never_well(folder: Path) -> None:
    waiting(folder, "fax", 600)
    folder.chmod(0o000)

    code, said = run(["setpriv", "--reuid=65534", "--clear-groups", "sh"], "-d", folder)

    assert code == 3, said
