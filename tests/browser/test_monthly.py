"""The service report of a month in a real browser: the page and the mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from healthcheck.monthly import render
from healthcheck.monthly.page import Monthly
from tests.browser.reader import PHONE, Reader
from tests.monthly.test_build import bad_month, told
from tests.monthly.test_render import hostile

MONTH = told(bad_month())


@pytest.mark.parametrize("form", [render.html, render.mail], ids=["page", "mail"])
@pytest.mark.parametrize("month", [MONTH, hostile()], ids=["bad", "hostile"])
def test_nothing_is_wider_than_the_screen_and_every_word_stands_out(
    reader: Reader, form: Callable[[Monthly], str], month: Monthly
) -> None:
    reader.open(form(month))
    seen = reader.see()
    assert (seen.too_narrow, seen.faint, reader.asked) == ([], [], [])
    assert seen.words > 50


def test_a_screen_reader_hears_each_bar_and_finds_its_way_in_the_tables(reader: Reader) -> None:
    page = reader.open(render.html(MONTH))
    told_aloud = page.locator("body").aria_snapshot()
    for words in (
        'heading "Service report, October 2026" [level=1]',
        'region "Clinics":',
        'table "Clinics, October 2026":',
        'img "answered 95 percent, silent 1 percent, not watched 5 percent"',
        'heading "How this is counted" [level=2]',
    ):
        assert words in told_aloud
    assert page.locator("table:not(:has(caption)), th:not([scope])").count() == 0


def test_on_a_phone_no_word_of_the_mail_is_broken(reader: Reader) -> None:
    page = reader.open(render.mail(MONTH))
    bars = [bar.bounding_box() for bar in page.locator("td[title=answered]").all()]
    assert len(bars) == 3
    assert all(box and box["x"] + box["width"] <= PHONE for box in bars)
    assert "Could not look: 30 minutes. Not watched: 9 hours" in " ".join(page.inner_text("body").split())
