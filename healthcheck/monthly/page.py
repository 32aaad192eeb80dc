"""What a month's report holds once every sentence is decided: the templates only lay it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthcheck.model import Status
from healthcheck.records import frozen

if TYPE_CHECKING:
    from markupsafe import Markup

    from healthcheck.monthly.facts import MonthFacts


@frozen
class Part:
    """A piece of a bar: what it stands for (one of `PARTS`), and how much of the whole it is (0 to 1)."""

    sort: str
    share: float


ANSWERED, SILENT, COULD_NOT_LOOK, NOT_WATCHED = "answered", "silent", "could not look", "not watched"
PARTS = {ANSWERED: "#1b6b3a", SILENT: "#a8201a", COULD_NOT_LOOK: "#4a5361", NOT_WATCHED: "#ffffff"}
"""The pieces of a bar in their order, with their colours. The numbers beside each bar say the same in words."""

NOTHING = "–"
"""What stands in a cell where there is nothing to tell."""


@frozen
class Row:
    """One line of a table. `bar` and `strip` are drawn where there is room; nothing is told by them alone."""

    cells: tuple[str, ...]
    status: Status | None = None
    bar: tuple[Part, ...] = ()
    strip: Markup | None = None


@frozen
class Section:
    """A heading, what there is to say, and a table if there is one. The first cell of a row is its heading."""

    title: str
    says: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@frozen(slots=False)
class Monthly:
    """One month's report, decided to the last word. `in_short` are the sentences that stand first."""

    facts: MonthFacts
    practice: str
    month: str
    subject: str
    in_short: tuple[str, ...]
    sections: tuple[Section, ...]
    made: str
