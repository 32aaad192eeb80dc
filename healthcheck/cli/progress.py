"""How far a round is: a live line on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from healthcheck.model import Outcome


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """A function that is told of each outcome; on a terminal it shows which site and how many of how many."""
    if not sys.stderr.isatty():
        yield lambda outcome: None
        return
    from rich.console import Console  # slow to import, and only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        task = live.add_task("Starting", total=total)

        def show(outcome: Outcome) -> None:
            live.update(task, advance=1, description=f"{outcome.site}: {outcome.host}")

        yield show
