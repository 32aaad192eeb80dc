"""The clinics: each site is a band of its own, all joined by a line down from the watcher's office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from healthcheck.inventory.drawing.shapes import (
    HIGHEST,
    LINE,
    PAD,
    ROW_GAP,
    WIDTH,
    Box,
    Figure,
    Label,
    Line,
    box,
    wrapped,
)
from healthcheck.inventory.drawing.tree import Placed, tree
from healthcheck.inventory.needs import parents
from healthcheck.model import Host, Practice, Site
from healthcheck.records import frozen
from healthcheck.words import join, plain

_NAMES_WIDTH = 128.0
"""The column in which the clinics' names stand."""
_TRUNK = 140.0
"""Where the line runs down that joins the clinics to the watcher's office."""
_LEFT = 156.0
_GAP = 26.0
_SITE_GAP = 14.0
_NARROWEST, _WIDEST = 206.0, 300.0
_LESS = 20.0
"""By so much a page is made lower, until there is one more of them."""
_AGAIN = ("see above",)


@frozen
class _Band:
    """A site and where its devices stand; `joined` is whether it hangs on the office's internet box."""

    site: Site
    placed: tuple[Placed, ...]
    row_heights: tuple[float, ...]
    joined: bool

    @property
    def name(self) -> tuple[str, ...]:
        return tuple(wrapped(self.site.name, _NAMES_WIDTH))

    @property
    def height(self) -> float:
        rows = sum(self.row_heights) + ROW_GAP * max(0, len(self.row_heights) - 1)
        return max(rows, LINE * len(self.name) + PAD)


def figures(practice: Practice) -> Iterator[Figure]:
    """The office first; as many drawings as pages need."""
    above = parents(practice)
    sites = sorted(practice.sites, key=lambda site: site.name != practice.watcher)
    trees = {site.name: tuple(tree(site, above)) for site in sites}
    columns = 1 + max((placed.column for placed_ in trees.values() for placed in placed_), default=0)
    step = max(_NARROWEST, min(_WIDEST, (WIDTH - _LEFT + _GAP) / columns))
    own = next((site.gateway for site in sites if site.name == practice.watcher), None)
    bands = [_band(site, trees[site.name], above, own, step - _GAP) for site in sites]
    again = _again(own, step, 0.0).height + _SITE_GAP if own else 0.0
    pages = _evenly(bands, again)
    for number, page in enumerate(pages, 1):
        drawn = _Drawn(step)
        if own is not None and number > 1:
            drawn.root(own, practice.watcher)
        for band in page:
            drawn.band(band, is_office=band.site.name == practice.watcher)
        part = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        yield drawn.figure(page, part, max(WIDTH, _LEFT + columns * step - _GAP))


def _band(
    site: Site, placed: Sequence[Placed], above: Mapping[str, tuple[str, ...]], own: Host | None, width: float
) -> _Band:
    heights = [0.0] * (1 + max((one.row for one in placed), default=-1))
    for one in placed:
        heights[one.row] = max(heights[one.row], box(0, 0, width, one.host.label, _small(one)).height)
    joined = own is not None and site.gateway is not None and own.name in above[site.gateway.name]
    return _Band(site, tuple(placed), tuple(heights), joined)


def _small(placed: Placed) -> tuple[str, ...]:
    host = placed.host
    known = " · ".join(word for word in (host.name if host.name != host.label else "", host.address) if word)
    also = [name for name in host.depends_on if name != placed.parent]
    return tuple(filter(None, (known, f"also needs {join(also)}" if also else "")))


def _again(own: Host, step: float, y: float) -> Box:
    """The office's internet box where it stands on an earlier page."""
    return box(_LEFT, y, step - _GAP, own.label, _AGAIN, strong=True)


def _evenly(bands: Sequence[_Band], again: float) -> list[list[_Band]]:
    """As few pages as can be, none much fuller than the others."""
    highest = HIGHEST
    pages = fewest = list(_pages(bands, again, highest))
    while len(pages) == len(fewest) and len(pages) > 1 and highest > 0:
        fewest, highest = pages, highest - _LESS
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


@dataclass
class _Drawn:
    """One page as it fills from the top; `step` is from one column to the next."""

    step: float
    y: float = 1.0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    trunk: list[float] = field(default_factory=list)
    start: float | None = None

    def root(self, own: Host, office: str) -> None:
        """Begin with the office's internet box once more."""
        found = _again(own, self.step, self.y)
        self.boxes.append(found)
        self.start = found.y + LINE
        self.labels.append(Label(0, self.y + LINE, tuple(wrapped(office, _NAMES_WIDTH))))
        self.y += found.height + _SITE_GAP

    def band(self, band: _Band, *, is_office: bool) -> None:
        """Put a site below what is there."""
        self.labels.append(Label(0, self.y + LINE, band.name))
        here: dict[str, Box] = {}
        for placed in band.placed:
            top = self.y + sum(band.row_heights[: placed.row]) + ROW_GAP * placed.row
            left = _LEFT + placed.column * self.step
            strong = placed.host.role == "gateway"
            here[placed.host.name] = box(left, top, self.step - _GAP, placed.host.label, _small(placed), strong=strong)
            if placed.parent:
                self.lines.append(_branch(here[placed.parent], here[placed.host.name]))
        self.boxes += here.values()
        if band.site.gateway is not None:
            gateway = here[band.site.gateway.name].y + LINE
            if is_office:
                self.start = gateway
            elif band.joined:
                self.trunk.append(gateway)
        self.y += band.height + _SITE_GAP

    def figure(self, bands: Sequence[_Band], part: str, width: float) -> Figure:
        """The page as it is now, with the line that joins its sites."""
        joins = []
        if self.start is not None and self.trunk:
            *between, last = self.trunk
            joins.append(Line(((_LEFT, self.start), (_TRUNK, self.start), (_TRUNK, last), (_LEFT, last))))
            joins += [Line(((_TRUNK, at), (_LEFT, at))) for at in between]
        return Figure(
            f"How the clinics are joined{part}",
            f"{join(plain(band.site.name) for band in bands)}: each device stands right of the one that it needs. "
            "The list below says the same in words.",
            width,
            self.y - _SITE_GAP + 1,
            tuple(self.boxes),
            (*self.lines, *joins),
            tuple(self.labels),
        )


def _branch(above: Box, below: Box) -> Line:
    """From the right side of one box to the left of another, round a corner half-way."""
    start, end = above.y + LINE, below.y + LINE
    corner = below.x - _GAP / 2
    if start == end:
        return Line(((above.x + above.width, start), (below.x, end)))
    return Line(((above.x + above.width, start), (corner, start), (corner, end), (below.x, end)))
