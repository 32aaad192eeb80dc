"""The card for the day when everything is dark: one page, in type as large as it can be.

It is read without a computer, so it holds what a person needs and nothing to look up: whom to call, what to tell them,
what to do meanwhile, where things stand, who has the keys.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from healthcheck.inventory.document import Inventory
from healthcheck.inventory.needs import host_of, needed_by
from healthcheck.model import Host, Practice, Site
from healthcheck.records import frozen
from healthcheck.words import join, plain, sentence

WIDTH_MM, HEIGHT_MM = 186.0, 252.0
"""What A4 and Letter both have left within margins of 10 mm; a little less, for printers and fonts differ."""
LARGEST_PT, READABLE_PT, SMALLEST_PT = 15.0, 8.5, 5.5
_STEP_PT = 0.25
_MM_PER_PT = 0.3528
_LINE = 1.3
_CHARACTER = 0.56
"""The width of a letter in heights of a letter: a wide typeface's, so that a narrow one fits too."""
_LONGEST = ((120, 70), (120, 0), (70, 0), (44, 0), (28, 0))
"""Characters of one thing, and of the rooms of a clinic (0: none); the next where that is too much for one page."""
_PHONE = 24
_MOST_CALLS, _MOST_LINES, _MOST_MEANWHILE, _MOST_PLACES, _MOST_KEYS, _MOST_DESKS = 7, 4, 5, 6, 6, 45
_DESKS_IN_A_COLUMN = 5
_MOST_COLUMNS = 3


@frozen
class Call:
    """Somebody to call, and what they are; `number` is what to give them."""

    name: str
    what: str
    phone: str
    number: str = ""


@frozen
class Desk:
    """A clinic's front desk, and where its devices stand."""

    site: str
    phone: str
    rooms: str


@frozen
class Card:
    """The card, cut to what fits on one page in type of `size_pt`.

    `places` and `keys` are pairs: what, and where. `heart` is the machine whose lamps to look at, with its place.
    """

    practice: str
    calls: tuple[Call, ...]
    lines: tuple[Call, ...]
    services: str
    heart: str
    meanwhile: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]
    desks: tuple[Desk, ...]
    columns: int
    left_out: bool = False
    size_pt: float = LARGEST_PT


def card(inventory: Inventory, callers: dict[str, str]) -> Card:
    """The card of an inventory; `callers` has the words for what people are.

    First whatever there is, in type that can be read from afar; where that is too much, shorter words before smaller
    type, for nobody reads the finest print in the dark.
    """
    for longest, rooms in _LONGEST:
        made = _as_large_as_can_be(_made(inventory, callers, longest, rooms))
        if made.size_pt >= READABLE_PT:
            break
    return made


def _made(inventory: Inventory, callers: dict[str, str], longest: int, rooms: int) -> Card:
    practice = inventory.practice

    def short(text: str) -> str:
        return plain(text, longest)

    calls = [Call(short(one.name), callers[one.role], plain(one.phone, _PHONE)) for one in inventory.contacts]
    lines = [
        Call(short(one.name), short(one.partner), plain(one.phone, _PHONE), short(one.number))
        for one in practice.contracts
        if one.phone
    ]
    meanwhile = [short(says) for says in _meanwhile(practice)]
    machines = list(_machines(practice))
    places = [(short(host.label), short(_place(host))) for host in machines]
    keys = [
        (short(one.purpose), short(one.kept_at + (f" ({one.kept_by})" if one.kept_by else "")))
        for one in practice.credentials
    ]
    desks = [_desk(site, longest, rooms) for site in practice.sites]
    return Card(
        practice=short(practice.name),
        calls=tuple(calls[:_MOST_CALLS]),
        lines=tuple(lines[:_MOST_LINES]),
        services=short(join(one.name for one in practice.services if one.essential)) or "nothing on the computers",
        heart=short(_heart(machines[0])) if machines else "the server",
        meanwhile=tuple(meanwhile[:_MOST_MEANWHILE]),
        places=tuple(places[:_MOST_PLACES]),
        keys=tuple(keys[:_MOST_KEYS]),
        desks=tuple(desks[:_MOST_DESKS]),
        columns=max(1, min(_MOST_COLUMNS, math.ceil(len(desks) / _DESKS_IN_A_COLUMN))),
        left_out=len(calls) > _MOST_CALLS
        or len(lines) > _MOST_LINES
        or len(meanwhile) > _MOST_MEANWHILE
        or len(places) > _MOST_PLACES
        or len(keys) > _MOST_KEYS
        or len(desks) > _MOST_DESKS,
    )


