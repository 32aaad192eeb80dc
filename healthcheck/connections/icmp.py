"""Echo requests over one shared socket."""

from __future__ import annotations

from healthcheck.check import PingReply
from healthcheck.errors import ProbeError


class Pinger:
    async def ping(self, address: str, *, count: int, interval_s: float, left_s: float) -> PingReply:
        raise ProbeError("placeholder")

    def close(self) -> None: ...
