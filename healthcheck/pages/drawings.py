"""What is drawn on a page: a clinic's days, and the course of a number.

Made of numbers and our own words alone, so that nothing in a drawing needs to be escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from healthcheck.findings import Sampled
from healthcheck.pages.strips import Cell
from healthcheck.sheets import SHAPES
from healthcheck.words import short_day

if TYPE_CHECKING:
    from markupsafe import Markup

WIDTH, HEIGHT = 240, 40
_GAP = timedelta(days=5)
"""A line is broken where nothing was measured for so long: a long weekend is shorter."""


def strip(cells: Sequence[Cell]) -> Markup:
    """One cell a day: its shape, its colour, its word."""
    from markupsafe import Markup  # late: it comes with the templates, which a light pass never needs

    return Markup("".join(map(_cell, cells)))  # noqa: S704  # see above


def _cell(cell: Cell) -> str:
    told = f"{short_day(cell.day)}: {cell.word}"
    css, shape = (cell.status.name.lower(), SHAPES[cell.status]) if cell.status else ("none", "–")
    return f'<li class="{css}" title="{told}">{shape}<span class="unseen"> {told}</span></li>'


def course(samples: Sequence[Sampled], top: float, says: str) -> Markup:
    """The course of a number from nothing to `top`, over the time of its samples; `says` tells it in words."""
    from markupsafe import Markup, escape

    begin, length = samples[0].at, (samples[-1].at - samples[0].at) / timedelta(seconds=1) or 1.0
    pieces: list[str] = []
    for number, sample in enumerate(samples):
        x = 3 + round((WIDTH - 6) * (sample.at - begin).total_seconds() / length)
        y = HEIGHT - 3 - round((HEIGHT - 6) * min(max(sample.value / top, 0.0), 1.0))
        goes_on = number and sample.at - samples[number - 1].at <= _GAP
        pieces.append(f"{'L' if goes_on else 'M'}{x} {y}")
    return Markup(  # noqa: S704
        f'<svg class="course" role="img" aria-label="{escape(says)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}"><title>{escape(says)}</title><path d="{"".join(pieces)}"/>'
        f'<circle cx="{x}" cy="{y}" r="3"/></svg>'
    )
