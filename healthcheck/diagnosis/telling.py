"""What a story is made of: sentences with a time, a place and a weight, and the words that its tellers share."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.wall import Wall
from healthcheck.records import frozen
from healthcheck.words import MINUTE_S, duration, sentence


class Weight(enum.IntEnum):
    """What is left out first when there is too much to tell."""

    NOTE = 1
    RESTART = 2
    SILENCE = 3
    POWER = 4
    OURSELVES = 5


@frozen
class Told:
    """One line. `at` orders it; `over` is the last moment that it speaks of."""

    at: datetime
    over: datetime
    weight: Weight
    says: str
    site: str = ""
    host: str = ""


def wall(scene: Scene, site: str, now: datetime) -> Wall:
    """The clock at a site; the practice's own for none."""
    known = scene.sites.get(site)
    home = scene.practice.timezone
    return Wall(known.timezone if known else home, home, now)


def dated(when: str, says: str) -> str:
    """ "Sunday, 2:14 am to 2:31 am: the battery backup in Azusa lost mains power for 17 minutes." """
    return sentence(f"{when}: {says}")


def for_how_long(shortest: timedelta, longest: timedelta | None) -> str:
    """ "for 12 to 22 minutes", "for at most 10 minutes", "for at least 3 hours"; empty for "at least no time"."""
    least, most = shortest.total_seconds(), longest.total_seconds() if longest is not None else None
    if most is None:
        return f"for at least {duration(least)}" if least >= MINUTE_S else ""
    if least < MINUTE_S:
        return f"for at most {duration(most)}"
    if duration(least) == duration(most):
        return f"for {duration(most)}"
    low, high = duration(least).split(), duration(most).split()
    if len(low) == len(high) == 2 and low[1].rstrip("s") == high[1].rstrip("s"):
        low = low[:1]
    return f"for {' '.join(low)} to {' '.join(high)}"
