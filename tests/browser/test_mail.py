"""The mail as a person sees it: in a real browser, on a phone and on a desk, by day and at night."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from healthcheck.report import render
from tests.browser.reader import CONTRASTS, PHONE, SCHEMES, WIDTHS, Reader
from tests.report.mornings import MORNINGS


def mail(name: str) -> str:
    return render.html(MORNINGS[name]().report())


def without_style_sheet(html: str) -> str:
    return re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize("name", MORNINGS)
def test_nothing_is_wider_than_the_screen_and_nothing_is_loaded(reader: Reader, name: str) -> None:
    page = reader.open(mail(name))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert reader.asked == []


@pytest.mark.parametrize("name", MORNINGS)
@pytest.mark.parametrize("change", [str, without_style_sheet], ids=["whole", "style-sheet-stripped"])
def test_every_word_stands_out_by_day_and_at_night(reader: Reader, name: str, change: Callable[[str], str]) -> None:
    page = reader.open(change(mail(name)))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        measured = page.evaluate(CONTRASTS)
        assert len(measured) > 5
        assert [(round(ratio, 2), text) for ratio, text in measured if ratio < 4.5] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_without_any_style_the_words_still_come_in_order(reader: Reader) -> None:
    bare = re.sub(r' (?:style|class)="[^"]*"', "", without_style_sheet(mail("look-old-backup")))
    text = reader.open(bare).inner_text("body").partition("Mon Nov 23")[2]
    wanted = [
        "All 9 clinics can open.",
        "What to do now",
        "Call Bay IT today",
        "What to see to",
        "▲\xa0Look",
        "Clinics",
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_the_preheader_is_there_for_the_inbox_and_hidden_on_the_page(reader: Reader) -> None:
    page = reader.open(mail("problem-charts-down"))
    said = "Charts and scheduling will not open. Call Bay IT, 555-0142."
    assert page.locator("body > div").first.text_content() == said
    assert said not in page.inner_text("body")


def test_a_thumb_can_hit_every_button(reader: Reader) -> None:
    page = reader.open(mail("problem-one-site-dark"))
    boxes = [link.bounding_box() for link in page.locator("a").all()]
    assert len(boxes) == 4
    assert all(box and box["height"] >= 44 and box["x"] + box["width"] <= PHONE for box in boxes)


@pytest.mark.fault(52)
def test_hostile_text_runs_nothing_and_loads_nothing(reader: Reader) -> None:
    page = reader.open(mail("problem-hostile-text"))
    assert reader.asked == []
    assert page.locator("script, img, iframe, svg").count() == 0
    assert "<script>alert(1)</script>" in page.inner_text("body")
