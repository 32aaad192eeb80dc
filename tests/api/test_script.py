"""Several questions in one shell command."""

from __future__ import annotations

import contextlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api.script import Answer, answers, script
from healthcheck.errors import ProbeError


def asked(**questions: str) -> str:
    return subprocess.run(script(**questions), capture_output=True, text=True, check=True, timeout=10).stdout


def test_each_question_has_its_own_answer_and_exit_code() -> None:
    out = asked(greeting="echo hello; echo world", silent="exit 3", loud="echo no >&2; exit 1")
    assert answers(out) == {
        "greeting": Answer(0, "hello\nworld"),
        "silent": Answer(3, ""),
        "loud": Answer(1, "no"),
    }


def test_a_missing_tool_is_one_answer_and_the_others_still_come() -> None:
    found = answers(asked(missing="no-such-tool", after="echo here"))
    assert (found["missing"].exit, found["after"]) == (127, Answer(0, "here"))


def test_a_question_cannot_eat_the_rest_of_the_script() -> None:
    assert answers(asked(reader="cat", after="echo here"), "reader", "after")["after"] == Answer(0, "here")


def test_an_answer_without_a_last_line_break_is_whole() -> None:
    assert answers(asked(bare="printf 42")) == {"bare": Answer(0, "42")}


@pytest.mark.fault(22)
def test_a_greeting_before_and_a_complaint_after_do_not_count() -> None:
    noisy = "Welcome to Pasadena!\r\nmotd: 3 updates\n" + asked(bare="echo 42") + "\nbash: setlocale: LC_ALL\n"
    assert answers(noisy, "bare") == {"bare": Answer(0, "42")}


def test_line_ends_of_a_terminal_are_taken_off_the_marks() -> None:
    assert answers("@@ bare\r\n42\r\n@@ bare 0\r\n", "bare") == {"bare": Answer(0, "42")}


@pytest.mark.fault(21)
def test_an_answer_that_breaks_off_is_not_read() -> None:
    whole = asked(first="echo 1", second="echo 2")
    with pytest.raises(ProbeError) as caught:
        answers(whole[: whole.rindex("@@ second 0")], "first", "second")
    assert caught.value.says == "its answer was cut short"
    assert caught.value.detail.startswith("no whole answer to second in ")


@given(st.text(alphabet="@ ab01\n\r", max_size=80) | st.text())
def test_any_text_has_answers_or_is_refused(text: str) -> None:
    for answer in answers(text).values():
        assert isinstance(answer, Answer)
    with contextlib.suppress(ProbeError):
        assert "a" in answers(text, "a")
