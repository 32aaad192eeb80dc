"""Runs whole processes in turn and tells what they cost: wall, processor time of the tree, peak memory."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = str(Path(__file__).with_name("launcher.py"))


@dataclass(frozen=True)
class Cost:
    """One run: seconds of wall, seconds of user and system time, and the largest process's peak memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True)
class Command:
    """A process to measure; `exits` are the codes that mean that it did its work."""

    name: str
    argv: Sequence[str]
    exits: Sequence[int] = (0,)
    env: Mapping[str, str] | None = None
    input: str = ""


def once(command: Command) -> Cost:
    """Run it once; `RuntimeError` with its words when it did not do its work."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        done = subprocess.run(
            [sys.executable, "-I", "-S", LAUNCHER, answer.name, *command.argv],
            input=command.input,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
            env=None if command.env is None else {**os.environ, **command.env},
        )
        told = json.load(answer)
    if told.pop("exit") not in command.exits:
        raise RuntimeError(f"{command.name} did not do its work: {done.stdout[-3000:]}")
    return Cost(**told)


def in_turn(commands: Sequence[Command], rounds: int) -> dict[str, list[Cost]]:
    """Each command once a round, one after the other, after one round that does not count.

    A round in which one of them did not do its work (a busy machine) does not count either, and is told on the way.
    """
    counted: list[list[Cost]] = []
    for number in range(2 * rounds + 2):
        try:
            costs = [once(command) for command in commands]
        except RuntimeError as error:
            print(f"not counted: {error}"[:300], file=sys.stderr, flush=True)
            continue
        if number:
            counted.append(costs)
        if len(counted) == rounds:
            break
    return {command.name: [costs[at] for costs in counted] for at, command in enumerate(commands)}


def table(title: str, costs: Mapping[str, Sequence[Cost]], peer: str) -> str:
    """Medians, and the ratio to the peer of the same round: median and range."""
    lines = [
        f"### {title}",
        "",
        f"| | wall s | CPU s | peak MiB | wall / {peer} | CPU / {peer} |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, runs in costs.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, field) for run in runs) for field in ("wall_s", "cpu_s", "peak_mib")
        )
        ratios = [_ratios(runs, costs[peer], field) for field in ("wall_s", "cpu_s")]
        lines.append(f"| {name} | {wall:.3f} | {cpu:.3f} | {peak:.0f} | {ratios[0]} | {ratios[1]} |")
    return "\n".join(lines) + "\n"


def _ratios(runs: Sequence[Cost], peers: Sequence[Cost], field: str) -> str:
    each = [getattr(run, field) / max(getattr(other, field), 1e-6) for run, other in zip(runs, peers, strict=True)]
    return f"{statistics.median(each):.2f} ({min(each):.2f}–{max(each):.2f})"


@dataclass(frozen=True)
class Bar:
    """What one sort of cost may be of the peer's, and what would be better still."""

    what: str
    at_most: float
    stretch: float
    cost: Callable[[Cost], float]


def cpu(at_most: float, stretch: float, what: str = "CPU") -> Bar:
    """A bar for the processor time of the whole tree."""
    return Bar(what, at_most, stretch, lambda cost: cost.cpu_s)


def wall(at_most: float, stretch: float, what: str = "wall") -> Bar:
    """A bar for the time from start to end."""
    return Bar(what, at_most, stretch, lambda cost: cost.wall_s)


BARS_HEAD = "| work | against | what | ratio of medians (pairs) | bar | stretch | |\n|---|---|---|--:|--:|--:|---|"


def held(work: str, peer: str, ours: Sequence[Cost], theirs: Sequence[Cost], *bars: Bar) -> str:
    """A line for each bar: the ratio of the medians, the range of the pairs' ratios, and whether the bar is met."""
    lines = []
    for bar in bars:
        mine, other = [bar.cost(each) for each in ours], [bar.cost(each) for each in theirs]
        ratio = statistics.median(mine) / max(statistics.median(other), 1e-6)
        pairs = [one / max(two, 1e-6) for one, two in zip(mine, other, strict=True)]
        met = "stretch" if ratio <= bar.stretch else "met" if ratio <= bar.at_most else "**not met**"
        spread = f"{ratio:.2f} ({min(pairs):.2f}–{max(pairs):.2f})"
        lines.append(f"| {work} | {peer} | {bar.what} | {spread} | {bar.at_most:g} | {bar.stretch:g} | {met} |")
    return "\n".join(lines)


def held_memory(work: str, ours: Sequence[Cost], at_most_mib: float, stretch_mib: float) -> str:
    """The line for the largest process's peak memory, which has no peer."""
    peak = max(one.peak_mib for one in ours)
    met = "stretch" if peak <= stretch_mib else "met" if peak <= at_most_mib else "**not met**"
    return f"| {work} | – | peak MiB | {peak:.0f} | {at_most_mib:g} | {stretch_mib:g} | {met} |"


def each(large: Sequence[Cost], small: Sequence[Cost], more: int) -> list[Cost]:
    """What one unit more costs, pair by pair: the runs with `more` units more, less those without them."""
    return [
        Cost((one.wall_s - two.wall_s) / more, (one.cpu_s - two.cpu_s) / more, one.peak_mib)
        for one, two in zip(large, small, strict=True)
    ]


def missing(**programs: str) -> str:
    """A sentence that names each peer that is not there and the Debian package that brings it; empty if all are."""
    gone = [f"{name.replace('_', '-')} ({package})" for name, package in programs.items() if not _found(name)]
    return f"Not here, so not measured (Debian's package in brackets): {', '.join(gone)}.\n" if gone else ""


def _found(name: str) -> bool:
    return shutil.which(name.replace("_", "-")) is not None or Path("/usr/lib/nagios/plugins", name).exists()
