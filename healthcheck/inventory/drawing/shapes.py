"""What a drawing is made of. Lengths are in the drawing's own units, about one printed point."""

from __future__ import annotations

from collections.abc import Sequence

from healthcheck.records import frozen
from healthcheck.words import plain

WIDTH = 760.0
HIGHEST = 440.0
"""Two drawings that are no higher fit on a page, A4 or Letter, and print in letters that can be read."""
LINE = 15.0
PAD = 5.0
ROW_GAP = 8.0
_MARGIN = 14.0
"""Left and right of what stands in a box, together."""
_CHARACTER = 7.3
"""The width of a letter of the titles, rather too much than too little; the small print's is less."""
_SMALL_CHARACTER = 6.2


@frozen
class Box:
    """A thing: its plain name, below it in small print what else to know, in lines that are already cut to fit."""

    x: float
    y: float
    width: float
    height: float
    title: tuple[str, ...]
    small: tuple[str, ...] = ()
    strong: bool = False

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@frozen
class Line:
    """From what is needed to what needs it, as corners (x, y). `dashed`: one of several is enough."""

    corners: tuple[tuple[float, float], ...]
    dashed: bool = False

    @property
    def points(self) -> str:
        """As SVG wants them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.corners)


@frozen
class Label:
    """A clinic's name beside its devices, a line each."""

    x: float
    y: float
    lines: tuple[str, ...]


@frozen
class Figure:
    """A drawing. `title` and `says` are what somebody hears who cannot see it."""

    title: str
    says: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...] = ()


def box(x: float, y: float, width: float, label: str, small: Sequence[str], *, strong: bool = False) -> Box:
    """As high as its lines are."""
    title = tuple(wrapped(label, width - _MARGIN, 2))
    below = tuple(_cut(line, width - _MARGIN, _SMALL_CHARACTER) for line in small)
    height = LINE * len(title) + (LINE - 2) * len(below) + 2 * PAD
    return Box(x, y, width, height, title, below, strong)


def _cut(text: str, width: float, character: float) -> str:
    return plain(text, max(4, int(width / character)))


def wrapped(text: str, width: float, most_lines: int = 3) -> list[str]:
    """A name in lines, the last of them cut where there is more of it."""
    most = int(width / _CHARACTER)
    lines: list[str] = []
    for word in plain(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    kept = [*lines[: most_lines - 1], " ".join(lines[most_lines - 1 :])]
    return [plain(line, most) for line in kept if line]
