"""Small kinds of check with every sort of setting, so that the config's tests do not move with the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import Check, Levels, Result, Secret, Status, Target
from healthcheck.plugins import Catalogue, Kind


@dataclass(frozen=True, kw_only=True)
class Still(Check[None]):
    """Looks at nothing."""

    kind: ClassVar[str] = "still"

    def probe(self, target: Target) -> None:
        return None

    def evaluate(self, sample: None, now: datetime) -> Iterator[Result]:
        yield Result(Status.OK, "is still there")


@dataclass(frozen=True, kw_only=True)
class Ping(Still):
    """Whether the host answers."""

    kind: ClassVar[str] = "ping"
    default_timeout_s: ClassVar[float] = 4.0
    default_attempts: ClassVar[int] = 3

    count: int = 10
    interval_s: float = 0.1
    loss_percent: Levels = Levels.above(warning=10, critical=70)


@dataclass(frozen=True, kw_only=True)
class Disk(Still):
    """Room on the disks."""

    kind: ClassVar[str] = "disk"
    inside: ClassVar[bool] = True

    mounts: tuple[str, ...] = ()
    every_mount: bool = True
    free_percent: Levels = Levels.below(warning=15, critical=5)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        for mount in self.mounts:
            if not mount.startswith("/"):
                yield "mounts", f'"{mount}" must start with "/"'
        if not self.every_mount and not self.mounts:
            yield "", "nothing would be looked at"


@dataclass(frozen=True, kw_only=True)
class Database(Still):
    """Whether the database answers."""

    kind: ClassVar[str] = "database"

    url: str
    password: Secret | None = None
    role: Literal["primary", "standby"] = "primary"
    headers: dict[str, Secret] | None = None


@dataclass(frozen=True, kw_only=True)
class Fussy(Still):
    """Refuses what it is given."""

    kind: ClassVar[str] = "fussy"

    depth: int = 0

    def __post_init__(self) -> None:
        if self.depth:
            raise RuntimeError("canary-7391: an author's own words may hold anything")


@dataclass(frozen=True, kw_only=True)
class Owned(Still):
    """Has a setting that every check has already."""

    kind: ClassVar[str] = "owned"

    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Aimless(Still):
    """Has limits without a direction."""

    kind: ClassVar[str] = "aimless"

    limit: Levels | None = None


KINDS = (Ping, Disk, Database, Fussy, Owned, Aimless)
CATALOGUE = Catalogue(
    {kind.kind: Kind(kind, "tests") for kind in KINDS},
    ("/etc/healthcheck/checks.d/toner.py: not loaded: SyntaxError: invalid syntax (toner.py, line 3)",),
)
