"""The SSH connections of one round, for tests that look at them without a check in between."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import time as clock
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from healthcheck.check import Completed
from healthcheck.connections.ssh import SshConnections
from healthcheck.errors import ProbeError
from healthcheck.model import Host, Practice, Secret, Site

Value = TypeVar("Value")

LEFT_S = 15.0
"""What a command gets where the test is not about time."""


def in_a_round(
    body: Callable[[SshConnections], Awaitable[Value]],
    *hosts: Host,
    known_hosts: Sequence[Path] = (),
    key: Secret | None = None,
) -> Value:
    """Run the body with the connections of a round, and close them."""
    site = Site("Pasadena", ZoneInfo("UTC"), hosts=hosts)
    practice = Practice("Foothill", ZoneInfo("UTC"), opens=clock(7, 30), sites=(site,))

    async def whole() -> Value:
        ssh = SshConnections(practice, known_hosts=known_hosts, default_key=key)
        try:
            return await body(ssh)
        finally:
            await ssh.close()

    return asyncio.run(whole())


def run(
    host: Host,
    *argv: str,
    known_hosts: Sequence[Path] = (),
    exits: Sequence[int] | None = (0,),
    input: str = "",
    left_s: float = LEFT_S,
    key: Secret | None = None,
) -> Completed:
    """One command in a round of its own."""

    async def body(ssh: SshConnections) -> Completed:
        return await ssh.run(host, argv, exits=exits, input=input, left_s=left_s)

    return in_a_round(body, host, known_hosts=known_hosts, key=key)


def failure(
    host: Host,
    *argv: str,
    known_hosts: Sequence[Path] = (),
    exits: Sequence[int] | None = (0,),
    left_s: float = LEFT_S,
    key: Secret | None = None,
) -> ProbeError:
    """Why a command in a round of its own gave no answer."""
    with pytest.raises(ProbeError) as caught:
        run(host, *(argv or ("true",)), known_hosts=known_hosts, exits=exits, left_s=left_s, key=key)
    return caught.value


def comes_true(question: Callable[[], bool], *, within_s: float = 5.0) -> bool:
    """Whether it becomes so in time."""
    end = time.monotonic() + within_s
    while not question():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def our_threads() -> list[str]:
    """Threads that the code under test has started and that still live."""
    ours = ("ssh", "Thread-", "known hosts")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(ours)]
