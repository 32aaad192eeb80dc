"""Pings beside fping, and whether a hundred rounds of mixed targets say of each what is so."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from healthcheck.connections.icmp import Pinger
from tests.bench.configs import DARK_NET, addresses, check, config
from tests.bench.measure import BARS_HEAD, Command, cpu, each, held, in_turn, missing, wall
from tests.bench.startup import COMPILED, PROGRAM, REPOSITORY
from tests.lab.netns import cable, slow_line, towns

MANY, FEW = 5000, 500
TRUTH_ROUNDS = 100
ENVIRONMENT = {**COMPILED, "PYTHONPATH": str(REPOSITORY)}


def run(rounds: int) -> str:
    """1,000 alive, 1,000 dark, one ping more, and the truth."""
    gone = missing(fping="fping")
    if gone:
        return gone
    with towns("bench") as [town], tempfile.TemporaryDirectory() as folder:
        town.rule(f"ip daddr 127.{DARK_NET}.0.0/16 drop")
        told = town.call(lambda: _measured(Path(folder), rounds), within_s=1200)
    return "\n".join([told, _truth(), ""])


def _measured(folder: Path, rounds: int) -> str:
    alive, dark = addresses(1000), addresses(1000, DARK_NET)
    commands = [
        _fping("1000 fping -i1", alive, "-i1"),
        _fping("1000 fping -i0", alive, "-i0"),
        _fping(f"{MANY} fping -i0", addresses(MANY), "-i0"),
        _fping(f"{FEW} fping -i0", addresses(FEW), "-i0"),
        _fping("dark fping -i0", dark, "-i0"),
        _run(folder / "alive", alive),
        _run(folder / "dark", dark, timeout_s=1.0),
        _echoes("1000 echoes", 1000, 0),
        _echoes(f"{MANY} echoes", MANY, 0),
        _echoes(f"{FEW} echoes", FEW, 0),
        _echoes("dark echoes", 0, 1000),
    ]
    costs = in_turn(commands, rounds)
    ours = each(costs[f"{MANY} echoes"], costs[f"{FEW} echoes"], MANY - FEW)
    theirs = each(costs[f"{MANY} fping -i0"], costs[f"{FEW} fping -i0"], MANY - FEW)
    whole, engine = "`healthcheck run`", "pinging alone, Python's start included"
    slow, fast, silent = costs["1000 fping -i1"], costs["1000 fping -i0"], costs["dark fping -i0"]
    return "\n".join(
        [
            "### Pings",
            "",
            BARS_HEAD,
            held(f"1,000 alive, {engine}", "fping -i1", costs["1000 echoes"], slow, wall(0.3, 0.1)),
            held(f"1,000 alive, {whole}", "fping -i1", costs["run alive"], slow, wall(0.3, 0.1)),
            held("one ping more", "fping -i0", ours, theirs, cpu(3, 2)),
            held(f"1,000 alive, {engine}", "fping -i0", costs["1000 echoes"], fast, cpu(8, 5.5)),
            held(f"1,000 dark, 1 s, {engine}", "fping -i0", costs["dark echoes"], silent, wall(1.5, 1.2)),
            held(f"1,000 dark, 1 s, {whole}", "fping -i0", costs["run dark"], silent, wall(1.5, 1.2)),
            "",
        ]
    )


def _fping(name: str, targets: Sequence[str], *options: str) -> Command:
    return Command(name, ["fping", "-q", "-c1", "-t1000", *options], exits=(0, 1), input="\n".join(targets))


def _run(folder: Path, targets: Sequence[str], *, timeout_s: float = 10.0) -> Command:
    folder.mkdir()
    file = config(folder, targets, [check("ping", "count = 1", timeout_s=timeout_s)])
    argv = [PROGRAM, "run", "--config", str(file), "--state-dir", str(folder / "state"), "--format", "json"]
    argv += ["--output", str(folder / "told.json")]
    return Command(f"run {folder.name}", argv, exits=(0, 1, 2, 3), env=ENVIRONMENT)


def _echoes(name: str, alive: int, dark: int) -> Command:
    argv = [sys.executable, "-m", "tests.bench.echoes", str(alive), str(dark), "1"]
    return Command(name, argv, env=ENVIRONMENT)


def _truth() -> str:
    """Nobody alive is called down and nobody else up, with one among them whose answers come after the deadline."""
    with towns("office", "site") as [office, site]:
        cable(office, "10.0.1.1/24", site, "10.0.1.2/24")
        office.rule(f"ip daddr 127.{DARK_NET}.0.0/16 drop")
        alive, dark, slow = addresses(600), addresses(399, DARK_NET), "10.0.2.2"
        with slow_line(office, "10.0.2.1/24", site, "10.0.2.2/24", delay_s=0.2):

            async def rounds() -> dict[str, int]:
                told = {"false down": 0, "false up": 0}
                pinger = Pinger()
                for _ in range(TRUTH_ROUNDS):
                    asked = [*alive, *dark, slow]
                    replies = await asyncio.gather(
                        *(pinger.ping(one, count=1, interval_s=1.0, left_s=0.3) for one in asked)
                    )
                    up = {reply.address for reply in replies if reply.rtts_s}
                    told["false down"] += len(set(alive) - up)
                    told["false up"] += len(up - set(alive))
                pinger.close()
                return told

            told = office.call(lambda: asyncio.run(rounds()), within_s=600)
    return f"{TRUTH_ROUNDS} rounds of 600 alive, 399 dark and one slow target: {json.dumps(told)}"
