"""Where boxes and lines stand in a drawing of what depends on what: layers from left to right, no box over another.

Lengths are in the drawing's own units, about one printed point. Every function is pure: the same practice gives the
same drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from healthcheck.inventory.needs import host_of, label_of, needed_by, parents
from healthcheck.model import Host, Practice, Service, Site
from healthcheck.words import join, plain

WIDTH = 760.0
HIGHEST = 560.0
"""Two drawings that are no higher fit on a page, A4 or Letter, and one beneath what else stands there."""
_NAMES_WIDTH = 128.0
"""The column in which the clinics' names stand."""
_TRUNK = 140.0
"""Where the line runs down that joins the clinics to the watcher's office."""
_LEFT = 156.0
_GAP = 26.0
_LINE = 15.0
_PAD = 5.0
_ROW_GAP = 8.0
_SITE_GAP = 14.0
_CHARACTER = 7.3
"""The width of a letter of the titles, rather too much than too little; the small print's is less."""
_SMALL_CHARACTER = 6.2
_NARROWEST = 170.0


@dataclass(frozen=True, slots=True)
class Box:
    """A thing: its plain name, below it in small print what else to know, one line each; already cut to fit."""

    x: float
    y: float
    width: float
    height: float
    title: str
    small: tuple[str, ...] = ()
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """From what is needed to what needs it, as corners (x, y). `dashed`: one of several is enough."""

    corners: tuple[tuple[float, float], ...]
    dashed: bool = False

    @property
    def points(self) -> str:
        """As SVG wants them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.corners)


@dataclass(frozen=True, slots=True)
class Label:
    """A clinic's name beside its devices, a line each."""

    x: float
    y: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing. `title` and `says` are what somebody hears who cannot see it."""

    title: str
    says: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...] = ()


def figures(practice: Practice) -> tuple[Figure, ...]:
    """The clinics and how they are joined, then the services and what they need; as many drawings as pages need."""
    return (*_network(practice), *_services(practice))


# The clinics: each site is a band of its own, and within it a tree.


@dataclass(frozen=True, slots=True)
class _Placed:
    """A host in its site's tree: which column, which first row, and whom its line comes from."""

    host: Host
    column: int
    row: int
    parent: str


@dataclass(frozen=True, slots=True)
class _Band:
    site: Site
    placed: tuple[_Placed, ...]
    row_heights: tuple[float, ...]

    @property
    def height(self) -> float:
        rows = sum(self.row_heights) + _ROW_GAP * max(0, len(self.row_heights) - 1)
        return max(rows, _LINE * len(_wrapped(self.site.name, _NAMES_WIDTH)) + _PAD)


def _network(practice: Practice) -> Iterator[Figure]:
    above = parents(practice)
    sites = sorted(practice.sites, key=lambda site: site.name != practice.watcher)
    trees = [tuple(_tree(site, above)) for site in sites]
    columns = 1 + max((placed.column for tree in trees for placed in tree), default=0)
    column_width = max(_NARROWEST, min(300.0, (WIDTH - _LEFT + _GAP) / columns))
    width = max(WIDTH, _LEFT + columns * column_width - _GAP)
    bands = [_band(site, tree, above, column_width - _GAP) for site, tree in zip(sites, trees, strict=True)]
    own = practice.site(practice.watcher).gateway if practice.watcher in {site.name for site in sites} else None
    again = _box_height(("",)) + _SITE_GAP if own else 0.0
    pages = _evenly(bands, again)
    for number, page in enumerate(pages, 1):
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        yield _drawn(practice, page, above, column_width, width, part, own if number > 1 else None)


def _tree(site: Site, above: Mapping[str, tuple[str, ...]]) -> Iterator[_Placed]:
    """Each host in the column behind the one it needs; a branch takes as many rows as it has leaves."""
    here = {host.name: host for host in site.hosts}
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 0  # a circle, which the config refuses, would end here
            depth[name] = max((1 + deep(up) for up in above.get(name, ()) if up in here), default=0)
        return depth[name]

    parent = {name: max((up for up in above.get(name, ()) if up in here), key=deep, default="") for name in here}
    below: dict[str, list[str]] = {}
    for name in here:
        below.setdefault(parent[name], []).append(name)

    def place(name: str, row: int) -> Iterator[_Placed]:
        yield _Placed(here[name], deep(name), row, parent[name])
        for child in below.get(name, ()):
            taken = list(place(child, row))
            yield from taken
            row = max(placed.row for placed in taken) + 1

    row = 0
    for root in below.get("", ()):
        taken = list(place(root, row))
        yield from taken
        row = max(placed.row for placed in taken) + 1


