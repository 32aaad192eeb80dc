"""The agent, round after round, with a check that leaks and one that hangs: what it keeps of them must be nothing.

Its job is called again and again in this process, as its scheduler calls it every few minutes.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from healthcheck.agent import Agent
from tests.lab.office import office

CONFIG = """
[[check]]
kind = "ping"
hosts = ["office-ups"]
timeout_s = 2

[[check]]
kind = "leaking"
hosts = ["office-server"]
timeout_s = 10

[[check]]
kind = "hanging"
hosts = ["office-server"]
timeout_s = 0.5
"""

DROP_IN = '''
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
import os, threading, time
from healthcheck.api import Check, Result, Status, Target

@dataclass(frozen=True, kw_only=True)
class {name}(Check[str]):
    """{name} for ever."""
    kind: ClassVar[str] = "{kind}"
    watched: ClassVar[bool] = True
    async def probe(self, target: Target) -> str:
        {body}
        return ""
    def evaluate(self, sample: str, now: datetime) -> Iterator[Result]:
        yield Result(Status.OK, "is well")
'''
LEAKS = """global kept
        kept = [bytearray(20_000_000), [os.open("/dev/null", 0) for _ in range(100)]]
        for _ in range(20):
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)"""
"""Memory, open files, threads, and a process that outlives the check."""
HANGS = """if time.time_ns() % 10 == 0:
            time.sleep(600)"""
"""In one round of ten, for such a round takes as long as its deadline."""


@dataclass(frozen=True)
class Kept:
    """What this process holds after a round."""

    memory_mib: float
    threads: int
    files: int
    children: int


def kept() -> Kept:
    this = psutil.Process()
    return Kept(this.memory_info().rss / 2**20, this.num_threads(), this.num_fds(), len(this.children(recursive=True)))


def run(rounds: int) -> str:
    """So many rounds, and what was held at their beginning, in the middle and at the end."""
    with tempfile.TemporaryDirectory() as folder, office(Path(folder)) as made:
        drop_ins = Path(folder) / "checks.d"
        drop_ins.mkdir(mode=0o755)
        for kind, body in (("leaking", LEAKS), ("hanging", HANGS)):
            path = drop_ins / f"{kind}.py"
            path.write_text(DROP_IN.format(name=kind.capitalize(), kind=kind, body=body))
            path.chmod(0o644)
        made.write(CONFIG)
        os.environ |= made.env()
        agent = Agent(made.config, made.state)
        found, begun = [], time.monotonic()
        for _ in range(rounds):
            agent.watch()
            found.append(kept())
        took_s = time.monotonic() - begun
        with made.history() as history:
            done = len(history.looks(made.now().replace(year=2000)))
        size = (made.state / "history.sqlite").stat().st_size
    return _told(found, done, took_s, size)


def _told(found: list[Kept], done: int, took_s: float, size: int) -> str:
    half = len(found) // 2 or 1
    lines = [
        f"soak: {done} of {len(found)} rounds kept, {took_s / len(found):.2f} s each, history {size / 1000:.0f} kB",
        "",
        "| the agent holds, at most | first half | second half |",
        "|---|--:|--:|",
    ]
    for name, form in (("memory_mib", "{:.1f}"), ("threads", "{}"), ("files", "{}"), ("children", "{}")):
        first, second = (max(getattr(one, name) for one in part) for part in (found[:half], found[half:] or found))
        lines.append(f"| {name} | {form.format(first)} | {form.format(second)} |")
    return "\n".join(lines) + "\n"
