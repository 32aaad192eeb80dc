"""Whether a machine has enough memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from healthcheck.api import (
    Check,
    Levels,
    Metric,
    Previous,
    ProbeError,
    Result,
    Status,
    Target,
    answers,
    count,
    frozen,
    moment,
    percent,
    plain,
    script,
    size,
)
from healthcheck.checks._windows import memory as of_windows

_VMSTAT = Path("/proc/vmstat")


@frozen
class Figures:
    """Bytes. `killed` counts the programs that the kernel ended for want of memory since the start, if it counts."""

    total_bytes: int
    available_bytes: int
    swap_bytes: int
    swap_free_bytes: int
    killed: int | None = None
    previous: Previous | None = None


@dataclass(frozen=True, kw_only=True)
class Memory(Check[Figures]):
    """How much memory (%) is left for programs, how much swap is used, and whether programs were ended for want of it.

    available_percent    memory that programs can have without swapping, of all memory
    swap_percent         swap in use, of all swap; a machine without swap has none in use

    Look: less memory is left, or more swap is in use, than the warning limit allows, or the system had to end a
    program for want of memory since the last round; what happened before the first round is only told to IT. Problem:
    beyond a critical limit. Could not check: the machine cannot be logged in to, or does not tell.

    On a Windows host, swap are the paging files, and no program is ended for want of memory.

    Needs on the host: nothing, every login may read /proc; on a Windows host, a login that WMI answers (root\\cimv2).
    Sources: proc(5), "MemAvailable" of Linux 3.14 and later (before that free + buffers + cached, which is a little too
    high), "oom_kill" of Linux 4.13 and later; Win32_OperatingSystem.
    """

    kind: ClassVar[str] = "memory"
    inside: ClassVar[bool] = True

    available_percent: Levels = Levels.below(warning=10, critical=3)
    swap_percent: Levels = Levels.above(warning=80)

    async def probe(self, target: Target) -> Figures:
        if target.host.local:
            return _of_this_computer(target.previous)
        if target.host.os == "windows":
            return Figures(*await of_windows.read(target), previous=target.previous)
        asked = answers(
            (await target.run(script(memory="cat /proc/meminfo", events="grep oom_kill /proc/vmstat"))).out,
            "memory",
            "events",
        )
        return figures(asked["memory"].text, asked["events"].text, target.previous)

    def evaluate(self, found: Figures, now: datetime) -> Iterator[Result]:
        free = 100 * found.available_bytes / found.total_bytes
        status = self.available_percent.judge(free)
        yield Result(
            status,
            "has enough memory" if status is Status.OK else f"is short of memory: {percent(free)} is left",
            f"{size(found.available_bytes)} of {size(found.total_bytes)} memory available",
            Metric("available", free, "%"),
        )
        if found.swap_bytes:
            used = 100 * (found.swap_bytes - found.swap_free_bytes) / found.swap_bytes
            status = self.swap_percent.judge(used)
            yield Result(
                status,
                "has enough memory"
                if status is Status.OK
                else "makes up for too little memory with its disk, which is slow",
                f"{percent(used)} of {size(found.swap_bytes)} swap used",
                Metric("swap used", used, "%"),
            )
        if found.killed is not None:
            yield _ended(found, found.killed, now)


def _ended(found: Figures, killed: int, now: datetime) -> Result:
    before = found.previous.metrics.get("killed") if found.previous else None
    detail, metric = f"{count(killed, 'OOM kill')} since the start", Metric("killed", killed)
    if found.previous is None or before is None:
        return Result(Status.OK, "has enough memory", detail, metric)
    again = killed - int(before) if killed >= before else killed
    if not again:
        return Result(Status.OK, "has enough memory", detail, metric)
    since = moment(found.previous.at.astimezone(now.tzinfo), now)
    says = f"ran out of memory and had to end {count(again, 'program')} since {since}"
    return Result(Status.WARNING, says, detail, metric)


def _of_this_computer(previous: Previous | None) -> Figures:
    import psutil  # heavy, and only one machine of the round needs it

    main, swap = psutil.virtual_memory(), psutil.swap_memory()
    killed = _killed(_VMSTAT.read_text()) if _VMSTAT.exists() else None
    return Figures(main.total, main.available, swap.total, swap.free, killed, previous)


def figures(meminfo: str, vmstat: str, previous: Previous | None = None) -> Figures:
    """The figures of /proc/meminfo ("MemTotal:  8048520 kB") and /proc/vmstat ("oom_kill 3"); see proc(5)."""
    told = {
        name: int(value) * 1024 for name, value in re.findall(r"^(\w+): +([0-9]{1,15}) kB\r?$", meminfo, re.MULTILINE)
    }
    total, available = told.get("MemTotal", 0), _available(told)
    swap, swap_free = told.get("SwapTotal"), told.get("SwapFree")
    if available is None or swap is None or swap_free is None or not 0 <= available <= total or not total:
        raise ProbeError("what it says about its memory is unreadable", f"/proc/meminfo: {plain(meminfo, 120)}")
    return Figures(total, available, swap, min(swap, swap_free), _killed(vmstat), previous)


def _available(told: Mapping[str, int]) -> int | None:
    if "MemAvailable" in told:
        return told["MemAvailable"]
    parts = [told.get(name) for name in ("MemFree", "Buffers", "Cached")]
    return sum(part for part in parts if part) if None not in parts else None


def _killed(vmstat: str) -> int | None:
    match = re.search(r"^oom_kill ([0-9]{1,15})\r?$", vmstat, re.MULTILINE)
    return int(match[1]) if match else None