def _band(site: Site, tree: Sequence[_Placed], above: Mapping[str, tuple[str, ...]], box_width: float) -> _Band:
    rows = 1 + max((placed.row for placed in tree), default=-1)
    heights = [0.0] * rows
    for placed in tree:
        small = _small(placed, above, box_width)
        heights[placed.row] = max(heights[placed.row], _box_height(small))
    return _Band(site, tuple(tree), tuple(heights))


def _evenly(bands: Sequence[_Band], again: float) -> list[list[_Band]]:
    """As few pages as can be, none much fuller than the others."""
    highest = HIGHEST
    pages = fewest = list(_pages(bands, again, highest))
    while len(pages) == len(fewest) and len(pages) > 1 and highest > 0:
        fewest, highest = pages, highest - 20
        pages = list(_pages(bands, again, highest))
    return fewest


def _pages(bands: Iterable[_Band], again: float, highest: float) -> Iterator[list[_Band]]:
    """The bands that stand on each page; `again` is the room that later pages need for the office's own gateway."""
    page: list[_Band] = []
    used = 0.0
    for band in bands:
        if page and used + band.height > highest:
            yield page
            page, used = [], again
        page.append(band)
        used += band.height + _SITE_GAP
    if page:
        yield page


def _drawn(
    practice: Practice,
    bands: Sequence[_Band],
    above: Mapping[str, tuple[str, ...]],
    column_width: float,
    width: float,
    part: str,
    own: Host | None,
) -> Figure:
    """One page of bands. `own` is the office's gateway where it stands on an earlier page and is drawn once more."""
    box_width = column_width - _GAP
    boxes: dict[str, Box] = {}
    lines: list[Line] = []
    labels: list[Label] = []
    trunk: list[float] = []
    root: Box | None = None
    y = 1.0
    if own is not None:
        root = Box(_LEFT, y, box_width, _box_height(("see above",)), _cut(own.label, box_width), ("see above",), True)
        boxes[f" {own.name}"] = root
        labels.append(Label(0, y + _LINE, tuple(_wrapped(practice.watcher, _NAMES_WIDTH))))
        y += root.height + _SITE_GAP
    for band in bands:
        tops = [y + sum(band.row_heights[:row]) + _ROW_GAP * row for row in range(len(band.row_heights))]
        labels.append(Label(0, y + _LINE, tuple(_wrapped(band.site.name, _NAMES_WIDTH))))
        for placed in band.placed:
            small = _small(placed, above, box_width)
            box = Box(
                _LEFT + placed.column * column_width,
                tops[placed.row],
                box_width,
                _box_height(small),
                _cut(placed.host.label, box_width),
                small,
                placed.host.role == "gateway",
            )
            boxes[placed.host.name] = box
            if placed.parent:
                lines.append(_branch(boxes[placed.parent], box))
        gateway = band.site.gateway
        if gateway is not None and band.site.name == practice.watcher:
            root = boxes[gateway.name]
        elif gateway is not None and _joined(practice, gateway, above):
            trunk.append(boxes[gateway.name].y + _LINE)
        y += band.height + _SITE_GAP
    if root is not None and trunk:
        start = root.y + _LINE
        lines.append(Line(((_LEFT, start), (_TRUNK, start), (_TRUNK, trunk[-1]), (_LEFT, trunk[-1]))))
        lines += [Line(((_TRUNK, at), (_LEFT, at))) for at in trunk[:-1]]
    return Figure(
        f"How the clinics are joined{part}",
        f"{join(plain(band.site.name) for band in bands)}: each device stands right of the one that it needs. "
        "The list below says the same in words.",
        width,
        y - _SITE_GAP + 1,
        tuple(boxes.values()),
        tuple(lines),
        tuple(labels),
    )


