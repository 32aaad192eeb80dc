"""How long the program takes to say anything at all, beside a Python that does nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.configs import ports_of_hosts
from tests.bench.measure import BARS_HEAD, Command, cpu, held, in_turn, table, wall

PROGRAM = str(Path(sys.executable).with_name("healthcheck"))
REPOSITORY = Path(__file__).parents[2]
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Byte code is kept, as it is where the program is installed."""
PEER = "python -c pass"


def run(rounds: int) -> str:
    """`--version`, `--help`, `config check` of 72 checks and `checks` against `python -c pass`."""
    with tempfile.TemporaryDirectory() as folder:
        config = ports_of_hosts(Path(folder), hosts=72, port=443)
        commands = [
            Command(PEER, [sys.executable, "-c", "pass"], env=COMPILED),
            Command("--version", [PROGRAM, "--version"], env=COMPILED),
            Command("--help", [PROGRAM, "--help"], env=COMPILED),
            Command("config check", [PROGRAM, "--config", str(config), "config", "check"], env=COMPILED),
            Command("checks", [PROGRAM, "--config", str(config), "checks"], env=COMPILED),
        ]
        costs = in_turn(commands, max(rounds, 15))
    bars = {"--version": (3, 1.7), "--help": (6, 4.5), "config check": (20, 14)}
    lines = [held(f"`{name}`", PEER, costs[name], costs[PEER], cpu(*bar), wall(*bar)) for name, bar in bars.items()]
    return "\n".join([table("Start-up", costs, PEER), BARS_HEAD, *lines, ""])
