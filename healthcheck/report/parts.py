"""The small parts of a page: whom to call, what to do, what was found, each clinic's row."""

from __future__ import annotations

import re
from urllib.parse import quote

from healthcheck.model import Message, Status
from healthcheck.records import frozen

_EXTENSION = re.compile(r"(?:;ext=|\bext(?:ension)?\.?|\bx)\s*(\d+)\s*$", re.IGNORECASE)


@frozen
class Contact:
    """Somebody to call. `name` reads inside a sentence."""

    name: str
    phone: str = ""
    email: str = ""

    @property
    def tel(self) -> str:
        """The address of a link that dials (RFC 3966), empty when there is no number in it."""
        extension = _EXTENSION.search(self.phone)
        number = self.phone[: extension.start()] if extension else self.phone
        digits = re.sub(r"[^0-9]", "", number)
        if not digits:
            return ""
        plus = "+" if number.strip().startswith("+") else ""
        return f"tel:{plus}{digits}" + (f";ext={extension[1]}" if extension else "")

    def mailto(self, subject: str, body: str) -> str:
        """The address of a link that opens a letter to this person, already written."""
        return f"mailto:{quote(self.email, safe='@.+-_')}?subject={quote(subject, safe='')}&body={encoded(body)}"


def encoded(body: str) -> str:
    """A letter's text inside an address: lines end as mail ends them (RFC 6068)."""
    return quote(body.replace("\n", "\r\n"), safe="")


@frozen
class Step:
    """One thing to do now. `quote` are words to read out on the phone."""

    says: str
    contact: Contact | None = None
    quote: str = ""


@frozen
class Finding:
    """One thing more to see to, in a sentence.

    If there is more to tell to IT, `letter` tells it, and `send_link` opens it, ready to be sent.
    """

    status: Status
    says: str
    send_label: str = ""
    send_link: str = ""
    letter: Message | None = None


@frozen
class KnownRow:
    """A trouble that somebody knows of, or a place that is paused, with what was found there. It asks for nothing."""

    status: Status
    says: str
    paragraphs: tuple[str, ...] = ()


@frozen
class SiteRow:
    """The clinics that share one answer. `says` follows the names as it is, with its space or colon."""

    status: Status
    names: str
    says: str


@frozen
class Missed:
    """What could not be checked, and why: "3 checks of the server in Pasadena", "the login was refused"."""

    what: str
    why: str


@frozen
class Coverage:
    """The ledger in short; the attached file has a line for every check."""

    planned: int
    done: int
    says: str
    missed: tuple[Missed, ...] = ()
