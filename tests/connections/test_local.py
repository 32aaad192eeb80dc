from __future__ import annotations

import asyncio
import shutil
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from healthcheck.check import Completed
from healthcheck.connections import local
from healthcheck.errors import ProbeError
from tests.lab.ssh_round import comes_true


def run(*argv: str, exits: Sequence[int] | None = (0,), input: str = "", left_s: float = 10.0) -> Completed:
    return asyncio.run(local.run(argv, exits=exits, input=input, left_s=left_s))


def failure(*argv: str, left_s: float = 10.0, input: str = "") -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        run(*argv, left_s=left_s, input=input)
    return caught.value


def is_alive(pid_file: Path) -> bool:
    """Whether the process that wrote its number there still runs; what is dead but not collected does not."""
    try:
        state = Path(f"/proc/{int(pid_file.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_both_streams_and_the_exit_code_come_back() -> None:
    answer = run("sh", "-c", "echo out; echo err >&2; exit 3", exits=(0, 3))
    assert answer == Completed("sh -c 'echo out; echo err >&2; exit 3'", 3, "out\n", "err\n")


def test_no_shell_reads_the_arguments() -> None:
    assert run("printf", "%s|", "a b", "$HOME", "*", "'", "").out == "a b|$HOME|*|'||"


def test_the_locale_is_c_and_system_tools_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run("sh", "-c", "echo $LC_ALL $PATH").out == "C /usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin\n"


@pytest.mark.fault(62)
def test_our_secrets_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTHCHECK_SECRET_SMTP_PASSWORD", "canary")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/canary")
    assert "canary" not in run("env").out


def test_what_is_given_is_read_and_then_ends() -> None:
    assert run("wc", "-c", input="ä" * 500_000).out == "1000000\n"


def test_a_command_that_reads_nothing_answers_all_the_same() -> None:
    assert run("echo", "done", input="x" * 3_000_000).out == "done\n"


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("argv", "says", "detail"),
    [
        pytest.param(
            ["nonesuch"],
            "the tool nonesuch is not installed there",
            "nonesuch: [Errno 2] No such file or directory: 'nonesuch'",
            id="missing",
        ),
        pytest.param(
            ["/etc/passwd"],
            "our login there may not use passwd",
            "/etc/passwd: [Errno 13] Permission denied: '/etc/passwd'",
            id="not-executable",
        ),
        pytest.param(
            ["sh", "-c", "kill -9 $$"],
            "a command was stopped there before it finished",
            "sh -c 'kill -9 $$': killed by SIGKILL",
            id="killed",
        ),
        pytest.param(["false"], "false ended with an error there", "false: exit 1", id="error"),
        pytest.param(["a\0b"], "ab could not be started there", "'ab': embedded null byte", id="not-a-command"),
    ],
)
def test_a_command_without_an_answer_is_told_by_its_reason(argv: list[str], says: str, detail: str) -> None:
    error = failure(*argv)
    assert (error.says, error.detail) == (says, detail)


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "script", ["yes", "yes >&2", "head -c 100000000 /dev/zero"], ids=["stdout", "stderr", "no-line-break"]
)
def test_a_flood_on_either_stream_is_cut_and_takes_no_memory(script: str) -> None:
    tracemalloc.start()
    try:
        error = failure("sh", "-c", script)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (error.says, error.detail) == (
        "its answer was too large",
        f"sh -c {_quoted(script)}: more than 1048576 bytes",
    )
    assert peak < 8_000_000


def _quoted(script: str) -> str:
    return f"'{script}'" if " " in script else script


def test_an_answer_up_to_the_limit_is_whole() -> None:
    assert len(run("head", "-c", str(1024 * 1024), "/dev/zero").out) == 1024 * 1024


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param("echo $$ >{pid}; sleep 60", id="hangs"),
        pytest.param("echo $$ >{pid}; while :; do echo x; sleep 0.1; done", id="drips"),
        pytest.param("sleep 60 & echo $! >{pid}; echo done", id="child-holds-the-output"),
        pytest.param("trap '' TERM; echo $$ >{pid}; sleep 60", id="ignores-the-request-to-end"),
    ],
)
def test_everything_it_started_ends_with_its_deadline(tmp_path: Path, script: str) -> None:
    pid, begun = tmp_path / "pid", time.monotonic()
    error = failure("sh", "-c", script.format(pid=pid), left_s=0.5)
    assert error.says == "a command did not finish in time"
    assert time.monotonic() - begun < 8
    assert comes_true(lambda: not is_alive(pid))


def test_everything_it_started_ends_when_nobody_waits_any_more(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    async def body() -> None:
        task = asyncio.create_task(
            local.run(["sh", "-c", f"sleep 60 & echo $! >{pid}; wait"], exits=(0,), input="", left_s=60)
        )
        while not (pid.exists() and pid.read_text()):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    assert comes_true(lambda: not is_alive(pid))


@pytest.mark.fault(17)
def test_a_child_that_left_the_group_and_holds_the_output_does_not_keep_us() -> None:
    if shutil.which("setsid") is None:
        pytest.skip("needs setsid, which is not installed")
    begun = time.monotonic()
    error = failure("setsid", "sh", "-c", "sleep 12", left_s=0.3)
    assert error.says == "setsid did not finish in time"
    assert time.monotonic() - begun < 8


def test_no_file_is_left_open() -> None:
    async def body() -> int:
        for _ in range(3):
            await local.run(["true"], exits=(0,), input="", left_s=10)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(20):
            await local.run(["true"], exits=(0,), input="", left_s=10)
            with pytest.raises(ProbeError):
                await local.run(["yes"], exits=(0,), input="", left_s=10)
        return len(list(Path("/proc/self/fd").iterdir())) - before

    assert asyncio.run(body()) == 0


def test_many_at_once_do_not_wait_for_one_another() -> None:
    async def body() -> float:
        begun = time.monotonic()
        await asyncio.gather(*(local.run(["sleep", "0.5"], exits=(0,), input="", left_s=10) for _ in range(20)))
        return time.monotonic() - begun

    assert asyncio.run(body()) < 5
