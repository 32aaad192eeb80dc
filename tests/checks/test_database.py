"""What is the same for every product: the address, the settings, the silence, the words, and the secret; and SQLite."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.checks._database.call import Facts, Phase, Role, Trouble
from healthcheck.checks._database.mssql import NUMBERS
from healthcheck.checks._database.mysql import CODES as MYSQL_CODES
from healthcheck.checks._database.oracle import CODES as ORACLE_CODES
from healthcheck.checks._database.oracle import failure
from healthcheck.checks._database.postgresql import REFUSALS, SQLSTATES, refusal
from healthcheck.checks._database.sqlite import ERRORS
from healthcheck.checks._database.url import Url
from healthcheck.checks.database import _OUR_SIDE, _PROBLEM, _SLOW, Database, Reading
from healthcheck.model import Facts as HostFacts
from healthcheck.model import Levels, Metric, Outcome, Result, Secret, Status
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import free_port
from tests.lab.probed import all_that_shows, probed
from tests.lab.talker import Script, hangs_up, repeats, says, says_nothing, talker

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
BRIEFLY_S = 0.6
SERVED = ("postgresql", "mysql", "mssql", "oracle")
NAMES = {
    "postgresql": "PostgreSQL",
    "mysql": "MySQL or MariaDB",
    "mssql": "SQL Server",
    "oracle": "Oracle Database",
}
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" * 100


def at(dialect: str, port: int, **settings: Any) -> Database:
    url = f"{dialect}://healthcheck@127.0.0.1:{port}/charts"
    return Database(**{"url": url, "password": Secret("x"), "tls": "off", **settings})


def judged(facts: Facts, **settings: Any) -> list[Result]:
    """Every finding but the first, which is about the answer."""
    check = Database(url="postgresql://healthcheck@/charts", **settings)
    return [item for item in check.evaluate(Reading("PostgreSQL x", 0.1, facts), NOW) if isinstance(item, Result)][1:]


# The address


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (
            "postgresql+psycopg://health%40check@db.example:5433/charts",
            Url("postgresql", user="health@check", host="db.example", port=5433, database="charts"),
        ),
        ("mariadb://u@[::1]/c", Url("mysql", user="u", host="::1", database="c")),
        ("mysql+pymysql://u@/c", Url("mysql", user="u", database="c")),
        ("mssql://u@h", Url("mssql", user="u", host="h")),
        ("oracle://u@h/?service_name=charts", Url("oracle", user="u", host="h", service_name="charts")),
        ("sqlite:////srv/my charts.db", Url("sqlite", database="/srv/my charts.db")),
        ("postgresql://u:p%2Fw@h/c", Url("postgresql", user="u", password="p/w", host="h", database="c")),
    ],
)
def test_an_address_is_read_as_sqlalchemy_spells_it(text: str, url: Url) -> None:
    assert Url.parse(text) == url


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            "mongodb://u@h/c",
            "must begin with one of postgresql://, postgres://, mysql://, mariadb://, mssql://, oracle://, sqlite://",
        ),
        ("postgresql://h/c", "does not name the account to log in with: postgresql://user@…"),
        ("postgresql://u@h:port/c", "cannot be read as dialect://user@host:port/database"),
        ("postgresql://u@[h/c", "cannot be read as dialect://user@host:port/database"),
        (
            "postgresql://u@h/c?sslmode=disable",
            "must end with the database's name: this check sets every option that follows a ? itself",
        ),
        ("postgresql://u@h/c%00", "holds characters that cannot be seen"),
        ("sqlite:///charts.db", "must give the whole path of the file, after three slashes: sqlite:////srv/charts.db"),
        ("sqlite://", "must give the whole path of the file, after three slashes: sqlite:////srv/charts.db"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_mistake_of_the_setting(text: str, wrong: str) -> None:
    assert list(Database(url=text).mistakes()) == [("url", wrong)]


@given(st.text() | st.from_regex(r"(postgresql|mysql|sqlite|oracle)(\+\w*)?://[^\n]*", fullmatch=True))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    with contextlib.suppress(ValueError):
        url = Url.parse(text)
        assert url.user or Path(url.database).is_absolute()


# The settings


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        (
            {"url": "postgresql://u:canary-5e1f@h/c"},
            ("url", 'must not hold the password: give it as password = { secret = "name" }'),
        ),
        (
            {"url": "postgresql://u@h/c", "table": "x; DROP TABLE x"},
            ("table", "must be the plain name of a table, with its schema before a dot if need be"),
        ),
        ({"url": "postgresql://u@h/c", "ca_file": "/ca.pem"}, ("ca_file", 'is used only with tls = "verify"')),
        (
            {"url": "mysql://u@h"},
            ("url", "must name the database: a server whose files are gone still answers to those who ask for none"),
        ),
        (
            {"url": "oracle://u@h/c", "tls": "require"},
            ("tls", 'must be "prefer" or "off" for Oracle, whose password never crosses the line as it is'),
        ),
        ({"url": "oracle://u@h"}, ("url", "must name the database: oracle://user@host/?service_name=name")),
        (
            {"url": "sqlite:////srv/c.db", "role": "primary"},
            ("role", "does not apply to SQLite, which has no copies that follow it"),
        ),
    ],
)
def test_settings_that_do_not_go_together_are_named(settings: dict[str, Any], mistake: tuple[str, str]) -> None:
    assert list(Database(**settings).mistakes()) == [mistake]


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "postgresql://u@h/c", "table": "public.patients", "role": "standby"},
        {"url": "mariadb+pymysql://u@h/c"},
        {"url": "mssql://u@h/c", "tls": "verify", "ca_file": "/ca.pem"},
        {"url": "oracle://u@h/?service_name=c"},
        {"url": "sqlite:////srv/c.db"},
    ],
)
def test_settings_that_go_together_are_no_mistake(settings: dict[str, Any]) -> None:
    assert list(Database(**settings).mistakes()) == []


@pytest.mark.parametrize(
    ("dialect", "driver", "extra"),
    [
        ("postgresql", "psycopg", "postgres"),
        ("mysql", "pymysql", "mysql"),
        ("mssql", "pytds", "mssql"),
        ("oracle", "oracledb", "oracle"),
    ],
)
def test_a_missing_driver_is_told_with_what_to_install(
    look: Look, monkeypatch: pytest.MonkeyPatch, dialect: str, driver: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    monkeypatch.delitem(sys.modules, "healthcheck.checks._database.libpq", raising=False)  # it holds on to the driver
    outcome = look(at(dialect, 1), a_host(), attempts=2)
    assert (outcome.status, outcome.says, outcome.attempts) == (
        Status.UNKNOWN,
        f"could not be checked: what it takes to talk to {NAMES[dialect]} is not installed on this computer",
        1,
    )
    assert outcome.detail.endswith(f"install it with: pip install 'healthcheck[{extra}]'")


# Servers that are no servers


@pytest.mark.fault(39)
@pytest.mark.parametrize("dialect", SERVED)
def test_nothing_listens(look: Look, dialect: str) -> None:
    port = free_port()
    outcome = look(at(dialect, port), a_host())
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.CRITICAL,
        "refused the connection to its database, which is probably not running",
        f"{NAMES[dialect]} 127.0.0.1:{port}/charts: connect: TCP 127.0.0.1:{port}: ECONNREFUSED Connection refused",
    )


@pytest.mark.fault(11)
@pytest.mark.fault(42)
@pytest.mark.parametrize("dialect", SERVED)
def test_a_server_that_accepts_and_says_nothing_is_a_problem(look: Look, dialect: str) -> None:
    with talker(says_nothing) as server:
        outcome = look(at(dialect, server.port), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "took the call to its database but did not reply")
    assert outcome.duration_s < BRIEFLY_S


@pytest.mark.parametrize("dialect", SERVED)
def test_a_server_that_hangs_up_is_a_problem(look: Look, dialect: str) -> None:
    with talker(hangs_up) as server:
        outcome = look(at(dialect, server.port), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "broke off the connection to its database")


@pytest.mark.fault(12)
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mssql"])
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(says(HTTP), id="http"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.2p1\r\n" * 10), id="ssh"),
        pytest.param(repeats(b"\xff\x00\x17 nonsense"), id="flood"),
    ],
)
def test_something_else_on_the_port_is_a_problem(look: Look, dialect: str, script: Script) -> None:
    with talker(script) as server:
        outcome = look(at(dialect, server.port), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        Status.CRITICAL,
        "answers where its database should be, but not as that database would",
    )


@settings(deadline=None, max_examples=15)
@given(st.binary(max_size=80))
def test_whatever_is_said_ends_in_a_finding(said: bytes) -> None:
    with talker(says(said, then=hangs_up)) as server:
        for dialect in ("postgresql", "mysql", "mssql"):
            outcome = looked_at(at(dialect, server.port))
            assert outcome.status is Status.CRITICAL
            assert "fault" not in outcome.says


# Oracle, as far as it goes without a server


def _listener(words: str) -> Script:
    """Refuse a connection as Oracle's listener does (TNS packet type 4)."""
    data = words.encode()
    body = b"\x22\x00" + len(data).to_bytes(2, "big") + data
    packet = (8 + len(body)).to_bytes(2, "big") + b"\x00\x00\x04\x00\x00\x00" + body
    return says(packet, then=says_nothing)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        pytest.param(
            12514, "runs a database server that does not open the database we look for", id="problem-unknown-service"
        ),
        pytest.param(
            12528, "has a database that is still starting up, so nobody can use it yet", id="problem-starting"
        ),
        pytest.param(12516, "has a database that is full: it lets nobody else in", id="problem-full"),
    ],
)
def test_what_oracles_listener_says_is_told(look: Look, code: int, sentence: str) -> None:
    with talker(_listener(f"(DESCRIPTION=(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))")) as server:
        outcome = look(at("oracle", server.port), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, sentence)


