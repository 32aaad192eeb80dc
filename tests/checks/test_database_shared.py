"""Checks of one PostgreSQL server share a login for the length of a round, and each still finds out for itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from healthcheck.check import Planned
from healthcheck.checks.database import Database
from healthcheck.connections import Connections
from healthcheck.model import Outcome, Practice, Secret, Site, Status
from healthcheck.runner import run_plan
from tests.conftest import OPENS, PACIFIC, a_host
from tests.lab import wait_for
from tests.lab.postgres import PASSWORD, READER, USER, Postgres, postgres, prepared


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with prepared() as prepared_data:
        yield prepared_data


@pytest.fixture
def server(data: Path) -> Iterator[Postgres]:
    with postgres(data, "log_connections=on", "log_disconnections=on") as running:
        yield running


def database(server: Postgres, **settings: Any) -> Database:
    return Database(**{"url": server.url, "password": Secret(PASSWORD, "charts"), **settings})


Later = Callable[[], None]
"""What happens between two halves of a round."""


def a_round(
    *halves: Sequence[Database], between: Later | None = None, timeouts_s: Sequence[float] = (10.0,)
) -> list[Outcome]:
    """One round that looks at the checks of each half at once, and at the second half while it looks at the first.

    `between` is waited for before the second half begins. Each half has a time-out of its own.
    """
    host = a_host()
    site = Site(host.site, PACIFIC, hosts=(host,))

    def plan(number: int, checks: Sequence[Database]) -> list[Planned]:
        timeout_s = timeouts_s[min(number, len(timeouts_s) - 1)]
        return [Planned(f"{number}/{at}", site, host, check, timeout_s, attempts=1) for at, check in enumerate(checks)]

    async def body() -> list[Outcome]:
        reach = Connections(Practice("Foothill", PACIFIC, opens=OPENS, sites=(site,)))
        looking = []
        try:
            for number, checks in enumerate(halves):
                if number and between is not None:
                    await asyncio.to_thread(between)
                looking.append(asyncio.create_task(run_plan(plan(number, checks), reach, deadline_s=30)))
            return [outcome for found in await asyncio.gather(*looking) for outcome in found]
        finally:
            await reach.close()

    return asyncio.run(body())


def told(server: Postgres, pattern: str) -> list[str]:
    """What the server wrote down of what it is."""
    return re.findall(pattern, (server.data.parent / "log").read_text(errors="replace"))


def logins(server: Postgres, user: str = USER) -> int:
    return len(told(server, rf"connection authorized: user={user} "))


def test_nine_checks_log_in_once_and_each_asks(server: Postgres) -> None:
    outcomes = a_round([database(server) for _ in range(9)])
    assert [outcome.status for outcome in outcomes] == [Status.OK] * 9
    assert logins(server) == 1
    for outcome in outcomes:  # the login is part of what each is measured by, the waiting is not
        [answer] = [metric for metric in outcome.metrics if metric.name == "answer"]
        assert 0 < answer.value < 2


def test_the_next_round_logs_in_anew_and_the_last_one_has_said_goodbye(server: Postgres) -> None:
    a_round([database(server)])
    wait_for(lambda: len(told(server, rf"disconnection: .* user={USER} ")) == 1, "the server to note the goodbye")
    a_round([database(server)])
    assert logins(server) == 2
    assert told(server, "unexpected EOF") == []


@pytest.mark.parametrize(
    "other",
    [{"password": Secret("canary-other")}, {"tls": "off"}, {"url": ""}],
    ids=["another password", "another way of encryption", "another account"],
)
def test_who_logs_in_otherwise_shares_nothing(server: Postgres, other: dict[str, Any]) -> None:
    if "url" in other:
        other["url"] = server.url.replace(USER, READER)
    a_round([database(server), database(server, **other)])
    assert logins(server) + logins(server, READER) + len(told(server, "password authentication failed")) == 2


@pytest.mark.fault(39)
def test_a_wrong_password_is_tried_once_a_round_by_however_many_checks(server: Postgres) -> None:
    outcomes = a_round([database(server, password=Secret("canary-not-this")) for _ in range(9)])
    assert {outcome.status for outcome in outcomes} == {Status.UNKNOWN}
    assert {outcome.says for outcome in outcomes} == {"could not be checked: the database refused our login"}
    assert len(told(server, "password authentication failed for user")) == 1


@pytest.mark.fault(41)
def test_a_question_that_hangs_keeps_nobody_else_from_asking(server: Postgres) -> None:
    hangs = b"SELECT 1 FROM pg_stat_activity WHERE usename = 'healthcheck' AND wait_event_type = 'Lock'"
    with server.connect() as somebody, server.connect() as watching:

        def waits_for_the_lock() -> None:
            wait_for(lambda: watching.execute(hangs).fetchone() is not None, "the first check to hang")

        with somebody.transaction():
            somebody.execute(b"LOCK TABLE patients")
            first, *others = a_round(
                [database(server, table="patients")],
                [database(server) for _ in range(3)],
                between=waits_for_the_lock,
                timeouts_s=[8.0, 2.0],
            )
    assert first.says.startswith("has a database in which something kept the data locked")
    assert [outcome.status for outcome in others] == [Status.OK] * 3


def test_a_table_that_is_not_there_is_the_finding_of_its_own_check_alone(server: Postgres) -> None:
    outcomes = a_round([database(server, table=table) for table in ("", "invoices", "", "patients")])
    assert [outcome.status for outcome in outcomes] == [Status.OK, Status.CRITICAL, Status.OK, Status.OK]


def test_a_login_that_the_server_ended_meanwhile_is_no_finding_of_the_next_check(server: Postgres) -> None:
    """Somebody ends our session between two questions: the second check finds out that it can log in again."""
    end = (
        b"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        b"WHERE usename = 'healthcheck' AND state = 'idle' AND query = 'ROLLBACK'"
    )

    def end_ours() -> None:
        with server.connect() as somebody:
            wait_for(lambda: (somebody.execute(end).fetchone() or (0,))[0] > 0, "a session of ours to end")

    outcomes = a_round([database(server)], [database(server)], between=end_ours)
    assert [outcome.status for outcome in outcomes] == [Status.OK, Status.OK]
    assert logins(server) == 2
