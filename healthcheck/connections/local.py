"""Commands on this computer, under a deadline."""

from __future__ import annotations

from collections.abc import Sequence

from healthcheck.check import Completed
from healthcheck.errors import ProbeError


async def run(argv: Sequence[str], *, exits: Sequence[int] | None, input: str, left_s: float) -> Completed:
    raise ProbeError("placeholder")
