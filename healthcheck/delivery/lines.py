"""A message as lines, cut to what a service takes: whole lines only, and a word where some did not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from healthcheck.model import Message

CUT = "(The rest did not fit here.)"


def lines_of(message: Message) -> list[str]:
    """The short form, where there is one, a paragraph a line."""
    return (message.short or message.text).strip().split("\n")


def fitted(lines: Iterable[str], limit: int, size: Callable[[str], int] = lambda line: len(line) + 1) -> list[str]:
    """As many of the lines as fit, whole, and a word where some did not."""
    kept: list[str] = []
    left = limit
    waiting = list(lines)
    whole = sum(map(size, waiting)) <= limit
    for line in waiting:
        if not whole and size(line) > left - size(CUT):
            return [*kept, CUT]
        kept.append(line)
        left -= size(line)
    return kept


def grouped(lines: Iterable[str], limit: int) -> list[str]:
    """The lines put together in texts of at most so many characters; a line that is longer is cut."""
    texts: list[str] = []
    for line in lines:
        cut = line[:limit]
        if texts and len(texts[-1]) + 1 + len(cut) <= limit:
            texts[-1] += f"\n{cut}"
        else:
            texts.append(cut)
    return [text for text in texts if text.strip()]
