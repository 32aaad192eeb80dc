"""Which limits a number was judged by: the setting of its check that has its name."""

from __future__ import annotations

from typing import Any

from healthcheck.check import Check
from healthcheck.model import Levels, Metric, Status

_SUFFIXES: dict[str, tuple[tuple[str, float], ...]] = {
    "%": (("_percent", 1),),
    "B": (("_bytes", 1),),
    "h": (("_h", 1),),
    "s": (("_s", 1), ("_ms", 0.001)),
    "°C": (("_c", 1),),
    "d": (("", 1),),
}
"""By a metric's unit: how a setting in it ends, and what one of that unit is in the metric's."""


def limits(check: Check[Any], metric: Metric, status: Status) -> Levels | None:
    """The limits of a metric, in its own unit; None where there are none, or where they do not explain its `status`.

    A metric is called as its setting is, with its part after it: "free inodes /var" is judged by `free_inodes_percent`.
    """
    words = metric.name.split(" ")
    for length in range(len(words), 0, -1):
        for suffix, factor in _SUFFIXES.get(metric.unit, ()):
            levels = getattr(check, "_".join(words[:length]) + suffix, None)
            if isinstance(levels, Levels):
                scaled = _scaled(levels, factor)
                return scaled if scaled.judge(metric.value) is status else None
    return None


def _scaled(levels: Levels, factor: float) -> Levels:
    def scaled(limit: float | None) -> float | None:
        return None if limit is None else limit * factor

    return Levels(scaled(levels.warning), scaled(levels.critical), levels.falling)
