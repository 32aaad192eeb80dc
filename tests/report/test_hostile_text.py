"""Text from elsewhere is harmless in every form of the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.model import Message
from healthcheck.report import console, render
from healthcheck.report import document as documents
from healthcheck.report.page import Report
from healthcheck.report.technical import technical
from tests.report.mornings import HOSTILE, Morning, all_ok, charts_down, hostile, old_backup

TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "h2", "h3", "span", "b",
    "a", "ol", "li", "blockquote",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "class", "style", "role", "width", "cellpadding", "cellspacing", "border",
    "align", "href",
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}

    def handle_data(self, data: str) -> None:
        self.text += data


def mail(message: Message) -> EmailMessage:
    """The message as a mail, header values as they are."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = message.subject
    made.set_content(message.text)
    return made


@pytest.mark.fault(52)
def test_hostile_text_adds_no_tag_no_attribute_and_no_foreign_link() -> None:
    page = Page(render.html(hostile().report()))
    assert page.tags == TAGS
    assert page.attributes == ATTRIBUTES
    assert {urlsplit(link).scheme for link in page.links} == {"mailto", "tel"}


@pytest.mark.fault(52)
def test_hostile_text_is_shown_as_the_text_it_is() -> None:
    text = Page(render.html(hostile().report())).text
    assert "<script>alert(1)</script>" in text
    assert '"><img src=x onerror=alert(1)>' in text
    assert "{{7*7}}{% raw %}" in text and "49" not in text.replace("-49", "")


@pytest.mark.fault(52)
def test_hostile_text_adds_no_header_and_no_line() -> None:
    for message in (render.message(hostile().report()), *render.letters(hostile().report())):
        assert message.subject.isascii() and message.subject.isprintable() and len(message.subject) <= 100
        assert "=?" not in message.subject
        assert list(mail(message).keys()) == [
            "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
        ]  # fmt: skip
        assert not re.search(r"^Bcc:", message.text, re.MULTILINE)


@pytest.mark.fault(52)
def test_hostile_text_cannot_leave_the_letter_to_it() -> None:
    for problem in hostile().report().problems:
        address, _, query = problem.send_link.partition("?")
        assert address == "mailto:help@bayit.example"
        assert [field.partition("=")[0] for field in query.split("&")] == ["subject", "body"]
        assert re.fullmatch(r"[A-Za-z0-9%=&._~-]+", query)


@pytest.mark.fault(52)
def test_hostile_text_makes_no_markup_in_markdown() -> None:
    text = render.markdown(hostile().report())
    assert "<" not in text
    assert not re.search(r"(?<!\\)\[|(?<!\\)!\\?\[", text)
    assert r"\[click\](https://evil.example/) \!\[i\](https://evil.example/i.png)" in text
    assert r"\{\{7*7" not in text and r"\{\{7\*7\}\}" in text


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    "form", [render.text, render.html, render.markdown, technical, console.console], ids=lambda form: form.__name__
)
def test_no_control_or_direction_mark_is_left_in_any_form(form: Callable[[Report], str]) -> None:
    text = form(hostile().report())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", text)
    assert "red" in text  # the words between the escapes are kept


@pytest.mark.fault(52)
def test_a_million_characters_are_cut_everywhere() -> None:
    message = render.message(hostile().report())
    assert len(message.html) < 60_000
    assert len(message.text) < 40_000
    assert all(len(line) < 2_000 for line in message.attachments[0].text.splitlines())
    assert len(json.dumps(documents.json(hostile().report()))) < 400_000


REPLACED = st.one_of(st.sampled_from(HOSTILE[:4] + HOSTILE[5:]), st.text(max_size=60))


def spoilt(morning: Morning, text: str) -> Morning:
    """The morning with one text in every place that is not the config's."""
    incidents = tuple(
        replace(incident, says=text, detail=text, likely=text, reference=text, owner=text)
        for incident in morning.diagnosis.incidents
    )
    services = tuple(replace(service, says=text, until_fixed=text) for service in morning.diagnosis.services)
    changes = tuple(replace(change, says=text, detail=text) for change in morning.diagnosis.changes)
    story = tuple(replace(line, says=text) for line in morning.diagnosis.story)
    diagnosis = replace(
        morning.diagnosis, incidents=incidents, services=services, changes=changes, story=story, cut_off=text
    )
    return replace(morning, diagnosis=diagnosis, round=morning.round.noting(text), late=text)


@pytest.mark.fault(52)
@settings(max_examples=80, deadline=None)
@given(REPLACED, st.sampled_from([all_ok, charts_down, old_backup]))
def test_whatever_the_text_every_form_is_made_and_holds_no_foreign_tag(text: str, make: object) -> None:
    report = spoilt(make(), text).report()  # type: ignore[operator]  # one of three mornings
    message = render.message(report)
    page = Page(message.html)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert {urlsplit(link).scheme for link in page.links} <= {"mailto", "tel"}
    assert message.subject.isprintable() and message.subject.isascii()
    assert "<" not in render.markdown(report)
    assert console.console(report)
    json.dumps(documents.json(report), allow_nan=False)
