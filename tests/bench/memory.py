"""How much memory a round takes by the number of its checks, and what the agent holds after a hundred of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.configs import addresses, check, config
from tests.bench.measure import BARS_HEAD, Command, Cost, held_memory, once
from tests.bench.more import listener
from tests.bench.startup import COMPILED, PROGRAM, REPOSITORY
from tests.lab.netns import towns

SIZES = (72, 1_000, 20_000)
AGENT_ROUNDS = 100
AGENT = """
import json, sys
from pathlib import Path
import psutil
from healthcheck.agent import Agent
agent, told = Agent(Path(sys.argv[1]), Path(sys.argv[2])), []
for _ in range(int(sys.argv[3])):
    agent.watch()
    told.append(psutil.Process().memory_info().rss / 2**20)
json.dump(told, sys.stdout)
"""


def run(rounds: int) -> str:
    """The peak of the largest process for 72, 1,000 and 20,000 TCP checks; the agent, pass after pass."""
    with towns("bench") as [town], tempfile.TemporaryDirectory() as folder:
        return town.call(lambda: _measured(Path(folder)), within_s=3600)


def _measured(folder: Path) -> str:
    with listener(folder) as port:
        costs = {size: once(_round(folder / str(size), size, port)) for size in SIZES}
        agent = _agent(folder / str(SIZES[0]))
    few, many = costs[SIZES[0]], costs[SIZES[-1]]
    more = SIZES[-1] - SIZES[0]
    kib = (many.peak_mib - few.peak_mib) / more * 1024
    return "\n".join(
        [
            "### Memory and time by the number of TCP checks, one a host",
            "",
            "| checks | peak MiB | CPU s | wall s |",
            "|--:|--:|--:|--:|",
            *(f"| {size:,} | {one.peak_mib:.0f} | {one.cpu_s:.2f} | {one.wall_s:.2f} |" for size, one in costs.items()),
            "",
            f"Each check more: {kib:.1f} KiB and {(many.cpu_s - few.cpu_s) / more * 1e3:.2f} ms of CPU.",
            "",
            BARS_HEAD,
            held_memory(f"{SIZES[-1]:,} TCP checks", [many], 400, 250),
            held_memory(f"agent after {AGENT_ROUNDS} passes", [Cost(0.0, 0.0, agent[-1])], 80, 60),
            "",
            f"The agent holds {', '.join(f'{agent[at - 1]:.1f} MiB after {at}' for at in (10, 50, 100))} passes.",
            "",
        ]
    )  # fmt: skip


def _round(folder: Path, size: int, port: int) -> Command:
    folder.mkdir()
    file = config(folder, addresses(size), [check("tcp", f"port = {port}", timeout_s=60.0)])
    argv = [PROGRAM, "run", "--config", str(file), "--state-dir", str(folder / "state"), "--format", "json"]
    return Command(f"{size} checks", [*argv, "--output", str(folder / "told.json")], exits=(0,), env=COMPILED)


def _agent(folder: Path) -> list[float]:
    argv = [sys.executable, "-c", AGENT, str(folder / "config.toml"), str(folder / "agent"), str(AGENT_ROUNDS)]
    done = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    told: list[float] = json.loads(done.stdout)
    return told
