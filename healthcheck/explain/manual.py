"""A check's manual page, taken apart: what it looks at, what each state means, what each setting is for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from healthcheck.model import Status
from healthcheck.records import frozen

NONE_OF_THESE = "It was looked at, and nothing below was found."
_SETTING = re.compile(r"^(\w+) {2,}(\S.*)$")
_STATE = re.compile(r"(?:^|(?<=[.)] ))(OK|Look|Problem|Could not check): ")
_END_OF_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")
_WORDS = {status.word: status for status in Status}


@frozen
class Manual:
    """What a docstring says. `states` has a sentence for each state that it names; `rest` are the other paragraphs."""

    summary: str
    settings: Mapping[str, str]
    states: Mapping[Status, str]
    rest: tuple[str, ...]

    def means(self, status: Status) -> str:
        """What a state means; empty where the manual does not say."""
        judges = not self.states.keys().isdisjoint((Status.WARNING, Status.CRITICAL))
        return self.states.get(status, NONE_OF_THESE if status is Status.OK and judges else "")


def read(text: str) -> Manual:
    """The parts of a manual page. What cannot be told apart stays among the rest, so that nothing is lost."""
    summary, *paragraphs = re.split(r"\n{2,}", text.strip())
    settings: dict[str, str] = {}
    states: dict[Status, str] = {}
    rest: list[str] = []
    for paragraph in paragraphs:
        if not settings and _SETTING.match(paragraph.partition("\n")[0]):
            settings = _settings(paragraph)
        elif not states and _STATE.search(" ".join(paragraph.split())):
            states, notes = _states(" ".join(paragraph.split()))
            rest += [notes] if notes else []
        else:
            rest.append(paragraph)
    return Manual(" ".join(summary.split()), settings, states, tuple(rest))


def _settings(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if match := _SETTING.match(line):
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += f" {line.strip()}"
    return found


def _states(paragraph: str) -> tuple[dict[Status, str], str]:
    """Each state up to the end of its sentence; what else is said there goes to the notes."""
    first, *parts = _STATE.split(paragraph)
    found: dict[Status, str] = {}
    notes = [first.strip()] if first.strip() else []
    for word, said in zip(parts[::2], parts[1::2], strict=True):
        means, _, more = (*_END_OF_SENTENCE.split(said.strip(), maxsplit=1), "", "")[:3]
        more = said.strip()[len(means) :].strip()
        found[_WORDS[word]] = means[0].upper() + means[1:]
        notes += [more] if more else []
    return found, " ".join(notes)
