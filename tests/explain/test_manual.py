"""The manual pages of the checks: each says what every state means, and taken apart, nothing of it is lost."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck import plugins
from healthcheck.explain.manual import NONE_OF_THESE, Manual, read
from healthcheck.model import Status
from healthcheck.plugins import Kind

KINDS = dict(plugins.load().kinds)
JUDGES_NOTHING = {"survey"}
"""It keeps on record; what is missing later is told by the report."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_what_each_state_means(kind: Kind) -> None:
    manual = read(kind.manual)
    assert manual.means(Status.OK)
    assert manual.means(Status.UNKNOWN)
    if kind.name not in JUDGES_NOTHING:
        assert manual.means(Status.WARNING) or manual.means(Status.CRITICAL)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_what_each_of_its_settings_is_for(kind: Kind) -> None:
    fields = {field.name for field in dataclasses.fields(kind.check)}  # type: ignore[arg-type]  # a dataclass
    assert set(read(kind.manual).settings) == fields


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_word_of_a_manual_is_lost(kind: Kind) -> None:
    manual = read(kind.manual)
    settings = (f"{name} {says}" for name, says in manual.settings.items())
    states = (f"{status.word}: {says}" for status, says in manual.states.items())
    kept = " ".join((manual.summary, *settings, *states, *manual.rest)).casefold().split()
    assert sorted(kept) == sorted(kind.manual.casefold().split())


def test_a_manual_is_taken_apart() -> None:
    assert read(
        """What it looks at.

mounts   the paths to look at,
         one by one
limit    beyond it is a problem

Problem: beyond the limit (a lot). Look: nearly so. It is looked at twice. Could not check: no answer.

Needs nothing."""
    ) == Manual(
        "What it looks at.",
        {"mounts": "the paths to look at, one by one", "limit": "beyond it is a problem"},
        {
            Status.CRITICAL: "Beyond the limit (a lot).",
            Status.WARNING: "Nearly so.",
            Status.UNKNOWN: "No answer.",
        },
        ("It is looked at twice.", "Needs nothing."),
    )


def test_a_plug_ins_one_line_is_a_manual_too() -> None:
    manual = read("Counts the faxes that wait.")
    assert manual == Manual("Counts the faxes that wait.", {}, {}, ())
    assert manual.means(Status.OK) == ""


def test_ok_is_none_of_what_is_named() -> None:
    assert read("X.\n\nLook: it is old.").means(Status.OK) == NONE_OF_THESE
    assert read("X.\n\nCould not check: it is away.").means(Status.OK) == ""


@given(st.text())
def test_whatever_an_authors_docstring_holds_it_is_taken_apart(text: str) -> None:
    assert isinstance(read(text), Manual)
