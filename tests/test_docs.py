"""The documents say what the program does: the table of checks, the commands, the links."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from healthcheck import plugins
from healthcheck.cli import devices
from healthcheck.cli.root import COMMANDS, LazyGroup, root

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
    named = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) + re.findall(r'<img src="([^"]+)"', text)
    targets = [target for target in named if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_into_a_page_leads_to_a_heading_of_it(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        there = page.parent / target if target else page
        headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_option_that_a_page_types_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name, rest in re.findall(r"^(?:sudo )?(?:\S+/)?healthcheck (\w[\w-]*)([^#\n|]*)", text, re.MULTILINE):
        command = LazyGroup().get_command(click.Context(root), name)
        assert command is not None
        known = {option for parameter in (*root.params, *command.params) for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[\w-]+", rest)) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:sudo )?(?:\S+/)?healthcheck (\w[\w-]*)", text, re.MULTILINE))
    named |= set(re.findall(r"`(?:sudo )?healthcheck (\w[\w-]*)", text))
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_piece_of_config_on_a_page_is_toml(page: Path) -> None:
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        assert tomllib.loads(block)
