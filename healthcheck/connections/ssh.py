"""SSH by paramiko."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from healthcheck.check import Completed, Stream
from healthcheck.errors import ProbeError
from healthcheck.model import Host, Practice, Secret


class SshConnections:
    def __init__(self, practice: Practice, *, known_hosts: Sequence[Path], default_key: Secret | None) -> None: ...

    async def run(
        self, host: Host, argv: Sequence[str], *, exits: Sequence[int] | None, input: str, left_s: float
    ) -> Completed:
        raise ProbeError("placeholder")

    async def open_through(self, host: Host, name: str, port: int, *, left_s: float) -> Stream:
        raise ProbeError("placeholder")

    async def close(self) -> None: ...
