"""apcupsd's network information server."""

from __future__ import annotations

from healthcheck.check import Stream
from healthcheck.errors import ProbeError


async def ask(stream: Stream, command: str, *, left_s: float) -> tuple[str, ...]:
    raise ProbeError("placeholder")
