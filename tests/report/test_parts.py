from __future__ import annotations

from dataclasses import replace

import pytest

from healthcheck.model import Person, Practice
from healthcheck.report.contacts import contact, front_desk, others
from healthcheck.report.parts import Contact
from tests.report.mornings import a_practice


@pytest.mark.parametrize(
    ("phone", "link"),
    [
        ("555-0142", "tel:5550142"),
        ("(626) 555-0142", "tel:6265550142"),
        ("+1 626 555 0142", "tel:+16265550142"),
        ("555-0142 ext. 7", "tel:5550142;ext=7"),
        ("555-0142 x12", "tel:5550142;ext=12"),
        ("", ""),
        ("ask at the desk", ""),
        ('"><script>', ""),
    ],
)
def test_a_phone_number_becomes_a_link_that_dials(phone: str, link: str) -> None:
    assert Contact("Bay IT", phone).tel == link


def test_a_letter_has_its_words_inside_the_link() -> None:
    person = Contact("Bay IT", email="help@bayit.example")
    assert person.mailto("Two & two", "One\nTwo? ü") == (
        "mailto:help@bayit.example?subject=Two%20%26%20two&body=One%0D%0ATwo%3F%20%C3%BC"
    )


def test_an_address_cannot_add_to_the_link() -> None:
    person = Contact("Bay IT", email="a@b.example?bcc=thief@c.example&x=\r\n")
    assert person.mailto("s", "b") == "mailto:a@b.example%3Fbcc%3Dthief@c.example%26x%3D%0D%0A?subject=s&body=b"


def test_the_owner_is_called_if_the_practice_knows_them() -> None:
    practice = a_practice()
    assert contact(practice, "ChartSoft") == Contact("ChartSoft", "800-555-0199", "support@chartsoft.example")


@pytest.mark.parametrize("owner", ["", "Somebody unknown"])
def test_else_the_first_person_for_it_is_called(owner: str) -> None:
    assert contact(a_practice(), owner) == Contact("Bay IT", "555-0142", "help@bayit.example")


def test_without_anybody_for_it_the_words_still_work() -> None:
    practice = replace(a_practice(), people=())
    assert contact(practice) == Contact("your IT contractor")


def test_a_site_without_a_phone_has_no_front_desk_to_call() -> None:
    practice = a_practice()
    silent = replace(practice, sites=tuple(replace(site, phone="") for site in practice.sites))
    assert front_desk(practice, "Pasadena") == Contact("the front desk at Pasadena", "555-0102")
    assert front_desk(silent, "Pasadena") is None
    assert front_desk(practice, "Nowhere") is None


def test_the_makers_are_next_to_call_and_nobody_is_called_twice() -> None:
    practice: Practice = a_practice()
    people = (*practice.people, Person("Night IT", "it", "555-0143"))
    called = contact(practice)
    assert [person.name for person in others(replace(practice, people=people), called)] == [
        "ChartSoft",
        "Night IT",
        "Maria Lopez",
    ]
