from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path as File

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import ConnectError, Metric, NoAnswer, NotResolved, Prohibited, Refused, Result, Status
from healthcheck.checks.path import Path, Reached, parts
from healthcheck.model import SshAccess
from tests.conftest import Look, a_host
from tests.lab import free_port
from tests.lab.sshd import client_key, new_key, sshd
from tests.lab.talker import says_nothing, talker

MONDAY = datetime(2026, 11, 23, 5, 45, tzinfo=UTC)
DATABASE = Path(to="10.0.0.5:5432", label="the patient database")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(
            Refused("refused the connection", "tcp"),
            "cannot reach the patient database: the connection is refused",
            id="problem-refused",
        ),
        pytest.param(
            NoAnswer("did not answer", "tcp"),
            "cannot reach the patient database: nothing answers",
            id="problem-silent",
        ),
        pytest.param(
            Prohibited("…", "tcp"),
            "cannot reach the patient database: the network on the way turns it away",
            id="problem-turned-away",
        ),
        pytest.param(
            NotResolved("…", "tcp"),
            "cannot reach the patient database: its name cannot be looked up there",
            id="problem-name-unknown",
        ),
        pytest.param(ConnectError("…", "tcp"), "cannot reach the patient database", id="problem-for-another-reason"),
    ],
)
def test_a_connection_that_does_not_come_about_is_a_problem(error: ConnectError, says: str) -> None:
    assert list(DATABASE.evaluate(Reached(0.2, error), MONDAY)) == [Result(Status.CRITICAL, says, "tcp")]


def test_a_connection_that_comes_about_is_ok() -> None:
    assert list(DATABASE.evaluate(Reached(0.0123), MONDAY)) == [
        Result(
            Status.OK,
            "can reach the patient database",
            "TCP to 10.0.0.5:5432 from there: connected in 12.3 ms",
            Metric("connect", 0.0123, "s"),
        )
    ]


def test_a_clinic_s_server_that_reaches_the_database_is_ok_and_sends_it_nothing(tmp_path: File, look: Look) -> None:
    heard: list[bytes] = []
    with (
        talker(lambda connection: heard.append(connection.recv(100)), "127.0.3.9") as database,
        sshd(tmp_path) as server,
    ):
        check = Path(to=f"127.0.3.9:{database.port}", label="the patient database")
        outcome = look(check, server.host(), known_hosts=[server.known_hosts], timeout_s=15)
        assert (outcome.status, outcome.says) == (Status.OK, "can reach the patient database")
    assert heard == [b""]


def test_a_database_that_is_down_is_a_problem_seen_from_the_clinic(tmp_path: File, look: Look) -> None:
    port = free_port("127.0.3.9")
    with sshd(tmp_path) as server:
        outcome = look(Path(to=f"127.0.3.9:{port}"), server.host(), known_hosts=[server.known_hosts], timeout_s=15)
    assert outcome.results == (
        Result(
            Status.CRITICAL,
            "cannot reach the other end: the connection is refused",
            f"from there to 127.0.3.9:{port}: Connection refused",
        ),
    )


def test_a_server_that_does_not_let_us_look_from_there_could_not_be_checked(tmp_path: File, look: Look) -> None:
    authorized = f"restrict {client_key().public}"
    with talker(says_nothing, "127.0.3.9") as database, sshd(tmp_path, authorized=authorized) as server:
        check = Path(to=f"127.0.3.9:{database.port}")
        outcome = look(check, server.host(), known_hosts=[server.known_hosts], timeout_s=15)
        assert outcome.why == "its remote login does not let us look from there"
        assert outcome.results == (
            Result(
                Status.UNKNOWN,
                "could not be checked: its remote login does not let us look from there",
                f"from there to 127.0.3.9:{database.port}: open failed; allow it in authorized_keys: "
                f'restrict,port-forwarding,permitopen="127.0.3.9:{database.port}" (and AllowTcpForwarding local)',
            ),
        )


def test_a_clinic_that_cannot_be_logged_in_to_could_not_be_checked(look: Look) -> None:
    port = free_port()
    outcome = look(DATABASE, a_host(ssh=SshAccess("us", port=port)))
    assert (outcome.status, outcome.why) == (Status.UNKNOWN, "it refused the connection")


def test_this_computer_looks_for_itself(look: Look) -> None:
    with talker(says_nothing) as database:
        outcome = look(Path(to=f"127.0.0.1:{database.port}"), a_host(local=True))
        assert (outcome.status, outcome.says) == (Status.OK, "can reach the other end")
    gone = look(Path(to=f"127.0.0.1:{free_port()}"), a_host(local=True))
    assert (gone.status, gone.says) == (Status.CRITICAL, "cannot reach the other end: the connection is refused")


@pytest.mark.parametrize(
    ("to", "machine", "port"),
    [
        ("10.0.0.5:5432", "10.0.0.5", 5432),
        ("db.example:1", "db.example", 1),
        ("[2001:db8::5]:5432", "2001:db8::5", 5432),
        (" db:65535 ", "db", 65535),
    ],
)
def test_the_other_machine_is_named_with_its_port(to: str, machine: str, port: int) -> None:
    assert parts(to) == (machine, port)
    assert Path(to=to).other_end() == machine
    assert list(Path(to=to).mistakes()) == []


NAME = 'must name a machine and its port, like "10.0.0.5:5432"'
PORT = "must end with a port between 1 and 65535"
ONLY = 'must name a machine and its port and nothing else, like "10.0.0.5:5432"'
BRACKETS = 'must have an IPv6 address in brackets, like "[2001:db8::5]:5432"'


@pytest.mark.parametrize(
    ("to", "wrong"),
    [
        ("", NAME),
        ("10.0.0.5", NAME),
        (":5432", NAME),
        ("[]:5432", NAME),
        ("[2001:db8::5]", NAME),
        ("db:", PORT),
        ("db:0", PORT),
        ("db:65536", PORT),
        ("db:postgres", PORT),
        ("db:-1", PORT),
        ("2001:db8::5:5432", BRACKETS),
        ("postgresql://db:5432", BRACKETS),
        ("user@db:5432", ONLY),
        ("my db:5432", ONLY),
    ],
)
def test_what_names_no_machine_and_port_is_a_mistake_in_the_config(to: str, wrong: str) -> None:
    assert list(Path(to=to).mistakes()) == [("to", wrong)]


def test_an_empty_label_is_a_mistake_in_the_config() -> None:
    assert list(Path(to="db:1", label=" ").mistakes()) == [
        ("label", "must not be empty: it is what people call the other machine")
    ]


@given(st.text() | st.from_regex(r"\[?[a-z0-9.:]*\]?:[0-9]{0,7}"))
def test_whatever_is_written_names_a_machine_or_is_a_mistake(to: str) -> None:
    if not list(Path(to=to).mistakes()):
        machine, port = parts(to)
        assert machine
        assert 1 <= port <= 65535


@pytest.mark.fault(13)
def test_a_changed_identity_is_a_problem_wherever_it_is_met(tmp_path: File, look: Look) -> None:
    with sshd(tmp_path) as server:
        record = tmp_path / "record"
        record.write_text(f"{server.known_name} {new_key().public}\n")
        outcome = look(DATABASE, server.host(), known_hosts=[record], timeout_s=15, attempts=3)
    assert (outcome.status, outcome.attempts) == (Status.CRITICAL, 1)
    assert outcome.says == "shows another identity than the one on record"
