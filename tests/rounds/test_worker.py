"""The process that looks: whatever happens in it, there is one outcome for each check and nothing is left running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from healthcheck.api import Check, Result, Status, Target
from healthcheck.check import Planned
from healthcheck.model import Outcome, Site
from healthcheck.rounds import worker
from tests.conftest import PACIFIC, a_host

NOW = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
DEADLINE_S = 0.4


@dataclass(frozen=True, kw_only=True)
class Quick(Check[str]):
    """Is quick."""

    kind: ClassVar[str] = "quick"

    def probe(self, target: Target) -> str:
        return ""

    def evaluate(self, sample: str, now: datetime) -> Iterator[Result]:
        yield Result(Status.OK, "is well")


def planned(name: str) -> Planned:
    host = a_host()
    return Planned(f"Pasadena/{host.name}/{name}", Site("Pasadena", PACIFIC, hosts=(host,)), host, Quick(), 5, 1, "IT")


def told(of: Planned) -> Outcome:
    return Outcome(of.key, "Pasadena", of.host.name, "quick", (Result(Status.OK, "is well"),), NOW, owner="IT")


FIRST, SECOND = planned("first"), planned("second")
PLAN = [FIRST, SECOND]


def outcomes(then: Callable[[], object]) -> list[Outcome]:
    """Both checks, of which the first is told before something happens in the worker."""

    async def look(tell: worker.OnDone) -> None:
        tell(told(FIRST))
        then()

    return worker.outcomes(PLAN, look, deadline_s=DEADLINE_S)


def test_each_outcome_comes_as_it_was_found_and_the_result_is_in_the_order_of_the_plan() -> None:
    heard: list[str] = []

    async def look(tell: worker.OnDone) -> None:
        tell(told(SECOND))
        tell(told(FIRST))

    found = worker.outcomes(PLAN, look, deadline_s=5, on_done=lambda outcome: heard.append(outcome.key))
    assert found == [told(FIRST), told(SECOND)]
    assert heard == [SECOND.key, FIRST.key]


def test_an_outcome_larger_than_a_pipe_comes_whole() -> None:
    big = replace(told(FIRST), results=(Result(Status.OK, "y" * 3_000_000),))

    async def look(tell: worker.OnDone) -> None:
        tell(big)

    assert worker.outcomes([FIRST], look, deadline_s=5) == [big]


def test_an_empty_plan_has_no_outcome() -> None:
    async def look(tell: worker.OnDone) -> None:
        pass

    assert worker.outcomes([], look, deadline_s=5) == []


@pytest.mark.fault(57)
@pytest.mark.parametrize(
    "then",
    [lambda: time.sleep(600), lambda: os.kill(os.getpid(), signal.SIGSTOP)],
    ids=["a blocked loop", "a stopped process"],
)
def test_what_hangs_costs_the_rest_and_not_the_report(then: Callable[[], object]) -> None:
    begun = time.monotonic()
    first, second = outcomes(then)
    assert time.monotonic() - begun < DEADLINE_S + worker.GRACE_S + 2
    assert first == told(FIRST)
    assert (second.status, second.key, second.attempts, second.owner) == (Status.UNKNOWN, SECOND.key, 0, "IT")
    assert second.why.startswith("not finished by ")
    assert second.detail == "the round's deadline"


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("then", "code"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), -11),
        (lambda: os._exit(0), 0),
        (lambda: os._exit(7), 7),
    ],
    ids=["a crash", "an end without a word", "an end with an error"],
)
def test_a_worker_that_ends_costs_what_it_had_not_told(then: Callable[[], object], code: int) -> None:
    first, second = outcomes(then)
    assert first == told(FIRST)
    assert (second.status, second.why) == (Status.UNKNOWN, "this check has a fault")
    assert second.detail == f"quick: the process that looked ended with {code}"


@pytest.mark.fault(62)
def test_an_error_of_our_own_is_no_health_and_repeats_no_words(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise RuntimeError("canary-password")

    _, second = outcomes(fail)
    assert second.status is Status.UNKNOWN
    said = capfd.readouterr().err
    assert said.startswith("The process that looked has a fault: RuntimeError at test_worker.py:")
    assert "canary" not in said


def test_what_a_hanging_worker_started_is_ended_with_it(tmp_path: Path) -> None:
    started = tmp_path / "started"

    async def look(tell: worker.OnDone) -> None:
        await asyncio.create_subprocess_exec(
            "sh", "-c", f"setsid sh -c 'echo $$ > {started}; exec sleep 600' & wait", start_new_session=True
        )
        while not (started.exists() and started.read_text()):
            await asyncio.sleep(0.01)
        tell(told(FIRST))
        time.sleep(600)

    worker.outcomes(PLAN, look, deadline_s=2)
    assert not psutil.pid_exists(int(started.read_text()))


def test_an_interruption_ends_the_worker_at_once() -> None:
    class Interrupted(Exception):
        pass

    def stop(outcome: Outcome) -> None:
        raise Interrupted

    async def look(tell: worker.OnDone) -> None:
        tell(told(FIRST))
        time.sleep(600)

    begun = time.monotonic()
    with pytest.raises(Interrupted):
        worker.outcomes(PLAN, look, deadline_s=600, on_done=stop)
    assert time.monotonic() - begun < 5
    assert psutil.Process().children() == []


def test_an_interruption_that_comes_while_the_worker_is_forked_is_not_lost() -> None:
    to_come = [signal.SIGINT]

    def interrupt() -> None:  # Python calls it after every fork of this process, for good
        if to_come:
            os.kill(os.getpid(), to_come.pop())

    os.register_at_fork(after_in_parent=interrupt)
    with pytest.raises(KeyboardInterrupt):
        outcomes(lambda: time.sleep(600))
    assert psutil.Process().children() == []


def test_a_worker_holds_no_file_of_its_parent(tmp_path: Path) -> None:
    async def look(tell: worker.OnDone) -> None:
        ours = [str(link) for link in Path("/proc/self/fd").iterdir() if str(link.resolve()).startswith(str(tmp_path))]
        tell(Outcome(FIRST.key, "", "", "", (Result(Status.OK, ",".join(ours)),), NOW))

    with (tmp_path / "low").open("w"), contextlib.ExitStack() as stack:
        room = [(tmp_path / name).open("w") for name in ("a", "b")]
        stack.enter_context((tmp_path / "high").open("w"))
        for file in room:  # so that the worker's pipe comes to stand between two files
            file.close()
        [outcome] = worker.outcomes([FIRST], look, deadline_s=5)
    assert outcome.says == ""
