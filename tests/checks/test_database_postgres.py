"""PostgreSQL from every side: as it should be, as somebody else's copy, and broken in every way a lab can break it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import trustme

from healthcheck.checks._database.call import Failed, Trouble
from healthcheck.checks._database.postgresql import refusal
from healthcheck.checks.database import Database
from healthcheck.model import Levels, Result, Secret, Status
from tests.conftest import Look, a_host, found, worst
from tests.lab import free_port, wait_for
from tests.lab.postgres import (
    ADDRESS,
    DATABASE,
    PASSWORD,
    READER,
    USER,
    Postgres,
    encrypted,
    follows,
    postgres,
    prepared,
)
from tests.lab.postgres import standby as a_standby
from tests.lab.postgres import starting as a_starting
from tests.lab.probed import all_that_a_failure_shows

BRIEFLY_S = 1.0


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with prepared() as prepared_data:
        yield prepared_data


@pytest.fixture(scope="module")
def primary(data: Path) -> Iterator[Postgres]:
    """For tests that leave it as it was."""
    with postgres(data) as server:
        yield server


@pytest.fixture(scope="module")
def standby(primary: Postgres) -> Iterator[Postgres]:
    """It follows; for tests that leave it as it was."""
    with a_standby(primary) as server:
        follows(server)
        yield server


def database(server: Postgres, **settings: Any) -> Database:
    return Database(**{"url": server.url, "password": Secret(PASSWORD, "charts"), **settings})


def at(server: Postgres) -> str:
    return f"PostgreSQL {ADDRESS}:{server.port}/{DATABASE}"


# It answers


def test_a_database_that_answers_is_fine(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, role="primary", table="public.patients"), a_host())
    answered, role, connections = outcome.results
    assert (answered.status, answered.says) == (Status.OK, "runs its database, which answers")
    assert answered.detail.startswith(f"{at(primary)}: PostgreSQL ")
    assert role == Result(Status.OK, "holds the copy of the database that it should", "role: primary")
    assert connections.status is Status.OK
    assert connections.detail.endswith(" of 17 used")
    assert [metric.name for metric in outcome.metrics] == ["answer", "connections left"]


def test_without_a_host_in_the_url_it_is_the_hosts_own_address(primary: Postgres, look: Look) -> None:
    url = f"postgresql+psycopg://{USER}@:{primary.port}/{DATABASE}"
    assert look(database(primary, url=url), a_host(ADDRESS)).status is Status.OK


@pytest.mark.fault(41)
def test_an_answer_slower_than_its_limit_is_told_with_its_seconds(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, answer_s=Levels.above(warning=0)), a_host())
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "took less than a second to answer a simple question from its database",
    )


def test_few_connections_left_are_told(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, connections_left_percent=Levels.below(warning=100)), a_host())
    assert outcome.status is Status.WARNING
    assert outcome.says.endswith(" percent of its database connections left")


# Which copy it is


@pytest.mark.fault(40)
def test_a_standby_that_follows_is_what_a_standby_should_be(standby: Postgres, look: Look) -> None:
    outcome = look(database(standby, role="standby"), a_host())
    assert outcome.status is Status.OK
    assert [result.detail for result in outcome.results[1:3]] == ["role: standby", "replication lag 0.0 s"]


@pytest.mark.fault(40)
def test_a_standby_where_the_primary_should_be_is_a_problem(standby: Postgres, look: Look) -> None:
    assert worst(look(database(standby, role="primary"), a_host())) == Result(
        Status.CRITICAL,
        "holds only a standby copy of the database: nothing can be saved to it",
        "role: standby, expected primary",
    )


@pytest.mark.fault(40)
def test_a_primary_where_the_standby_should_be_needs_a_look(primary: Postgres, look: Look) -> None:
    assert worst(look(database(primary, role="standby"), a_host())) == Result(
        Status.WARNING,
        "works as the main database, but should be the standby",
        "role: primary, expected standby",
    )


@pytest.mark.fault(40)
def test_a_server_that_takes_no_changes_is_not_a_primary(data: Path, look: Look) -> None:
    with postgres(data, "default_transaction_read_only=on") as server:
        outcome = look(database(server, role="primary"), a_host())
    assert worst(outcome) == Result(
        Status.CRITICAL,
        "has a database that accepts no changes: nothing can be saved to it",
        "role: read-only, expected primary",
    )


def test_an_account_that_may_only_read_does_not_make_the_server_read_only(primary: Postgres, look: Look) -> None:
    url = primary.url.replace(USER, READER)
    assert look(database(primary, url=url, role="primary"), a_host()).status is Status.OK


@pytest.mark.fault(40)
def test_a_standby_cut_off_from_its_primary_needs_a_look(primary: Postgres, look: Look) -> None:
    with a_standby(primary, f"primary_conninfo=host={ADDRESS} port=1") as server:
        outcome = look(database(server, role="standby"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "holds a standby database that no longer receives changes",
    )


@pytest.mark.fault(40)
def test_a_standby_that_lags_is_told_with_its_lag(primary: Postgres, standby: Postgres, look: Look) -> None:
    with standby.connect() as behind, primary.connect() as ahead:
        ahead.execute(b"INSERT INTO patients VALUES ('nobody')")
        replayed = b"SELECT 1 WHERE pg_last_xact_replay_timestamp() IS NOT NULL"
        wait_for(lambda: behind.execute(replayed).fetchone() is not None, "the first row to be replayed")
        behind.execute(b"SELECT pg_wal_replay_pause()")
        paused = b"SELECT 1 WHERE pg_get_wal_replay_pause_state() = 'paused'"
        try:
            wait_for(lambda: behind.execute(paused).fetchone() is not None, "the standby to pause")
            ahead.execute(b"INSERT INTO patients VALUES ('nobody')")
            written = ahead.execute(b"SELECT pg_current_wal_lsn()::text").fetchone()
            received = b"SELECT 1 WHERE pg_last_wal_receive_lsn() >= %s::pg_lsn"
            wait_for(lambda: behind.execute(received, written).fetchone() is not None, "the row to be received")
            outcome = look(database(standby, role="standby", lag_s=Levels.above(warning=0)), a_host())
        finally:
            behind.execute(b"SELECT pg_wal_replay_resume()")
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "holds a standby database that is less than a second behind",
    )


# It does not answer


@pytest.mark.fault(39)
def test_a_server_that_is_off_refuses(look: Look) -> None:
    port = free_port(ADDRESS)
    assert found(look(Database(url=f"postgresql://{USER}@{ADDRESS}:{port}/{DATABASE}"), a_host())) == (
        Status.CRITICAL,
        "refused the connection to its database, which is probably not running",
        f"PostgreSQL {ADDRESS}:{port}/{DATABASE}: connect: TCP {ADDRESS}:{port}: ECONNREFUSED Connection refused",
    )


@pytest.mark.fault(11)
@pytest.mark.fault(39)
def test_a_server_that_hangs_took_the_call_and_did_not_reply(data: Path, look: Look) -> None:
    with postgres(data) as server:
        server.pause()
        outcome = look(database(server), a_host(), timeout_s=BRIEFLY_S)
    assert found(outcome) == (
        Status.CRITICAL,
        "took the call to its database but did not reply",
        f"{at(server)}: connect: no reply to an SSLRequest",
    )


@pytest.mark.fault(39)
def test_a_database_that_is_starting_up_is_a_problem(data: Path, look: Look) -> None:
    with a_starting(data) as server:
        outcome = look(database(server), a_host())
    assert found(outcome) == (
        Status.CRITICAL,
        "has a database that is still starting up, so nobody can use it yet",
        f"{at(server)}: login: FATAL: the database system is starting up",
    )


@pytest.mark.fault(39)
def test_a_database_without_a_free_connection_is_a_problem(data: Path, look: Look) -> None:
    with (
        postgres(data, "max_connections=4", "superuser_reserved_connections=3") as server,
        psycopg.connect(host=ADDRESS, port=server.port, user=USER, password=PASSWORD, dbname=DATABASE),
    ):
        outcome = look(database(server), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "has a database that is full: it lets nobody else in")
    assert outcome.detail.startswith(f"{at(server)}: login: FATAL: remaining connection slots are reserved")


@pytest.mark.fault(39)
def test_a_server_whose_files_are_gone_is_a_problem_though_it_accepts(data: Path, look: Look) -> None:
    with postgres(data) as server:
        shutil.rmtree(server.data)
        outcome = look(database(server), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "has a database that answers but cannot do its work")
    assert outcome.detail.startswith(f"{at(server)}: login: FATAL: could not open file")


def test_a_database_that_is_not_there_is_a_problem(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, url=primary.url.replace(DATABASE, "billing")), a_host())
    assert found(outcome) == (
        Status.CRITICAL,
        "runs a database server that does not open the database we look for",
        f'PostgreSQL {ADDRESS}:{primary.port}/billing: login: FATAL: database "billing" does not exist',
    )


def test_a_table_that_is_not_there_is_a_problem(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, table="invoices"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "has a database without the table we were told to read",
    )
    assert 'query: SQLSTATE 42P01: relation "invoices" does not exist' in outcome.detail


@pytest.mark.fault(41)
def test_a_locked_table_is_told_from_a_dead_database(primary: Postgres, look: Look) -> None:
    with primary.connect() as somebody, somebody.transaction():
        somebody.execute(b"LOCK TABLE patients")
        outcome = look(database(primary, table="patients"), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "has a database in which something kept the data locked while we waited for less than a second",
    )
    assert "query: SQLSTATE 55P03" in outcome.detail


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("answer_s", "status"),
    [
        pytest.param(Levels.above(critical=10), Status.WARNING, id="look-within-the-limit"),
        pytest.param(Levels.above(critical=0.1), Status.CRITICAL, id="problem-beyond-the-limit"),
    ],
)
def test_a_question_that_the_server_gives_up_is_judged_by_its_seconds(
    primary: Postgres, look: Look, answer_s: Levels, status: Status
) -> None:
    outcome = look(database(primary, table="slow", answer_s=answer_s), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        status,
        "has a database that left a simple question unanswered for less than a second",
    )
    assert "query: SQLSTATE 57014: canceling statement due to statement timeout" in outcome.detail


@pytest.mark.fault(42)
def test_a_server_that_falls_silent_after_the_login_is_cut_off(primary: Postgres, look: Look) -> None:
    assert found(look(database(primary, table="deaf"), a_host(), timeout_s=BRIEFLY_S)) == (
        Status.CRITICAL,
        "took the call to its database but did not reply",
        f"{at(primary)}: query: no reply before the deadline",
    )


# We may not look


@pytest.mark.fault(39)
def test_a_refused_password_is_our_failure_and_is_tried_once(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, password=Secret("canary-not-this")), a_host(), attempts=3)
    assert found(outcome) == (
        Status.UNKNOWN,
        "could not be checked: the database refused our login",
        f'{at(primary)}: login: FATAL: password authentication failed for user "{USER}"',
    )
    assert outcome.attempts == 1


def test_a_table_that_our_login_may_not_read_is_our_failure(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, table="payroll"), a_host())
    assert found(outcome) == (
        Status.UNKNOWN,
        "could not be checked: our login to the database may not see what it needs to",
        f"{at(primary)}: query: SQLSTATE 42501: permission denied for table payroll",
    )


@pytest.mark.fault(62)
@pytest.mark.parametrize("tls", ["prefer", "require"])
def test_a_refused_password_is_nowhere_to_be_found(
    secured: Postgres, caplog: pytest.LogCaptureFixture, tls: str
) -> None:
    check = database(secured, password=Secret("canary-not-this"), tls=tls)
    assert "canary" not in all_that_a_failure_shows(check, caplog, timeout_s=5)


# Encryption


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(data: Path, authority: trustme.CA) -> Iterator[Postgres]:
    with encrypted(data, authority) as server:
        yield server


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    return str(tmp_path / "authority.pem")


@pytest.mark.parametrize("tls", ["prefer", "require", "off"])
def test_a_server_with_a_certificate_is_asked_as_the_setting_says(secured: Postgres, look: Look, tls: str) -> None:
    assert look(database(secured, tls=tls), a_host()).status is Status.OK


def test_an_identity_that_is_proven_is_fine(secured: Postgres, look: Look, ca_file: str) -> None:
    assert look(database(secured, tls="verify", ca_file=ca_file), a_host()).status is Status.OK


def test_an_identity_that_nobody_vouches_for_is_told(secured: Postgres, look: Look, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "stranger.pem")
    outcome = look(database(secured, tls="verify", ca_file=str(tmp_path / "stranger.pem")), a_host(), attempts=3)
    assert (outcome.status, outcome.says, outcome.attempts) == (
        Status.UNKNOWN,
        "could not be checked: the database could not prove its identity",
        1,
    )


def test_no_password_is_sent_where_encryption_is_required_and_not_offered(primary: Postgres, look: Look) -> None:
    outcome = look(database(primary, tls="require"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: our password for the database would travel unprotected",
    )


@pytest.mark.fault(62)
def test_a_refused_password_is_sent_once_even_where_encryption_is_only_preferred(
    data: Path, authority: trustme.CA, look: Look
) -> None:
    with encrypted(data, authority) as server:
        look(database(server, password=Secret("wrong")), a_host())
        log = (server.data.parent / "log").read_text()
    assert log.count("password authentication failed") == 1


# The words of a server


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param('FATAL:  role "x" does not exist', Trouble.LOGIN, id="could-not-check-no-such-role"),
        pytest.param('FATAL:  no pg_hba.conf entry for host "10.0.0.9"', Trouble.LOGIN, id="could-not-check-hba"),
        pytest.param("FATAL:  the database system is shutting down", Trouble.STOPPING, id="problem-stopping"),
        pytest.param("FATAL:  sorry, too many clients already", Trouble.FULL, id="problem-full"),
        pytest.param("FATAL:  out of memory", Trouble.BROKEN, id="problem-no-memory"),
        pytest.param("connection timeout expired", Trouble.SILENT, id="problem-silent"),
        pytest.param("FATAL:  das Kennwort stimmt nicht", Trouble.UNCLEAR, id="could-not-check-other-language"),
        pytest.param("", Trouble.UNCLEAR, id="could-not-check-nothing-said"),
    ],
)
def test_what_a_failed_login_means(text: str, trouble: Trouble) -> None:
    failed = refusal(text)
    assert isinstance(failed, Failed)
    assert failed.trouble is trouble
