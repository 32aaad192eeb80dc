"""How a page looks that is read on a screen or printed: its frame, its signs, its colours.

A room that makes pages keeps its own templates in `templates/`, begins each page with `{% extends "sheet.html.j2" %}`
and takes the signs from `{% from "signs.html.j2" import badge %}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from healthcheck.model import Status

if TYPE_CHECKING:
    from jinja2 import Environment

SHAPES = {Status.OK: "✓", Status.WARNING: "▲", Status.CRITICAL: "■", Status.UNKNOWN: "?"}
"""Each state has a shape of its own: nobody needs to tell colours apart."""
COLOURS = {Status.OK: "#1b6b3a", Status.WARNING: "#855000", Status.CRITICAL: "#a8201a", Status.UNKNOWN: "#4a5361"}
"""Fills behind white letters, each with a contrast of 5.5 or more."""


def environment(package: str, *, autoescape: bool = True) -> Environment:
    """The templates of a package, and below them the frame that all share.

    With `autoescape` everything is escaped, whatever a template's name ends in: remote output is hostile until then.
    Templates see the enumeration of states as `Status`.
    """
    import jinja2  # late: a light pass between reports never needs it

    from healthcheck.sheets.compiled import BesideTheTemplates

    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader(__name__)]),
        autoescape=autoescape,  # noqa: S701  plain text has no markup to escape
        optimized=False,  # each template is filled once or twice a process: folding constants costs more than it saves
        bytecode_cache=BesideTheTemplates("markup" if autoescape else "text"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"Status": Status, "shapes": SHAPES, "colours": COLOURS}
    return made
