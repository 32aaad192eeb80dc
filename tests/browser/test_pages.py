"""The page of the newest report as a person sees it: on a phone and on a desk, by day, at night and on paper."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from healthcheck.findings import Past, Sampled
from healthcheck.history import History
from healthcheck.model import Metric, Result, Status
from healthcheck.pages import write
from tests.browser.reader import PHONE, Reader
from tests.report.mornings import MORNINGS, NOW, Morning, an_outcome, changed


def a_page(folder: Path, morning: Morning) -> str:
    return written(folder, morning, Past())


def written(folder: Path, morning: Morning, past: Past) -> str:
    """The page beside a history in which no earlier day stands."""
    with contextlib.closing(History.open(folder / "history.sqlite", NOW)) as history:
        write(folder, morning.report(), past, history)
    return (folder / "latest.html").read_text()


@pytest.mark.parametrize("name", MORNINGS)
def test_nothing_is_wider_than_the_screen_and_every_word_stands_out(reader: Reader, tmp_path: Path, name: str) -> None:
    reader.open(a_page(tmp_path, MORNINGS[name]()))
    seen = reader.see()
    assert (seen.too_narrow, seen.faint, reader.asked) == ([], [], [])
    assert seen.words > 5


def drawn(tmp_path: Path) -> str:
    """A page with a course on it."""
    morning = MORNINGS["problem-charts-down"]()
    server = morning.practice.sites[1].hosts[1]
    ups = an_outcome(server, "ups", Result(Status.WARNING, "is low", "", Metric("charge", 40, "%")))
    found = morning.round.outcomes
    past = Past(metrics={(ups.key, "charge"): (Sampled(NOW.replace(day=20), 100.0),)})
    built = Morning(
        morning.practice,
        type(morning.round)("r", "Foothill", "report", NOW, NOW, changed(found, ups)),
        morning.diagnosis,
    )
    return written(tmp_path, built, past)


def test_a_screen_reader_hears_the_same_as_the_eye_sees(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(drawn(tmp_path))
    told = page.locator("body").aria_snapshot()
    for words in (
        'link "Skip to the content"',
        "- main:",
        'heading "No clinic can open normally." [level=1]',
        'navigation "On this page":',
        'list "Pasadena, day by day":',
        "– Sun Nov 22: not watched",
        "■ Mon Nov 23: Problem (1 look)",
        'img "2 values, lowest 40 percent, highest 100 percent"',
        'heading "Earlier reports" [level=2]',
    ):
        assert words in told
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0


def test_every_link_can_be_reached_by_the_keyboard_alone(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(drawn(tmp_path))
    links = page.locator("a").count()
    reached: list[Any] = []
    for _ in range(links + 5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.getAttribute('href')"))
    assert reached[0] == "#content"
    assert {link.get_attribute("href") for link in page.locator("a").all()} <= set(reached)


def test_a_day_on_a_phone_is_large_enough_to_be_told_from_the_next(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(drawn(tmp_path))
    boxes = [cell.bounding_box() for cell in page.locator(".strip li").all()[:30]]
    assert all(box and box["width"] >= 15 and box["height"] >= 20 and box["x"] + box["width"] <= PHONE for box in boxes)


def test_all_of_a_trouble_stands_below_each_other_on_a_phone(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(drawn(tmp_path))
    boxes = [cell.bounding_box() for cell in page.locator(".troubles tbody tr").first.locator("th, td").all()]
    assert [box and box["x"] for box in boxes] == [boxes[0] and boxes[0]["x"]] * 4
    assert all(box and 250 < box["width"] <= PHONE for box in boxes)


@pytest.mark.fault(52)
def test_hostile_text_runs_nothing_and_loads_nothing(reader: Reader, tmp_path: Path) -> None:
    page = reader.open(a_page(tmp_path, MORNINGS["problem-hostile-text"]()))
    assert reader.asked == []
    assert page.locator("script, iframe, object, main img").count() == 0
    assert "<script>alert(1)</script>" in page.inner_text("body")