def _joined(practice: Practice, gateway: Host, above: Mapping[str, tuple[str, ...]]) -> bool:
    own = practice.site(practice.watcher).gateway
    return own is not None and own.name in above.get(gateway.name, ())


def _branch(above: Box, below: Box) -> Line:
    """From the right side of one box to the left of another, round a corner half-way."""
    start, end = above.y + _LINE, below.y + _LINE
    middle = below.x - _GAP / 2
    if start == end:
        return Line(((above.x + above.width, start), (below.x, end)))
    return Line(((above.x + above.width, start), (middle, start), (middle, end), (below.x, end)))


def _small(placed: _Placed, above: Mapping[str, tuple[str, ...]], width: float) -> tuple[str, ...]:
    host = placed.host
    known = [word for word in (host.name if host.name != host.label else "", host.address) if word]
    also = [name for name in host.depends_on if name != placed.parent]
    lines = [" · ".join(known)] if known else []
    if also:
        lines.append(f"also needs {join(also)}")
    return tuple(_cut(line, width, _SMALL_CHARACTER) for line in lines)


# The services: on the left what is used, on the right what it needs.


def _services(practice: Practice) -> Iterator[Figure]:
    pages: list[list[Service]] = []
    for service in practice.services:
        if pages and len({need for one in (*pages[-1], service) for need in needed_by(one)}) <= _MOST_NEEDED:
            pages[-1].append(service)
        else:
            pages.append([service])
    for number, page in enumerate(pages, 1):
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        yield _services_drawn(practice, page, part)


_MOST_NEEDED = 16
"""So many things on the right side of one drawing, so that it stays on one page."""


def _services_drawn(practice: Practice, services: Sequence[Service], part: str) -> Figure:
    width = 300.0
    right_x = WIDTH - width
    right: dict[str, Box] = {}
    y = 1.0
    for name in dict.fromkeys(need for service in services for need in needed_by(service)):
        host = host_of(practice, name)
        small = tuple(
            _cut(line, width, _SMALL_CHARACTER) for line in ([f"{host.name} · {host.site}"] if host else []) if line
        )
        right[name] = Box(right_x, y, width, _box_height(small), _cut(label_of(practice, name), width), small)
        y += right[name].height + _ROW_GAP
    left: list[Box] = []
    lines: list[Line] = []
    left_y = 1.0
    for service in services:
        small = tuple(
            _cut(line, width, _SMALL_CHARACTER)
            for line in ("no clinic can open without it" if service.essential else "", _users(practice, service))
            if line
        )
        box = Box(0, left_y, width, _box_height(small), _cut(service.name, width), small, service.essential)
        left.append(box)
        left_y += box.height + _ROW_GAP
        for name in needed_by(service):
            start, end = right[name].y + right[name].height / 2, box.y + box.height / 2
            lines.append(Line(((right_x, start), (width, end)), dashed=name in service.needs_any))
    return Figure(
        f"What each service needs{part}",
        f"{join(plain(service.name) for service in services)}: each on the left, joined to what it needs on the right; "
        "by a broken line where one of several is enough. The list below says the same in words.",
        WIDTH,
        max(y, left_y) - _ROW_GAP + 1,
        (*left, *right.values()),
        tuple(lines),
    )


def _users(practice: Practice, service: Service) -> str:
    if set(service.used_by) == {site.name for site in practice.sites}:
        return "used by every clinic" if len(practice.sites) > 1 else ""
    return f"used by {join(service.used_by)}"


def _box_height(small: Sequence[str]) -> float:
    return _LINE + (_LINE - 2) * len(small) + 2 * _PAD


def _cut(text: str, width: float, character: float = _CHARACTER) -> str:
    return plain(text, max(4, int((width - 2 * _PAD - 4) / character)))


def _wrapped(text: str, width: float) -> list[str]:
    """A name in at most three lines."""
    most = int(width / _CHARACTER)
    lines: list[str] = []
    for word in plain(text).split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [plain(line, most) for line in lines[:3]]
