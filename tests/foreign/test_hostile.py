"""Every drop-in that does its worst is "could not check" for itself alone: one round with all of them at once."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.foreign.hostile import (
    AT_BINDING,
    AT_IMPORT,
    AT_RUN,
    GOOD,
    GOOD_ASYNC,
    LATE,
    WELL_ALL_THE_SAME,
    DropIn,
    not_loaded,
)
from tests.lab.program import CONFIG, healthcheck, written

EVERY = (GOOD, *AT_RUN, *WELL_ALL_THE_SAME, *AT_BINDING, *AT_IMPORT, GOOD_ASYNC)


@dataclass(frozen=True)
class Morning:
    """What a round told, and the folder that it was in."""

    folder: Path
    checks: dict[str, Any]
    errors: str
    code: int
    ended_at: float
    """In seconds of the epoch, as processes tell when they began."""


def morning(folder: Path, *drop_ins: DropIn) -> Morning:
    """A round with these drop-ins, by the real program."""
    checks_d = folder / "checks.d"
    checks_d.mkdir(mode=0o700)
    text = CONFIG
    for drop_in in drop_ins:
        drop_in.write(checks_d)
        text += f'\n[[check]]\nkind = "{drop_in.kind}"\nhosts = ["*"]\ntimeout_s = {drop_in.timeout_s}\n'
        text += f'note = "{folder}/pids"\n'
    done = healthcheck(
        "--config", written(folder, text), "--state-dir", folder / "state", "run", "--format", "json", cwd=folder
    )
    assert done.stdout, done.stderr
    told = {check["kind"]: check for check in json.loads(done.stdout)["checks"]}
    return Morning(folder, told, done.stderr, done.returncode, time.time())


@pytest.fixture(scope="module")
def everything_at_once(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return morning(tmp_path_factory.mktemp("morning"), *EVERY)


@pytest.mark.fault(60)
@pytest.mark.parametrize("drop_in", EVERY, ids=lambda drop_in: drop_in.kind)
def test_a_check_that_does_its_worst_costs_itself_alone(drop_in: DropIn, everything_at_once: Morning) -> None:
    check = everything_at_once.checks[drop_in.kind]
    assert (check["status"], check["says"]) == drop_in.finds


@pytest.mark.fault(60)
def test_our_own_checks_are_done_beside_them(everything_at_once: Morning) -> None:
    assert everything_at_once.checks["memory"]["status"] == "OK"
    assert everything_at_once.code == 3


def began_before(moment: float, pid: int) -> bool:
    """Whether a process that was there at that moment still is; a later one may have been given its number."""
    try:
        return psutil.Process(pid).create_time() < moment
    except psutil.NoSuchProcess:
        return False


@pytest.mark.fault(60)
def test_nothing_that_they_started_is_left_and_no_core(everything_at_once: Morning) -> None:
    pids = [int(pid) for pid in (everything_at_once.folder / "pids").read_text().split()]
    assert pids, "none of them came as far as starting anything"
    ends_at = time.monotonic() + 20
    while alive := [pid for pid in pids if began_before(everything_at_once.ended_at, pid)]:
        assert time.monotonic() < ends_at, alive
        os.sched_yield()
    assert list(everything_at_once.folder.glob("**/core*")) == []


@pytest.mark.fault(60)
def test_the_technical_line_tells_how_it_ended(everything_at_once: Morning) -> None:
    details = {kind: everything_at_once.checks[kind]["detail"] for kind in ("leaves", "segfaults", "floods", "raises")}
    assert details == {
        "leaves": "leaves: ended with exit code 0 before it had answered",
        "segfaults": "segfaults: ended by SIGSEGV",
        "floods": "floods: ended because it printed more than 1 MiB",
        "raises": "raises: ValueError; the traceback is in the log",
    }


@pytest.mark.fault(60)
def test_the_log_tells_where_a_check_failed_and_never_in_whose_words(everything_at_once: Morning) -> None:
    assert "the check Main office/office-server/raises has a fault: ValueError at raises.py:1" in (
        everything_at_once.errors
    )
    assert "its own words" not in everything_at_once.errors


@pytest.mark.fault(60)
def test_a_file_that_never_ends_loading_is_given_up(tmp_path: Path) -> None:
    hangs = DropIn(
        "import_hangs",
        top="time.sleep(600)",
        finds=not_loaded("import_hangs", "it was not done after 10 seconds"),
    )
    found = morning(tmp_path, hangs, GOOD)
    assert {kind: (check["status"], check["says"]) for kind, check in found.checks.items() if kind != "memory"} == {
        "import_hangs": hangs.finds,
        "good": GOOD.finds,
    }


def test_a_check_that_comes_to_its_deadline_is_late_like_any_other(everything_at_once: Morning) -> None:
    assert LATE == ("UNKNOWN", "could not be checked: it did not finish in 2 seconds")
    assert everything_at_once.checks["blocks_the_loop"]["detail"] == "deadline exceeded"
