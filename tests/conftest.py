"""What every test may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from healthcheck.check import Check, Planned
from healthcheck.connections import Connections
from healthcheck.model import Host, Outcome, Practice, Previous, Result, Secret, Site, Status
from healthcheck.runner import run_plan
from tests.lab.office import Office
from tests.lab.office import office as an_office
from tests.lab.tls import Authority

PACIFIC = ZoneInfo("America/Los_Angeles")
OPENS = time(7, 30)

Look = Callable[..., Outcome]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Run one check on one host through the real engine and return its outcome."""

    def run(
        check: Check[Any],
        host: Host,
        *,
        timeout_s: float = 5.0,
        attempts: int = 1,
        previous: Previous | None = None,
        known_hosts: Sequence[Path] = (),
        key: Secret | None = None,
        others: Sequence[Host] = (),
    ) -> Outcome:
        site = Site(host.site, PACIFIC, hosts=(host, *others))
        practice = Practice("Foothill", PACIFIC, opens=OPENS, sites=(site,))
        planned = Planned(f"{site.name}/{host.name}/{check.kind}", site, host, check, timeout_s, attempts)

        async def body() -> Outcome:
            reach = Connections(practice, known_hosts=known_hosts, default_key=key)
            try:
                known = {planned.key: previous} if previous else {}
                [outcome] = await run_plan([planned], reach, deadline_s=timeout_s * attempts + 5, previous=known)
                return outcome
            finally:
                await reach.close()

        return asyncio.run(body())

    return run


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A small office where it is ten in the morning now, and its mail server."""
    with an_office(tmp_path) as made:
        yield made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An issuer of certificates of the test's own, kept in its folder."""
    return Authority(tmp_path)


def a_host(address: str = "127.0.0.1", **settings: Any) -> Host:
    """A host at Pasadena, for a test that needs one."""
    return Host(
        **{
            "name": "pasadena-server",
            "site": "Pasadena",
            "label": "the server in Pasadena",
            "address": address,
            **settings,
        }
    )


def brief(outcome: Outcome) -> tuple[Status, str]:
    """How an outcome stands, and its sentence."""
    return outcome.status, outcome.says


def summed_up(results: Iterable[Result]) -> tuple[Status, str]:
    """What an outcome makes of these results."""
    at = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
    return brief(Outcome("Pasadena/pasadena-server/x", "Pasadena", "pasadena-server", "x", tuple(results), at))


def found(outcome: Outcome) -> tuple[Status, str, str]:
    """The same with its technical line."""
    return outcome.status, outcome.says, outcome.detail


def worst(outcome: Outcome) -> Result:
    """The worst of its results."""
    return max(outcome.results, key=lambda result: result.status.rank)
