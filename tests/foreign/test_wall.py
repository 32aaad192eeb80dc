"""The wall: what a process behind it may do, and that nothing of it outlives its question or the program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from healthcheck.errors import Fell
from healthcheck.foreign.sources import Source, of_source
from healthcheck.foreign.wall import Wall
from tests.foreign.hostile import GOOD, DropIn
from tests.lab import wait_for
from tests.lab.program import CONFIG, PROGRAM, written

DEADLINE_S = 10.0


def question(path: Path) -> dict[str, Any]:
    return {"ask": "describe", "source": of_source(Source(str(path), path))}


def asked(*paths: Path, deadline_s: float = DEADLINE_S) -> list[dict[str, Any] | BaseException]:
    """Ask all of them to describe themselves, at once and behind one wall."""

    async def body() -> list[dict[str, Any] | BaseException]:
        wall = Wall()
        try:
            return await asyncio.gather(
                *(wall.ask(question(path), deadline_s) for path in paths), return_exceptions=True
            )
        finally:
            await wall.close()

    return asyncio.run(body())


def kinds(answer: dict[str, Any] | BaseException) -> list[str]:
    assert isinstance(answer, dict), answer
    return [kind["kind"] for kind in answer["kinds"]]


TELLS = """
import json, resource
from pathlib import Path
Path({there!r}).write_text(json.dumps({{
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "memory": resource.getrlimit(resource.RLIMIT_AS),
    "leads": os.getpid() == os.getpgrp() == os.getsid(0),
    "files": sorted(os.readlink(f"/proc/self/fd/{{n}}").split(":")[0] for n in range(3, 64)
                    if os.path.exists(f"/proc/self/fd/{{n}}")),
    "secrets": [name for name in os.environ if "SECRET" in name or "CREDENTIALS" in name],
}}))
"""


@pytest.mark.fault(62)
def test_a_process_behind_the_wall_has_little_memory_no_core_no_secret_and_no_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTHCHECK_SECRET_SMTP_PASSWORD", "c4n4ry")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    there = tmp_path / "told"

    [answer] = asked(DropIn("tells", top=TELLS.format(there=str(there))).write(tmp_path))

    assert kinds(answer) == ["tells"]
    gib = 1024**3
    told = json.loads(there.read_text())
    assert told == {"core": [0, 0], "memory": [gib, gib], "leads": True, "files": ["socket"], "secrets": []}


def test_a_hundred_questions_at_once_are_all_answered(tmp_path: Path) -> None:
    answers = asked(*[GOOD.write(tmp_path)] * 100)

    assert [kinds(answer) for answer in answers] == [["good"]] * 100


@pytest.mark.fault(60)
def test_who_is_not_done_at_the_deadline_is_ended_and_the_others_are_answered(tmp_path: Path) -> None:
    hangs = DropIn("hangs", top="signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)").write(tmp_path)

    late, good = asked(hangs, GOOD.write(tmp_path), deadline_s=1.0)

    assert isinstance(late, Fell)
    assert (str(late), late.late) == ("ended after 1 second, at its deadline", True)
    assert kinds(good) == ["good"]


@pytest.mark.fault(60)
def test_who_ends_the_server_itself_costs_nobody_else_an_answer(tmp_path: Path) -> None:
    ends = DropIn("ends", top="os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(600)").write(tmp_path)
    slow = DropIn("slow", top="time.sleep(0.5)").write(tmp_path)

    ended, *good = asked(ends, slow, slow, slow)

    assert isinstance(ended, Fell)
    assert str(ended) == "the process for added checks was ended"
    assert [kinds(answer) for answer in good] == [["slow"]] * 3


def test_a_question_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hangs = DropIn("hangs", top=f"open({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)").write(
        tmp_path
    )

    async def body() -> None:
        wall = Wall()
        asking = asyncio.create_task(wall.ask(question(hangs), DEADLINE_S))
        while not (pid_file.exists() and pid_file.read_text()):
            await asyncio.sleep(0.01)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        pid = int(pid_file.read_text())
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.01)
        await wall.close()

    asyncio.run(asyncio.wait_for(body(), 20))


FORKS = """
def look(name):
    with open({pids!r}, "a") as file:
        file.write(str(os.getpid()) + "\\n")
    time.sleep(600)
"""


@pytest.mark.fault(60)
@pytest.mark.fault(65)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_nothing_outlives_the_program(number: signal.Signals, tmp_path: Path) -> None:
    folder, pids = tmp_path / "checks.d", tmp_path / "pids"
    folder.mkdir(mode=0o700)
    probe = "if os.fork() == 0 and os.fork() == 0:\n    os.setsid()\nlook('')\n"
    DropIn("forks", probe, top=FORKS.format(pids=str(pids))).write(folder)
    config = written(tmp_path, CONFIG + '\n[[check]]\nkind = "forks"\nhosts = ["*"]\ntimeout_s = 60\n')
    process = subprocess.Popen(
        [PROGRAM, "--config", config, "--state-dir", tmp_path / "state", "run"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 3, "three processes")
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    started = [int(pid) for pid in pids.read_text().split()]

    process.send_signal(number)
    process.wait(10)

    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in (*started, *children)), "the end of all of them")