@pytest.mark.fault(42)
def test_a_silent_oracle_does_not_hold_up_another_one(look: Look) -> None:
    with talker(says_nothing) as silent:
        look(at("oracle", silent.port), a_host(), timeout_s=BRIEFLY_S)
        with talker(_listener("(DESCRIPTION=(ERR=12514))")) as server:
            outcome = look(at("oracle", server.port), a_host(), timeout_s=BRIEFLY_S)
    assert outcome.says == "runs a database server that does not open the database we look for"


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param("ORA-01017: invalid username/password", Trouble.LOGIN, id="could-not-check-login"),
        pytest.param(
            "DPY-6005: cannot connect\nORA-01033: ORACLE initialization in progress",
            Trouble.STARTING,
            id="problem-starting",
        ),
        pytest.param("DPY-6005: cannot connect\nDPY-4011: closed", Trouble.LOST, id="problem-lost"),
        pytest.param("ORA-99999: something new", Trouble.UNCLEAR, id="could-not-check-new-reason"),
    ],
)
def test_what_oracles_messages_mean(text: str, trouble: Trouble) -> None:
    assert failure(text, Phase.LOGIN).trouble is trouble


@given(st.text())
def test_any_message_has_a_meaning(text: str) -> None:
    assert failure(text, Phase.QUERY).trouble in Trouble
    assert refusal(text).trouble in Trouble


