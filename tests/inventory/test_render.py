"""The document as a page, as Markdown and as JSON: the same facts in each, and nothing that runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.inventory import Inventory, Remembered, render
from healthcheck.model import Facts
from tests.inventory.practices import (
    CONFIG,
    FRIDAY,
    HOSTILE,
    PRACTICE,
    a_round,
    friday,
    hostile,
    known,
    made,
    monday,
    outcome,
)


@pytest.fixture
def document(tmp_path: Path) -> Inventory:
    return made(known(tmp_path, friday(), monday()))


def test_markdown_tells_all_of_it(document: Inventory) -> None:
    assert render.markdown(document) == Path(__file__).with_name("whole.md").read_text(encoding="utf-8")


def test_json_has_times_sizes_and_days_for_programs(document: Inventory) -> None:
    told = json.loads(render.as_json(document))
    assert told["schema"] == "healthcheck.inventory/1"
    assert told["made_at"] == "2026-11-23T17:00:00Z"
    assert told["round"] == {"id": "round-23T13", "trigger": "report", "started_at": "2026-11-23T13:45:00Z"}
    assert told["backups"] == [
        {
            "site": "Pasadena",
            "device": "the server in Pasadena",
            "kind": "backup",
            "path": "/mnt/backup, and on /mnt/second",
            "newest_at": "2026-11-20T08:45:00Z",
            "size_bytes": 2_000_000_000,
            "seen_at": "2026-11-20T13:45:00Z",
        }
    ]
    assert told["contracts"][1]["renews"] == "2027-03-31"
    battery = next(one for site in told["sites"] for one in site["devices"] if one["name"] == "pasadena-ups")
    assert (battery["standing"], battery["seen_at"]) == ("not_seen_since", "2026-11-20T13:45:00Z")
    assert battery["facts"] == [
        {"name": "Model", "values": ["Smart-UPS 750"], "seen_at": "2026-11-20T13:45:00Z"},
        {"name": "Battery", "values": ["dated 2021/04/11, 5 years old"], "seen_at": "2026-11-20T13:45:00Z"},
    ]


def test_each_drawing_has_a_title_and_a_description(document: Inventory) -> None:
    page = render.html(document)
    for number in (1, 2):
        assert f'role="img" aria-labelledby="figure-{number}-title figure-{number}-says"' in page
        assert f'<title id="figure-{number}-title">' in page
        assert f'<desc id="figure-{number}-says">' in page


@pytest.mark.fault(52)
def test_hostile_words_of_config_and_devices_are_only_words(tmp_path: Path) -> None:
    facts = (Facts("ups", {HOSTILE: HOSTILE}), Facts(HOSTILE, {HOSTILE: HOSTILE}))
    found = a_round(FRIDAY, outcome("Pasadena/pasadena-ups/ups", FRIDAY, *facts))
    told = made(known(tmp_path, found, config=hostile()), hostile())
    for page in (render.html(told), render.card(told)):
        assert set(re.findall(r"<(script|b|iframe|img|link)\b", page)) == set()
        assert "&lt;script&gt;" in page
    assert "<script" not in render.markdown(told)
    assert "<b onmouse" not in render.markdown(told)


def test_a_practice_that_wrote_nothing_down_is_told_what_is_missing() -> None:
    bare = replace(PRACTICE, people=(), services=(), contracts=(), credentials=())
    told = made(Remembered(), replace(CONFIG, practice=bare, plan=()))
    for text in (render.html(told), render.markdown(told).replace("\\", "")):
        for says in (
            "Nobody is written down: the config has no [[person]].",
            "Nobody can tell: nothing was ever looked at.",
            "No service is written down: the config has no [[service]].",
            "No backup is looked at: no check of the config is one of backups.",
            "No contract is written down: the config has no [[contract]].",
        ):
            assert says in text
