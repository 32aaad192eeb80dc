"""How far a round is: a live line on a terminal, nothing elsewhere."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from healthcheck.model import Outcome

Show = Callable[[Outcome, str], None]


@contextlib.contextmanager
def progress(total: int) -> Iterator[Show]:
    """A function that is told of each outcome and of its line for standard output, "" for none.

    On a terminal a live line below shows which site, and how many of how many.
    """
    if not sys.stderr.isatty():
        yield _print
        return
    from rich.console import Console  # slow to import, and only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        task = live.add_task("Starting", total=total)

        def show(outcome: Outcome, line: str) -> None:
            live.update(task, advance=1, description=outcome.site)
            if line and sys.stdout.isatty():
                live.console.print(line, markup=False, highlight=False)
            else:
                _print(outcome, line)

        yield show


def _print(outcome: Outcome, line: str) -> None:
    if line:
        print(line, flush=True)
