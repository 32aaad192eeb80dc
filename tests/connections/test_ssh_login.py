from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthcheck.connections.known_hosts import HostKey
from healthcheck.connections.ssh import SshConnections
from healthcheck.errors import HostKeyChanged, ProbeError, Unreachable
from healthcheck.model import Host, Secret, SshAccess
from tests.conftest import a_host
from tests.lab import free_port
from tests.lab.ssh_round import comes_true, failure, in_a_round, our_threads, run
from tests.lab.sshd import SshServer, client_key, new_key, occupied, ssh_keygen, sshd
from tests.lab.talker import Script, hangs_up, passes_on, repeats, says, says_nothing, talker


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path) as running:
        yield running


def fingerprint(server: SshServer) -> str:
    return HostKey("ssh-ed25519", server.host_key.blob).fingerprint


def where(server: SshServer) -> str:
    return f"SSH {server.address}:{server.port}"


def ours() -> str:
    return HostKey("ssh-ed25519", client_key().blob).fingerprint


# What is agreed on


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        ([], "aes128-gcm@openssh.com"),
        (["Ciphers aes256-gcm@openssh.com,aes256-ctr"], "aes256-gcm@openssh.com"),
        (["Ciphers aes192-ctr"], "aes192-ctr"),
    ],
)
def test_the_cheapest_encryption_that_both_know_is_agreed_on(tmp_path: Path, offered: list[str], agreed: str) -> None:
    large = "x" * 300_000
    with sshd(tmp_path, lines=["LogLevel DEBUG2", *offered]) as server:
        assert run(server.host(), "cat", input=large, known_hosts=[server.known_hosts]).out == large
        assert f"client->server cipher: {agreed}" in server.log
        assert "kex: algorithm: curve25519-sha256@libssh.org" in server.log


# The server's identity


@pytest.mark.fault(13)
def test_a_server_that_nobody_has_confirmed_is_not_logged_in_to(server: SshServer) -> None:
    error = failure(server.host())
    assert (type(error), error.final) == (ProbeError, True)
    assert error.says == "nobody has confirmed its identity yet"
    assert error.detail == (
        f"{where(server)}: host key ssh-ed25519 {fingerprint(server)} is on no record; no login was tried. "
        "Compare the fingerprint on the machine, then run: healthcheck enroll pasadena-server"
    )
    assert "publickey" not in server.log


@pytest.mark.fault(13)
def test_a_server_that_comes_back_with_another_identity_is_a_problem_and_hears_nothing_from_us(tmp_path: Path) -> None:
    with sshd(tmp_path) as before:
        assert run(before.host(), "echo", "hi", known_hosts=[before.known_hosts]).out == "hi\n"
        record = tmp_path / "record"
        record.write_text(before.known_hosts.read_text())
    with sshd(tmp_path, host_key=new_key(), port=before.port) as after:
        error = failure(after.host(), known_hosts=[record])
        log = after.log
    assert (type(error), error.final) == (HostKeyChanged, True)
    assert error.says == "shows another identity than the one on record"
    assert error.detail == (
        f"{where(after)}: host key changed: on record ssh-ed25519 {fingerprint(before)} ({record}:1); "
        f"shown now ssh-ed25519 {fingerprint(after)}; no login was tried. "
        "If the machine was replaced, compare the new fingerprint on it, then run: healthcheck enroll pasadena-server"
    )
    assert "Connection from" in log
    assert "publickey" not in log
    assert record.read_text() == f"{before.known_name} {before.host_key.public}\n"