# SQLite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "charts.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE patients (name text)")
        connection.executemany("INSERT INTO patients VALUES (?)", [(str(number) * 100,) for number in range(1000)])
    connection.close()
    return path


def of_file(path: Path, **settings: Any) -> Database:
    return Database(url=f"sqlite:///{path}", **settings)


def test_a_sound_file_is_fine_and_stays_as_it_is(look: Look, file: Path) -> None:
    before = file.read_bytes()
    outcome = look(of_file(file, table="patients"), a_host())
    assert (outcome.status, outcome.says) == (Status.OK, "runs its database, which answers")
    assert outcome.detail.startswith(f"SQLite {file}: SQLite {sqlite3.sqlite_version}, answered in ")
    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _overwritten(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:8192] + b"\xff" * 4096 + data[12288:])


GONE = "has no database file where it should be"
EMPTY = "has an empty file where its database should be"
DAMAGED = "has a damaged database"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(Path.unlink, GONE, id="problem-gone"),
        pytest.param(_folder, GONE, id="problem-folder"),
        pytest.param(_pipe, GONE, id="problem-pipe"),
        pytest.param(lambda path: path.write_bytes(b""), EMPTY, id="problem-empty"),
        pytest.param(lambda path: path.write_bytes(b"%PDF-1.7" * 999), DAMAGED, id="problem-no-database"),
        pytest.param(_overwritten, DAMAGED, id="problem-overwritten"),
        pytest.param(lambda path: os.truncate(path, 20000), DAMAGED, id="problem-cut-short"),
    ],
)
def test_a_spoiled_file_is_a_problem(look: Look, file: Path, spoil: Callable[[Path], object], sentence: str) -> None:
    spoil(file)
    outcome = look(of_file(file), a_host())
    assert (outcome.status, outcome.says) == (Status.CRITICAL, sentence)


