"""The corpus: what happens to a practice, and every sentence that is told of it. Adding one is adding a file."""

from __future__ import annotations

import pytest

from tests.diagnosis.scenario import FOLDER, Scenario, told

SCENARIOS = sorted(path for path in FOLDER.glob("*.toml") if not path.stem.startswith("practice"))


@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_what_is_told_of_it_is_word_for_word_as_it_should_be(name: str) -> None:
    scenario = Scenario.read(FOLDER / f"{name}.toml")
    assert told(scenario.play()).splitlines() == scenario.expected.splitlines()
