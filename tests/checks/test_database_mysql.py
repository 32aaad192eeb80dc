"""MySQL's protocol from every side, with MariaDB as it should be, as somebody's copy, and broken."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
import trustme

from healthcheck.checks.database import Database
from healthcheck.model import Levels, Result, Secret, Status
from tests.conftest import Look, a_host, found, worst
from tests.lab.mariadb import ADDRESS, DATABASE, MONITOR, PASSWORD, USER, MariaDb, encrypted, mariadb, prepared
from tests.lab.probed import all_that_a_failure_shows
from tests.lab.talker import says, talker

BRIEFLY_S = 1.0
PRODUCT = "MySQL or MariaDB"


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with prepared() as prepared_data:
        yield prepared_data


@pytest.fixture(scope="module")
def primary(data: Path) -> Iterator[MariaDb]:
    """For tests that leave it as it was."""
    with mariadb(data, "--log-bin=changes", "--server-id=1") as server:
        yield server


@pytest.fixture(scope="module")
def standby(data: Path, primary: MariaDb) -> Iterator[MariaDb]:
    """It follows; for tests that leave it as it was."""
    with mariadb(data, "--server-id=2", "--read-only") as server:
        server.follow(primary)
        yield server


def database(server: MariaDb, **settings: Any) -> Database:
    return Database(**{"url": server.url, "password": Secret(PASSWORD, "charts"), **settings})


def monitor(server: MariaDb) -> str:
    return server.url.replace(USER, MONITOR)


def at(server: MariaDb) -> str:
    return f"{PRODUCT} {ADDRESS}:{server.port}/{DATABASE}"


# It answers


def test_a_database_that_answers_is_fine(primary: MariaDb, look: Look) -> None:
    outcome = look(database(primary, role="primary", table="patients"), a_host())
    answered, role, connections = outcome.results
    assert (answered.status, answered.says) == (Status.OK, "runs its database, which answers")
    assert answered.detail.startswith(f"{at(primary)}: ")
    assert "-MariaDB" in answered.detail
    assert role == Result(Status.OK, "holds the copy of the database that it should", "role: primary")
    assert connections.status is Status.OK
    assert connections.detail.endswith(" of 151 used")
    assert [metric.name for metric in outcome.metrics] == ["answer", "connections left"]


# Which copy it is


@pytest.mark.fault(40)
def test_a_standby_that_follows_is_what_a_standby_should_be(standby: MariaDb, look: Look) -> None:
    outcome = look(database(standby, url=monitor(standby), role="standby"), a_host())
    assert outcome.status is Status.OK
    assert [result.detail for result in outcome.results[1:3]] == ["role: standby", "replication lag 0.0 s"]


@pytest.mark.fault(40)
def test_a_standby_where_the_primary_should_be_is_a_problem(standby: MariaDb, look: Look) -> None:
    outcome = look(database(standby, url=monitor(standby), role="primary"), a_host())
    assert worst(outcome) == Result(
        Status.CRITICAL,
        "holds only a standby copy of the database: nothing can be saved to it",
        "role: standby, expected primary",
    )


@pytest.mark.fault(40)
def test_a_standby_that_stopped_following_needs_a_look(data: Path, primary: MariaDb, look: Look) -> None:
    with mariadb(data, "--server-id=3", "--read-only") as server:
        server.follow(primary)
        server.run("STOP SLAVE")
        outcome = look(database(server, url=monitor(server), role="standby"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "holds a standby database that no longer receives changes",
    )


@pytest.mark.fault(40)
def test_a_standby_is_at_least_seen_not_to_take_changes_by_an_account_that_may_see_no_more(
    standby: MariaDb, look: Look
) -> None:
    assert worst(look(database(standby, role="primary"), a_host())) == Result(
        Status.CRITICAL,
        "has a database that accepts no changes: nothing can be saved to it",
        "role: read-only, expected primary",
    )


def test_an_account_that_may_not_see_a_standby_cannot_check_for_one(standby: MariaDb, look: Look) -> None:
    outcome = look(database(standby, role="standby"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our login to the database may not see what it needs to",
    )
    assert "SLAVE MONITOR" in outcome.detail


# It does not answer


@pytest.mark.fault(39)
def test_a_server_that_is_full_is_a_problem(data: Path, look: Look) -> None:
    with mariadb(data, "--max-connections=10") as server, contextlib.ExitStack() as everybody:
        for _ in range(10):
            everybody.enter_context(
                pymysql.connect(host=ADDRESS, port=server.port, user=USER, password=PASSWORD, ssl_disabled=True)
            )
        outcome = look(database(server), a_host())
    assert found(outcome) == (
        Status.CRITICAL,
        "has a database that is full: it lets nobody else in",
        f"{at(server)}: login: 1040: Too many connections",
    )


@pytest.mark.fault(11)
@pytest.mark.fault(39)
@pytest.mark.fault(42)
def test_a_server_that_hangs_took_the_call_and_did_not_reply(data: Path, look: Look) -> None:
    with mariadb(data) as server:
        server.pause()
        outcome = look(database(server), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the call to its database but did not reply")
    assert outcome.detail.startswith(f"{at(server)}: connect: ")


@pytest.mark.fault(39)
def test_a_server_whose_files_are_gone_is_a_problem_though_it_accepts(data: Path, look: Look) -> None:
    with mariadb(data) as server:
        shutil.rmtree(server.data)
        outcome = look(database(server), a_host())
    assert found(outcome) == (
        Status.CRITICAL,
        "runs a database server that does not open the database we look for",
        f"{at(server)}: login: 1049: Unknown database '{DATABASE}'",
    )


def test_a_table_that_is_not_there_is_a_problem(primary: MariaDb, look: Look) -> None:
    primary.run(
        "CREATE OR REPLACE TABLE leaving (name text)", f"GRANT SELECT ON leaving TO {USER}", "DROP TABLE leaving"
    )
    assert found(look(database(primary, table="leaving"), a_host())) == (
        Status.CRITICAL,
        "has a database without the table we were told to read",
        f"{at(primary)}: query: 1146: Table '{DATABASE}.leaving' doesn't exist",
    )


@pytest.mark.fault(41)
def test_a_locked_table_is_told_from_a_dead_database(primary: MariaDb, look: Look) -> None:
    with primary.connect() as somebody, somebody.cursor() as cursor:
        cursor.execute("LOCK TABLES patients WRITE")
        outcome = look(database(primary, table="patients"), a_host(), timeout_s=3)
    assert found(outcome) == (
        Status.WARNING,
        "has a database in which something kept the data locked while we waited for 1 second",
        f"{at(primary)}: query: 1205: Lock wait timeout exceeded; try restarting transaction",
    )


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("answer_s", "status"),
    [
        pytest.param(Levels.above(critical=10), Status.WARNING, id="look-within-the-limit"),
        pytest.param(Levels.above(critical=0.1), Status.CRITICAL, id="problem-beyond-the-limit"),
    ],
)
def test_a_question_that_the_server_gives_up_is_judged_by_its_seconds(
    primary: MariaDb, look: Look, answer_s: Levels, status: Status
) -> None:
    outcome = look(database(primary, table="slow", answer_s=answer_s), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        status,
        "has a database that left a simple question unanswered for less than a second",
    )
    assert "query: 1969: Query execution was interrupted (max_statement_time exceeded)" in outcome.detail


# We may not look


@pytest.mark.fault(39)
def test_a_refused_password_is_our_failure_and_is_tried_once(primary: MariaDb, look: Look) -> None:
    outcome = look(database(primary, password=Secret("canary-not-this")), a_host(), attempts=3)
    assert found(outcome) == (
        Status.UNKNOWN,
        "could not be checked: the database refused our login",
        f"{at(primary)}: login: 1045: Access denied for user '{USER}'@'{ADDRESS}' (using password: YES)",
    )
    assert outcome.attempts == 1


def test_a_table_that_our_login_may_not_read_is_our_failure(primary: MariaDb, look: Look) -> None:
    outcome = look(database(primary, table="payroll"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our login to the database may not see what it needs to",
    )
    assert "query: 1142: SELECT command denied" in outcome.detail


@pytest.mark.fault(62)
@pytest.mark.parametrize("tls", ["prefer", "require"])
def test_a_refused_password_is_nowhere_to_be_found(
    secured: MariaDb, caplog: pytest.LogCaptureFixture, tls: str
) -> None:
    check = database(secured, password=Secret("canary-not-this"), tls=tls)
    assert "canary" not in all_that_a_failure_shows(check, caplog, timeout_s=5)


# Encryption


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(data: Path, authority: trustme.CA) -> Iterator[MariaDb]:
    with encrypted(data, authority) as server:
        yield server


@pytest.mark.parametrize("tls", ["prefer", "require", "off"])
def test_a_server_with_a_certificate_is_asked_as_the_setting_says(secured: MariaDb, look: Look, tls: str) -> None:
    assert look(database(secured, tls=tls), a_host()).status is Status.OK


def test_an_identity_that_is_proven_is_fine(
    secured: MariaDb, authority: trustme.CA, look: Look, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    check = database(secured, tls="verify", ca_file=str(tmp_path / "authority.pem"))
    assert look(check, a_host()).status is Status.OK


def test_an_identity_that_nobody_vouches_for_is_told(secured: MariaDb, look: Look, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    outcome = look(database(secured, tls="verify", ca_file=str(tmp_path / "stranger.pem")), a_host(), attempts=3)
    assert (outcome.status, outcome.says, outcome.attempts) == (
        Status.UNKNOWN,
        "could not be checked: the database could not prove its identity",
        1,
    )
    assert "certificate verify failed" in outcome.detail


def test_no_password_is_sent_where_encryption_is_required_and_not_offered(primary: MariaDb, look: Look) -> None:
    outcome = look(database(primary, tls="require"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our password for the database would travel unprotected",
    )


def _packet(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


GREETING = _packet(
    0,
    b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"saltsalt\0" + struct.pack("<H", 0xF7DF) + b"\x2d\x02\x00"
    + struct.pack("<H", 0x81FF) + b"\x15" + bytes(10) + b"saltsaltsalt\0" + b"mysql_native_password\0",
)  # fmt: skip


@pytest.mark.fault(62)
@pytest.mark.parametrize("way", [b"mysql_clear_password\0", b"dialog\0\x04Password: "])
def test_a_server_that_asks_for_the_password_as_it_is_does_not_get_it(look: Look, way: bytes) -> None:
    heard: list[bytes] = []

    def ask_for_it(line: socket.socket) -> None:
        heard.append(line.recv(4096))
        line.sendall(_packet(2, b"\xfe" + way))
        heard.append(line.recv(4096))

    with talker(says(GREETING, then=ask_for_it)) as server:
        url = f"mysql://{USER}@{ADDRESS}:{server.port}/{DATABASE}"
        outcome = look(Database(url=url, password=Secret(PASSWORD)), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our password for the database would travel unprotected",
    )
    assert heard[0].find(USER.encode()) > 0
    assert not any(PASSWORD.encode() in words for words in heard)


def test_a_greeting_that_only_looks_like_mysqls_is_told(look: Look) -> None:
    with talker(says(_packet(0, b"\x0a\0"))) as server:
        url = f"mysql://{USER}@{ADDRESS}:{server.port}/{DATABASE}"
        outcome = look(Database(url=url), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "answers where its database should be, but not as that database would",
    )
