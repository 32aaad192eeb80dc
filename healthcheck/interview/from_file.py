"""The same answers out of a file, for scripts: TOML with the keys of the questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from healthcheck.config import syntax
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.secrets import Unusable, private_file
from healthcheck.errors import ConfigError
from healthcheck.interview.answers import Answers, Mistaken
from healthcheck.interview.questions import QUESTIONS, Question

PASSWORD_FILE = "password_file"  # noqa: S105  the name of a key
KEYS = tuple(PASSWORD_FILE if question.hidden else question.key for question in QUESTIONS)
REQUIRED = ("practice", "towns", "opens")


def read(path: Path, timezone: str) -> tuple[Answers, list[str]]:
    """What the file answers, and a sentence for each answer that was tried and did not work.

    Raises `ConfigError` with every mistake. The password stands in a file of its own, which `password_file` names.
    """
    given = _given(path)
    mistakes = list(_unknown(given))
    mistakes += [f'"{key}" is missing' for key in REQUIRED if key not in given]
    so_far, troubles = Answers(timezone=timezone), []
    for question, key in zip(QUESTIONS, KEYS, strict=True):
        if key not in given:
            continue
        if not question.fits(so_far):
            mistakes.append(f"{key}: it has no use without {question.needs}")
            continue
        try:
            for text in _texts(question, given[key], path.parent):
                so_far = question.read(text, so_far)
                if not mistakes and (trouble := question.trouble(so_far)):
                    troubles.append(f"{key}: {trouble.says}")
        except (Mistaken, Unusable) as error:
            mistakes.append(f"{key}: {error}")
    if mistakes:
        raise ConfigError("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return so_far, troubles


def _given(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or 'unknown reason'}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: this is not UTF-8 text") from None
    return syntax.parse(path, text) if text.strip() else {}


def _unknown(given: dict[str, Any]) -> Iterator[str]:
    for key in given:
        if key not in KEYS:
            yield f"unknown key {quoted(key)}{did_you_mean(key, KEYS) or '; the keys are ' + ', '.join(KEYS)}"


def _texts(question: Question, value: object, folder: Path) -> list[str]:
    """The answers as somebody would have typed them: a list is a list of lines, or has commas between its items."""
    if question.hidden:
        return [private_file(folder / Path(_text(value)).expanduser())]
    if isinstance(value, list):
        texts = list(map(_text, value))
        return texts if question.many else [", ".join(texts)]
    return [_text(value)]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Mistaken("it must be text in quotes, or a list of such")
    return value
