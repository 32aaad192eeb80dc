"""Lays a month's report out: page, mail, text, Markdown, JSON. Nothing is decided here but the layout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from healthcheck.model import Attachment, Message
from healthcheck.monthly.document import document
from healthcheck.monthly.page import NOTHING, PARTS, Monthly, Part, Row
from healthcheck.report.render import escaped, wrapped
from healthcheck.sheets import environment
from healthcheck.words import ascii_line, percent

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = "healthcheck.monthly"
_WIDTH, _HEIGHT = 1000, 18


def html(month: Monthly) -> str:
    """A page for screen and paper."""
    return _html().get_template("monthly.html.j2").render(month=month, parts=PARTS)


def mail(month: Monthly) -> str:
    """The same as a mail: tables and inline styles, bars as cells of a table, nothing loaded from anywhere."""
    return _html().get_template("mail.html.j2").render(month=month, parts=PARTS)


def text(month: Monthly) -> str:
    """The same as plain text."""
    return _plain().get_template("monthly.txt.j2").render(month=month)


def markdown(month: Monthly) -> str:
    """The same for a ticket or a wiki."""
    return _markdown().get_template("monthly.md.j2").render(month=month)


def as_json(month: Monthly) -> str:
    """The same for programs, as text."""
    return json.dumps(document(month), ensure_ascii=False, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Monthly], str]] = {
    "text": text,
    "html": html,
    "markdown": markdown,
    "json": as_json,
}
"""How a month's report is written to standard output or a file."""


def message(month: Monthly, channel: str) -> Message:
    """The report for one delivery. A program gets the numbers."""
    subject = ascii_line(month.subject)
    if channel == "webhook":
        return Message(subject, text(month), "", (Attachment("monthly.json", as_json(month)),))
    short = "\n".join([month.subject, *month.in_short])
    attached = Attachment(f"service-report-{month.facts.month}.json", as_json(month))
    return Message(subject, text(month), mail(month), (attached,), short)


def named(row: Row, columns: Sequence[str]) -> list[tuple[str, str]]:
    """The cells behind the first, each with its column's name; those with nothing to tell are left out."""
    return [(name, cell) for name, cell in zip(columns[1:], row.cells[1:], strict=True) if cell not in ("", NOTHING)]


def in_line(row: Row, columns: Sequence[str]) -> str:
    """A row without a table: "OK: Pasadena. Answered: 99.2 percent. Silent: 2 hours." """
    first = f"{row.status.word}: {row.cells[0]}" if row.status else row.cells[0]
    told = (f"{name}: {cell}" for name, cell in named(row, columns))
    return " ".join(f"{part.rstrip('.')}." for part in (first, *told))


def bar(parts: Sequence[Part]) -> Markup:
    """A bar of the opening hours, told in words as well."""
    from markupsafe import Markup

    told = ", ".join(f"{part.sort} {percent(100 * part.share)}" for part in parts)
    drawn, x = "", 0.0
    for part in parts:
        width = part.share * _WIDTH
        css = part.sort.replace(" ", "-")
        drawn += f'<rect class="{css}" x="{x:.1f}" y="0" width="{max(width, 2):.1f}" height="{_HEIGHT}"/>'
        x += width
    return Markup(  # noqa: S704  # numbers and our own words alone
        f'<svg class="bar" role="img" aria-label="{told}" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
        f"<title>{told}</title>{drawn}</svg>"
    )


def sign(sort: str) -> Markup:
    """A small piece of a bar, for the legend, which says its word beside it."""
    from markupsafe import Markup

    css = sort.replace(" ", "-")
    return Markup(  # noqa: S704
        '<svg class="bar" aria-hidden="true" viewBox="0 0 22 14" style="display:inline;min-width:0">'
        f'<rect class="{css}" width="22" height="14"/></svg>'
    )


def width(part: Part) -> int:
    """The width of a cell in percent: never nothing, for what is there must be seen."""
    return max(1, round(100 * part.share))


@cache
def _html() -> Environment:
    made = environment(TEMPLATES)
    made.filters |= {"bar": bar, "named": named, "sign": sign, "width": width}
    return made


@cache
def _plain() -> Environment:
    made = environment(TEMPLATES, autoescape=False)
    made.filters |= {"wrapped": wrapped, "in_line": in_line}
    return made


@cache
def _markdown() -> Environment:
    made = environment(TEMPLATES, autoescape=False)
    made.finalize = lambda value: escaped(str(value))
    return made
