"""Whether a machine is busier than it can be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Check, Levels, Metric, ProbeError, Result, Status, Target, answers, frozen, plain, script


@frozen
class Averages:
    """How many tasks ran or waited, on average over 1, 5 and 15 minutes, and on how many processors."""

    one: float
    five: float
    fifteen: float
    processors: int


@dataclass(frozen=True, kw_only=True)
class Load(Check[Averages]):
    """How busy the machine is: tasks that run or wait for the processor or a disk, for each processor.

    per_processor    the average of the last 15 minutes, divided by the number of processors; 1 is fully busy

    Look: busier than the warning limit, for so long that it is no passing burst. Problem: busier than the critical
    limit. Could not check: the machine cannot be logged in to, or does not tell. A disk or a network drive that has
    stopped answering shows here too, because everything waits for it.

    Needs on the host: nothing, every login may read /proc/loadavg. Sources: proc(5), getconf(1).
    """

    kind: ClassVar[str] = "load"
    inside: ClassVar[bool] = True
    systems: ClassVar[frozenset[str]] = frozenset({"linux"})

    per_processor: Levels = Levels.above(warning=2, critical=8)

    async def probe(self, target: Target) -> Averages:
        if target.host.local:
            return _of_this_computer()
        ask = script(load="cat /proc/loadavg", processors="getconf _NPROCESSORS_ONLN || nproc")
        asked = answers((await target.run(ask)).out, "load", "processors")
        return averages(asked["load"].text, asked["processors"].text)

    def evaluate(self, found: Averages, now: datetime) -> Iterator[Result]:
        busy = found.fifteen / found.processors
        status = self.per_processor.judge(busy)
        detail = f"load {found.one:.2f}, {found.five:.2f}, {found.fifteen:.2f} on {found.processors} processors"
        yield Result(status, _SAYS[status], detail, Metric("load", busy))


_SAYS = {
    Status.OK: "is not too busy",
    Status.WARNING: "is busier than it should be, so what it does may be slow",
    Status.CRITICAL: "is so busy that it can hardly do its work",
}


def _of_this_computer() -> Averages:
    import psutil  # heavy, and only one machine of the round needs it

    return Averages(*psutil.getloadavg(), psutil.cpu_count() or 1)


def averages(loadavg: str, processors: str) -> Averages:
    """The first three numbers of /proc/loadavg ("0.48 0.41 0.44 2/94 1234", proc(5)), and the processors' number."""
    load = re.match(r"([0-9]{1,7}\.[0-9]+) ([0-9]{1,7}\.[0-9]+) ([0-9]{1,7}\.[0-9]+) [0-9]+/[0-9]+ [0-9]+\s*$", loadavg)
    number = re.search(r"^([1-9][0-9]{0,5})\s*\Z", processors, re.MULTILINE)
    if load is None or number is None:
        said = f"/proc/loadavg: {plain(loadavg, 80)}; processors: {plain(processors, 80)}"
        raise ProbeError("what it says about its load is unreadable", said)
    return Averages(float(load[1]), float(load[2]), float(load[3]), int(number[1]))