def test_a_file_left_in_the_middle_of_a_change_is_not_touched(look: Look, file: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    writer = sqlite3.connect(file, isolation_level=None)
    try:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN")
        writer.execute("UPDATE patients SET name = 'nobody'")
        for path in tmp_path.glob("charts.db*"):
            shutil.copy(path, left)
    finally:
        writer.close()
    before = {path.name: path.read_bytes() for path in left.iterdir()}
    outcome = look(of_file(left / "charts.db"), a_host())
    assert (outcome.status, outcome.says) == (
        Status.UNKNOWN,
        "could not be checked: the database file cannot be read until the program that uses it has put it in order",
    )
    assert {path.name: path.read_bytes() for path in left.iterdir()} == before


def test_a_missing_table_in_a_file_is_a_problem(look: Look, file: Path) -> None:
    outcome = look(of_file(file, table="invoices"), a_host())
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.CRITICAL,
        "has a database without the table we were told to read",
        f"SQLite {file}: query: no such table: invoices",
    )


@pytest.mark.fault(41)
def test_a_file_that_somebody_holds_locked_needs_a_look(look: Look, file: Path) -> None:
    holder = sqlite3.connect(file)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        outcome = look(of_file(file), a_host(), timeout_s=BRIEFLY_S)
    finally:
        holder.close()
    assert (outcome.status, outcome.says, outcome.detail) == (
        Status.WARNING,
        "has a database in which something kept the data locked while we waited for less than a second",
        f"SQLite {file}: query: SQLITE_BUSY: database is locked",
    )


@pytest.mark.fault(41)
def test_a_file_too_large_to_read_in_time_needs_a_look(look: Look, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
            " SELECT x FROM n WHERE x < 0"
        )
    connection.close()
    outcome = look(of_file(file, table="endless"), a_host(), timeout_s=BRIEFLY_S)
    assert (outcome.status, outcome.says) == (
        Status.WARNING,
        "has a database that left a simple question unanswered for less than a second",
    )
    assert outcome.duration_s < BRIEFLY_S


# Judging


def test_numbers_are_judged_by_their_limits() -> None:
    facts = Facts("v", role=Role.STANDBY, connections=98, connections_limit=100, receiving=True, lag_s=4000)
    assert judged(facts) == [
        Result(
            Status.CRITICAL,
            "holds a standby database that is 1 hour 7 minutes behind",
            "replication lag 4000.0 s",
            Metric("lag", 4000, "s"),
        ),
        Result(
            Status.CRITICAL,
            "has 2 percent of its database connections left",
            "connections: 98 of 100 used",
            Metric("connections left", 2.0, "%"),
        ),
    ]


