"""What a report holds once every sentence is decided: the templates only lay it out."""

from __future__ import annotations

from healthcheck.model import Status
from healthcheck.records import frozen
from healthcheck.report.brief import Brief
from healthcheck.report.facts import Facts
from healthcheck.report.parts import Contact, Coverage, Finding, KnownRow, SiteRow, Step


@frozen
class Problem:
    """One root cause, as the administrator reads of it. `brief` is the whole letter for IT."""

    reference: str
    status: Status
    says: str
    paragraphs: tuple[str, ...]
    contact: Contact
    send_label: str
    send_link: str
    brief: Brief
    quiet: bool = False
    """Whether it is known, and need not nag."""


@frozen
class Report:
    """One report, decided to the last word.

    The state's word and `verdict` make the subject, `about` and `day` follow them; `headline` answers which clinics
    can open and `effect` says what it means. Of the `problems` the page shows the `cards`; IT gets them all. `late` is
    a sentence, empty when the report is in time.
    """

    facts: Facts
    verdict: str
    about: str
    day: str
    headline: str
    effect: str
    preheader: str
    late: str
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...]
    cards: tuple[Problem, ...]
    findings: tuple[Finding, ...]
    known: tuple[KnownRow, ...]
    fixed: tuple[str, ...]
    story_title: str
    story: tuple[str, ...]
    sites: tuple[SiteRow, ...]
    coverage: Coverage
    footer: tuple[str, ...]

    @property
    def state(self) -> str:
        """The word that the subject starts with."""
        return self.facts.state

    @property
    def status(self) -> Status:
        """The worst of everything."""
        return self.facts.status

    @property
    def told(self) -> tuple[Problem, ...]:
        """The problems that IT is written to about: each but those that are known."""
        return tuple(problem for problem in self.problems if not problem.quiet)

    @property
    def known_title(self) -> str:
        """The heading above what is known."""
        return "Known and paused" if self.facts.diagnosis.paused else "Known"

    @property
    def problems_title(self) -> str:
        """The heading above the problems: nothing is "wrong" where there is only something to see to."""
        return "What is wrong" if self.status is Status.CRITICAL else "What to see to"

    @property
    def findings_title(self) -> str:
        """The heading above the findings: "also" only where something stands before them."""
        return "Also to see to" if self.cards else self.problems_title

    @property
    def banner(self) -> Status:
        """The word, shape and colour at the top. Nobody is told "problem" where nobody could look."""
        return _BANNERS.get(self.state, Status.OK)


_BANNERS = {"PROBLEM": Status.CRITICAL, "LOOK": Status.WARNING, "COULD NOT CHECK": Status.UNKNOWN}
