"""The check `file_share`: whether a file server agrees to share files, and in a kind of SMB that is safe."""

from __future__ import annotations

import contextlib
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Status
from healthcheck.checks._smb import DIALECTS, Negotiated, negotiate, negotiate_outdated
from healthcheck.checks._talk import Failed, Talk
from healthcheck.checks.file_share import FileShare
from tests.conftest import Look, a_host, brief
from tests.lab import free_port
from tests.lab.canned import CannedLine
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.samba import file_server
from tests.lab.tls import Serve, says_nothing, server

FOREIGN = "answers, but something else than it should"


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(4) + message


def smb2(*, status: int = 0, command: int = 0, flags: int = 1, size: int = 65, dialect: int = 0x0311) -> bytes:
    """A response as MS-SMB2 2.2.4 has it."""
    header = struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 0, status, command, 1, flags, 0, 0, 0, 0, 0, bytes(16))
    return framed(header + struct.pack("<HHH", size, 1, dialect) + bytes(58))


def smb1(*, command: int = 0x72, flags: int = 0x80, chosen: int = 0, status: int = 0) -> bytes:
    """A response as MS-CIFS 2.2.4.52 has it."""
    return framed(struct.pack("<4sBIB22xBH", b"\xffSMB", command, status, flags, 17, chosen) + bytes(34))


def answers_each(*answers: bytes) -> Serve:
    """A server that gives every connection the same answer to its first words, or hangs up when there is none."""

    def serve(connection: socket.socket) -> None:
        asked = connection.recv(4096)
        for answer in answers:
            if answer.startswith(b"only-1:") and b"\xffSMB" not in asked:
                return
            connection.sendall(answer.removeprefix(b"only-1:"))
        says_nothing(connection)

    return serve


@pytest.mark.parametrize(
    ("lines", "status", "says", "detail"),
    [
        ((), Status.OK, "is ready to share its files", "SMB 3.1.1"),
        (("server min protocol = SMB3_11",), Status.OK, "is ready to share its files", "SMB 3.1.1"),
        (
            ("server max protocol = SMB2_02", "server signing = mandatory"),
            Status.OK,
            "is ready to share its files",
            "SMB 2.0.2, signing required",
        ),
        (
            ("server min protocol = NT1", "server max protocol = NT1"),
            Status.WARNING,
            "shares its files only in an outdated way that is not safe",
            "SMB 1",
        ),
    ],
    ids=["ok-newest", "ok-newest-only", "ok-signed", "look-outdated"],
)
def test_a_real_server_is_judged_by_what_it_agrees_to(
    look: Look, tmp_path: Path, lines: tuple[str, ...], status: Status, says: str, detail: str
) -> None:
    with file_server(tmp_path, *lines) as port:
        outcome = look(FileShare(port=port), a_host())
    assert brief(outcome) == (status, says)
    assert outcome.detail.startswith(f"TCP port {port}: connected in ")
    assert outcome.detail.endswith(f" ms, {detail}")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("connect", "s")]
    assert outcome.reachability


@pytest.mark.parametrize(
    "old", [b"only-1:" + smb1(), smb1()], ids=["look-hangs-up-on-new-words", "look-answers-new-words-in-old"]
)
def test_a_server_that_only_knows_the_old_kind_is_worth_a_look(look: Look, old: bytes) -> None:
    with server(answers_each(old)) as port:
        outcome = look(FileShare(port=port), a_host())
    assert brief(outcome) == (Status.WARNING, "shares its files only in an outdated way that is not safe")


def test_an_old_server_that_keeps_silent_at_first_is_worth_a_look(look: Look) -> None:
    def serve(connection: socket.socket) -> None:
        if b"\xffSMB" in connection.recv(4096):
            connection.sendall(smb1())
        says_nothing(connection)

    with server(serve) as port:
        outcome = look(FileShare(port=port), a_host(), timeout_s=1.0)
    assert brief(outcome) == (Status.WARNING, "shares its files only in an outdated way that is not safe")


@pytest.mark.fault(4)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(FileShare(port=port), a_host(THERE), timeout_s=0.5))
    assert [brief(outcome) for outcome in found] == [
        (Status.CRITICAL, "refused the connection"),
        (Status.CRITICAL, "did not answer"),
        (Status.CRITICAL, "could not be reached: nobody is at its address, or something on the way forbids it"),
    ]


