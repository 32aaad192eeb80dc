"""Lays a report out: mail, text, HTML, Markdown, and the console's lines. Nothing is decided here but the layout."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from healthcheck.model import Attachment, Message
from healthcheck.report import brief as briefs
from healthcheck.report.page import Report
from healthcheck.report.technical import technical
from healthcheck.sheets import environment
from healthcheck.words import ascii_line

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = "healthcheck.report"
SUBJECT_LIMIT = 100
MOST_LINES = 12
"""Lines of a kind that the page shows; the rest is counted, and stands in the attached file."""


def load_templates() -> None:
    """Load what every report needs, so that nobody has to wait for it later."""
    _html_environment().get_template("report.html.j2")
    for name in ("report.txt.j2", "report.subject.txt.j2"):
        _text_environment().get_template(name)


def message(report: Report, content: str = "summary") -> Message:
    """The report for one delivery: "summary" is the administrator's page, "brief" only what IT needs."""
    return _brief_message(report) if content == "brief" else _summary(report)


def _summary(report: Report) -> Message:
    attached = Attachment(f"for-it-{report.facts.round.id}.txt", technical(report))
    return Message(subject(report), text(report), html(report), (attached,), short(report))


def _brief_message(report: Report) -> Message:
    """Every problem's brief in one letter; each is attached by itself too, for a ticket system."""
    told = [(problem.reference, briefs.text(problem.brief)) for problem in report.told]
    whole = "\n\n".join(brief for _, brief in told) or text(report)
    attached = [Attachment(f"for-it-{report.facts.round.id}.txt", technical(report))]
    attached += [Attachment(f"{reference}.txt", brief) for reference, brief in told]
    return Message(subject(report), whole, "", tuple(attached), "" if told else short(report))


def letters(report: Report) -> tuple[Message, ...]:
    """One letter a problem that is not known yet, and one for each thing that did not come back as it was."""
    changes = [finding.letter for finding in report.findings if finding.letter]
    return (*(briefs.message(problem.brief, problem.status) for problem in report.told), *changes)


def subject(report: Report) -> str:
    """One line of plain ASCII: the state, the answer, what it is about, the day."""
    return ascii_line(_text_environment().get_template("report.subject.txt.j2").render(report=report), SUBJECT_LIMIT)


def text(report: Report) -> str:
    """The page as plain text."""
    return _text_environment().get_template("report.txt.j2").render(report=report, most=MOST_LINES)


def short(report: Report) -> str:
    """The page for a telephone or a chat: what matters first, so that it can be cut, and no line broken."""
    return _text_environment().get_template("report.short.txt.j2").render(report=report, most=MOST_LINES)


def html(report: Report) -> str:
    """The page as a mail: tables and inline styles, nothing loaded from anywhere."""
    return (
        _html_environment()
        .get_template("report.html.j2")
        .render(report=report, most=MOST_LINES, subject=subject(report))
    )


def markdown(report: Report) -> str:
    """The page for a chat or a ticket."""
    return _markdown_environment().get_template("report.md.j2").render(report=report, most=MOST_LINES)


@cache
def _html_environment() -> Environment:
    return environment(TEMPLATES)


@cache
def _text_environment() -> Environment:
    made = environment(TEMPLATES, autoescape=False)
    made.filters["wrapped"] = wrapped
    return made


@cache
def _markdown_environment() -> Environment:
    made = environment(TEMPLATES, autoescape=False)
    made.finalize = lambda value: escaped(str(value))
    return made


def wrapped(text: str, indent: int = 0, *, first: int = 0) -> str:
    """A paragraph in lines of at most 76 characters; `first` and `indent` are blanks before the first and the rest."""
    return textwrap.fill(
        text,
        76,
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


_MARKS = re.compile(r"([\\`*_{}\[\]#|~!])")


def escaped(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\1", text)
