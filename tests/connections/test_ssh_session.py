from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthcheck.check import Completed
from healthcheck.connections.ssh import SshConnections
from healthcheck.connections.ssh_command import command_line
from healthcheck.errors import ConnectError, NoAnswer, NotResolved, ProbeError, Prohibited, Refused, Unreachable
from healthcheck.model import Host
from tests.lab import free_port
from tests.lab.netns import cable, towns
from tests.lab.ssh_round import LEFT_S, comes_true, failure, in_a_round, our_threads, run
from tests.lab.sshd import SshServer, client_key, plain_user, sshd
from tests.lab.talker import passes_on, says, talker


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path) as running:
        yield running


def ask(server: SshServer, *argv: str, **settings: object) -> Completed:
    return run(server.host(), *argv, known_hosts=[server.known_hosts], **settings)  # type: ignore[arg-type]


def why_not(server: SshServer, *argv: str, left_s: float = LEFT_S) -> tuple[str, str]:
    error = failure(server.host(), *argv, known_hosts=[server.known_hosts], left_s=left_s)
    assert (type(error), error.final) == (ProbeError, False)
    return error.says, error.detail


def running(argv: list[str]) -> bool:
    """Whether a process with exactly these words runs."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes().split(b"\0")[:-1] == [word.encode() for word in argv]:
                return True
    return False


# What comes back


def test_a_command_s_streams_and_exit_code_come_back(server: SshServer) -> None:
    server.shim("df", "Filesystem\n", exit=1, error="df: /mnt: stale")
    assert ask(server, "df", "-P", exits=(0, 1)) == Completed("df -P", 1, "Filesystem\n", "df: /mnt: stale\n")


def test_no_shell_reads_the_arguments(server: SshServer) -> None:
    assert ask(server, "printf", "%s|", "a b", "$HOME", "*", "'", '"', "", "\\").out == "a b|$HOME|*|'|\"||\\|"


def test_what_is_given_is_read_and_then_ends(server: SshServer) -> None:
    assert ask(server, "wc", "-c", input="ä" * 500_000).out == "1000000\n"


def test_what_is_given_and_comes_back_at_once_does_not_block(server: SshServer) -> None:
    assert ask(server, "cat", input="x" * 1_000_000).out == "x" * 1_000_000


def test_a_command_that_reads_nothing_answers_all_the_same(server: SshServer) -> None:
    assert ask(server, "echo", "done", input="x" * 3_000_000).out == "done\n"


@pytest.mark.fault(22)
def test_the_locale_is_c_whatever_the_server_has_and_system_tools_are_found(tmp_path: Path) -> None:
    with sshd(tmp_path, environment="LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8") as server:
        answer = ask(server, "sh", "-c", "echo $LC_ALL $PATH")
    assert answer.out == f"C {server.bin}:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin\n"


@pytest.mark.fault(22)
def test_what_a_login_says_of_itself_is_no_part_of_the_answer(tmp_path: Path) -> None:
    banner = tmp_path / "banner"
    banner.write_text("Authorised use only\n")
    noise = 'ForceCommand echo Welcome; echo stty: no tty >&2; eval "$SSH_ORIGINAL_COMMAND"'
    with sshd(tmp_path, lines=[f"Banner {banner}", noise]) as server:
        assert ask(server, "echo", "12 %").out == "12 %\n"


@pytest.mark.fault(22)
def test_what_a_shell_s_start_up_file_says_is_no_part_of_the_answer(server: SshServer) -> None:
    if not pwd.getpwuid(os.geteuid()).pw_shell.endswith("/bash"):
        pytest.skip("needs a user whose login shell is bash")
    (server.folder / ".bashrc").write_text("echo Have a nice day\nexport LC_ALL=de_DE.UTF-8\n")
    assert ask(server, "sh", "-c", "echo $LC_ALL").out == "C\n"


def test_a_server_that_runs_its_own_command_instead_is_read_whole(tmp_path: Path) -> None:
    with sshd(tmp_path, lines=["ForceCommand echo all is well"]) as server:
        assert ask(server, "df").out == "all is well\n"


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(b"a\x00b", "a\x00b", id="nul"),
        pytest.param(b"\xff\xfe caf\xe9", "\ufffd\ufffd caf\ufffd", id="not-utf-8"),
        pytest.param(b"\x1b[31mred\r\n", "\x1b[31mred\r\n", id="escapes"),
        pytest.param("\u202eright to left".encode(), "\u202eright to left", id="direction"),
        pytest.param(b"x" * 10_000, "x" * 10_000, id="long-line"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_output_is_decoded_whatever_it_is(server: SshServer, data: bytes, text: str) -> None:
    server.shim("tool", data)
    assert ask(server, "tool").out == text


def test_a_windows_server_gets_the_list_as_its_programs_read_it() -> None:
    argv = ["powershell", "-Command", 'Get-Disk "C:" | more', "C:\\Program Files\\x\\"]
    assert command_line(argv, "windows") == (
        'powershell -Command "Get-Disk \\"C:\\" | more" "C:\\Program Files\\x\\\\"'
    )


# What does not


@pytest.mark.fault(20)
def test_a_tool_that_is_missing_forbidden_or_killed_is_told_by_its_reason(server: SshServer) -> None:
    server.shim("forbidden").chmod(0o644)
    server.shim("sudo", error="sudo: a password is required", exit=1)
    server.shim("dies", script="echo part; kill -9 $$")
    assert why_not(server, "nonesuch", "-a") == (
        "the tool nonesuch is not installed there",
        "nonesuch -a: exit 127: sh: 1: exec: nonesuch: not found",
    )
    assert why_not(server, "forbidden")[0] == "our login there may not use forbidden"
    assert why_not(server, "sudo", "-n", "smartctl") == (
        "our login there may not use smartctl",
        "sudo -n smartctl: exit 1: sudo: a password is required",
    )
    assert why_not(server, "dies") == (
        "dies was stopped there before it finished",
        "dies: killed by a signal: part",
    )
    assert why_not(server, "false") == ("false ended with an error there", "false: exit 1")


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 5", id="hangs"),
        pytest.param("for n in $(seq 50); do echo x; sleep 0.1; done", id="drips"),
        pytest.param("sleep 5 & echo done", id="child-holds-the-output"),
    ],
)
def test_a_command_that_does_not_end_is_left_at_its_deadline(server: SshServer, script: str) -> None:
    begun = time.monotonic()
    server.shim("slow", script=script)
    assert why_not(server, "slow", left_s=1) == ("slow did not finish in 1 second", "slow: ended at its deadline")
    assert time.monotonic() - begun < 4
    assert comes_true(lambda: our_threads() == [])


@pytest.mark.fault(17)
@pytest.mark.parametrize("cancelled", [False, True], ids=["deadline", "cancelled"])
def test_a_command_that_nobody_waits_for_any_more_is_ended_there_too(tmp_path: Path, cancelled: bool) -> None:
    user = plain_user()  # sshd passes no signals on for root

    async def body(ssh: SshConnections) -> str:
        task = asyncio.create_task(ssh.run(host, command, exits=(0,), input="", left_s=60 if cancelled else 3))
        assert await asyncio.to_thread(comes_true, lambda: task.done() or running(command))
        if cancelled:
            task.cancel()
        [ending] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ending, asyncio.CancelledError if cancelled else ProbeError)
        assert await asyncio.to_thread(comes_true, lambda: not running(command))
        return (await ssh.run(host, ["echo", "still here"], exits=(0,), input="", left_s=LEFT_S)).out

    with sshd(tmp_path, lines=["UsePAM yes"] if os.geteuid() == 0 else []) as server:
        host = server.host(ssh=server.access(user=user))
        command = ["sleep", f"60.{server.port}"]
        assert in_a_round(body, host, known_hosts=[server.known_hosts]) == "still here\n"


@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param("head -c 100000000 /dev/zero", id="stdout"),
        pytest.param("yes | head -c 5000000 >&2", id="stderr"),
        pytest.param("yes & yes >&2", id="both"),
    ],
)
def test_a_flood_on_either_stream_is_cut_and_takes_no_memory(server: SshServer, script: str) -> None:
    server.shim("flood", script=script)
    assert ask(server, "true").exit == 0  # paramiko is loaded before memory is counted
    tracemalloc.start()
    try:
        found = why_not(server, "flood")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == ("its answer was too large", "flood: more than 1048576 bytes")
    assert peak < 16_000_000


def test_an_answer_up_to_the_limit_is_whole(server: SshServer) -> None:
    assert len(ask(server, "head", "-c", str(1024 * 1024), "/dev/zero").out) == 1024 * 1024


@pytest.mark.fault(21)
def test_a_connection_that_dies_takes_its_partial_answer_with_it_and_the_next_command_connects_anew(
    server: SshServer,
) -> None:
    async def body(ssh: SshConnections) -> tuple[str, str]:
        dying = ["sh", "-c", "echo '/dev/sda1 100 10 90 10% /'; kill -9 $PPID; sleep 5"]
        with pytest.raises(ProbeError) as caught:
            await ssh.run(server.host(), dying, exits=None, input="", left_s=LEFT_S)
        again = await ssh.run(server.host(), ["echo", "hi"], exits=(0,), input="", left_s=LEFT_S)
        return caught.value.says, again.out

    found = in_a_round(body, server.host(), known_hosts=[server.known_hosts])
    assert found == ("the connection broke off before the answer was complete", "hi\n")


@pytest.mark.fault(10)
def test_a_line_that_goes_dead_under_a_command_ends_with_its_deadline(tmp_path: Path) -> None:
    with towns("office", "clinic") as (office, clinic), contextlib.ExitStack() as servers:
        _, at_clinic = cable(office, "10.9.0.1/24", clinic, "10.9.0.2/24")
        server = clinic.call(lambda: servers.enter_context(sshd(tmp_path, "10.9.0.2")))
        server.shim("pull", script=f"ip link set {at_clinic} down; echo '100 %'")
        begun = time.monotonic()
        error = office.call(lambda: failure(server.host(), "pull", known_hosts=[server.known_hosts], left_s=2))
        assert (type(error), error.says) == (ProbeError, "pull did not finish in 2 seconds")
        assert time.monotonic() - begun < 6


def test_a_server_that_runs_no_commands_is_told_so(tmp_path: Path) -> None:
    with sshd(tmp_path, authorized=f'command="exit 3" {client_key().public}') as server:
        assert why_not(server, "df") == ("df ended with an error there", "df: exit 3")


# Side by side


@pytest.mark.fault(16)
@pytest.mark.parametrize("sessions", [1, 2, 10])
def test_commands_side_by_side_keep_within_what_the_server_allows(tmp_path: Path, sessions: int) -> None:
    with sshd(tmp_path, lines=[f"MaxSessions {sessions}"]) as server:
        server.shim("slow", script="sleep 0.1; echo $1")

        async def body(ssh: SshConnections) -> list[str]:
            answers = (
                ssh.run(server.host(), ["slow", str(number)], exits=(0,), input="", left_s=30) for number in range(6)
            )
            return [answer.out for answer in await asyncio.gather(*answers)]

        found = in_a_round(body, server.host(), known_hosts=[server.known_hosts])
        assert found == [f"{number}\n" for number in range(6)]
        assert server.log.count("Accepted publickey") == 1


@pytest.mark.parametrize("given", ["", "x" * 100_000], ids=["nothing-to-read", "more-than-it-reads"])
def test_a_command_that_ends_while_we_speak_to_it_does_not_take_the_others_along(server: SshServer, given: str) -> None:
    async def body(ssh: SshConnections) -> set[int]:
        host = server.host()
        answers = (ssh.run(host, ["true"], exits=(0,), input=given, left_s=60) for _ in range(200))
        return {answer.exit for answer in await asyncio.gather(*answers)}

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads overtake one another far more often than they do by themselves
    try:
        assert in_a_round(body, server.host(), known_hosts=[server.known_hosts]) == {0}
    finally:
        sys.setswitchinterval(usual)
    assert "nonexistent channel" not in server.log
    assert server.log.count("Accepted publickey") == 1


@pytest.mark.fault(16)
def test_a_server_without_room_for_one_command_is_busy(tmp_path: Path) -> None:
    with sshd(tmp_path, lines=["MaxSessions 0"]) as server:
        says, detail = why_not(server, "df")
    assert says == "the server there is busy"
    assert detail == "no further SSH channel: open failed"


def test_a_waiting_command_keeps_its_own_deadline(server: SshServer) -> None:
    server.shim("slow", script="sleep 3")

    async def body(ssh: SshConnections) -> float:
        host = server.host()
        slow = [asyncio.create_task(ssh.run(host, ["slow"], exits=(0,), input="", left_s=30)) for _ in range(4)]
        await asyncio.sleep(0)
        begun = time.monotonic()
        try:
            with pytest.raises(ProbeError, match=r"^echo did not finish in 1 second$"):
                await ssh.run(host, ["echo"], exits=(0,), input="", left_s=1.2)
            return time.monotonic() - begun
        finally:
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)

    assert in_a_round(body, server.host(), known_hosts=[server.known_hosts]) < 2.5


# Through it, to another machine


def open_through(server: SshServer, name: str, port: int, *, left_s: float = LEFT_S, host: Host | None = None) -> bytes:
    host = host or server.host()

    async def body(ssh: SshConnections) -> bytes:
        stream = await ssh.open_through(host, name, port, left_s=left_s)
        try:
            return await asyncio.to_thread(stream.recv, 100)
        finally:
            stream.close()

    return in_a_round(body, host, known_hosts=[server.known_hosts])


def not_open(server: SshServer, name: str, port: int, *, left_s: float = LEFT_S) -> ProbeError:
    with pytest.raises(ProbeError) as caught:
        open_through(server, name, port, left_s=left_s)
    return caught.value


def test_another_machine_is_reached_from_there(server: SshServer) -> None:
    with talker(says(b"hello"), "127.0.3.9") as database:
        assert open_through(server, "127.0.3.9", database.port) == b"hello"


@pytest.mark.fault(4)
def test_a_closed_port_and_an_unknown_name_are_told_apart(server: SshServer) -> None:
    port = free_port("127.0.3.9")
    refused = not_open(server, "127.0.3.9", port)
    assert (type(refused), refused.says) == (Refused, "refused the connection")
    assert refused.detail == f"from there to 127.0.3.9:{port}: Connection refused"
    unknown = not_open(server, "nonesuch.invalid", 5432)
    assert (type(unknown), unknown.says) == (NotResolved, "its name could not be looked up there")


@pytest.mark.parametrize(
    ("lines", "options"),
    [
        pytest.param(["AllowTcpForwarding no"], "", id="by-the-server"),
        pytest.param(["PermitOpen 127.0.3.8:1"], "", id="by-the-server-s-list"),
        pytest.param([], "restrict ", id="by-the-key"),
        pytest.param([], 'restrict,port-forwarding,permitopen="127.0.3.8:1" ', id="by-the-key-s-list"),
    ],
)
def test_a_server_that_lets_nobody_through_is_no_finding_about_the_other_machine(
    tmp_path: Path, lines: list[str], options: str
) -> None:
    with (
        talker(says(b"hello"), "127.0.3.9") as database,
        sshd(tmp_path, lines=lines, authorized=options + client_key().public) as server,
    ):
        error = not_open(server, "127.0.3.9", database.port)
    assert (type(error), error.says) == (ProbeError, "its remote login does not let us look from there")
    assert error.detail.startswith(f"from there to 127.0.3.9:{database.port}: ")
    assert error.detail.endswith(
        f'allow it in authorized_keys: restrict,port-forwarding,permitopen="127.0.3.9:{database.port}" '
        "(and AllowTcpForwarding local)"
    )


def test_the_least_right_that_is_asked_for_is_enough(tmp_path: Path) -> None:
    with talker(says(b"hello"), "127.0.3.9") as database:
        options = f'restrict,port-forwarding,permitopen="127.0.3.9:{database.port}" '
        with sshd(tmp_path, lines=["AllowTcpForwarding local"], authorized=options + client_key().public) as server:
            assert open_through(server, "127.0.3.9", database.port) == b"hello"
            assert ask(server, "echo", "hi").out == "hi\n"


@pytest.mark.fault(4)
def test_silence_refusal_on_the_way_and_no_route_are_told_apart(tmp_path: Path) -> None:
    with towns("clinic", "centre") as (clinic, centre), contextlib.ExitStack() as servers:
        cable(clinic, "10.9.1.1/24", centre, "10.9.1.2/24")
        centre.rule("tcp dport 5432 drop")
        centre.rule("tcp dport 5433 reject with icmpx type admin-prohibited")
        server = clinic.call(lambda: servers.enter_context(sshd(tmp_path, "127.0.0.1")))
        silent, forbidden, lost = clinic.call(
            lambda: (
                not_open(server, "10.9.1.2", 5432, left_s=2),
                not_open(server, "10.9.1.2", 5433),
                not_open(server, "192.0.2.1", 5432),
            )
        )
    assert (type(silent), silent.says) == (NoAnswer, "did not answer")
    assert re.fullmatch(r"from there to 10\.9\.1\.2:5432: no answer in \d\.\d s", silent.detail)
    assert type(forbidden) is Prohibited
    assert forbidden.detail == "from there to 10.9.1.2:5433: No route to host"
    assert (type(lost), lost.says) == (ConnectError, "could not be reached")
    assert lost.detail == "from there to 192.0.2.1:5432: open failed"


def test_a_server_that_falls_silent_itself_is_no_finding_about_the_other_machine(
    server: SshServer, tmp_path: Path
) -> None:
    gone, cut = free_port("127.0.3.9"), threading.Event()
    with talker(passes_on(server.address, server.port, cut=cut)) as between:
        host = server.host(address="127.0.0.1", ssh=server.access(port=between.port))
        record = tmp_path / "record"
        record.write_text(f"[127.0.0.1]:{between.port} {server.host_key.public}\n")

        async def body(ssh: SshConnections) -> ProbeError:
            assert (await ssh.run(host, ["echo"], exits=(0,), input="", left_s=LEFT_S)).exit == 0
            cut.set()
            with pytest.raises(ProbeError) as caught:
                await ssh.open_through(host, "127.0.3.9", gone, left_s=1)
            return caught.value

        error = in_a_round(body, host, known_hosts=[record])
    assert (type(error), error.says) == (Unreachable, "its connection fell silent")
    assert comes_true(lambda: our_threads() == [])
