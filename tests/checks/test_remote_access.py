"""The check `remote_access`: whether the program behind the technician's way in answers with its own greeting."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Status
from healthcheck.checks import _greetings as greetings
from healthcheck.checks._greetings import Greeting, OpenVpnReset
from healthcheck.checks._talk import Failed, Talk
from healthcheck.checks.remote_access import RemoteAccess
from tests.conftest import Look, a_host, brief
from tests.lab import answers, daemon, free_port, need
from tests.lab.canned import CannedLine
from tests.lab.dns import datagram_server
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.openvpn import openvpn
from tests.lab.sshd import occupied, sshd
from tests.lab.tls import Serve, drips, says_nothing, sends, server

READY = "is ready to let the technician in"
OUTDATED = "lets the technician in only in an outdated way that is not safe"
UNSAFE = "answers, but cannot set up a safe way in for the technician"
FOREIGN = "answers, but something else than it should"
SILENT, HUNG_UP = "took the connection, but does not reply", "took the connection and hung up at once"
UNTOLD = "could not be checked: it does not answer strangers, so nobody can tell from outside"

RDP_CONFIRM = bytes.fromhex("030000130ed000001234000200080001000000")
RDP_OLD_CONFIRM = bytes.fromhex("0300000b06d00000123400")


def rdp_refused(code: int) -> bytes:
    return bytes.fromhex("030000130ed000001234000300080000000000")[:-4] + code.to_bytes(4, "little")


def at(protocol: str, port: int) -> RemoteAccess:
    return RemoteAccess(protocol=protocol, port=port)  # type: ignore[arg-type]


# Real ones


def test_a_real_ssh_server_is_ready(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.32") as there:
        outcome = look(at("ssh", there.port), there.host())
    assert brief(outcome) == (Status.OK, READY)
    assert outcome.detail.startswith("ssh: SSH-2.0-OpenSSH_")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("connect", "s")]
    assert outcome.reachability


@pytest.mark.fault(16)
def test_a_real_ssh_server_that_is_full_is_worth_a_look(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.32", lines=["MaxStartups 1:100:1"]) as there, occupied(there):
        outcome = look(at("ssh", there.port), there.host())
    assert brief(outcome) == (Status.WARNING, "answers, but is too busy to let the technician in")


@pytest.mark.fault(11)
def test_a_real_ssh_server_that_hangs_is_a_problem(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.32") as there:
        os.kill(there.pid, signal.SIGSTOP)
        outcome = look(at("ssh", there.port), there.host(), timeout_s=0.4)
    assert brief(outcome) == (Status.CRITICAL, SILENT)


def test_a_real_remote_desktop_is_ready(look: Look, tmp_path: Path) -> None:
    need("xrdp")
    port = free_port()
    argv = ["xrdp", "--nodaemon", "--port", f"tcp://127.0.0.1:{port}"]
    with daemon(argv, answers("127.0.0.1", port), log=tmp_path / "log"):
        outcome = look(at("rdp", port), a_host())
    assert brief(outcome) == (Status.OK, READY)
    assert outcome.detail.startswith("rdp: connection confirm, security protocol 1 after ")


@pytest.mark.parametrize(("protocol", "transport"), [("openvpn", "tcp"), ("openvpn-udp", "udp")])
def test_a_real_openvpn_server_is_ready(look: Look, tmp_path: Path, protocol: str, transport: str) -> None:
    with openvpn(tmp_path, transport) as port:
        outcome = look(at(protocol, port), a_host())
    assert brief(outcome) == (Status.OK, READY)
    assert outcome.detail.startswith(f"{protocol}: P_CONTROL_HARD_RESET_SERVER_V2 after ")


@pytest.mark.parametrize(("protocol", "transport"), [("openvpn", "tcp"), ("openvpn-udp", "udp")])
def test_a_real_openvpn_server_that_hides_could_not_be_checked(
    look: Look, tmp_path: Path, protocol: str, transport: str
) -> None:
    with openvpn(tmp_path, transport, hidden=True) as port:
        outcome = look(at(protocol, port), a_host(), timeout_s=1.5, attempts=3)
    assert brief(outcome) == (Status.UNKNOWN, UNTOLD)
    assert outcome.attempts == 1


# Others


@pytest.mark.parametrize(
    ("protocol", "serve", "status", "says"),
    [
        ("ssh", sends(b"welcome\r\n", b"SSH-1.99-old\r\n"), Status.OK, READY),
        ("ssh", sends(b"SSH-1.5-older\n"), Status.WARNING, OUTDATED),
        ("ssh", sends(b"SSH-2.0"), Status.CRITICAL, "began to answer, but did not finish"),
        ("ssh", sends(b"SSH-2.0\r\n" + b"x\r\n" * 60), Status.CRITICAL, FOREIGN),
        ("ssh", sends(b"220 mail.test ESMTP\r\n"), Status.CRITICAL, FOREIGN),
        ("ssh", sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Status.CRITICAL, FOREIGN),
        ("ssh", sends(bytes(range(32, 256)) * 100), Status.CRITICAL, FOREIGN),
        ("ssh", drips(b"", b"never ends\r\n", every_s=0.0005), Status.CRITICAL, SILENT),
        ("ssh", says_nothing, Status.CRITICAL, SILENT),
        ("ssh", lambda connection: None, Status.CRITICAL, HUNG_UP),
        ("vnc", sends(b"RFB 003.008\n"), Status.OK, READY),
        ("vnc", sends(b"RFB 003.8\nxxx"), Status.CRITICAL, FOREIGN),
        ("vnc", sends(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Status.CRITICAL, FOREIGN),
        ("vnc", says_nothing, Status.CRITICAL, SILENT),
        ("rdp", sends(RDP_CONFIRM), Status.OK, READY),
        ("rdp", sends(RDP_OLD_CONFIRM), Status.WARNING, OUTDATED),
        ("rdp", sends(RDP_CONFIRM[:-4] + bytes(4)), Status.WARNING, OUTDATED),
        ("rdp", sends(rdp_refused(2)), Status.WARNING, OUTDATED),
        ("rdp", sends(rdp_refused(3)), Status.WARNING, UNSAFE),
        ("rdp", sends(RDP_CONFIRM.replace(b"\xd0", b"\x80")), Status.CRITICAL, FOREIGN),
        ("rdp", sends(RDP_CONFIRM.replace(b"\x02\x00\x08", b"\x09\x00\x08")), Status.CRITICAL, FOREIGN),
        ("rdp", sends(RDP_CONFIRM.replace(b"\x0e\xd0", b"\x0d\xd0")), Status.CRITICAL, FOREIGN),
        ("rdp", sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Status.CRITICAL, FOREIGN),
        ("rdp", says_nothing, Status.CRITICAL, SILENT),
        ("openvpn", sends(b"SSH-2.0-OpenSSH_9.2p1\r\n"), Status.CRITICAL, FOREIGN),
        ("openvpn", sends(b"\x00\x1a" + bytes([8 << 3]) + bytes(25)), Status.CRITICAL, FOREIGN),
        ("openvpn", says_nothing, Status.UNKNOWN, UNTOLD),
        ("openvpn", lambda connection: None, Status.UNKNOWN, UNTOLD),
    ],
    ids=[
        "ok-ssh-after-other-lines", "look-ssh-1", "problem-ssh-half", "problem-ssh-without-a-program",
        "problem-ssh-mail", "problem-ssh-http", "problem-ssh-random-bytes", "problem-ssh-waits-for-us",
        "problem-ssh-silent", "problem-ssh-hangs-up", "ok-vnc", "problem-vnc-odd", "problem-vnc-ssh",
        "problem-vnc-silent", "ok-rdp", "look-rdp-before-negotiation", "look-rdp-standard-security",
        "look-rdp-only-standard-security", "look-rdp-no-certificate", "problem-rdp-disconnects", "problem-rdp-odd",
        "problem-rdp-wrong-length",
        "problem-rdp-http", "problem-rdp-silent", "problem-openvpn-ssh", "problem-openvpn-another-session",
        "could-not-check-openvpn-silent", "could-not-check-openvpn-hangs-up",
    ],
)  # fmt: skip
@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_a_way_in_is_judged_by_its_greeting(look: Look, protocol: str, serve: Serve, status: Status, says: str) -> None:
    with server(serve) as port:
        outcome = look(at(protocol, port), a_host(), timeout_s=0.8)
    assert brief(outcome) == (status, says)
    assert outcome.detail.isprintable()


def test_endless_lines_before_a_greeting_are_not_read_to_their_end(look: Look) -> None:
    with server(sends(b"never ends\r\n" * 10000)) as port:
        outcome = look(at("ssh", port), a_host())
    assert brief(outcome) == (Status.CRITICAL, FOREIGN)
    assert outcome.duration_s < 1


@pytest.mark.parametrize("protocol", ["ssh", "rdp", "vnc", "openvpn", "openvpn-udp", "wireguard"])
@pytest.mark.fault(4)
def test_refused_and_forbidden_are_two_problems_and_silence_is_told_apart(look: Look, protocol: str) -> None:
    refused, silent, forbidden = at_three_ports(
        lambda port: brief(look(at(protocol, port), a_host(THERE), timeout_s=0.5))
    )
    assert refused == (Status.CRITICAL, "refused the connection")
    hidden = protocol in ("openvpn-udp", "wireguard")
    assert silent == ((Status.UNKNOWN, UNTOLD) if hidden else (Status.CRITICAL, "did not answer"))
    assert forbidden == (
        Status.CRITICAL,
        "could not be reached: nobody is at its address, or something on the way forbids it",
    )


@pytest.mark.parametrize("protocol", ["ssh", "wireguard"])
@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look, protocol: str) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(at(protocol, 0), a_host("nowhere.invalid"), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


@pytest.mark.parametrize("protocol", ["wireguard", "openvpn-udp"])
@pytest.mark.fault(12)
def test_something_else_that_answers_by_datagram_is_a_problem(look: Look, protocol: str) -> None:
    with datagram_server(lambda said: [said]) as port:
        outcome = look(at(protocol, port), a_host(), timeout_s=0.8)
    assert brief(outcome) == (Status.CRITICAL, FOREIGN)
    assert outcome.detail.isprintable()


@pytest.mark.parametrize(("protocol", "port"), [("ssh", 22), ("rdp", 3389), ("vnc", 5900), ("openvpn", 1194)])
def test_the_usual_port_is_asked_where_none_is_given(look: Look, protocol: str, port: int) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(at(protocol, 0), a_host("127.0.0.1")))
    assert outcome.detail == f"TCP 127.0.0.1:{port}: ECONNREFUSED Connection refused"


# Any bytes at all


@st.composite
def damaged(draw: st.DrawFn, right: bytes) -> bytes:
    """A right greeting with some bytes changed; or any bytes."""
    said = bytearray(draw(st.just(right) | st.binary(max_size=60)))
    for _ in range(draw(st.integers(0, 3)) if said else 0):
        said[draw(st.integers(0, len(said) - 1))] = draw(st.integers(0, 255))
    return bytes(said)


@pytest.mark.parametrize(
    ("question", "right"),
    [
        (greetings.ssh, b"hello\r\nSSH-2.0-OpenSSH_9.2p1\r\n"),
        (greetings.vnc, b"RFB 003.008\n"),
        (greetings.rdp, RDP_CONFIRM),
        (greetings.openvpn, b"\x00\x1a\x40" + bytes(25)),
    ],
    ids=["ssh", "vnc", "rdp", "openvpn"],
)
@given(data=st.data())
def test_whatever_bytes_come_they_are_a_greeting_or_none(
    question: Callable[[Talk], Greeting], right: bytes, data: st.DataObject
) -> None:
    with contextlib.suppress(Failed):
        assert question(Talk(CannedLine(data.draw(damaged(right))))).said.isprintable()


@given(st.binary(max_size=40))
def test_no_packet_answers_a_session_that_it_does_not_name(packet: bytes) -> None:
    reset = OpenVpnReset(b"\x01\x02\x03\x04\x05\x06\x07\x08")
    assert not reset.is_answered_by(packet) or reset.session in packet


@pytest.mark.parametrize(
    ("settings", "mistakes"),
    [
        ({"protocol": "ssh"}, []),
        ({"protocol": "ssh", "port": 65536}, [("port", "must be between 1 and 65535, or 0 for the usual one")]),
    ],
)
def test_settings_that_cannot_work_are_mistakes(settings: dict[str, Any], mistakes: list[tuple[str, str]]) -> None:
    assert list(RemoteAccess(**settings).mistakes()) == mistakes
