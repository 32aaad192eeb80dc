"""The drawing of what depends on what: no box over another, nothing outside, the same told in words."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.inventory.drawing import HIGHEST, WIDTH, Box, Figure, figures
from healthcheck.inventory.needs import in_words, parents
from healthcheck.model import Host, Practice, Service, Site
from tests.conftest import OPENS, PACIFIC
from tests.inventory.practices import PRACTICE, group

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=60)


@st.composite
def practices(draw: st.DrawFn) -> Practice:
    """Any that the config would accept: what a host needs comes before it, so nothing goes round in a circle."""
    sites: list[Site] = []
    earlier: list[str] = []
    for number in range(draw(st.integers(1, 6))):
        hosts = []
        for index in range(draw(st.integers(0, 6))):
            name = f"h{number}-{index}"
            gateway = index == 0 and draw(st.booleans())
            needed = draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else []
            role = "gateway" if gateway else "server"
            hosts.append(
                Host(name, f"S{number}", draw(NAMES), "192.0.2.1", role, depends_on=() if gateway else tuple(needed))
            )
            earlier.append(name)
        sites.append(Site(f"S{number}", PACIFIC, hosts=tuple(hosts)))
    services = tuple(
        Service(f"service {number}", needs=tuple(draw(st.lists(st.sampled_from(earlier), min_size=1, unique=True))))
        for number in range(draw(st.integers(0, 4)) if earlier else 0)
    )
    watcher = draw(st.sampled_from([site.name for site in sites]))
    return Practice("Foothill", PACIFIC, OPENS, watcher=watcher, sites=tuple(sites), services=services)


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def check(figure: Figure) -> None:
    for one, other in itertools.combinations(figure.boxes, 2):
        assert not overlap(one, other), (one, other)
    for box in figure.boxes:
        assert box.x >= 0 and box.x + box.width <= figure.width
        assert box.y >= 0 and box.y + box.height <= figure.height
        assert all(len(title) * 7 <= box.width for title in box.title)
        assert all(len(small) * 6 <= box.width for small in box.small)
    for line in figure.lines:
        assert all(0 <= x <= figure.width and 0 <= y <= figure.height for x, y in line.corners)
        ends = (line.corners[0], line.corners[-1])
        assert all(any(_touches(box, *end) for box in figure.boxes) or end[0] == 140 for end in ends)


def _touches(box: Box, x: float, y: float) -> bool:
    return x in (box.x, box.x + box.width) and box.y <= y <= box.y + box.height


@settings(max_examples=150, deadline=None)
@given(practices())
def test_no_box_stands_over_another_and_every_host_has_one(practice: Practice) -> None:
    drawn = figures(practice)
    for figure in drawn:
        check(figure)
    boxes = [box for figure in drawn if figure.title.startswith("How") for box in figure.boxes]
    assert len([box for box in boxes if box.small != ("see above",)]) == len(list(practice.hosts()))


def test_nine_clinics_of_five_devices_are_five_drawings_of_half_a_page_and_one_of_the_services() -> None:
    drawn = figures(group(9).practice)
    assert [figure.title for figure in drawn] == [
        "How the clinics are joined (1 of 5)",
        "How the clinics are joined (2 of 5)",
        "How the clinics are joined (3 of 5)",
        "How the clinics are joined (4 of 5)",
        "How the clinics are joined (5 of 5)",
        "What each service needs",
    ]
    for figure in drawn:
        check(figure)
        assert figure.width == WIDTH
        assert figure.height <= HIGHEST


def test_a_device_stands_right_of_what_it_needs_and_names_what_no_line_leads_to() -> None:
    server = replace(PRACTICE.sites[1].hosts[1], name="db", label="the database", address="")
    page = Host("page", "Pasadena", "the page", depends_on=("db", "main-router"))
    practice = replace(
        PRACTICE,
        sites=(PRACTICE.sites[0], Site("Pasadena", PACIFIC, hosts=(PRACTICE.sites[1].hosts[0], server, page))),
        services=(),
    )
    [figure] = figures(practice)
    boxes = {" ".join(box.title): box for box in figure.boxes}
    assert boxes["the internet box in Pasadena"].x < boxes["the database"].x < boxes["the page"].x
    assert boxes["the page"].small == ("page", "also needs main-router")


def test_a_clinic_hangs_on_the_line_of_the_office_only_where_both_have_an_internet_box() -> None:
    [figure] = figures(replace(PRACTICE, services=()))
    assert [line for line in figure.lines if line.corners[0][0] == 156 and line.corners[1][0] == 140]
    cut_off = replace(PRACTICE, services=(), sites=(replace(PRACTICE.sites[0], hosts=()), PRACTICE.sites[1]))
    [figure] = figures(cut_off)
    assert [line for line in figure.lines if line.corners[1][0] == 140] == []


def test_one_of_several_is_joined_by_a_broken_line() -> None:
    service = Service("Mail", needs=("main-router",), needs_any=("pasadena-server", "pasadena-printer"))
    figure = figures(replace(PRACTICE, services=(service,)))[-1]
    assert [line.dashed for line in figure.lines] == [False, True, True]


@given(practices())
def test_the_words_name_every_host_and_all_that_it_needs(practice: Practice) -> None:
    told = dict(in_words(practice))
    above = parents(practice)
    assert [title for title in told if title != "Services"] == [site.name for site in practice.sites]
    for site in practice.sites:
        assert len(told[site.name]) == len({above[host.name] for host in site.hosts})


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (Service("Mail", needs=("main-router",)), "Mail needs the internet box."),
        (
            Service("Mail", needs=("main-router",), needs_any=("pasadena-server", "pasadena-printer")),
            "Mail needs the internet box and the server in Pasadena or the printer in Pasadena.",
        ),
        (
            Service("Copies", needs=("Pasadena/pasadena-server/backup/night",)),
            "Copies needs the server in Pasadena (backup/night).",
        ),
    ],
    ids=["one", "all-and-one-of", "a-check"],
)
def test_a_service_says_what_it_needs(service: Service, says: str) -> None:
    assert dict(in_words(replace(PRACTICE, services=(service,))))["Services"] == (says,)
