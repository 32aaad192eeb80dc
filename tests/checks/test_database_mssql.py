"""SQL Server, as far as a server that speaks just enough of its protocol can go."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.checks._database.call import Role
from healthcheck.checks._database.mssql import role
from healthcheck.checks._database.tds import NOT_SUPPORTED, ON, encryption, greeting
from healthcheck.checks.database import Database
from healthcheck.model import Outcome, Secret, Status
from tests.conftest import Look, a_host
from tests.lab.probed import all_that_a_failure_shows
from tests.lab.tds import BATCH, ENCRYPTED, LOGIN, MUST_BE_ENCRYPTED, NOT_ENCRYPTED, PRELOGIN, Manners, Message, tds

BRIEFLY_S = 1.0
REFUSED = Message(18456, "Login failed for user 'healthcheck'.")
NOT_OPENED = Message(4060, 'Cannot open database "charts" requested by the login. The login failed.')


def looked(look: Look, manners: Manners, *, attempts: int = 1, **settings: Any) -> Outcome:
    """What is found at a server with these manners, its port left out of the detail."""
    with tds(manners) as server:
        url = f"mssql+pytds://healthcheck@127.0.0.1:{server.port}/charts"
        check = Database(url=url, password=Secret("canary-5e1f"), **settings)
        return look(check, a_host(), timeout_s=BRIEFLY_S, attempts=attempts)


def reason(outcome: Outcome) -> str:
    """The detail without the server's name and port."""
    return outcome.detail.partition("/charts: ")[2]


def test_a_server_that_answers_is_fine(look: Look) -> None:
    outcome = looked(look, Manners(), role="primary", table="dbo.patients")
    assert (outcome.status, outcome.says) == (
        Status.OK,
        "runs its database, which answers; holds the copy of the database that it should",
    )
    assert reason(outcome).startswith("SQL Server 16.0.4135.4, answered in ")


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    ("row", "says"),
    [
        pytest.param(
            ("16.0.4135.4", "READ_ONLY", 0, 104),
            "holds only a standby copy of the database: nothing can be saved to it",
            id="problem-secondary-replica",
        ),
        pytest.param(
            ("16.0.4135.4", "READ_ONLY", None, 104),
            "has a database that accepts no changes: nothing can be saved to it",
            id="problem-read-only",
        ),
    ],
)
def test_the_wrong_copy_is_a_problem(look: Look, row: tuple[str | int | None, ...], says: str) -> None:
    outcome = looked(look, Manners(row=row), role="primary")
    assert (outcome.status, outcome.says) == (Status.CRITICAL, says)


def test_a_role_that_is_not_told_could_not_be_checked(look: Look) -> None:
    outcome = looked(look, Manners(row=("16.0.4135.4", None, None, 104)), role="primary")
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, "did not tell which copy of the database it holds")


@pytest.mark.fault(39)
@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("refusal", "status", "says"),
    [
        pytest.param(
            (REFUSED,),
            Status.UNKNOWN,
            "could not be checked: the database refused our login",
            id="could-not-check-login",
        ),
        pytest.param(
            (NOT_OPENED, REFUSED),
            Status.CRITICAL,
            "runs a database server that does not open the database we look for",
            id="problem-no-database",
        ),
        pytest.param(
            (Message(18461, "Server is in single user mode."),),
            Status.CRITICAL,
            "has a database that is full: it lets nobody else in",
            id="problem-full",
        ),
        pytest.param(
            (Message(904, "Database 5 cannot be autostarted during server shutdown or startup."),),
            Status.CRITICAL,
            "has a database that is still starting up, so nobody can use it yet",
            id="problem-starting",
        ),
        pytest.param(
            (Message(65535, "Something new."),),
            Status.UNKNOWN,
            "could not be checked: the database turned us away for a reason we do not know",
            id="could-not-check-new-reason",
        ),
    ],
)
def test_what_a_refused_login_means(look: Look, refusal: tuple[Message, ...], status: Status, says: str) -> None:
    outcome = looked(look, Manners(refusal=refusal))
    assert (outcome.status, outcome.says) == (status, says)
    text = " ".join(message.text for message in refusal)
    number = 4060 if NOT_OPENED in refusal else refusal[-1].number
    assert reason(outcome) == f"login: message {number}: {text}"


@pytest.mark.fault(39)
def test_a_refused_login_is_tried_once(look: Look) -> None:
    assert looked(look, Manners(refusal=(REFUSED,)), attempts=3).attempts == 1


