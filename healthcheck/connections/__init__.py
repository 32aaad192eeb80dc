"""How a host is reached during one round: the connections are shared by its checks and closed at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from healthcheck.check import Planned
from healthcheck.connections.icmp import Pinger
from healthcheck.connections.shared import Shared
from healthcheck.connections.ssh import SshConnections
from healthcheck.connections.target import HostTarget
from healthcheck.model import Practice, Previous, Secret
from healthcheck.records import frozen


@frozen
class Ways:
    """What is needed to reach the hosts: `known_hosts` in order, and the client key of hosts that name none."""

    practice: Practice
    known_hosts: tuple[Path, ...] = ()
    default_key: Secret | None = None


class Connections:
    """Everything that is opened once a round: SSH logins, the ICMP socket, TLS contexts, what checks share.

    `known_hosts` are looked through in order; `default_key` is the client key of hosts that name none.
    """

    def __init__(
        self, practice: Practice, *, known_hosts: Sequence[Path] = (), default_key: Secret | None = None
    ) -> None:
        self.ways = Ways(practice, tuple(known_hosts), default_key)
        self._ssh = SshConnections(practice, known_hosts=known_hosts, default_key=default_key)
        self._pinger = Pinger()
        self._shared = Shared()

    def target(self, planned: Planned, deadline: float, previous: Previous | None) -> HostTarget:
        """The host of a planned check, for one attempt that must end at `deadline` (monotonic seconds)."""
        return HostTarget(
            host=planned.host,
            site=planned.site,
            previous=previous,
            deadline=deadline,
            ssh=self._ssh,
            pinger=self._pinger,
            things=self._shared,
        )

    async def close(self) -> None:
        """Close everything that is open; an open connection costs the machine even when idle."""
        self._pinger.close()
        self._shared.close()
        await self._ssh.close()
