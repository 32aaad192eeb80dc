"""How long the program takes to say anything at all, beside a Python that does nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.measure import Command, in_turn, table

PROGRAM = str(Path(sys.executable).with_name("healthcheck"))
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Byte code is kept, as it is where the program is installed."""


def run(rounds: int) -> str:
    """`--version` and `--help` against `python -c pass`."""
    commands = [
        Command("python -c pass", [sys.executable, "-c", "pass"], env=COMPILED),
        Command("healthcheck --version", [PROGRAM, "--version"], env=COMPILED),
        Command("healthcheck --help", [PROGRAM, "--help"], env=COMPILED),
    ]
    return table("Start-up", in_turn(commands, max(rounds, 15)), "python -c pass")