@pytest.mark.fault(9)
def test_a_name_without_an_address_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        outcome = office.call(lambda: look(FileShare(), a_host("nowhere.invalid"), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        pytest.param(says_nothing, "took the connection, but does not reply", id="problem-silent"),
        pytest.param(lambda connection: None, "took the connection and hung up at once", id="problem-hangs-up"),
        pytest.param(answers_each(smb2()[:40]), "began to answer, but did not finish", id="problem-half"),
        pytest.param(
            answers_each(smb2(status=0xC00000BB)), "answers, but refuses to share its files", id="problem-refuses"
        ),
        pytest.param(answers_each(b"HTTP/1.1 400 Bad Request\r\n\r\n"), FOREIGN, id="problem-http"),
        pytest.param(answers_each(b"SSH-2.0-OpenSSH_9.2p1\r\n"), FOREIGN, id="problem-ssh"),
        pytest.param(answers_each(b"\x15\x03\x01\x00\x02\x02\x46"), FOREIGN, id="problem-tls"),
        pytest.param(answers_each(framed(bytes(range(256)))), FOREIGN, id="problem-random-bytes"),
        pytest.param(answers_each(smb2(command=5)), FOREIGN, id="problem-another-command"),
        pytest.param(answers_each(smb2(flags=0)), FOREIGN, id="problem-no-response"),
        pytest.param(answers_each(smb2(dialect=0x0999)), FOREIGN, id="problem-unknown-dialect"),
        pytest.param(answers_each(smb2(size=9)), FOREIGN, id="problem-wrong-size"),
        pytest.param(answers_each(framed(b"\xfeSMB")), FOREIGN, id="problem-too-short"),
        pytest.param(answers_each(smb1(chosen=0xFFFF)), FOREIGN, id="problem-no-dialect-in-common"),
        pytest.param(answers_each(smb1(command=0x73)), FOREIGN, id="problem-old-and-another-command"),
        pytest.param(answers_each(smb1(status=1)), FOREIGN, id="problem-old-and-failed"),
        pytest.param(answers_each(smb1(flags=0)), FOREIGN, id="problem-old-and-no-response"),
    ],
)
@pytest.mark.fault(11)
@pytest.mark.fault(12)
def test_whatever_is_no_agreement_is_a_problem(look: Look, serve: Serve, says: str) -> None:
    with server(serve) as port:
        outcome = look(FileShare(port=port), a_host(), timeout_s=1.0)
    assert brief(outcome) == (Status.CRITICAL, says)
    assert outcome.detail.isprintable()


def test_the_status_of_a_refusal_goes_to_it(look: Look) -> None:
    with server(answers_each(smb2(status=0xC00000BB))) as port:
        outcome = look(FileShare(port=port), a_host())
    assert outcome.detail.endswith(", SMB negotiation refused with status 0xC00000BB")


@given(st.data())
def test_whatever_bytes_come_they_are_an_agreement_or_none(data: st.DataObject) -> None:
    said = bytearray(data.draw(st.sampled_from([smb2(), smb1()]) | st.binary(max_size=150)))
    for _ in range(data.draw(st.integers(0, 4)) if said else 0):
        said[data.draw(st.integers(0, len(said) - 1))] = data.draw(st.integers(0, 255))
    for question in (negotiate, negotiate_outdated):
        with contextlib.suppress(Failed):
            agreed = question(Talk(CannedLine(bytes(said))))
            assert bool(agreed.refused) != (agreed.dialect in {*DIALECTS.values(), "1"})


def test_no_agreement_comes_from_nothing() -> None:
    with pytest.raises(Failed):
        negotiate(Talk(CannedLine(b"")))
    assert negotiate(Talk(CannedLine(smb2(dialect=0x0302)))) == Negotiated("3.0.2")


def test_a_port_that_cannot_be_is_a_mistake() -> None:
    assert list(FileShare(port=0).mistakes()) == [("port", "must be between 1 and 65535")]
    assert list(FileShare(port=free_port()).mistakes()) == []
