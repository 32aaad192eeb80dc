"""A report as the files that are kept of it."""

from __future__ import annotations

import json

from healthcheck.model import Attachment, Message
from healthcheck.report.document import json as document
from healthcheck.report.page import Report
from healthcheck.report.render import html, letters, subject, text
from healthcheck.report.technical import technical


def written(report: Report) -> dict[str, str]:
    """File name to content: the page, its text, the lines for IT, the JSON, and one brief a problem."""
    references = [problem.reference for problem in report.problems]
    briefs = {
        f"brief-{references[number] if number < len(references) else number + 1}.txt": letter.text
        for number, letter in enumerate(letters(report))
    }
    return {
        "report.html": html(report),
        "report.txt": text(report),
        "for-it.txt": technical(report),
        "report.json": as_json(report),
        **briefs,
    }


def for_programs(report: Report) -> Message:
    """The report as it goes to a program: its text, and all that it is made of as JSON."""
    return Message(subject(report), text(report), "", (Attachment("report.json", as_json(report)),))


def as_json(report: Report) -> str:
    """The report for programs, as text."""
    return json.dumps(document(report), ensure_ascii=False, indent=2) + "\n"
