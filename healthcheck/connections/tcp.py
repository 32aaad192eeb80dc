"""Names and TCP connections under a deadline."""

from __future__ import annotations

from healthcheck.check import Stream
from healthcheck.errors import ProbeError


async def resolve(name: str, *, left_s: float) -> str:
    raise ProbeError("placeholder")


async def connect(name: str, port: int, *, left_s: float) -> Stream:
    raise ProbeError("placeholder")
