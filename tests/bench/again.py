"""Rounds one after the other in one process, all imports done by the first: argv is a config, a state folder, how many.

The looking is done here and not in a process of its own, which would import the same again.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from healthcheck import config
from healthcheck.check import Planned
from healthcheck.model import Outcome
from healthcheck.rounds import run_round, worker


def main() -> None:
    read = config.load(Path(sys.argv[1]))
    worker.outcomes = _here
    for _ in range(int(sys.argv[3])):
        run_round(read, trigger="hand", state_dir=Path(sys.argv[2]))


def _here(
    plan: Sequence[Planned],
    look: worker.Look,
    *,
    deadline_s: float,
    on_done: worker.OnDone | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> list[Outcome]:
    done: dict[str, Outcome] = {}
    asyncio.run(look(lambda outcome: done.update({outcome.key: outcome})))
    return [done[planned.key] for planned in plan]


if __name__ == "__main__":
    main()
