"""What stands in a plan for a check that is foreign code, and for one that could not be used at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from healthcheck.check import Check, Target
from healthcheck.errors import ProbeError
from healthcheck.foreign.sources import Source
from healthcheck.foreign.wire import Place
from healthcheck.model import Event, Result, Secret
from healthcheck.plugins import Kind


@dataclass(frozen=True, kw_only=True)
class Foreign(Check[None]):
    """A check whose code runs behind the wall: `Wall.look` asks it. Each foreign kind is a subclass made for it.

    `entry` is its `[[check]]` table as it was found; `secrets` are those that it asked for, by their place in it.
    """

    source: ClassVar[Source]

    entry: Mapping[str, Any] = field(repr=False)
    secrets: Mapping[Place, Secret] = field(default_factory=dict, repr=False)
    end: str = ""

    def probe(self, target: Target) -> None:
        raise ProbeError("it was not asked behind the wall", self.source.origin)

    def evaluate(self, sample: None, now: datetime) -> Iterator[Result | Event]:
        yield from ()

    def other_end(self) -> str:
        return self.end


@dataclass(frozen=True, kw_only=True)
class Unusable(Check[None]):
    """A check whose file could not be loaded or that has a fault: it is planned, and says so in every report."""

    says: ClassVar[str]
    detail: ClassVar[str]

    def probe(self, target: Target) -> None:
        raise ProbeError(self.says, self.detail, final=True)

    def evaluate(self, sample: None, now: datetime) -> Iterator[Result | Event]:
        yield from ()


def foreign_kind(told: Mapping[str, Any], source: Source) -> Kind:
    """The kind that a source says it defines. `ValueError` or `KeyError` when what it says makes no sense."""
    members = {name: _as(kind, told[name]) for name, kind in _MEMBERS.items()}
    if not members["kind"] or members["default_timeout_s"] <= 0 or members["default_attempts"] < 1:
        raise ValueError("it describes itself in a way that makes no sense")
    return Kind(_subclass(Foreign, {**members, "source": source, "__doc__": _as(str, told["manual"])}), source.origin)


def unusable(kind: str, says: str, detail: str, origin: str) -> Kind:
    """A kind whose every check says that it could not be checked, and why."""
    members = {"kind": kind, "says": says, "detail": detail, "__doc__": f"Cannot be used: {says}."}
    return Kind(_subclass(Unusable, members), origin)


_MEMBERS: dict[str, type] = {
    "kind": str, "inside": bool, "reachability": bool, "watched": bool, "default_timeout_s": float,
    "default_attempts": int,
}  # fmt: skip


def _as(kind: type, value: object) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError("it describes itself in a way that makes no sense")
    return value


def _subclass(base: type[Check[None]], members: Mapping[str, Any]) -> type[Check[None]]:
    """A kind is a class with its own members, and these are known only now."""
    made: type[Check[None]] = type(base.__name__, (base,), dict(members))
    return made
