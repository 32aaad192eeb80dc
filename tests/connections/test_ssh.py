from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthcheck.connections.ssh import SshConnections
from healthcheck.errors import HostKeyChanged, ProbeError, Unreachable
from healthcheck.model import Host, SshAccess
from tests.conftest import a_host
from tests.lab import free_port
from tests.lab.ssh_round import LEFT_S, comes_true, failure, in_a_round, our_threads, run
from tests.lab.sshd import SshServer, new_key, sshd
from tests.lab.talker import hangs_up, passes_on, says_nothing, talker


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path) as running:
        yield running


async def echo(ssh: SshConnections, host: Host, *, left_s: float = LEFT_S) -> str:
    return (await ssh.run(host, ["echo", "hi"], exits=(0,), input="", left_s=left_s)).out


async def echoes(ssh: SshConnections, host: Host, number: int, *, left_s: float = LEFT_S) -> list[str]:
    """What each of several checks at once gets: its answer, or why it has none."""
    found = await asyncio.gather(*(echo(ssh, host, left_s=left_s) for _ in range(number)), return_exceptions=True)
    return [answer.says if isinstance(answer, ProbeError) else str(answer) for answer in found]


# One connection a host


def test_the_checks_of_a_host_share_one_login(server: SshServer) -> None:
    async def body(ssh: SshConnections) -> list[str]:
        host = server.host()
        return [*await echoes(ssh, host, 8), await echo(ssh, host)]

    assert in_a_round(body, server.host(), known_hosts=[server.known_hosts]) == ["hi\n"] * 9
    assert server.log.count("Connection from") == 1
    assert server.log.count("Accepted publickey") == 1


def test_a_check_without_time_stops_waiting_and_leaves_the_login_to_the_others(
    server: SshServer, tmp_path: Path
) -> None:
    with talker(passes_on(server.address, server.port, after_s=0.6)) as slow:
        host = server.host(address="127.0.0.1", ssh=server.access(port=slow.port))
        record = tmp_path / "record"
        record.write_text(f"[127.0.0.1]:{slow.port} {server.host_key.public}\n")

        async def body(ssh: SshConnections) -> list[str]:
            hurried, patient = asyncio.create_task(echoes(ssh, host, 1, left_s=0.2)), echoes(ssh, host, 3)
            return [*await hurried, *await patient]

        found = in_a_round(body, host, known_hosts=[record])
        assert found == ["it accepted the connection and then said nothing", "hi\n", "hi\n", "hi\n"]
        assert len(slow.accepted) == 1


def test_a_check_that_is_cancelled_leaves_the_login_to_the_others(server: SshServer, tmp_path: Path) -> None:
    with talker(passes_on(server.address, server.port, after_s=0.3)) as slow:
        host = server.host(address="127.0.0.1", ssh=server.access(port=slow.port))
        record = tmp_path / "record"
        record.write_text(f"[127.0.0.1]:{slow.port} {server.host_key.public}\n")

        async def body(ssh: SshConnections) -> str:
            first = asyncio.create_task(echo(ssh, host))
            other = asyncio.create_task(echo(ssh, host))
            await asyncio.sleep(0.05)
            first.cancel()
            return await other

        assert in_a_round(body, host, known_hosts=[record]) == "hi\n"
        assert len(slow.accepted) == 1


def test_a_host_that_could_not_be_reached_is_tried_anew_once_for_all_who_come_later(tmp_path: Path) -> None:
    port, key = free_port("127.0.3.1"), new_key()
    record = tmp_path / "record"
    record.write_text(f"[127.0.3.1]:{port} {key.public}\n")

    async def body(ssh: SshConnections) -> tuple[list[str], list[str], int]:
        with sshd(tmp_path, port=port, host_key=key) as server:
            host = server.host()
        before = await echoes(ssh, host, 3)
        with sshd(tmp_path, port=port, host_key=key) as server:
            return before, await echoes(ssh, host, 3), server.log.count("Connection from")

    assert in_a_round(body, known_hosts=[record]) == (["it refused the connection"] * 3, ["hi\n"] * 3, 1)


