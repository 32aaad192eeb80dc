"""What is sent to a Windows machine is PowerShell by its grammar. No Windows machine was at hand to run it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from healthcheck.checks import _powershell, _windows
from healthcheck.checks._windows import asking

FRAME = f"{_powershell._BEFORE}{asking._BEGIN}ask one {{\n%s\n}}\n{asking._END}"


def questions() -> dict[str, str]:
    """Every question of a module in `_windows`, by its name there."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(_windows.__path__):
        for name, value in vars(import_module(f"{_windows.__name__}.{module.name}")).items():
            if name.endswith("QUESTION"):
                found[f"{module.name}.{name}"] = value
    return found


@pytest.mark.parametrize("question", questions().values(), ids=questions().keys())
def test_a_question_is_powershell(question: str) -> None:
    assert list(mistakes(FRAME % question)) == []


def test_what_is_no_powershell_is_seen() -> None:
    assert list(mistakes("foreach ($drive in { ")) != []


def mistakes(text: str) -> Iterator[str]:
    """What the grammar does not take."""
    found = [Parser(Language(tree_sitter_powershell.language())).parse(text.encode()).root_node]
    while found:
        node: Node = found.pop()
        if node.is_error or node.is_missing:
            yield f"line {node.start_point.row + 1}: {(node.text or b'').decode()[:80]}"
        found.extend(node.children)
