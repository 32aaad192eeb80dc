"""The services: on the left what is used, on the right what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from healthcheck.inventory.drawing.shapes import ROW_GAP, WIDTH, Box, Figure, Line, box
from healthcheck.inventory.needs import host_of, label_of, needed_by
from healthcheck.model import Practice, Service
from healthcheck.words import join, plain

_MOST_NEEDED = 14
"""So many things on the right side of one drawing, so that it stays on one page."""
_BOX_WIDTH = 300.0


def figures(practice: Practice) -> Iterator[Figure]:
    """As many drawings as pages need; none where there is no service."""
    pages: list[list[Service]] = []
    for service in practice.services:
        if pages and len({need for one in (*pages[-1], service) for need in needed_by(one)}) <= _MOST_NEEDED:
            pages[-1].append(service)
        else:
            pages.append([service])
    for number, page in enumerate(pages, 1):
        yield _drawn(practice, page, f" ({number} of {len(pages)})" if len(pages) > 1 else "")


def _drawn(practice: Practice, services: Sequence[Service], part: str) -> Figure:
    right_x = WIDTH - _BOX_WIDTH
    needed: dict[str, Box] = {}
    right_y = 1.0
    for name in dict.fromkeys(need for service in services for need in needed_by(service)):
        host = host_of(practice, name)
        small = (f"{host.name} · {host.site}",) if host else ()
        needed[name] = box(right_x, right_y, _BOX_WIDTH, label_of(practice, name), small)
        right_y += needed[name].height + ROW_GAP
    used: list[Box] = []
    lines: list[Line] = []
    left_y = 1.0
    for service in services:
        words = ("no clinic can open without it" if service.essential else "", _users(practice, service))
        left = box(0, left_y, _BOX_WIDTH, service.name, tuple(filter(None, words)), strong=service.essential)
        used.append(left)
        left_y += left.height + ROW_GAP
        for name in needed_by(service):
            start, end = (right_x, needed[name].middle), (_BOX_WIDTH, left.middle)
            lines.append(Line((start, end), dashed=name in service.needs_any))
    return Figure(
        f"What each service needs{part}",
        f"{join(plain(service.name) for service in services)}: each on the left, joined to what it needs on the right; "
        "by a broken line where one of several is enough. The list below says the same in words.",
        WIDTH,
        max(left_y, right_y) - ROW_GAP + 1,
        (*used, *needed.values()),
        tuple(lines),
    )


def _users(practice: Practice, service: Service) -> str:
    if set(service.used_by) == {site.name for site in practice.sites}:
        return "used by every clinic" if len(practice.sites) > 1 else ""
    return f"used by {join(service.used_by)}"