def test_an_unexpected_host_key_is_met_once_a_round(server: SshServer, tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text(f"{server.known_name} {new_key().public}\n")

    async def body(ssh: SshConnections) -> list[str]:
        return [*await echoes(ssh, server.host(), 3), *await echoes(ssh, server.host(), 3)]

    found = in_a_round(body, known_hosts=[record])
    assert found == ["shows another identity than the one on record"] * 6
    assert server.log.count("Connection from") == 1


@pytest.mark.fault(64)
def test_many_silent_hosts_cost_one_deadline_together_and_leave_no_thread() -> None:
    with talker(says_nothing) as silent:
        hosts = [a_host("127.0.0.1", name=f"host-{n}", ssh=SshAccess("us", port=silent.port)) for n in range(60)]

        async def body(ssh: SshConnections) -> list[str]:
            found = await asyncio.gather(*(echoes(ssh, host, 1, left_s=1.5) for host in hosts))
            return [says for [says] in found]

        begun = time.monotonic()
        found = in_a_round(body, *hosts)
        assert found == ["it accepted the connection and then said nothing"] * 60
        assert time.monotonic() - begun < 6
    assert comes_true(lambda: our_threads() == [])


def test_a_round_that_ends_takes_its_connections_and_threads_with_it(server: SshServer) -> None:
    assert run(server.host(), "echo", "hi", known_hosts=[server.known_hosts]).out == "hi\n"
    assert comes_true(lambda: our_threads() == [])
    assert comes_true(lambda: "Closing connection" in server.log)


def test_a_round_that_ends_during_a_login_leaves_no_thread() -> None:
    with talker(says_nothing) as silent:
        host = a_host("127.0.0.1", ssh=SshAccess("us", port=silent.port))

        async def body(ssh: SshConnections) -> None:
            asking = asyncio.create_task(echo(ssh, host))
            assert await asyncio.to_thread(comes_true, lambda: bool(silent.accepted))
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

        in_a_round(body, host)
    assert comes_true(lambda: our_threads() == [])


def test_a_host_without_a_way_in_is_told_so() -> None:
    error = failure(a_host())
    assert (error.says, error.detail) == ("nobody gave us a way to look inside", "pasadena-server has no `ssh`")


# Through another host


def behind(gate: SshServer, inner: SshServer) -> tuple[Host, Host]:
    return gate.host(name="gate", label="the gate"), inner.host(name="inner", ssh=inner.access(jump="gate"))


@pytest.fixture
def inner(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.2", name="azusa") as running:
        yield running


def test_a_host_is_reached_through_another_which_is_logged_in_to_once(server: SshServer, inner: SshServer) -> None:
    gate, host = behind(server, inner)

    async def body(ssh: SshConnections) -> list[str]:
        return [*await echoes(ssh, host, 3), *await echoes(ssh, gate, 2)]

    found = in_a_round(body, gate, host, known_hosts=[server.known_hosts, inner.known_hosts])
    assert found == ["hi\n"] * 5
    assert server.log.count("Accepted publickey") == 1
    assert inner.log.count("Accepted publickey") == 1
    assert "Connection from 127.0.0.1" in inner.log
    assert comes_true(lambda: our_threads() == [])


def test_the_identity_behind_another_host_is_compared_as_well(
    server: SshServer, inner: SshServer, tmp_path: Path
) -> None:
    gate, host = behind(server, inner)
    record = tmp_path / "record"
    record.write_text(f"{inner.known_name} {new_key().public}\n")

    async def body(ssh: SshConnections) -> None:
        await echo(ssh, host)

    with pytest.raises(HostKeyChanged):
        in_a_round(body, gate, host, known_hosts=[server.known_hosts, record])
    assert "publickey" not in inner.log


def not_through(gate: Host, host: Host, *known_hosts: Path) -> ProbeError:
    async def body(ssh: SshConnections) -> None:
        await echo(ssh, host)

    with pytest.raises(ProbeError) as caught:
        in_a_round(body, gate, host, known_hosts=known_hosts)
    return caught.value


def test_a_gate_that_cannot_be_used_is_named_and_is_no_finding_about_the_host_behind_it(
    server: SshServer, inner: SshServer
) -> None:
    gate, host = behind(server, inner)
    error = not_through(gate, host, inner.known_hosts)
    assert type(error) is Unreachable
    assert error.says == "the way to it leads through the gate, which could not be used"
    assert error.detail.startswith("jump host gate: nobody has confirmed its identity yet (SSH 127.0.3.1:")


def test_a_host_that_is_down_behind_a_gate_that_is_up_is_told_as_it_would_be_from_here(
    server: SshServer, inner: SshServer
) -> None:
    gate, _ = behind(server, inner)
    port = free_port("127.0.3.2")
    host = inner.host(name="inner", ssh=inner.access(port=port, jump="gate"))
    error = not_through(gate, host, server.known_hosts)
    assert (type(error), error.says) == (Unreachable, "it refused the connection")
    assert error.detail == f"SSH 127.0.3.2:{port}: from there to 127.0.3.2:{port}: Connection refused"


@pytest.mark.parametrize(
    ("jumps", "detail"),
    [
        pytest.param({"a": "b", "b": "a"}, "jump hosts lead in a circle: a -> b -> a", id="circle"),
        pytest.param({"a": "a", "b": None}, "jump hosts lead in a circle: a -> a", id="itself"),
        pytest.param({"a": "b", "b": "c"}, "b: jump host 'c' is not configured", id="unknown"),
    ],
)
def test_a_way_that_cannot_be_gone_is_refused_before_it_is_tried(jumps: dict[str, str | None], detail: str) -> None:
    first, second = (a_host(name=name, ssh=SshAccess("us", jump=jump)) for name, jump in jumps.items())
    error = not_through(second, first)
    assert (error.says, error.detail, error.final) == ("the way to it is not set up right", detail, True)


# Its library


FRESH = """
import asyncio, sys, threading
sys.path.insert(0, {root!r})
import healthcheck.connections
assert not any(name.startswith("paramiko") for name in sys.modules), "loaded without an SSH host"
from healthcheck.connections.client_keys import ClientKeys
assert "paramiko" in sys.modules
assert not any(name.startswith(("invoke", "importlib.metadata")) for name in sys.modules), "loaded, or hidden for good"
import importlib.metadata, invoke, paramiko
assert paramiko.__version__ == importlib.metadata.version("paramiko")
print(invoke.__name__)
"""

MEANWHILE = """
import sys
sys.path.insert(0, {root!r})

class Meanwhile:
    found = None
    def find_spec(self, name, *_):
        if name == "paramiko.transport":
            from importlib.metadata import entry_points
            self.found = entry_points

sys.meta_path.insert(0, meanwhile := Meanwhile())
from healthcheck.connections.paramiko_light import paramiko
import importlib.metadata
assert meanwhile.found is importlib.metadata.entry_points
assert paramiko.__version__ == importlib.metadata.version("paramiko")
"""


def test_whoever_needs_more_while_paramiko_is_loaded_gets_it() -> None:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", MEANWHILE.format(root=root)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_paramiko_is_loaded_for_an_ssh_host_only_and_without_what_it_does_not_need() -> None:
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", FRESH.format(root=root)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("invoke\n", "")


def test_what_an_ssh_server_says_reaches_no_log(capfd: pytest.CaptureFixture[str]) -> None:
    with talker(hangs_up) as gone:
        failure(a_host("127.0.0.1", ssh=SshAccess("us", port=gone.port)))
    assert capfd.readouterr() == ("", "")
    assert not logging.getLogger("paramiko.transport").isEnabledFor(logging.ERROR)
