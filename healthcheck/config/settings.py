"""What a config file amounts to once it is read: everything a round needs, checked and typed."""

from __future__ import annotations

from pathlib import Path

from healthcheck.check import Planned
from healthcheck.config.asked import Asked
from healthcheck.delivery.settings import EmailSettings, Heartbeat
from healthcheck.model import Delivery, Practice, Secret
from healthcheck.records import frozen

KNOWN_HOSTS = "known_hosts"
"""The file's name wherever it stands; hosts are enrolled in the one of the state directory."""


@frozen(slots=False)
class Config:
    """A whole config. `plan` holds every (check, host) pair; `warnings` are sentences that stop nothing.

    `redact` are regular expressions: what they fit is taken out of whatever a check tells, and so is each of the
    `secrets`, which are all that the config holds. `asked` says where it asks for one, and what for.
    """

    path: Path
    practice: Practice
    plan: tuple[Planned, ...]
    deliveries: tuple[Delivery, ...] = ()
    email: EmailSettings | None = None
    default_key: Secret | None = None
    warnings: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    heartbeat: Heartbeat | None = None
    watch_every_minutes: int = 5
    asked: tuple[Asked, ...] = ()

    @property
    def folder(self) -> Path:
        """Where `checks.d`, `credentials` and `known_hosts` are looked for."""
        return self.path.parent

    def known_hosts(self, state_dir: Path) -> tuple[Path, ...]:
        """Where host keys are on record: the first file that knows a host decides."""
        return (state_dir / KNOWN_HOSTS, self.folder / KNOWN_HOSTS, Path("~/.ssh", KNOWN_HOSTS).expanduser())
