"""What will be wrong soon, or is getting worse slowly: disks that fill, backups that shrink, batteries that age."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from healthcheck.diagnosis.batteries import batteries
from healthcheck.diagnosis.courses import (
    Point,
    course,
    days_until_nothing,
    falling_line,
    long_enough,
    share_left,
    span_days,
    weeks,
)
from healthcheck.diagnosis.repeats import repeats
from healthcheck.diagnosis.returns import Returns
from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Change, Incident, Past
from healthcheck.model import Outcome
from healthcheck.records import frozen
from healthcheck.words import count, plain, sentence, size, small

SOON_DAYS = 14
"""What is full later than this can wait for another report."""
_FREE_BYTES, _FREE_FILES = "free bytes ", "free inodes "
_DRIVES = {"free": "the backup drive", "free standby": "the second backup drive"}
_SAME_PERCENT = 0.1
_SHRINKS_DAYS = 14.0
_SHRUNK_TO = 0.8


@frozen
class _Filling:
    """A drive that will be full soon, and the share of it that is free today, in percent, where that is known."""

    change: Change
    free_percent: float | None


def found(
    scene: Scene, past: Past, returns: Returns, incidents: Iterable[Incident], now: datetime
) -> tuple[Change, ...]:
    """Everything that goes the wrong way, in the order of the config; nothing from too few values or too few days."""
    filling: dict[tuple[str, str], list[_Filling]] = {}
    shrinking: list[Change] = []
    for outcome in scene.outcomes:
        label = scene.label(outcome.host)
        if outcome.kind in ("disk", "backup"):
            filling.setdefault((outcome.site, outcome.host), []).extend(_filling(outcome, label, past, now))
        if outcome.kind == "backup":
            shrinking += _shrinking(outcome, label, past, now)
    full_soon = [one.change for found in filling.values() for one in _once(found)]
    return (
        *full_soon,
        *shrinking,
        *batteries(scene, past, returns, now),
        *repeats(scene.practice, past, incidents, now),
    )


def _once(found: Sequence[_Filling]) -> Iterator[_Filling]:
    """A drive that two checks look at is told once, as the backup drive if it is one."""
    for number, one in enumerate(found):
        is_disk = one.free_percent is not None and " disk" in one.change.says
        same = (other for other in found if other is not one and " disk" not in other.change.says)
        if not (is_disk and any(_as_full(one, other) for other in same)) and one not in found[:number]:
            yield one


def _as_full(one: _Filling, other: _Filling) -> bool:
    if one.free_percent is None or other.free_percent is None:
        return False
    return abs(one.free_percent - other.free_percent) < _SAME_PERCENT


def _filling(outcome: Outcome, label: str, past: Past, now: datetime) -> Iterator[_Filling]:
    values = {metric.name: metric.value for metric in outcome.metrics}
    for name, value in values.items():
        fills = _what_fills(name, label)
        if not fills or not value > 0:
            continue
        points = course(past, outcome, name, now)
        days = days_until_nothing(points) if _may_be_soon(points) else None
        if days is not None and days <= SOON_DAYS:
            says = sentence(f"{fills}: about {count(max(1, round(days)), 'day')} left")
            share = value if outcome.kind == "backup" else values.get(name.replace(_FREE_BYTES, "free "))
            yield _Filling(
                Change(outcome.site, outcome.host, says, _course_told(outcome, name, points)),
                None if name.startswith(_FREE_FILES) else share,
            )


def _what_fills(metric: str, label: str) -> str:
    """What is nearly used up when a metric falls to nothing, in words; empty for a metric that tells no room."""
    if metric in _DRIVES:
        return f"{_DRIVES[metric]} of {label} is almost full"
    for prefix, nearly in ((_FREE_BYTES, "is almost full"), (_FREE_FILES, "can hold few more files")):
        if metric.startswith(prefix):
            path = metric.removeprefix(prefix)
            name = "main disk" if path == "/" else f"disk “{plain(PurePosixPath(path).name, 40)}”"
            return f"the {name} of {label} {nearly}"
    return ""


def _may_be_soon(points: tuple[Point, ...]) -> bool:
    """Whether it is worth a closer look: most disks are not, and a practice may have many."""
    if not long_enough(points):
        return False
    fallen = max(point.value for point in points) - points[-1].value
    return fallen > 0 and points[-1].value / fallen * span_days(points) <= 10 * SOON_DAYS


def _shrinking(outcome: Outcome, label: str, past: Past, now: datetime) -> Iterator[Change]:
    points = course(past, outcome, "size", now)
    fitted = falling_line(points) if long_enough(points, _SHRINKS_DAYS) else None
    if fitted and share_left(fitted.first, fitted.last) <= _SHRUNK_TO:
        for_weeks = small(weeks(span_days(points)))
        compared = f"{size(points[-1].value)} instead of {size(points[0].value)}"
        says = f"the backup of {label} has been getting smaller for {for_weeks} weeks: {compared}"
        yield Change(outcome.site, outcome.host, sentence(says), _course_told(outcome, "size", points))


def _course_told(outcome: Outcome, metric: str, points: tuple[Point, ...]) -> str:
    first, last = points[0], points[-1]
    told = f"{first.value:,.0f} → {last.value:,.0f} in {span_days(points):.0f} days, {len(points)} values"
    return f"{outcome.key} {metric}: {told}"
