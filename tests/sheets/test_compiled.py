"""Compiled templates are kept beside their sources, and nothing that is kept can keep a page from being made."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from healthcheck.sheets.compiled import BesideTheTemplates


@pytest.fixture(autouse=True)
def keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "page.j2"
    path.write_text("Good morning, {{ name }}.")
    return path


def environment(template: Path) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        bytecode_cache=BesideTheTemplates("markup"),
    )


def page(template: Path) -> str:
    return environment(template).get_template(template.name).render(name="Pasadena")


def kept(template: Path) -> Path:
    [path] = (template.parent / "__pycache__").iterdir()
    return path


def test_the_second_process_compiles_nothing(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page(template) == "Good morning, Pasadena."
    assert kept(template).name == f"page.{sys.implementation.cache_tag}.opt-markup.pyc"

    def compile_nothing(*given: object, **named: object) -> None:
        raise AssertionError("compiled once more")

    monkeypatch.setattr(jinja2.Environment, "compile", compile_nothing)
    assert page(template) == "Good morning, Pasadena."


def test_an_edited_template_is_compiled_anew(template: Path) -> None:
    page(template)
    template.write_text("Good evening, {{ name }}.")
    assert page(template) == "Good evening, Pasadena."


@pytest.mark.parametrize("at", [0, 4, 40, -1])
def test_what_is_damaged_is_compiled_anew_and_kept_again(template: Path, at: int) -> None:
    page(template)
    whole = kept(template).read_bytes()
    damaged = bytearray(whole)
    damaged[at] ^= 0xFF
    for left in (bytes(damaged), whole[: len(whole) // 2], b""):
        kept(template).write_bytes(left)
        assert page(template) == "Good morning, Pasadena."
        assert kept(template).read_bytes() == whole


def test_where_nothing_can_be_kept_the_page_is_made_all_the_same(template: Path) -> None:
    (template.parent / "__pycache__").write_text("a file where a folder should be")
    assert page(template) == "Good morning, Pasadena."
    assert sorted(path.name for path in template.parent.iterdir()) == ["__pycache__", "page.j2"]


def test_who_wants_no_byte_code_gets_none(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert page(template) == "Good morning, Pasadena."
    assert not (template.parent / "__pycache__").exists()
