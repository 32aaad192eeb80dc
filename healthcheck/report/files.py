"""A report as the files that are kept of it."""

from __future__ import annotations

import json

from healthcheck.model import Attachment, Message
from healthcheck.report.brief import utc
from healthcheck.report.document import json as document
from healthcheck.report.page import Report
from healthcheck.report.render import html, letters, subject, text
from healthcheck.report.technical import technical

IN_SHORT = "in-short.json"


def written(report: Report) -> dict[str, str]:
    """File name to content: the page, its text, the lines for IT, the JSON, one brief a problem, and all in a line."""
    references = [problem.reference for problem in report.told]
    briefs = {
        f"brief-{references[number] if number < len(references) else number + 1}.txt": letter.text
        for number, letter in enumerate(letters(report))
    }
    return {
        "report.html": html(report),
        "report.txt": text(report),
        "for-it.txt": technical(report),
        "report.json": as_json(report),
        IN_SHORT: _in_short(report),
        **briefs,
    }


def _in_short(report: Report) -> str:
    """What a list of reports shows of each: when it was made and by what, its state, and the first line."""
    found = report.facts.round
    told = {
        "finished_at": utc(found.finished_at),
        "trigger": found.trigger,
        "status": report.banner.name,
        "headline": report.headline,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def for_programs(report: Report) -> Message:
    """The report as it goes to a program: its text, and all that it is made of as JSON."""
    return Message(subject(report), text(report), "", (Attachment("report.json", as_json(report)),))


def as_json(report: Report) -> str:
    """The report for programs, as text: each key, and each thing of a list, on a line of its own."""
    # Not `indent=2`: with it Python leaves its encoder in C, and takes ten times as long.
    told = ",\n".join(f"{_compact(name)}: {_in_lines(value)}" for name, value in document(report).items())
    return f"{{\n{told}\n}}\n"


def _in_lines(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    return _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
