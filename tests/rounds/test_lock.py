"""One round at a time, held by the kernel: real processes hold the lock, end and are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from healthcheck.rounds.lock import Busy, only_one

HOLDER = """
import pathlib, sys
from healthcheck.rounds.lock import only_one
with only_one(pathlib.Path(sys.argv[1]), "watch"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent.parent,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


@pytest.mark.fault(56)
def test_a_second_holder_is_refused_and_told_who_the_first_is_and_what_it_does(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as process, pytest.raises(Busy) as refused, only_one(tmp_path / "lock"):
        pass
    says = f"Another round is under way (process {process.pid}), so this one was not started. Wait until it has ended."
    assert (str(refused.value), refused.value.doing) == (says, "watch")


@pytest.mark.fault(56)
def test_the_lock_of_a_killed_process_is_no_obstacle(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with only_one(tmp_path / "lock", "report"):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()} report\n"


def test_a_lock_is_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with only_one(tmp_path / "state" / "lock"):
            pass


@pytest.mark.fault(58)
def test_a_lock_holds_where_the_disk_has_no_room_for_a_name(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("/dev/full")
    with only_one(tmp_path / "lock"), pytest.raises(Busy), only_one(tmp_path / "lock"):
        pass
