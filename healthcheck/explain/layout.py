"""How an explanation is laid out: sections with a heading, paragraphs, and lists with a word at the start."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from healthcheck.explain.manual import Manual
from healthcheck.model import Status

WIDTH = 96
_IN_THIS_ORDER = (Status.OK, Status.WARNING, Status.CRITICAL, Status.UNKNOWN)


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A heading and what stands below it; nothing for nothing."""
    found = list(lines)
    if found:
        yield from ("", title, *found)


def paragraph(text: str, indent: int = 2) -> str:
    """Wrapped. What a manual lays out line by line (a list, a line to copy) stays as it is."""
    blanks = " " * indent
    if re.search(r"^(?: {2,}|- )", text, re.MULTILINE):
        return textwrap.indent(text, blanks)
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent=blanks, subsequent_indent=blanks, break_on_hyphens=False
    )


def listed(items: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A word and what it means, beside each other."""
    pairs = list(items)
    width = max((len(word) for word, _ in pairs), default=0)
    for word, says in pairs:
        yield textwrap.fill(
            f"{word:<{width}}  {says}".rstrip(),
            WIDTH,
            initial_indent="  ",
            subsequent_indent=" " * (width + 4),
            break_on_hyphens=False,
        )


def states(manual: Manual) -> Iterator[str]:
    """What each state means, in the order from well to not known."""
    return listed((status.word, manual.means(status)) for status in _IN_THIS_ORDER if manual.means(status))
