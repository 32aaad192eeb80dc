"""The units that checks measure in, as other programs want them: in base units, and never guessed at."""

from __future__ import annotations

from healthcheck.records import frozen
from healthcheck.words import DAY_S, HOUR_S, MINUTE_S


@frozen
class Base:
    """A base unit as a word ("seconds", empty for a plain number), and what a value is multiplied by to be in it."""

    word: str
    factor: float = 1


BASES = {
    "": Base(""),
    "ns": Base("seconds", 1e-9),
    "us": Base("seconds", 1e-6),
    "ms": Base("seconds", 1e-3),
    "s": Base("seconds"),
    "min": Base("seconds", MINUTE_S),
    "h": Base("seconds", HOUR_S),
    "d": Base("seconds", DAY_S),
    "%": Base("ratio", 0.01),
    "B": Base("bytes"),
    "°C": Base("celsius"),
    "V": Base("volts"),
}
"""By the unit of a metric. What a plug-in calls "MB" is not among them: some count it by 1,000 and some by 1,024."""