def test_an_identity_that_was_withdrawn_is_a_problem(server: SshServer, tmp_path: Path) -> None:
    withdrawn = tmp_path / "withdrawn"
    withdrawn.write_text(f"@revoked * {server.host_key.public}\n")
    error = failure(server.host(), known_hosts=[server.known_hosts, withdrawn])
    assert type(error) is HostKeyChanged
    assert error.says == "shows an identity that was withdrawn"
    assert error.detail == (
        f"{where(server)}: host key ssh-ed25519 {fingerprint(server)} is marked @revoked in {withdrawn}:1; "
        "no login was tried"
    )
    assert "publickey" not in server.log


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_second_kind_of_key_is_not_taken_for_a_changed_one(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "other"
    ssh_keygen(other, "-t", kind)
    record = tmp_path / "record"
    with sshd(tmp_path, lines=[f"HostKey {other}"]) as server:
        record.write_text(f"{server.known_name} {other.with_name('other.pub').read_text()}")
        assert run(server.host(), "echo", "hi", known_hosts=[record]).out == "hi\n"
        assert run(server.host(), "echo", "hi", known_hosts=[server.known_hosts]).out == "hi\n"


def test_a_server_that_no_longer_has_the_kind_of_key_on_record_has_changed(server: SshServer, tmp_path: Path) -> None:
    ssh_keygen(tmp_path / "old", "-t", "ecdsa")
    record = tmp_path / "record"
    record.write_text(f"{server.known_name} {(tmp_path / 'old.pub').read_text()}")
    assert type(failure(server.host(), known_hosts=[record])) is HostKeyChanged


def test_the_identity_of_a_server_can_be_asked_for_without_a_login(server: SshServer) -> None:
    async def body(ssh: SshConnections) -> HostKey:
        return await ssh.host_key(server.host(), left_s=10)

    assert in_a_round(body) == HostKey("ssh-ed25519", server.host_key.blob)
    assert "publickey" not in server.log


# Our own


@pytest.mark.fault(14)
def test_a_refused_login_is_tried_once_a_round_and_never_with_a_password(tmp_path: Path) -> None:
    with sshd(tmp_path, authorized=new_key().public, lines=["PasswordAuthentication yes"]) as server:

        async def body(ssh: SshConnections) -> list[BaseException]:
            found: list[BaseException] = []
            for _ in range(2):
                asked = (ssh.run(server.host(), ["true"], exits=(0,), input="", left_s=10) for _ in range(4))
                answers = await asyncio.gather(*asked, return_exceptions=True)
                found += [answer for answer in answers if isinstance(answer, BaseException)]
            return found

        errors = in_a_round(body, server.host(), known_hosts=[server.known_hosts])
        log = server.log
    assert len(errors) == 8
    for error in errors:
        assert isinstance(error, ProbeError)
        assert (error.says, error.final) == ("it refused our login", True)
        assert error.detail == (
            f"{where(server)}: user {server.user}, our key ssh-ed25519 {ours()}: refused; "
            "is the key in that user's authorized_keys?"
        )
    assert log.count("Failed publickey") == 1
    assert "Failed password" not in log


@pytest.mark.fault(14)
def test_a_server_that_takes_passwords_only_is_told_so(tmp_path: Path) -> None:
    with sshd(tmp_path, lines=["PasswordAuthentication yes", "PubkeyAuthentication no"]) as server:
        error = failure(server.host(), known_hosts=[server.known_hosts])
    assert (error.says, error.final) == ("it refused our login", True)
    assert error.detail.endswith("refused; the server accepts only password")


@pytest.mark.fault(14)
def test_a_server_that_wants_a_second_proof_is_told_so(tmp_path: Path) -> None:
    lines = ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"]
    with sshd(tmp_path, lines=lines) as server:
        error = failure(server.host(), known_hosts=[server.known_hosts])
    assert (error.says, error.final) == ("it refused our login", True)
    assert error.detail.endswith("accepted, but the server also wants password")


@pytest.mark.fault(14)
def test_a_server_that_hangs_up_on_a_wrong_key_is_not_asked_again(tmp_path: Path) -> None:
    with sshd(tmp_path, authorized=new_key().public, lines=["MaxAuthTries 1"]) as server:
        error = failure(server.host(), known_hosts=[server.known_hosts])
    assert (error.says, error.final) == ("it hung up during our login", True)
    assert error.detail == (
        f"{where(server)}: user {server.user}, our key ssh-ed25519 {ours()}: the server closed the connection"
    )


@pytest.mark.fault(14)
def test_a_key_that_cannot_be_used_ends_the_login_with_its_reason(server: SshServer, tmp_path: Path) -> None:
    host = server.host(ssh=server.access(key=None, key_file=tmp_path / "none"))
    error = failure(host, known_hosts=[server.known_hosts])
    assert (error.says, error.final) == ("our key cannot be used: it is not there", True)


def test_the_default_key_is_used_where_the_host_names_none(server: SshServer) -> None:
    host, key = server.host(ssh=server.access(key=None)), Secret(client_key().private)
    assert run(host, "echo", "hi", known_hosts=[server.known_hosts], key=key).out == "hi\n"


# The steps before it


def at(talking_port: int) -> Host:
    return a_host("127.0.0.1", ssh=SshAccess("checker", port=talking_port))


GREETING = b"SSH-2.0-OpenSSH_9.2p1\r\n"


@pytest.mark.parametrize(
    ("script", "left_s", "kind", "sentence", "detail"),
    [
        pytest.param(
            says_nothing,
            0.5,
            Unreachable,
            "it accepted the connection and then said nothing",
            "connected, no SSH greeting in 0.5 seconds",
            id="silent",
        ),
        pytest.param(
            says(GREETING),
            0.5,
            Unreachable,
            "it began to answer and then fell silent",
            "SSH-2.0-OpenSSH_9.2p1: silent during the key exchange, 0.5 seconds in all",
            id="greeting-then-silence",
        ),
        pytest.param(
            says(GREETING, then=repeats(b"garbage!" * 512)),
            10,
            Unreachable,
            "it broke off while the connection was being secured",
            "SSH-2.0-OpenSSH_9.2p1: ",
            id="greeting-then-garbage",
        ),
        pytest.param(
            says(GREETING, then=repeats(b"\x00")),
            10,
            Unreachable,
            "it broke off while the connection was being secured",
            "SSH-2.0-OpenSSH_9.2p1: ",
            id="greeting-then-zeros",
        ),
        pytest.param(
            says(GREETING, then=repeats(b"\x7f\xff\xff\xf4" + b"\x00" * 4092)),
            10,
            Unreachable,
            "it broke off while the connection was being secured",
            "SSH-2.0-OpenSSH_9.2p1: ",
            id="greeting-then-a-packet-of-two-gigabytes",
        ),
        pytest.param(
            repeats(b"welcome\r\n"),
            10,
            Unreachable,
            "something else answers where its remote login should be",
            "not SSH; it says: 'welcome welcome welcome welcome welcome welcome welcome welcome welcome welcome…'",
            id="lines-without-end",
        ),
        pytest.param(
            repeats(b"x" * 4096),
            10,
            Unreachable,
            "something else answers where its remote login should be",
            f"not SSH; it says: '{'x' * 79}…'",
            id="a-line-without-end",
        ),
        pytest.param(
            says(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>", then=hangs_up),
            10,
            Unreachable,
            "something else answers where its remote login should be",
            "not SSH; it says: 'HTTP/1.1 400 Bad Request Server: nginx <html>'",
            id="a-web-server",
        ),
        pytest.param(
            says(b"\x15\x03\x01\x00\x02\x02\x46", then=hangs_up),
            10,
            Unreachable,
            "something else answers where its remote login should be",
            "not SSH; it says: 'F'",
            id="a-tls-server",
        ),
        pytest.param(
            hangs_up,
            10,
            Unreachable,
            "it closed the connection at once",
            "closed before the SSH greeting: ",
            id="hangs-up",
        ),
        pytest.param(
            says(b"SSH-1.5-Cisco-1.25\n"),
            10,
            Unreachable,
            "it is too old to log in to",
            "SSH-1.5-Cisco-1.25: Incompatible version (1.5 instead of 2.0)",
            id="protocol-1",
        ),
    ],
)
@pytest.mark.fault(12)
@pytest.mark.fault(15)
def test_a_login_that_does_not_come_about_is_told_by_the_step_it_hung_in(
    script: Script, left_s: float, kind: type[ProbeError], sentence: str, detail: str
) -> None:
    with talker(script) as other:
        error = failure(at(other.port), left_s=left_s)
        assert (isinstance(error, kind), error.final) == (True, False)
        assert error.says == sentence
        assert error.detail.startswith(f"SSH 127.0.0.1:{other.port}: {detail}")
    assert comes_true(lambda: our_threads() == [])


@pytest.mark.fault(15)
def test_a_login_that_failed_leaves_no_thread_while_the_round_goes_on() -> None:
    with talker(says(GREETING, then=repeats(b"garbage!" * 512))) as other:

        async def body(ssh: SshConnections) -> bool:
            with pytest.raises(Unreachable):
                await ssh.run(at(other.port), ["true"], exits=(0,), input="", left_s=10)
            return await asyncio.to_thread(comes_true, lambda: our_threads() == [])

        assert in_a_round(body)


NEW_KEYS = b"\x00\x00\x00\x0c\x0a\x15"
"""The server's last words in clear (RFC 4253, 7.3)."""


@pytest.mark.fault(15)
def test_a_server_that_falls_silent_during_the_login_is_told_so(server: SshServer, tmp_path: Path) -> None:
    with talker(passes_on(server.address, server.port, until=NEW_KEYS)) as between:
        record = tmp_path / "record"
        record.write_text(f"[127.0.0.1]:{between.port} {server.host_key.public}\n")
        error = failure(at(between.port), known_hosts=[record], left_s=1, key=Secret(client_key().private))
        assert (type(error), error.final) == (Unreachable, False)
        assert error.says == "it began to answer and then fell silent"
        assert error.detail.endswith(": silent during the login, 1 second in all")
    assert comes_true(lambda: our_threads() == [])


@pytest.mark.parametrize(
    ("lines", "sentence", "what"),
    [
        pytest.param(
            ["KexAlgorithms diffie-hellman-group1-sha1"],
            "it is too old to log in to",
            "Incompatible ssh peer (no acceptable kex algorithm); "
            "its SSH server knows only methods that are no longer safe",
            id="key-exchange",
        ),
        pytest.param(
            ["HostKeyAlgorithms ssh-rsa", "HostKey {rsa}"],
            "it is too old to log in to",
            "Incompatible ssh peer (no acceptable host key); its SSH server knows only methods that are no longer safe",
            id="host-key-by-sha-1",
        ),
        pytest.param(
            ["Ciphers chacha20-poly1305@openssh.com"],
            "its remote login uses no encryption that we know",
            "Incompatible ssh server (no acceptable ciphers)",
            id="cipher",
        ),
    ],
)
def test_a_server_that_has_no_method_in_common_with_us_is_told_so(
    tmp_path: Path, lines: list[str], sentence: str, what: str
) -> None:
    ssh_keygen(tmp_path / "rsa", "-t", "rsa", "-b", "2048")
    with sshd(tmp_path, lines=[line.format(rsa=tmp_path / "rsa") for line in lines]) as server:
        error = failure(server.host(), known_hosts=[server.known_hosts])
        assert (type(error), error.says) == (Unreachable, sentence)
        assert error.detail.startswith(f"{where(server)}: SSH-2.0-OpenSSH_")
        assert error.detail.endswith(what)


def test_a_closed_port_and_a_name_without_an_address_are_told_apart() -> None:
    port = free_port("127.0.3.1")
    refused = failure(a_host("127.0.3.1", ssh=SshAccess("checker", port=port)))
    assert (type(refused), refused.says) == (Unreachable, "it refused the connection")
    assert refused.detail == f"SSH 127.0.3.1:{port}: TCP 127.0.3.1:{port}: ECONNREFUSED Connection refused"
    nameless = failure(a_host("", ssh=SshAccess("checker")))
    assert (type(nameless), nameless.says) == (Unreachable, "it has no address in the configuration")


def test_a_server_whose_queue_is_full_did_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # the one place in its queue
            error = failure(at(port), left_s=0.4)
    assert (type(error), error.says) == (Unreachable, "it did not answer")
    assert error.detail == f"SSH 127.0.0.1:{port}: not connected in time"


@pytest.mark.fault(16)
def test_a_server_that_is_busy_for_a_moment_is_asked_once_more(tmp_path: Path) -> None:
    with sshd(tmp_path, lines=["MaxStartups 1:100:1"]) as server:
        with occupied(server) as somebody:
            threading.Timer(0.2, somebody.close).start()
            assert run(server.host(), "echo", "hi", known_hosts=[server.known_hosts]).out == "hi\n"
        assert f"[{server.address}]:{server.port} past MaxStartups" in server.log


@pytest.mark.fault(16)
def test_a_server_that_stays_busy_could_not_be_checked(tmp_path: Path) -> None:
    with (
        sshd(tmp_path, lines=["MaxStartups 1:100:1"]) as server,
        occupied(server),
    ):
        error = failure(server.host(), known_hosts=[server.known_hosts])
    assert error.says == "the server there is busy and turned us away"
    assert error.detail == f"{where(server)}: Exceeded MaxStartups"
    assert (isinstance(error, Unreachable), error.final) == (True, False)
