"""A site as a tree: each device in the column behind the one that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from healthcheck.model import Host, Site
from healthcheck.records import frozen


@frozen
class Placed:
    """A host in its site's tree: which column, which first row, and whom its line comes from."""

    host: Host
    column: int
    row: int
    parent: str


def tree(site: Site, above: Mapping[str, tuple[str, ...]]) -> Iterator[Placed]:
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

    def place(name: str, row: int) -> Iterator[Placed]:
        yield Placed(here[name], deep(name), row, parent[name])
        for child in below.get(name, ()):
            taken = list(place(child, row))
            yield from taken
            row = max(placed.row for placed in taken) + 1

    row = 0
    for root in below.get("", ()):
        taken = list(place(root, row))
        yield from taken
        row = max(placed.row for placed in taken) + 1
