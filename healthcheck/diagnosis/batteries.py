"""Whether a battery backup lasts as long as it did: after a power cut, and over the months."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import median

from healthcheck.diagnosis.courses import (
    Point,
    course,
    day_of,
    falling_line,
    long_enough,
    share_left,
    span_days,
    weeks,
)
from healthcheck.diagnosis.returns import Returns
from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Change, Past
from healthcheck.model import Outcome
from healthcheck.words import duration, sentence, small

_FULL_PERCENT = 95.0
_SAME_LOAD = 0.25
"""How far the load may be from today's, as a share of it, for the times to be compared."""
_WORN = 0.75
_AGES_DAYS = 28.0
_MONTH_DAYS = 30.4
_LATELY = 5
_SHARES = ((0.42, "less than half as long as"), (0.58, "half as long as"), (0.71, "a third shorter than"))


def batteries(scene: Scene, past: Past, returns: Returns, now: datetime) -> Iterator[Change]:
    """One sentence for each battery that lasts much shorter than it did, fully charged and with a load like today's."""
    for outcome in scene.outcomes:
        if outcome.kind != "ups":
            continue
        for metric in outcome.metrics:
            name, _, part = metric.name.partition(" ")
            if name == "runtime":
                points = _comparable(past, outcome, f" {part}" if part else "", now)
                if points and (found := _since_the_cut(points, outcome, returns) or _over_months(points)):
                    says = f"{_battery(scene, outcome.host)} lasts {' '.join(found)}"
                    yield Change(outcome.site, outcome.host, sentence(says), _told(outcome, metric.name, points))


def _comparable(past: Past, outcome: Outcome, part: str, now: datetime) -> tuple[Point, ...]:
    """The time it would last on the days it was full and had today's load; none if it is not full today."""
    points = course(past, outcome, f"runtime{part}", now)
    if len(points) < 2:  # nothing to compare with
        return ()
    charge = _by_day(course(past, outcome, f"charge{part}", now))
    load = _by_day(course(past, outcome, f"load{part}", now))
    on_battery = _by_day(course(past, outcome, f"on battery{part}", now))
    load_now = load.get(points[-1].day)

    def like_now(point: Point) -> bool:
        if charge.get(point.day, 0.0) < _FULL_PERCENT or on_battery.get(point.day, 0.0) or point.value <= 0:
            return False
        then = load.get(point.day)
        if load_now is None or then is None:
            return load_now is then
        return abs(then - load_now) <= _SAME_LOAD * load_now

    found = tuple(filter(like_now, points))
    return found if found and found[-1] == points[-1] else ()


def _by_day(points: tuple[Point, ...]) -> Mapping[float, float]:
    return {point.day: point.value for point in points}


def _since_the_cut(points: tuple[Point, ...], outcome: Outcome, returns: Returns) -> tuple[str, str] | None:
    """What a battery lost in the last power cut at its site."""
    cut = returns.last_cut(outcome.site)
    if cut is None:
        return None
    before = [point.value for point in points if point.day < day_of(cut.earliest)]
    if not before:
        return None
    shorter = _shorter(share_left(median(before[-_LATELY:]), points[-1].value))
    return (shorter, "before the power cut") if shorter else None


def _over_months(points: tuple[Point, ...]) -> tuple[str, str] | None:
    fitted = falling_line(points) if long_enough(points, _AGES_DAYS) else None
    shorter = _shorter(share_left(fitted.first, fitted.last)) if fitted else ""
    return (shorter, _ago(span_days(points))) if shorter else None


def _shorter(left: float) -> str:
    if left > _WORN:
        return ""
    return next((words for most, words in _SHARES if left <= most), "a quarter shorter than")


def _ago(days: float) -> str:
    months = round(days / _MONTH_DAYS)
    return f"{small(months)} months ago" if months >= 2 else f"{small(weeks(days))} weeks ago"


def _battery(scene: Scene, host: str) -> str:
    known = scene.hosts.get(host)
    label = scene.label(host)
    is_one = (known and known.role == "ups") or re.search(r"\b(?:battery|ups)\b", label, re.IGNORECASE)
    return label if is_one else f"the battery backup of {label}"


def _told(outcome: Outcome, metric: str, points: tuple[Point, ...]) -> str:
    first, last = points[0].value, points[-1].value
    return (
        f"{outcome.key} {metric}: {duration(first)} → {duration(last)} in {span_days(points):.0f} days, "
        f"{len(points)} values at full charge"
    )
