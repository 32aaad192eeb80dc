"""The course of a measured number over days, and what can be said of it without being misled by noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from healthcheck.findings import Past
from healthcheck.model import Outcome
from healthcheck.records import frozen

LEAST_POINTS = 5
LEAST_DAYS = 3.0
_FAR = 3.0
"""A fall counts when it is so many times what the values are off the line."""
_ONE_STEP = 0.6
"""A fall of which one step is more than this share is an event, not a trend."""


@frozen
class Point:
    """A value on a day; `day` counts days from any beginning."""

    day: float
    value: float


@frozen
class Line:
    """A straight line through points: change a day, its value on day 0, and the values that it has at their ends."""

    slope: float
    at_zero: float
    first: float
    last: float

    def at(self, day: float) -> float:
        """Its value on a day."""
        return self.at_zero + self.slope * day


def course(past: Past, outcome: Outcome, name: str, now: datetime) -> tuple[Point, ...]:
    """The metric of a check up to and with this round, one value a day (the day's last), oldest first.

    What is no number is left out, as is what lies in the future since a clock was set back.
    """
    samples = [(sample.at, sample.value) for sample in past.metrics.get((outcome.key, name), ())]
    samples += [(outcome.started_at, metric.value) for metric in outcome.metrics if metric.name == name]
    of_day = {
        at.astimezone(now.tzinfo).date(): (at, value)
        for at, value in sorted(samples)
        if math.isfinite(value) and at <= now
    }
    return tuple(Point(day_of(at), value) for at, value in of_day.values())


def day_of(at: datetime) -> float:
    """Where a moment stands among points."""
    return at.timestamp() / 86400


def long_enough(points: Sequence[Point], days: float = LEAST_DAYS) -> bool:
    """Whether there are points enough, over days enough, to say anything."""
    return len(points) >= LEAST_POINTS and span_days(points) >= days


def span_days(points: Sequence[Point]) -> float:
    """From the first to the last."""
    return points[-1].day - points[0].day if points else 0.0


def falling_line(points: Sequence[Point]) -> Line | None:
    """The line through points that go down; None where they do not, or not surely.

    Surely is: in four steps or more, none of them the whole fall; from third to third; and by much more than they
    scatter around the line.
    """
    down = [before.value - after.value for before, after in pairwise(points) if after.value < before.value]
    fallen = points[0].value - points[-1].value
    if len(down) < LEAST_POINTS - 1 or max(down) > _ONE_STEP * fallen or not thirds_fall(points):
        return None
    fitted = line(points)
    scatter = median(abs(point.value - fitted.at(point.day)) for point in points)
    return fitted if fitted.slope < 0 and fitted.first - fitted.last >= _FAR * scatter else None


def line(points: Sequence[Point]) -> Line:
    """The line of Theil and Sen: the median of the slopes between all pairs, which a few wild values do not bend."""
    slope = median(
        (after.value - before.value) / (after.day - before.day)
        for number, before in enumerate(points)
        for after in points[number + 1 :]
    )
    at_zero = median(point.value - slope * point.day for point in points)
    return Line(slope, at_zero, at_zero + slope * points[0].day, at_zero + slope * points[-1].day)


def days_until_nothing(points: Sequence[Point]) -> float | None:
    """In how many days from the last point nothing is left; None where that cannot be told, or it does not fall.

    Big rises are clean-ups: what was before the last one says nothing. Where they come in a rhythm, the next one comes
    in time, unless it is overdue; then only what is left before each clean-up counts.
    """
    rises = _rises(points)
    since = points[rises[-1] :] if rises else points
    left = _straight(since)
    if len(rises) < 2:
        return left
    rhythm = max(points[after].day - points[before].day for before, after in pairwise(rises))
    gone_by = span_days(since)
    if left is not None and gone_by <= rhythm < gone_by + left:
        left = None
    lows = [points[number - 1] for number in rises]
    at_lows = _straight(lows)
    if at_lows is not None:
        at_lows = max(0.0, at_lows - (points[-1].day - lows[-1].day))
    return min((days for days in (left, at_lows) if days is not None), default=None)


def _straight(points: Sequence[Point]) -> float | None:
    points = _since_the_last_jump(points)[-_MOST_POINTS:]
    fitted = falling_line(points) if long_enough(points) else None
    return points[-1].value / -fitted.slope if fitted else None


_MOST_POINTS = 30
"""What the last month says of the next fortnight is enough."""


def _since_the_last_jump(points: Sequence[Point]) -> Sequence[Point]:
    """The points after a fall in one step, which somebody made by hand: how it goes on is told by those alone."""
    while len(points) > 1:
        steps = [before.value - after.value for before, after in pairwise(points)]
        largest = max(steps)
        if largest <= _ONE_STEP * (points[0].value - points[-1].value) or largest <= 0:
            break
        points = points[steps.index(largest) + 1 :]
    return points


def _rises(points: Sequence[Point]) -> list[int]:
    """The points that stand higher than the one before by more than an ordinary step down."""
    falls_by = [before.value - after.value for before, after in pairwise(points) if after.value < before.value]
    ordinary = median(falls_by) if falls_by else 0.0
    return [
        number for number, (before, after) in enumerate(pairwise(points), 1) if after.value - before.value > ordinary
    ]


def thirds_fall(points: Sequence[Point]) -> bool:
    """Whether the middle third lies lower than the first, and the last lower than the middle."""
    third = len(points) // 3
    if not third:
        return False
    parts = (points[:third], points[third:-third], points[-third:])
    first, middle, last = (median(point.value for point in part) for part in parts)
    return first > middle > last


def share_left(before: float, after: float) -> float:
    """What is left of it, of 1; 1 where there was nothing before."""
    return after / before if before > 0 else 1.0


def weeks(days: float) -> int:
    """In whole weeks."""
    return round(timedelta(days=days) / timedelta(weeks=1))