def _machines(practice: Practice) -> Iterator[Host]:
    """What the services need, the essential ones first and databases before all; then the office's internet box."""
    needed = [
        host
        for service in sorted(practice.services, key=lambda one: not one.essential)
        for host in (host_of(practice, name) for name in needed_by(service))
        if host is not None
    ]
    gateways = [site.gateway for site in practice.sites if site.name == practice.watcher and site.gateway]
    yield from dict.fromkeys((*sorted(needed, key=lambda host: host.role != "database"), *gateways))


def _place(host: Host) -> str:
    return f"{host.room}, {host.site}" if host.room else f"{host.site}; no room is written down"


def _heart(host: Host) -> str:
    """The machine whose lamps somebody should look at, so that they find it."""
    return f"{host.label} ({host.room}, {host.site})" if host.room else f"{host.label} ({host.site})"


def _meanwhile(practice: Practice) -> Iterator[str]:
    """What the services say to do until they are mended, the essential ones first; the same words once."""
    found: dict[str, list[str]] = {}
    for service in sorted(practice.services, key=lambda one: not one.essential):
        if service.until_fixed:
            found.setdefault(sentence(service.until_fixed), []).append(service.name)
    for says, names in found.items():
        yield f"{join(names)}: {says}"


def _desk(site: Site, longest: int, most: int) -> Desk:
    rooms = dict.fromkeys(host.room for host in site.hosts if host.room and host.role in ("gateway", "server"))
    return Desk(
        plain(site.name, min(40, longest)), plain(site.phone, _PHONE), plain("; ".join(rooms), most) if most else ""
    )


def _as_large_as_can_be(made: Card) -> Card:
    size = LARGEST_PT
    while size > SMALLEST_PT and _height_mm(made, size) > HEIGHT_MM:
        size -= _STEP_PT
    return replace(made, size_pt=size)


def _height_mm(made: Card, size_pt: float) -> float:
    """About how high the card is in type of that size; rather too much than too little."""
    em_mm = size_pt * _MM_PER_PT
    letters = WIDTH_MM / (em_mm * _CHARACTER)

    def rows(text: str, share: float = 1.0) -> int:
        return max(1, math.ceil(len(text) / max(4.0, share * letters - 2)))

    phone = max([16, *(len(one.phone) for one in (*made.calls, *made.lines))]) + 3
    beside = max(0.3, 1 - phone / letters)
    called = sum(rows(f"1. {one.name} ({one.what})", beside) for one in made.calls)
    called += sum(rows(f"{one.name}, {one.what}; our number there: {one.number}", beside) for one in made.lines)
    pairs = sum(max(rows(what, 0.42), rows(where, 0.52)) for what, where in (*made.places, *made.keys))
    desks = [
        rows(f"[] {desk.site} {desk.phone}", 0.95 / made.columns)
        + (rows(desk.rooms, 0.95 / made.columns) if desk.rooms else 0)
        for desk in made.desks
    ]
    high = max(1, math.ceil(len(desks) / made.columns))
    column = max((sum(desks[start : start + high]) for start in range(0, len(desks), high)), default=0)
    texts = (f"{made.practice}. {'x' * 120}", "x" * 75, f"{made.practice}{made.services}{made.heart}{'x' * 260}")
    nothing = (made.calls, made.meanwhile, made.places, made.keys).count(())
    lines = sum(map(rows, texts)) + sum(map(rows, made.meanwhile)) + made.left_out + 2 * nothing
    tables = called + pairs + column
    return em_mm * (_LINE * (lines + 1.1 * tables) + 6 * 2.2 + 2.4)
