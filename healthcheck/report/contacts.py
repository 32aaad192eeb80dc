"""Whom to call about what."""

from __future__ import annotations

from healthcheck.model import Person, Practice
from healthcheck.report.parts import Contact

NOBODY = Contact("your IT contractor")


def contact(practice: Practice, owner: str = "") -> Contact:
    """The owner, if it is somebody that the practice knows; else the first person whose role is IT."""
    person = practice.person(owner) or next(iter(practice.people_of("it")), None)
    return Contact(person.name, person.phone, person.email) if person else NOBODY


def front_desk(practice: Practice, site: str) -> Contact | None:
    """The people at a site, if it has a phone."""
    phone = next((known.phone for known in practice.sites if known.name == site), "")
    return Contact(f"the front desk at {site}", phone) if phone else None


def others(practice: Practice, called: Contact) -> tuple[Person, ...]:
    """Who is left to call, the makers first."""
    people = (person for role in ("vendor", "it", "site", "administrator") for person in practice.people_of(role))
    return tuple(person for person in people if person.name != called.name)
