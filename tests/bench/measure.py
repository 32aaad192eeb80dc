"""Runs whole processes in turn and tells what they cost: wall, processor time of the tree, peak memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
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
    """Each command once a round, one after the other, after one round that does not count."""
    for command in commands:
        once(command)
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for _ in range(rounds):
        for command in commands:
            costs[command.name].append(once(command))
    return costs


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
