"""The check `dns`: whether a name server tells where to find a machine, and tells it right."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Metric, ProbeError, Result, Status
from healthcheck.checks._dns import Question, Reply, packed_name, read_reply
from healthcheck.checks._talk import Failure
from healthcheck.checks.dns import Dns, LookUp, name_servers
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, a_host, brief
from tests.lab import free_port
from tests.lab.dns import datagram_server, name_server
from tests.lab.netns import THERE, at_three_ports, towns
from tests.lab.tls import server

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
CHARTS = "charts.foothill.example"
NAMES = {CHARTS: ["10.0.0.5", "2001:db8::5"], "two.foothill.example": ["10.0.0.5", "10.0.0.6"]}
NO_SUCH_NAME, SERVER_FAILURE, REFUSED = 3, 2, 5


def asked(look: Look, port: int, *, lookup: str = CHARTS, timeout_s: float = 5.0, **settings: object) -> Outcome:
    check = Dns(**{"lookup": lookup, "port": port, "label": "the patient charts", **settings})  # type: ignore[arg-type]
    return look(check, a_host(), timeout_s=timeout_s)


def message(question: bytes, *records: bytes, code: int = 0, flags: int = 0x8180) -> bytes:
    """A response to a question, with these records as its answer."""
    return question[:2] + struct.pack("!5H", flags | code, 1, len(records), 0, 0) + question[12:] + b"".join(records)


def record(owner: bytes, kind: int, value: bytes, *, network: int = 1) -> bytes:
    return owner + struct.pack("!HHIH", kind, network, 60, len(value)) + value


HERE = b"\xc0\x0c"
"""A pointer to the name in the question."""


# What a server answers


def test_a_name_that_leads_where_it_should_is_well(look: Look) -> None:
    with name_server("127.0.0.1", NAMES, 0) as port:
        outcome = asked(look, port, expect=("10.0.0.5",))
    assert brief(outcome) == (Status.OK, "knows where to find the patient charts")
    assert outcome.detail.startswith(f"A {CHARTS} at 127.0.0.1: 10.0.0.5 in ")
    assert [(metric.name, metric.unit) for metric in outcome.metrics] == [("answer", "s")]
    assert outcome.reachability


@pytest.mark.parametrize(
    ("settings", "status", "says"),
    [
        ({}, Status.OK, "knows where to find the patient charts"),
        ({"lookup": "CHARTS.foothill.example."}, Status.OK, "knows where to find the patient charts"),
        ({"record": "AAAA", "expect": ("2001:DB8:0::5",)}, Status.OK, "knows where to find the patient charts"),
        ({"expect": ("10.0.0.9",)}, Status.CRITICAL, "sends everybody to a wrong place for the patient charts"),
        (
            {"expect": ("10.0.0.5", "10.0.0.6")},
            Status.WARNING,
            "does not know all the places of the patient charts",
        ),
        (
            {"lookup": "two.foothill.example", "expect": ("10.0.0.5",)},
            Status.WARNING,
            "sends some people to a wrong place for the patient charts",
        ),
        ({"lookup": "nowhere.example"}, Status.CRITICAL, "does not know where to find the patient charts"),
        ({"record": "MX"}, Status.CRITICAL, "does not know where to find the patient charts"),
    ],
    ids=[
        "ok-any", "ok-capitals", "ok-ipv6", "problem-wrong", "look-one-missing", "look-a-second-address",
        "problem-no-such-name", "problem-no-such-record",
    ],
)  # fmt: skip
@pytest.mark.fault(9)
def test_an_answer_is_held_against_what_is_expected(
    look: Look, settings: dict[str, object], status: Status, says: str
) -> None:
    with name_server("127.0.0.1", {**NAMES, "CHARTS.foothill.example": ["10.0.0.5"]}, 0) as port:
        outcome = asked(look, port, **settings)  # type: ignore[arg-type]
    assert brief(outcome) == (status, says)


def test_the_detail_says_what_was_found_and_what_was_expected(look: Look) -> None:
    with name_server("127.0.0.1", NAMES, 0) as port:
        wrong = asked(look, port, expect=("10.0.0.9",))
        unknown = asked(look, port, lookup="nowhere.example")
    assert wrong.detail.startswith(f"A {CHARTS} at 127.0.0.1: 10.0.0.5 in ")
    assert wrong.detail.endswith(" ms; expected 10.0.0.9")
    assert unknown.detail == "A nowhere.example at 127.0.0.1: NXDOMAIN"


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        (SERVER_FAILURE, Status.CRITICAL, "could not find out where the patient charts can be found"),
        (REFUSED, Status.UNKNOWN, "does not tell this computer where to find the patient charts"),
    ],
    ids=["problem-server-failure", "could-not-check-refused"],
)
def test_a_server_that_says_no_is_told_by_how_it_says_it(look: Look, code: int, status: Status, says: str) -> None:
    with datagram_server(lambda question: [message(question, code=code)]) as port:
        assert brief(asked(look, port)) == (status, says)


def test_aliases_are_followed_and_strangers_ignored(look: Look) -> None:
    alias = packed_name("web.foothill.example")

    def reply(question: bytes) -> list[bytes]:
        return [
            message(
                question,
                record(packed_name("other.example"), 1, bytes([10, 0, 0, 66])),
                record(HERE, 5, alias),
                record(HERE, 1, bytes([10, 0, 0, 77]), network=3),
                record(alias, 1, bytes([10, 0, 0, 5])),
            )
        ]

    with datagram_server(reply) as port:
        outcome = asked(look, port, expect=("10.0.0.5",))
    assert brief(outcome) == (Status.OK, "knows where to find the patient charts")


def test_mail_servers_are_told_by_name(look: Look) -> None:
    def reply(question: bytes) -> list[bytes]:
        return [message(question, record(HERE, 15, b"\0\x0a" + packed_name("Mail.foothill.example")))]

    with datagram_server(reply) as port:
        right = asked(look, port, record="MX", expect=("mail.Foothill.example.",))
        wrong = asked(look, port, record="MX", expect=("other.example",))
    assert (right.status, wrong.status) == (Status.OK, Status.CRITICAL)


def test_an_answer_too_long_for_a_datagram_is_asked_for_again(look: Look) -> None:
    def by_stream(connection: socket.socket) -> None:
        question = connection.recv(int.from_bytes(connection.recv(2)))
        records = [record(HERE, 1, bytes([10, 0, 0, number])) for number in range(1, 60)]
        answer = message(question, *records)
        connection.sendall(len(answer).to_bytes(2) + answer)

    with (
        server(by_stream) as port,
        datagram_server(lambda question: [message(question, flags=0x8380)], port=port),
    ):
        outcome = asked(look, port, expect=tuple(f"10.0.0.{number}" for number in range(1, 60)))
    assert brief(outcome) == (Status.OK, "knows where to find the patient charts")


@pytest.mark.fault(11)
def test_a_long_answer_that_is_never_given_is_a_problem(look: Look) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with datagram_server(lambda question: [message(question, flags=0x8380)], port=port):
            outcome = asked(look, port, timeout_s=0.4)
    assert brief(outcome) == (Status.CRITICAL, "took the connection, but does not reply")


# Who answers


@pytest.mark.fault(4)
@pytest.mark.fault(9)
def test_refused_silent_and_forbidden_are_three_different_problems(look: Look) -> None:
    found = at_three_ports(lambda port: look(Dns(lookup=CHARTS, port=port), a_host(THERE), timeout_s=0.5), first=53)
    assert [brief(outcome) for outcome in found] == [
        (Status.CRITICAL, "refused the connection"),
        (Status.CRITICAL, "did not answer"),
        (
            Status.CRITICAL,
            "could not be reached: nobody is at its address, or something on the way forbids it",
        ),
    ]
    assert found[0].detail == "UDP 10.0.1.2:53: ECONNREFUSED Connection refused"
    assert all(outcome.duration_s < 0.6 for outcome in found)


@pytest.mark.fault(9)
def test_a_server_that_is_itself_only_a_name_could_not_be_checked(look: Look) -> None:
    with towns("office") as [office]:
        check = Dns(lookup=CHARTS, server="ns.invalid")
        outcome = office.call(lambda: look(check, a_host(), timeout_s=0.3))
    assert outcome.status is Status.UNKNOWN
    assert outcome.why.startswith("its name could not be looked up")


def test_a_lost_datagram_is_no_finding(look: Look) -> None:
    came: list[bytes] = []

    def reply(question: bytes) -> Sequence[bytes]:
        came.append(question)
        return [message(question, record(HERE, 1, bytes([10, 0, 0, 5])))] if len(came) > 1 else []

    with datagram_server(reply) as port:
        outcome = asked(look, port, timeout_s=1.0)
    assert outcome.status is Status.OK
    assert len(came) == 2


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "forged",
    [
        lambda question: b"\0\0" + message(question)[2:],
        lambda question: question,
        lambda question: message(question.replace(b"foothill", b"foothell"), record(HERE, 1, b"\x0a\0\0\x05")),
        lambda question: message(question, record(HERE, 1, b"\x0a\0\0")),
        lambda question: message(question, record(b"\xc0\x80", 1, b"\x0a\0\0\x05")),
        lambda question: message(question, record(b"\xc0\x29", 1, b"\x0a\0\0\x05")),
        lambda question: message(question, record(HERE, 1, b"\x0a\0\0\x05"))[:-2],
        lambda question: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        lambda question: b"",
    ],
    ids=[
        "other-number", "echo", "other-name", "short-address", "pointer-beyond", "pointer-to-itself", "cut-short",
        "http", "empty",
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_is_a_problem(look: Look, forged: object) -> None:
    with datagram_server(lambda question: [forged(question)]) as port:  # type: ignore[operator]
        outcome = asked(look, port, timeout_s=0.5)
    if forged(bytes(12)) == b"":  # type: ignore[operator]
        assert brief(outcome) == (Status.CRITICAL, "did not answer")
    else:
        assert brief(outcome) == (Status.CRITICAL, "answers, but something else than it should")
        assert outcome.detail.isprintable()


def test_a_forged_answer_before_the_right_one_is_not_heard(look: Look) -> None:
    def reply(question: bytes) -> list[bytes]:
        right = message(question, record(HERE, 1, bytes([10, 0, 0, 5])))
        return [bytes([right[0] ^ 1]) + message(question, record(HERE, 1, bytes([6, 6, 6, 6])))[1:], right]

    with datagram_server(reply) as port:
        assert asked(look, port, expect=("10.0.0.5",)).status is Status.OK


# The office's own resolver


def test_the_offices_own_servers_are_asked_in_their_order(look: Look) -> None:
    check = Dns(lookup=CHARTS, server="system", expect=("10.0.0.5",), label="the patient charts")
    with towns("office") as [office], contextlib.ExitStack() as stack:
        office.call(lambda: stack.enter_context(name_server("127.0.0.8", NAMES)))
        first = office.call(lambda: look(check, a_host("192.0.2.9")), resolv_conf="nameserver 127.0.0.8\n")
        second = office.call(
            lambda: look(check, a_host("192.0.2.9")),
            resolv_conf="search example\nnameserver 127.0.0.7\nnameserver 127.0.0.8\n",
        )
        neither = office.call(lambda: look(check, a_host("192.0.2.9")), resolv_conf="nameserver 127.0.0.7\n")
        unset = office.call(lambda: look(check, a_host("192.0.2.9")), resolv_conf="# none\n")
    assert brief(first) == (Status.OK, "knows where to find the patient charts")
    assert brief(second) == (
        Status.WARNING,
        "had to look for the patient charts in a second place, because the first does not answer",
    )
    assert brief(neither) == (Status.CRITICAL, "refused the connection")
    assert brief(unset) == (Status.UNKNOWN, "could not be checked: this computer does not know whom to ask")


def test_the_offices_own_server_that_refuses_the_office_is_a_problem() -> None:
    found = list(Dns(lookup=CHARTS, server="system").evaluate(LookUp("10.0.0.1", Reply(REFUSED), 0.1), NOW))
    assert found == [
        Result(
            Status.CRITICAL,
            "could not find out where other computers can be found",
            f"A {CHARTS} at 10.0.0.1: REFUSED",
            Metric("answer", 0.1, "s"),
        )
    ]


def test_a_slow_answer_is_worth_a_look() -> None:
    found = list(Dns(lookup=CHARTS).evaluate(LookUp("10.0.0.1", Reply(0, ("10.0.0.5",)), 3.0), NOW))
    assert found == [
        Result(
            Status.WARNING,
            "knows where to find other computers, but took 3 seconds",
            f"A {CHARTS} at 10.0.0.1: 10.0.0.5 in 3000 ms",
            Metric("answer", 3.0, "s"),
        )
    ]


def test_of_several_failures_the_one_that_was_heard_is_told() -> None:
    silent, odd = Failure("did not answer", "a"), Failure("answers, but something else than it should", "b")
    assert [result.detail for result in Dns(lookup=CHARTS).evaluate(LookUp(failures=(silent, odd)), NOW)] == ["b"]


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("nameserver 10.0.0.1\n", ("10.0.0.1",)),
        ("; x\nnameserver\t::1\nnameserver fe80::1%eth0 # y\noptions rotate\n", ("::1", "fe80::1%eth0")),
        ("".join(f"nameserver 10.0.0.{number}\n" for number in range(9)), ("10.0.0.0", "10.0.0.1", "10.0.0.2")),
    ],
)
def test_name_servers_are_read_as_the_system_reads_them(text: str, servers: tuple[str, ...]) -> None:
    assert name_servers(text) == servers


# Any bytes at all


@given(st.text())
def test_whatever_a_resolvers_file_says_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ProbeError):
        assert name_servers(text)


@given(st.data())
def test_whatever_bytes_come_they_are_a_reply_or_refused(data: st.DataObject) -> None:
    question = Question(7, CHARTS, data.draw(st.sampled_from(["A", "AAAA", "MX"])))
    right = message(question.message(), record(HERE, 5, packed_name("a.example")), record(HERE, 1, b"\x0a\0\0\x05"))
    said = bytearray(right)
    for _ in range(data.draw(st.integers(0, 6))):
        said[data.draw(st.integers(0, len(said) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(12, len(said)))
    with contextlib.suppress(ValueError):
        assert isinstance(read_reply(bytes(said[:end]), question), Reply)


@given(st.binary(max_size=60))
def test_no_bytes_at_all_answer_a_question_that_they_do_not_repeat(said: bytes) -> None:
    question = Question(7, CHARTS, "A")
    if question.is_answered_by(said):
        assert said[:2] == b"\0\x07"
        with contextlib.suppress(ValueError):
            assert read_reply(said, question).values == ()


@pytest.mark.parametrize(
    ("settings", "mistakes"),
    [
        ({"lookup": CHARTS, "expect": ("10.0.0.5",)}, []),
        ({"lookup": "a..b"}, [("lookup", "is not a name that can be looked up")]),
        ({"lookup": "x" * 64}, [("lookup", "is not a name that can be looked up")]),
        ({"lookup": ""}, [("lookup", "is not a name that can be looked up")]),
        ({"lookup": "ä" * 64}, [("lookup", "is not a name that can be looked up")]),
        ({"lookup": CHARTS, "port": 0}, [("port", "must be between 1 and 65535")]),
        (
            {"lookup": CHARTS, "label": " "},
            [("label", "must not be empty: it is what people call what is looked for")],
        ),
        (
            {"lookup": CHARTS, "expect": ("2001:db8::5",)},
            [("expect", "'2001:db8::5' is not what a record of type A holds")],
        ),
        (
            {"lookup": CHARTS, "record": "MX", "expect": ("10.0.0.5",)},
            [("expect", "'10.0.0.5' is not what a record of type MX holds")],
        ),
    ],
)
def test_settings_that_cannot_work_are_mistakes(settings: dict[str, object], mistakes: list[tuple[str, str]]) -> None:
    assert list(Dns(**settings).mistakes()) == mistakes  # type: ignore[arg-type]


def test_another_name_server_is_the_other_end() -> None:
    assert Dns(lookup=CHARTS, server="10.0.0.1").other_end() == "10.0.0.1"
    assert Dns(lookup=CHARTS, server="system").other_end() == ""


def test_nothing_listens_there(look: Look) -> None:
    port = free_port(kind=socket.SOCK_DGRAM)
    assert brief(asked(look, port)) == (Status.CRITICAL, "refused the connection")
