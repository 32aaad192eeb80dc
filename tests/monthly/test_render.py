"""The month's report as a page, a mail, text and Markdown: the same words everywhere, and nothing that runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from healthcheck.findings import Incident
from healthcheck.monthly import render
from healthcheck.monthly.page import PARTS, Monthly, Part, Row
from tests.monthly.october import an_incident, at, kept
from tests.monthly.test_build import bad_month, told

HOSTILE = "<script>alert(1)</script> | **bold** [x](https://evil.example/)\u202e\r\nBcc: thief@example.org"


def hostile() -> Monthly:
    incident: Incident = replace(an_incident("HC-1", at(5, 8), at(5, 9)), says=HOSTILE, owner=HOSTILE, reference="<b>")
    return told(kept(incidents=(incident,)))


class Words(HTMLParser):
    """The words of a page, without its style sheet, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        if self.lasttag != "style":
            self.words += data.split()


@pytest.mark.parametrize("form", [render.html, render.mail, render.text, render.markdown])
def test_every_number_of_the_month_stands_in_every_form(form: object) -> None:
    month = told(bad_month())
    assert callable(form)
    text = " ".join(Words(form(month)).words).replace("\\", "")
    for sentence in month.in_short:
        assert sentence in text
    for section in month.sections:
        for row in section.rows:
            assert [cell for cell in row.cells if cell != "–" and cell.rstrip(".") not in text] == []


def test_a_table_in_markdown_is_one_line_a_row() -> None:
    lines = render.markdown(told(bad_month())).splitlines()
    begin = lines.index("| Clinic | Answered | Silent | Could not look | Not watched | ")
    assert lines[begin + 1 : begin + 4] == [
        "|---|---|---|---|---|",
        "| **Problem** Azusa | 99.44 percent | 1 hour (1 time) | – | 9 hours | ",
        "| **Could not check** Covina | 100 percent | never | 30 minutes | 9 hours | ",
    ]


@pytest.mark.fault(52)
def test_hostile_text_stays_text() -> None:
    month = hostile()
    for page in (render.html(month), render.mail(month)):
        assert Words(page).tags & {"script", "img", "iframe", "b"} <= {"b"}
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert not set("\u202e\r") & set(page)
    assert r"\*\*bold\*\* \[x\](https://evil.example/)" in render.markdown(month)
    [incident] = json.loads(render.as_json(month))["incidents"]
    assert incident["says"] == "<script>alert(1)</script> | **bold** [x](https://evil.example/) Bcc: thief@example.org"


@pytest.mark.parametrize("form", [render.html, render.mail])
def test_nothing_is_loaded_and_a_mail_needs_no_picture(form: object) -> None:
    assert callable(form)
    page = form(told(bad_month()))
    assert [word for word in ("<script", "<img", "src=", "http://", "https://", "@import") if word in page] == []
    assert ("<svg" in page) is (form is render.html)


def test_a_bar_is_told_in_words_and_what_is_there_can_be_seen() -> None:
    drawn = render.bar((Part("answered", 0.9995), Part("silent", 0.0005)))
    assert 'aria-label="answered 100 percent, silent 0 percent"' in drawn
    assert re.findall(r'class="(\S+)" x="(\S+)" y="0" width="(\S+)"', drawn) == [
        ("answered", "0.0", "999.5"),
        ("silent", "999.5", "2.0"),
    ]
    assert [render.width(Part("silent", share)) for share in (0.0005, 0.5, 1.0)] == [1, 50, 100]
    assert list(PARTS) == ["answered", "silent", "could not look", "not watched"]


def test_a_row_in_a_line_leaves_out_what_has_nothing_to_tell() -> None:
    assert render.in_line(Row(("It broke.", "–", "", "2 hours")), ("What", "A", "B", "Lasted")) == (
        "It broke. Lasted: 2 hours."
    )


def test_a_mail_carries_page_text_and_numbers_and_a_program_gets_the_numbers() -> None:
    month = told(bad_month())
    mail, hook = render.message(month, "email"), render.message(month, "webhook")
    assert mail.subject == hook.subject == "Service report October 2026 - Foothill"
    assert (mail.html, mail.text) == (render.mail(month), render.text(month))
    assert mail.short.splitlines() == ["Service report October 2026 - Foothill", *month.in_short]
    assert [(one.name, json.loads(one.text)["month"]) for one in (*mail.attachments, *hook.attachments)] == [
        ("service-report-2026-10.json", "2026-10"),
        ("monthly.json", "2026-10"),
    ]
