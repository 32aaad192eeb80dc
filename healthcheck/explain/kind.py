"""A kind of check, explained from its manual page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthcheck.check import Planned
from healthcheck.explain.layout import listed, paragraph, section, states
from healthcheck.explain.manual import read
from healthcheck.explain.settings import defaults
from healthcheck.plugins import Kind
from healthcheck.words import plain

MOST_KEYS = 20


def explain_kind(kind: Kind, planned: Sequence[Planned] = ()) -> Iterator[str]:
    """What it looks at, what each state means, its settings, and where `planned` uses it."""
    manual = read(kind.manual)
    yield f"{kind.name}: {manual.summary}"
    yield from section("WHAT EACH STATE MEANS", states(manual))
    known = dict(defaults(kind.check))
    about = [(name, _setting(says, known.get(name, ""))) for name, says in manual.settings.items()]
    yield from section("SETTINGS", listed(about))
    yield from section("MORE", _apart(manual.rest))
    mine = [one.key for one in planned if one.check.kind == kind.name]
    more = [f"  and {len(mine) - MOST_KEYS} more"] if len(mine) > MOST_KEYS else []
    yield from section("IN YOUR CONFIG", [*(f"  {plain(key)}" for key in mine[:MOST_KEYS]), *more])


def _setting(says: str, default: str) -> str:
    if default == "must be given":
        return f"{says} (must be given)"
    return f"{says} [{default}]" if default else says


def _apart(paragraphs: Sequence[str]) -> Iterator[str]:
    for number, text in enumerate(paragraphs):
        if number:
            yield ""
        yield paragraph(text)
