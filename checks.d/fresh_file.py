"""A check of your own, to use as it is or to learn from: drop a file like this one into `checks.d/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Levels, Metric, ProbeError, Result, Target, duration

HOUR_S = 3600


@dataclass(frozen=True, kw_only=True)
class FreshFile(Check[float]):
    """A file that something else must renew: the nightly export for the laboratory, a price list.

    path    the file
    age_h   its age in hours (Look above 26, Problem above 50)

    Could not check: the file is not there, or our login may not see it. Needs a login and `stat` and `date` of
    coreutils or BusyBox. The age is counted by the host's own clock.
    """

    kind: ClassVar[str] = "fresh_file"
    inside: ClassVar[bool] = True

    path: str
    age_h: Levels = Levels.above(warning=26, critical=50)

    async def probe(self, target: Target) -> float:
        """The file's age in seconds."""
        changed = await target.run(["stat", "-c", "%Y", self.path])
        now = await target.run(["date", "+%s"])
        try:
            return float(now.out) - float(changed.out)
        except ValueError:
            raise ProbeError("its answer could not be read", f"stat: {changed.out!r}, date: {now.out!r}") from None

    def evaluate(self, sample: float, now: datetime) -> Iterator[Result]:
        """One result: how long ago the file was renewed."""
        age_h = sample / HOUR_S
        yield Result(
            status=self.age_h.judge(age_h),
            says=f"renewed an expected file {duration(sample)} ago",
            detail=f"{self.path} is {age_h:.1f} h old",
            metric=Metric("age", age_h, "h"),
        )
