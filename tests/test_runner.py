"""The engine: everything at once, one outcome for each, and no check that can hurt another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import pytest

from healthcheck.attempt import THINGS_LIMIT
from healthcheck.check import Check, Planned, Target
from healthcheck.connections import Connections
from healthcheck.errors import HostKeyChanged, ProbeError
from healthcheck.model import Event, Facts, Metric, Outcome, Practice, Result, Site, Status
from healthcheck.runner import run_plan
from tests.conftest import OPENS, PACIFIC, a_host


@dataclass(frozen=True, kw_only=True)
class Doing(Check[str]):
    """Does what the test says, and judges by what came of it."""

    kind: ClassVar[str] = "doing"
    does: Callable[[Target], Any]
    finds: tuple[object, ...] = (Result(Status.OK, "is well"),)
    seen: list[int] = field(default_factory=list, compare=False)

    async def probe(self, target: Target) -> str:
        self.seen.append(len(self.seen) + 1)
        value = self.does(target)
        return str(await value if asyncio.iscoroutine(value) else value)

    def evaluate(self, sample: str, now: datetime) -> Iterator[Result | Event]:
        yield from self.finds  # type: ignore[misc]  # some tests break the contract on purpose


@dataclass(frozen=True, kw_only=True)
class Blocking(Check[str]):
    """Does it in a thread of its own."""

    kind: ClassVar[str] = "blocking"
    does: Callable[[Target], Any]

    def probe(self, target: Target) -> str:
        return str(self.does(target))

    def evaluate(self, sample: str, now: datetime) -> Iterator[Result | Event]:
        yield Result(Status.OK, "is well")


def fails(error: BaseException) -> Callable[[Target], Any]:
    def does(target: Target) -> Any:
        raise error

    return does


def run(*checks: Check[Any], timeout_s: float = 1.0, attempts: int = 1, deadline_s: float = 30.0) -> list[Outcome]:
    site = Site("Pasadena", PACIFIC, hosts=(a_host(),))
    plan = [
        Planned(f"Pasadena/pasadena-server/{check.kind}/{number}", site, a_host(), check, timeout_s, attempts, "Bay IT")
        for number, check in enumerate(checks)
    ]

    async def body() -> list[Outcome]:
        reach = Connections(Practice("Foothill", PACIFIC, OPENS, sites=(site,)))
        try:
            return await run_plan(plan, reach, deadline_s=deadline_s)
        finally:
            await reach.close()

    outcomes = asyncio.run(body())
    assert [outcome.key for outcome in outcomes] == [planned.key for planned in plan]
    return outcomes


WELL = Doing(does=lambda target: "fine")


def findings(outcome: Outcome) -> list[tuple[Status, str]]:
    return [(result.status, result.says) for result in outcome.results]


def test_an_outcome_tells_what_was_found_where_and_for_whom() -> None:
    metric = Metric("rtt", 0.2, "s")
    finds = (Result(Status.OK, "is well", "all is well", metric), Result(Status.WARNING, "is slow", "slow link"))
    [outcome] = run(Doing(does=lambda target: "fine", finds=finds))
    assert outcome == Outcome(
        key="Pasadena/pasadena-server/doing/0",
        site="Pasadena",
        host="pasadena-server",
        kind="doing",
        results=finds,
        started_at=outcome.started_at,
        duration_s=outcome.duration_s,
        owner="Bay IT",
    )
    assert (outcome.status, outcome.says, outcome.detail) == (Status.WARNING, "is slow", "all is well; slow link")
    assert outcome.metrics == (metric,)


def test_facts_are_kept_with_what_they_hold_made_harmless() -> None:
    hostile = Facts("drives\n", {"sda\x1b[31m": "x" * 5000})
    too_many = Facts("programs", {str(number): "" for number in range(THINGS_LIMIT + 1)})
    finds = (Result(Status.OK, "is well"), hostile, too_many, Facts("ports", {"22": ""}))
    [outcome] = run(Doing(does=lambda target: "fine", finds=finds))
    assert outcome.facts == (Facts("drives", {"sda": "x" * 199 + "…"}), Facts("ports", {"22": ""}))


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret text"),
        SystemExit(0),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        GeneratorExit(),
        RecursionError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("kind", [Doing, Blocking])
def test_a_check_that_raises_has_a_fault_and_costs_the_others_nothing(
    error: BaseException, kind: type[Doing] | type[Blocking]
) -> None:
    before, faulty, after = run(WELL, kind(does=fails(error)), WELL)
    assert findings(before) == findings(after) == [(Status.OK, "is well")]
    assert findings(faulty) == [(Status.UNKNOWN, "could not be checked: this check has a fault")]
    assert faulty.why == "this check has a fault"
    assert faulty.detail.endswith("; the traceback is in the log")


def test_a_check_that_hangs_is_unknown_at_its_deadline_and_the_others_are_done() -> None:
    never = threading.Event()
    hung, blocked, well = run(
        Doing(does=lambda target: asyncio.sleep(3600)), Blocking(does=lambda target: never.wait()), WELL, timeout_s=0.3
    )
    never.set()
    late = [(Status.UNKNOWN, "could not be checked: it did not finish in 0 seconds")]
    assert findings(hung) == findings(blocked) == late
    assert findings(well) == [(Status.OK, "is well")]


@pytest.mark.parametrize(
    ("finds", "name"),
    [((), "ValueError"), (("OK",), "TypeError"), ((None,), "TypeError")],
    ids=["nothing", "a text", "none"],
)
def test_a_check_that_finds_nothing_or_nonsense_is_never_healthy(finds: tuple[object, ...], name: str) -> None:
    [outcome] = run(Doing(does=lambda target: "fine", finds=finds))
    assert (outcome.status, outcome.detail) == (Status.UNKNOWN, f"doing: {name}; the traceback is in the log")


def test_a_failure_is_believed_only_when_every_attempt_sees_it() -> None:
    answers = iter([ProbeError("nothing came"), ProbeError("nothing came"), None])

    def third_time_lucky(target: Target) -> str:
        error = next(answers)
        if error:
            raise error
        return "fine"

    [outcome] = run(Doing(does=third_time_lucky), timeout_s=0.05, attempts=3)
    assert (outcome.status, outcome.attempts) == (Status.OK, 3)


def test_a_refused_login_is_not_tried_again() -> None:
    check = Doing(does=fails(ProbeError("it refused our login", "publickey", final=True)))
    [outcome] = run(check, timeout_s=0.05, attempts=3)
    assert check.seen == [1]
    assert findings(outcome) == [(Status.UNKNOWN, "could not be checked: it refused our login")]
    assert (outcome.why, outcome.detail) == ("it refused our login", "publickey")


def test_a_changed_identity_is_a_problem_wherever_it_is_met() -> None:
    [outcome] = run(Doing(does=fails(HostKeyChanged("shows another identity than before", "old A, new B"))))
    assert outcome.results == (Result(Status.CRITICAL, "shows another identity than before", "old A, new B"),)
    assert outcome.why == ""


def test_what_is_not_finished_when_the_round_ends_could_not_be_checked() -> None:
    hung, well = run(Doing(does=lambda target: asyncio.sleep(3600)), WELL, timeout_s=60, deadline_s=0.3)
    assert findings(well) == [(Status.OK, "is well")]
    assert hung.status is Status.UNKNOWN
    assert hung.why.startswith("not finished by ")


@pytest.mark.fault(19)
def test_remote_text_comes_out_harmless_and_short() -> None:
    says = "is \x1b[31mred\x1b[0m\x00 \u202eand\r\nBcc: x@y " + "a" * 10_000
    [outcome] = run(Doing(does=lambda target: "fine", finds=(Result(Status.OK, says, says),)))
    [result] = outcome.results
    assert result.says.startswith("is red and Bcc: x@y aaa")
    assert (len(result.says), len(result.detail)) == (300, 1000)


def test_an_empty_plan_has_no_outcomes() -> None:
    assert run() == []


MANY = """
import asyncio, dataclasses, datetime, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
from tests.test_runner import Doing, run
from healthcheck.model import Status

async def connect(target):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    await reader.read(1)
    writer.close()
    return "fine"

outcomes = run(*[Doing(does=connect) for _ in range(2000)], timeout_s=30, deadline_s=60)
print(len(outcomes), {outcome.status.name for outcome in outcomes})
"""


@pytest.mark.fault(64)
def test_two_thousand_checks_get_by_with_forty_files() -> None:
    async def body() -> tuple[int, bytes, bytes]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"x")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MANY, str(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        out, err = await child.communicate()
        server.close()
        return child.returncode or 0, out, err

    code, out, err = asyncio.run(body())
    assert (code, out.decode().strip()) == (0, "2000 {'OK'}"), err.decode()[-2000:]
