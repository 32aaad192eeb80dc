"""Several questions to a host in one shell command, and its answers told apart from whatever else it prints.

A login shell may greet, warn and complain around what was asked for, and a connection may die half-way: each answer
stands between two marks, and one without its end is no answer.
"""

from __future__ import annotations

import re

from healthcheck.errors import ProbeError
from healthcheck.records import frozen

_MARK = re.compile(r"@@ (?P<name>\w+)(?: (?P<exit>\d{1,3}))?")


@frozen
class Answer:
    """What one question printed, both streams together, and its exit code."""

    exit: int
    text: str


def script(**questions: str) -> list[str]:
    """The `argv` that asks every question in order. A question is POSIX shell; what it does with `exit` ends only it.

    Its output is read by `answers`. The command itself ends with 0 whatever the questions do.
    """
    # Each `echo` goes over the network by itself: no more of them than need be.
    lines, before = [], ""
    for name, question in questions.items():
        lines.append(f'echo "{before}\n@@ {name}"; ( {question}\n) 2>&1 </dev/null; code=$?')
        before = f"\n@@ {name} $code\n"
    return ["sh", "-c", "\n".join([*lines, f'echo "{before}"'])]


def answers(out: str, *names: str) -> dict[str, Answer]:
    """The answers by name from what the command printed; `ProbeError` if one of `names` is not there whole."""
    found: dict[str, Answer] = {}
    open_name, lines = "", list[str]()
    for line in out.split("\n"):
        mark = _MARK.fullmatch(line.rstrip("\r"))
        if mark is None:
            lines.append(line)
        elif mark["exit"] is None:
            open_name, lines = mark["name"], []
        elif mark["name"] == open_name:
            found[open_name] = Answer(int(mark["exit"]), "\n".join(lines).strip("\r\n"))
            open_name = ""
    missing = [name for name in names if name not in found]
    if missing:
        raise ProbeError(
            "its answer was cut short", f"no whole answer to {', '.join(missing)} in {len(out)} characters"
        )
    return found
