"""`healthcheck inventory` as a person calls it."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.office import Office, office
from tests.lab.program import PROGRAM
from tests.lab.terminal import terminal


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as made:
        yield made


def test_without_a_word_it_shows_markdown_and_makes_no_history(small: Office) -> None:
    done = small.healthcheck("inventory")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# Inventory of Foothill Oncology Group\n\nMade ")
    assert "No round was ever kept" in done.stdout
    assert not small.state.exists()


@pytest.mark.parametrize(
    ("name", "begins"), [("i.html", "<!DOCTYPE html>"), ("i.json", "{"), ("i.md", "# Inv"), ("i.txt", "# Inv")]
)
def test_the_ending_of_the_file_says_how_it_is_written(small: Office, tmp_path: Path, name: str, begins: str) -> None:
    file = tmp_path / name
    done = small.healthcheck("inventory", "--output", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text().startswith(begins)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_format_that_is_given_holds_whatever_the_file_is_called(small: Office, tmp_path: Path) -> None:
    done = small.healthcheck("inventory", "--format", "json", "--output", tmp_path / "i.html")
    assert done.returncode == 0
    assert json.loads((tmp_path / "i.html").read_text())["practice"] == "Foothill Oncology Group"


def test_the_card_is_a_page_and_nothing_else(small: Office, tmp_path: Path) -> None:
    assert small.healthcheck("inventory", "--card").stdout.startswith("<!DOCTYPE html>")
    with terminal(PROGRAM, "inventory", "--card", "--config", small.config) as person:
        assert person.leaves() == 64
    assert "The card is a page to print: say where to write it, with --output card.html." in person.shown
    refused = small.healthcheck("inventory", "--card", "--format", "markdown")
    assert refused.returncode == 64
    assert "The card is a page to print: leave --format out, or give --format html." in refused.stderr


def test_a_folder_that_is_not_there_is_told_before_anything_is_made(small: Office, tmp_path: Path) -> None:
    done = small.healthcheck("inventory", "--output", tmp_path / "nowhere" / "i.html")
    assert done.returncode == 64
    assert f"There is no folder {tmp_path}/nowhere to write i.html to." in done.stderr
