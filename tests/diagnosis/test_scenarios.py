"""The corpus: what happens to a practice, and every sentence that is told of it. Adding one is adding a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from tests.diagnosis.scenario import FOLDER, Scenario, told

SCENARIOS = sorted(path for path in FOLDER.glob("*.toml") if not path.stem.startswith("practice"))


def _every_scenario() -> Iterator[ParameterSet]:
    for path in SCENARIOS:
        scenario = Scenario.read(path)
        row = scenario.data.get("shows_fault")
        yield pytest.param(scenario, id=path.stem, marks=[pytest.mark.fault(row)] if row else [])


@pytest.mark.parametrize("scenario", list(_every_scenario()))
def test_what_is_told_of_it_is_word_for_word_as_it_should_be(scenario: Scenario) -> None:
    assert told(scenario.play()).splitlines() == scenario.expected.splitlines()
