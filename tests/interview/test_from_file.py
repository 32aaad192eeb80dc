"""The answers in a file: the keys of the questions, and the page that IT reads names them all."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from healthcheck.interview.answers import Answers
from healthcheck.interview.from_file import KEYS
from healthcheck.interview.questions import QUESTIONS

PAGE = Path(__file__).parents[2] / "docs" / "contractor.md"


def test_every_answer_on_the_page_for_it_can_be_read() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [given] = [data for data in map(tomllib.loads, blocks) if "practice" in data and isinstance(data["practice"], str)]
    assert tuple(given) == KEYS
    so_far = Answers()
    for question, key in zip(QUESTIONS, KEYS, strict=True):
        lines = given[key] if isinstance(given[key], list) else [given[key]]
        for line in lines if question.many else [", ".join(lines)]:
            so_far = question.read(line, so_far)
    assert (so_far.towns, len(so_far.devices), so_far.sends) == (("Pasadena", "Glendale"), 2, True)


def test_every_example_of_a_question_is_an_answer_to_it() -> None:
    so_far = Answers()
    for question in QUESTIONS:
        so_far = question.read(question.example or "a password", so_far)
    assert so_far.sends
    assert len(QUESTIONS) == 8
