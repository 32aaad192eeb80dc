"""The documents say what the program does: the table of checks, the commands, the links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from healthcheck import plugins
from healthcheck.cli import devices
from healthcheck.cli.root import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")])


def table() -> str:
    kinds = plugins.load().kinds.values()
    rows = [f"| `{kind.name}` | {kind.summary} |" for kind in kinds if kind.origin == "built-in"]
    return "\n".join(["| kind | looks at |", "|---|---|", *rows])


def test_the_table_of_checks_is_made_from_their_docstrings() -> None:
    found = re.search(r"<!-- checks: made from the docstrings -->\n(.*?)\n<!-- /checks -->", README, re.DOTALL)
    assert found
    assert found[1] == table()


def test_the_page_of_devices_is_made_from_the_manual_pages() -> None:
    assert (ROOT / "docs" / "devices.md").read_text(encoding="utf-8") == devices.page(plugins.load().kinds)


@pytest.mark.parametrize("kind", plugins.load().kinds)
def test_every_manual_page_says_what_must_be_switched_on(kind: str) -> None:
    assert re.match(r"Needs\b", plugins.load().kinds[kind].needs)


def test_no_device_stands_on_the_page_twice() -> None:
    names = [name for place in devices.DEVICES.values() for name in place]
    assert sorted(names) == list(plugins.load().kinds)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:\S+/)?healthcheck (\w[\w-]*)", text, re.MULTILINE))
    named |= set(re.findall(r"`healthcheck (\w[\w-]*)", text))
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_piece_of_config_on_a_page_is_toml(page: Path) -> None:
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert tomllib.loads(block)
