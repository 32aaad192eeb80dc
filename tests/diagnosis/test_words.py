"""What the diagnosis says reads well: short sentences, no word of the trade, no name that only a machine has."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import pytest

from tests.diagnosis.scenario import FOLDER, Scenario, Told
from tests.diagnosis.test_scenarios import SCENARIOS
from tests.report.test_plain_words import FORBIDDEN, grade, sentences, without_lists_of_names

GIVEN = re.compile(r"\b(?:database|certificate)s?\b")
"""What the practice calls its machines, and what a check calls its finding, is not the diagnosis' choice of words."""
_TECHNICAL = re.compile(r"\b[a-z]+-(?:server|router|ups|db|web)\b|\d+\.\d+\.\d+\.\d+|/\w+/|_|%")


def said(told: Told) -> Iterator[str]:
    """Every sentence that the diagnosis made, as the report prints it."""
    diagnosis = told.diagnosis
    yield diagnosis.cut_off
    for incident in (*diagnosis.incidents, *diagnosis.fixed):
        yield from (incident.says, incident.likely)
    for verdict in diagnosis.sites:
        yield f"{verdict.site} {verdict.says}."
    yield from (service.says for service in diagnosis.services)
    yield from (line.says for line in diagnosis.story)


@functools.cache
def text(name: str) -> str:
    return "\n".join(filter(None, said(Scenario.read(FOLDER / f"{name}.toml").play())))


@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_it_is_said_in_short_sentences_without_a_word_of_the_trade(name: str) -> None:
    words = set(re.findall(r"[a-z]+", GIVEN.sub("", text(name).lower())))
    assert words & set(FORBIDDEN) == set()
    assert _TECHNICAL.findall(text(name)) == []
    assert [one for one in sentences(text(name)) if len(without_lists_of_names(one).split()) > 20] == []


def test_the_whole_corpus_asks_for_no_more_than_eight_years_of_school() -> None:
    assert grade("\n".join(text(path.stem) for path in SCENARIOS)) <= 8