@pytest.mark.parametrize(
    ("wanted", "is_now", "status"),
    [
        ("primary", Role.PRIMARY, Status.OK),
        ("primary", Role.STANDBY, Status.CRITICAL),
        ("primary", Role.READ_ONLY, Status.CRITICAL),
        ("standby", Role.PRIMARY, Status.WARNING),
        ("standby", Role.STANDBY, Status.OK),
        ("standby", Role.READ_ONLY, Status.WARNING),
        ("read-only", Role.PRIMARY, Status.WARNING),
        ("read-only", Role.STANDBY, Status.OK),
        ("read-only", Role.READ_ONLY, Status.OK),
        ("primary", None, Status.UNKNOWN),
        ("standby", None, Status.UNKNOWN),
    ],
)
def test_the_role_is_judged_by_the_one_that_is_wanted(wanted: str, is_now: Role | None, status: Status) -> None:
    [finding] = judged(Facts("v", role=is_now), role=wanted)
    assert finding.status is status


def test_a_slow_answer_is_a_problem_beyond_its_critical_limit() -> None:
    check = Database(url="postgresql://u@h/c", answer_s=Levels.above(warning=2, critical=10))
    assert list(check.evaluate(Reading("PostgreSQL h:5432/c", 12.0, Facts("PostgreSQL 15")), NOW)) == [
        Result(
            Status.CRITICAL,
            "took 12 seconds to answer a simple question from its database",
            "PostgreSQL h:5432/c: PostgreSQL 15, answered in 1.2e+04 ms",
            Metric("answer", 12.0, "s"),
        ),
        HostFacts("database", {"PostgreSQL h:5432/c": "PostgreSQL 15"}),
    ]


def test_every_trouble_has_its_words_in_one_place() -> None:
    places = [set(_PROBLEM), set(_SLOW), set(_OUR_SIDE)]
    assert set.union(*places) == set(Trouble)
    assert sum(map(len, places)) == len(Trouble)


def test_every_code_means_something_that_a_server_can_say() -> None:
    meant = {
        *NUMBERS.values(),
        *MYSQL_CODES.values(),
        *ORACLE_CODES.values(),
        *dict(REFUSALS).values(),
        *dict(SQLSTATES).values(),
        *dict(ERRORS).values(),
    }
    assert not meant & {Trouble.REFUSED, Trouble.NO_ANSWER, Trouble.PROHIBITED, Trouble.NO_FILE, Trouble.EMPTY_FILE}


# The secret


CANARY = "canary-5e1f"


def _echo(words: bytes) -> Script:
    """A hostile server that has guessed the password and says it back."""
    return says(words + CANARY.encode() + b"\0" * 20, then=hangs_up)


@pytest.mark.fault(62)
@pytest.mark.parametrize("dialect", SERVED)
@pytest.mark.parametrize(
    "words", [pytest.param(b"S", id="plain"), pytest.param(b"\x20\x00\x00\x00\xff\x15\x04", id="mysql")]
)
def test_the_password_is_nowhere_to_be_found(caplog: pytest.LogCaptureFixture, dialect: str, words: bytes) -> None:
    caplog.set_level(logging.DEBUG)
    with talker(_echo(words)) as server:
        check = at(dialect, server.port, password=Secret(CANARY, "charts"))
        found = probed(check, a_host(), timeout_s=BRIEFLY_S)
    assert CANARY not in repr(check) + caplog.text + all_that_shows(found)


@pytest.mark.fault(62)
def test_a_password_in_the_address_is_never_shown() -> None:
    check = Database(url=f"postgresql://u:{CANARY}@h/c")
    shown = [repr(check), repr(Url.parse(check.url)), *(wrong for _, wrong in check.mistakes())]
    assert not any(CANARY in text for text in shown)


def looked_at(check: Database) -> Outcome:
    """One look without the fixture, which a property test cannot have."""
    reading = probed(check, a_host(), timeout_s=BRIEFLY_S / 2)
    assert isinstance(reading, Reading)
    results = tuple(item for item in check.evaluate(reading, NOW) if isinstance(item, Result))
    return Outcome("k", "Pasadena", "pasadena-server", "database", results, NOW)
