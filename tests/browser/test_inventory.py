"""The inventory and the emergency card as a person sees them: on a phone, on a desk, at night, and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from healthcheck.config.settings import Config
from healthcheck.inventory import Remembered, render
from tests.browser.reader import Reader
from tests.inventory.practices import PRACTICE, friday, group, hostile, known, made, monday

LONG = " of the very long name that somebody gave it one day"
DRAWING = (
    'img "How the clinics are joined Main office and Pasadena: each device stands right of the one that it needs. '
    'The list below says the same in words."'
)
PAPER = ("A4", "Letter")
OUTSIDE = """
() => [...document.querySelectorAll("svg")].flatMap(svg => [...svg.querySelectorAll("rect")].flatMap(box => {
  const frame = box.getBBox(), found = [];
  for (let text = box.nextElementSibling; text && text.tagName === "text"; text = text.nextElementSibling) {
    const {x, y, width, height} = text.getBBox();
    if (text.classList.contains("label")) break;
    if (x < frame.x || x + width > frame.x + frame.width || y < frame.y || y + height > frame.y + frame.height)
      found.push(text.textContent);
  }
  return found;
}))
"""


def pages(reader: Reader, html: str, paper: str) -> int:
    """How many pages it prints on, as chromium counts them."""
    page = reader.open(html)
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))


def documents(folder: Path) -> dict[str, str]:
    found = made(known(folder, friday(), monday()))
    return {"inventory": render.html(found), "card": render.card(found)}


@pytest.mark.parametrize("which", ["inventory", "card"])
def test_nothing_is_wider_than_the_screen_and_every_word_stands_out(reader: Reader, tmp_path: Path, which: str) -> None:
    reader.open(documents(tmp_path)[which])
    seen = reader.see()
    assert (seen.too_narrow, seen.faint, reader.asked) == ([], [], [])


@pytest.mark.parametrize("sites", [2, 9])
def test_every_word_of_a_drawing_stands_within_its_box(reader: Reader, sites: int) -> None:
    page = reader.open(render.html(made(Remembered(), group(sites, more=" of the far north-western W-Boxes"))))
    page.set_viewport_size({"width": 1000, "height": 800})
    assert page.evaluate(OUTSIDE) == []


def test_a_screen_reader_hears_the_drawing_by_its_title_and_the_list_that_says_the_same(
    reader: Reader, tmp_path: Path
) -> None:
    told = reader.open(documents(tmp_path)["inventory"]).locator("body").aria_snapshot()
    for words in (
        'heading "Inventory of Foothill Oncology Group" [level=1]',
        DRAWING,
        'heading "The same in words" [level=3]',
        "listitem: The internet box in Pasadena needs the internet box.",
    ):
        assert words in told


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize(
    "config",
    [
        group(1, people=0, contracts=0, keys=0, hosts=1),
        group(1, more=LONG),
        group(1),
        group(9),
        group(9, people=9, contracts=6, keys=9, more=LONG),
        group(30),
        group(30, people=9, contracts=6, keys=9, more=LONG * 2),
        group(90, people=20, contracts=20, keys=20, more=LONG * 4),
        hostile(),
    ],
    ids=["bare", "one-long", "one", "nine", "nine-long", "thirty", "thirty-long", "ninety-long", "hostile"],
)
def test_the_card_is_exactly_one_page(reader: Reader, config: Config, paper: str) -> None:
    assert pages(reader, render.card(made(Remembered(), config)), paper) == 1


def test_nine_clinics_of_five_devices_take_some_ten_pages(reader: Reader) -> None:
    html = render.html(made(Remembered(), group(9)))
    assert all(8 <= pages(reader, html, paper) <= 13 for paper in PAPER)


@pytest.mark.fault(52)
def test_hostile_words_run_nothing_and_load_nothing(reader: Reader) -> None:
    found = made(Remembered(), hostile())
    for html in (render.html(found), render.card(found)):
        page = reader.open(html)
        assert reader.asked == []
        assert page.locator("script, main b, img, iframe").count() == 0
        assert '<script>alert("1")</script>' in page.inner_text("body")


def test_the_card_of_the_small_practice_names_it_and_its_numbers(reader: Reader, tmp_path: Path) -> None:
    text = reader.open(documents(tmp_path)["card"]).inner_text("body")
    for words in (PRACTICE.name, "When everything is dark", "555-0142", "800-555-0150", "VC-20417", "Use the paper"):
        assert words in text
