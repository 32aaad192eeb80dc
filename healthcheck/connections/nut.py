"""NUT's protocol."""

from __future__ import annotations

from healthcheck.check import NutReading, Stream
from healthcheck.errors import ProbeError


async def read(stream: Stream, ups: str, *, left_s: float) -> NutReading:
    raise ProbeError("placeholder")
