"""What foreign code found, as JSON on both sides of the wall: never pickled, so that an answer is only data.

Reading raises `ValueError`, `KeyError` or `TypeError` for what nobody here has written.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from healthcheck.attempt import Attempt
from healthcheck.model import Event, EventKind, Facts, Metric, Result, Status

Data = dict[str, Any]


def of_attempt(found: Attempt) -> Data:
    """What an attempt found."""
    return {
        "results": [_of_result(result) for result in found.results],
        "events": [_of_event(event) for event in found.events],
        "facts": [_of_facts(facts) for facts in found.facts],
        "why": found.why, "final": found.final,
    }  # fmt: skip


def to_attempt(data: Data) -> Attempt:
    """What an attempt found; `ValueError` for nothing at all."""
    results = tuple(_to_result(result) for result in data["results"])
    if not results:
        raise ValueError("it found nothing")
    return Attempt(
        results,
        tuple(_to_event(event) for event in data["events"]),
        tuple(_to_facts(facts) for facts in data["facts"]),
        why=_text(data["why"]),
        final=data["final"] is True,
    )


def _of_result(result: Result) -> Data:
    """A finding."""
    metric = result.metric
    return {
        "status": result.status.name, "says": result.says, "detail": result.detail,
        "metric": [metric.name, metric.value, metric.unit] if metric else None,
    }  # fmt: skip


def _to_result(data: Data) -> Result:
    """A finding."""
    metric = None
    if data["metric"] is not None:
        name, value, unit = data["metric"]
        metric = Metric(_text(name), _number(value), _text(unit))
    return Result(Status[data["status"]], _text(data["says"]), _text(data["detail"]), metric)


def _of_event(event: Event) -> Data:
    """Something that happened."""
    return {
        "at": event.at.isoformat(), "says": event.says, "source": event.source, "kind": event.kind.value,
        "until": _moment(event.until), "not_before": _moment(event.not_before),
    }  # fmt: skip


def _to_event(data: Data) -> Event:
    """Something that happened."""
    at = _to_moment(data["at"])
    if at is None:
        raise ValueError("an event has no time")
    return Event(
        at, _text(data["says"]), _text(data["source"]), EventKind(data["kind"]),
        _to_moment(data["until"]), _to_moment(data["not_before"]),
    )  # fmt: skip


def _of_facts(facts: Facts) -> Data:
    """What a host has."""
    return {"sort": facts.sort, "things": dict(facts.things)}


def _to_facts(data: Data) -> Facts:
    """What a host has."""
    return Facts(_text(data["sort"]), {_text(name): _text(how) for name, how in data["things"].items()})


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _to_moment(data: str | None) -> datetime | None:
    """A time with its zone; `ValueError` for one without."""
    at = datetime.fromisoformat(data) if data is not None else None
    if at is not None and at.tzinfo is None:
        raise ValueError("a time has no zone")
    return at


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} stands in the place of a text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a {type(value).__name__} stands in the place of a number")
    return value
