from __future__ import annotations

from dataclasses import replace

import pytest

from healthcheck.findings import Incident
from healthcheck.model import Status
from healthcheck.report.headline import affected
from healthcheck.report.technical import technical
from healthcheck.words import sentence
from tests.report.mornings import Morning, a_practice, all_ok, nothing_checked


def blind(morning: Morning, owner: str = "Bay IT") -> tuple[Incident, ...]:
    """One incident for each server that could not be looked at, as diagnosis makes them."""
    return tuple(
        Incident(
            f"HC-20261123-{number}",
            f"{site.name}/{site.hosts[1].name}/disk",
            Status.UNKNOWN,
            site.name,
            site.hosts[1].name,
            f"{site.hosts[1].label} could not be checked: the login was refused.",
            "publickey refused",
            (f"{site.name}/{site.hosts[1].name}/disk",),
            owner=owner,
        )
        for number, site in enumerate(morning.practice.sites, 1)
    )


def test_what_could_not_be_checked_for_one_reason_is_one_thing_to_see_to() -> None:
    morning = all_ok()
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=blind(morning))).report()
    assert report.headline == "All 9 clinics can open. One thing needs a look."
    assert len(report.problems) == 9
    [card] = report.cards
    assert card.paragraphs[0] == "Eight more could not be checked for the same reason."
    assert report.steps[0].quote == (
        "This is Foothill Oncology Group. The reference is HC-20261123-1. "
        "The server in the main office could not be checked: the login was refused. "
        "Eight more could not be checked for the same reason."
    )
    assert technical(report).count("IN TECHNICAL WORDS") == 9


def test_where_one_reason_hides_everything_it_is_the_effect() -> None:
    morning = nothing_checked()
    [one, *_] = blind(morning)
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=(one,))).report()
    assert report.effect == sentence(one.says)


def test_when_nobody_knows_the_effect_is_how_little_was_seen() -> None:
    morning = nothing_checked()
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=blind(morning))).report()
    assert report.effect == "None of the 90 checks could be done."


@pytest.mark.parametrize(
    ("towns", "says"),
    [
        (("Main office",), "Main office is affected."),
        (("Main office", "Azusa"), "Both clinics are affected."),
        (("Main office", "Azusa", "Covina"), "All 3 clinics are affected."),
    ],
    ids=["one", "two", "three"],
)
def test_all_of_them_are_counted_as_people_count(towns: tuple[str, ...], says: str) -> None:
    assert affected(towns, a_practice(towns)) == says
