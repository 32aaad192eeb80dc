"""What a report holds once every sentence is decided: the templates only lay it out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from healthcheck.findings import Diagnosis
from healthcheck.model import Practice, Round, Status

_EXTENSION = re.compile(r"(?:;ext=|\bext(?:ension)?\.?|\bx)\s*(\d+)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do now. `quote` are words to read out on the phone."""

    says: str
    contact: Contact | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One root cause, as the administrator reads of it. `brief` is the whole letter for IT."""

    reference: str
    status: Status
    says: str
    lines: tuple[str, ...]
    contact: Contact
    send_label: str
    send_link: str
    brief: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing more to see to, in a sentence."""

    status: Status
    says: str


@dataclass(frozen=True, slots=True)
class SiteRow:
    """The clinics that share one answer. `says` is a predicate of them."""

    status: Status
    names: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What could not be checked on one device, and why: "3 checks of the server in Pasadena: …"."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The ledger in short; the attached file has a line for every check."""

    planned: int
    done: int
    says: str
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One report. The same practice, round, diagnosis and time in, the same report out.

    `state` and `verdict` make the subject, `about` and `day` follow them; `headline` answers which clinics can open
    and `effect` says what it means. `late` is a sentence, empty when the report is in time.
    """

    practice: Practice
    round: Round
    diagnosis: Diagnosis
    now: datetime
    status: Status
    state: str
    verdict: str
    about: str
    day: str
    headline: str
    effect: str
    preheader: str
    late: str
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    fixed: tuple[str, ...]
    story_title: str
    story: tuple[str, ...]
    sites: tuple[SiteRow, ...]
    coverage: Coverage
    footer: tuple[str, ...]
    technical: str

    @property
    def banner(self) -> Status:
        """The word, shape and colour at the top. Nobody is told "problem" where nobody could look."""
        return {"PROBLEM": Status.CRITICAL, "LOOK": Status.WARNING, "COULD NOT CHECK": Status.UNKNOWN}.get(
            self.state, Status.OK
        )