@pytest.mark.fault(62)
def test_a_refused_password_is_nowhere_to_be_found(caplog: pytest.LogCaptureFixture) -> None:
    with tds(Manners(refusal=(REFUSED,))) as server:
        check = Database(url=f"mssql://healthcheck@127.0.0.1:{server.port}/charts", password=Secret("canary-5e1f"))
        assert "canary" not in all_that_a_failure_shows(check, caplog, timeout_s=BRIEFLY_S)


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("number", "status", "says"),
    [
        pytest.param(
            1222,
            Status.WARNING,
            "has a database in which something kept the data locked while we waited for less than a second",
            id="look-locked",
        ),
        pytest.param(
            229,
            Status.UNKNOWN,
            "could not be checked: our login to the database may not see what it needs to",
            id="could-not-check-rights",
        ),
        pytest.param(
            208, Status.CRITICAL, "has a database without the table we were told to read", id="problem-no-table"
        ),
        pytest.param(824, Status.CRITICAL, "has a damaged database", id="problem-damaged"),
        pytest.param(
            50000, Status.CRITICAL, "has a database that answers but cannot do its work", id="problem-any-other"
        ),
    ],
)
def test_what_a_failed_question_means(look: Look, number: int, status: Status, says: str) -> None:
    outcome = looked(look, Manners(failure=Message(number, "because")))
    assert (outcome.status, outcome.says) == (status, says)
    assert reason(outcome) == f"query: message {number}: because"


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("packet", "phase"),
    [
        pytest.param(PRELOGIN, "connect", id="problem-at-the-greeting"),
        pytest.param(LOGIN, "login", id="problem-at-the-login"),
        pytest.param(BATCH, "query", id="problem-at-the-question"),
    ],
)
def test_a_server_that_falls_silent_is_left_at_the_deadline(look: Look, packet: int, phase: str) -> None:
    outcome = looked(look, Manners(silent_at=packet))
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the call to its database but did not reply")
    assert reason(outcome).startswith(f"{phase}: no reply ")
    assert outcome.duration_s < BRIEFLY_S


# Encryption


@pytest.fixture(scope="module", params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def secured(request: pytest.FixtureRequest, authority: trustme.CA) -> Manners:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = request.param
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Manners(encryption=ENCRYPTED, tls=context)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize("tls", ["prefer", "require"])
def test_a_conversation_is_encrypted_where_it_can_be(secured: Manners, look: Look, tls: str) -> None:
    assert looked(look, secured, tls=tls, role="primary").status is Status.OK


def test_an_identity_that_is_proven_is_fine(
    secured: Manners, authority: trustme.CA, look: Look, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    assert looked(look, secured, tls="verify", ca_file=str(tmp_path / "authority.pem")).status is Status.OK


def test_an_identity_that_nobody_vouches_for_is_told(secured: Manners, look: Look, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    outcome = looked(look, secured, tls="verify", ca_file=str(tmp_path / "stranger.pem"), attempts=3)
    assert (outcome.status, outcome.says, outcome.attempts) == (
        Status.UNKNOWN,
        "could not be checked: the database could not prove its identity",
        1,
    )


@pytest.mark.parametrize(
    ("encryption", "tls"),
    [
        pytest.param(NOT_ENCRYPTED, "require", id="could-not-check-not-offered"),
        pytest.param(MUST_BE_ENCRYPTED, "off", id="could-not-check-not-wanted"),
    ],
)
def test_no_password_is_sent_where_the_two_sides_disagree(look: Look, encryption: int, tls: str) -> None:
    outcome = looked(look, Manners(encryption=encryption), tls=tls)
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our password for the database would travel unprotected",
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_a_greeting_or_not(body: bytes) -> None:
    assert encryption(body) in {None, *range(256)}


@pytest.mark.parametrize("wish", [ON, NOT_SUPPORTED])
def test_a_greeting_is_read_as_it_was_written(wish: int) -> None:
    assert encryption(greeting(wish)) == wish


# The role


@pytest.mark.parametrize(
    ("updateability", "primary", "expected"),
    [
        ("READ_WRITE", None, Role.PRIMARY),
        ("READ_WRITE", 1, Role.PRIMARY),
        ("READ_ONLY", 0, Role.STANDBY),
        ("READ_ONLY", None, Role.READ_ONLY),
        (None, 0, Role.STANDBY),
        (None, None, None),
        ("SOMETHING_NEW", None, None),
    ],
)
def test_the_role_of_a_database(updateability: str | None, primary: int | None, expected: Role | None) -> None:
    assert role(updateability, primary) is expected
