"""A look by a foreign check: an attempt like any other, with connections of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from healthcheck.attempt import Attempt, attempt
from healthcheck.check import Check, Planned
from healthcheck.connections import Connections
from healthcheck.foreign import found, wire
from healthcheck.privacy import Privacy


def look(question: Mapping[str, Any], check: Check[Any]) -> dict[str, Any]:
    """What one attempt found, as it goes back through the wall."""
    practice = wire.to_practice(question["practice"])
    host = practice.host(question["host"])
    planned = Planned(question["key"], practice.site(host.site), host, check, question["timeout_s"], 1)

    async def body() -> Attempt:
        reach = Connections(
            practice,
            known_hosts=[Path(path) for path in question["known_hosts"]],
            default_key=wire.to_secret(question["default_key"]),
        )
        # They are not closed: the process ends with the answer, and what the code left behind must not hold it up.
        return await attempt(planned, reach, wire.to_previous(question["previous"]), Privacy(question["redact"]))

    return found.of_attempt(asyncio.run(body()))
