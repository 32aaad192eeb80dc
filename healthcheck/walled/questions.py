"""What a forked process does: it loads the foreign code, answers the one question, and ends.

What the program itself does in its own process is used here as it is: the same binding of settings, the same attempt.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from healthcheck import plugins
from healthcheck.check import Check
from healthcheck.config.binder import Binder
from healthcheck.config.binding import Unbindable, table_of
from healthcheck.config.lines import Place
from healthcheck.config.mistakes import Mistakes
from healthcheck.config.reading import Reading
from healthcheck.errors import PluginError
from healthcheck.foreign import wire
from healthcheck.foreign.sources import ENTRY_POINTS
from healthcheck.model import Secret
from healthcheck.plugins import Kind

Question = Mapping[str, Any]
Answer = dict[str, Any]

_PLACE: Place = ("check", 0)


def answer_to(descriptor: int) -> None:
    """Read the question from a socket and write the answer to it, a line of JSON each."""
    with socket.socket(fileno=descriptor) as asked, asked.makefile("rb") as lines:
        asked.sendall(_line({"group": os.getpgrp()}))
        _log_to(asked)
        question = json.loads(lines.readline())
        try:
            told = _line({"answer": _ANSWERS[question["ask"]](question)})
        except Unbindable as error:  # our own words
            told = _line({"answer": {"fault": str(error)}})
        except BaseException as error:  # foreign code may do anything; whatever it does is told as its fault
            told = _line({"answer": {"fault": type(error).__name__}})
        asked.sendall(told)


def _describe(question: Question) -> Answer:
    try:
        kinds = _kinds(question)
    except PluginError as error:
        detail = str(error).partition(": not loaded: ")[2]
        return {"refused": {"why": _plainly(error), "detail": detail or str(error)}}
    return {"kinds": [_described(kind) for kind in kinds]}


def _plainly(error: PluginError) -> str:
    """Why a file could not be loaded, without the words of those who write such files."""
    cause = error.__cause__
    if cause is None:
        return "it does not define a check as it should"
    if isinstance(cause, SyntaxError):
        return "it is not correct Python"
    return "it fails while it is loaded"


def _described(kind: Kind) -> Answer:
    check = kind.check
    return {
        "kind": kind.name,
        "manual": kind.manual,
        "inside": check.inside,
        "reachability": check.reachability,
        "watched": check.watched,
        "default_timeout_s": check.default_timeout_s,
        "default_attempts": check.default_attempts,
    }


def _schema(question: Question) -> Answer:
    from healthcheck.config.models import model_of  # heavy, and no other question needs it

    kind = _kind(question)
    own = f"#/$defs/{kind.name}."
    table = model_of(table_of(kind)).model_json_schema(by_alias=True, ref_template=own + "{model}")
    definitions = {f"{kind.name}.{name}": rule for name, rule in table.pop("$defs", {}).items()}
    return {"schema": {**table, "$defs": definitions}}


def _bind(question: Question) -> Answer:
    noted, secrets, check = _bound(question)
    if noted.told:
        return {"mistakes": noted.told}
    if secrets.asks:
        return {"asks": secrets.asks}
    if check is None:
        return {"fault": "its settings could not be bound"}
    return {"end": check.other_end()}


def _look(question: Question) -> Answer:
    from healthcheck.walled.looking import look  # heavy: the server has loaded it, where anything is to be looked at

    _, _, check = _bound(question)
    if check is None:
        raise PluginError("its settings can no longer be bound")
    return look(question, check)


_ANSWERS: dict[str, Callable[[Question], Answer]] = {
    "describe": _describe, "schema": _schema, "bind": _bind, "look": _look,
}  # fmt: skip


def _kinds(question: Question) -> list[Kind]:
    source = question["source"]
    if source["file"]:
        return plugins.load_file(Path(source["file"]))
    return plugins.load_entry_point(source["value"], ENTRY_POINTS, source["origin"])


def _kind(question: Question) -> Kind:
    return next(kind for kind in _kinds(question) if kind.name == question["kind"])


def _bound(question: Question) -> tuple[_Noted, _Secrets, Check[Any] | None]:
    """The check with its settings; None while there are mistakes in them or secrets to be given."""
    kind, entry = _kind(question), question["entry"]
    noted, secrets = _Noted(), _Secrets(wire.to_secrets(question["secrets"]))
    binder = Binder(Reading({"check": [entry]}, noted), secrets)
    table = binder.table(_PLACE, kind, entry)
    if table is None:
        return noted, secrets, None
    settings = binder.settings(_PLACE, kind, table)
    check = None if settings is None or secrets.asks else binder.check(_PLACE, kind, settings)
    return noted, secrets, None if noted.told else check


class _Noted(Mistakes):
    """Mistakes by their place in the entry: the lines of the config are known on the other side."""

    def __init__(self) -> None:
        super().__init__(Path(), "")
        self.told: list[tuple[Place, str]] = []

    def __len__(self) -> int:
        return len(self.told)

    def add(self, place: Place, says: str) -> None:
        self.told.append((place[len(_PLACE) :], says))

    def warn(self, place: Place, says: str) -> None:
        """Nothing that is found here only earns a warning."""


class _Secrets:
    """The secrets that came with the question, and those that are asked for."""

    def __init__(self, secrets: Mapping[Place, Secret]) -> None:
        self._secrets = secrets
        self.asks: list[tuple[Place, str]] = []

    def given(self, place: Place, name: str, literal: str) -> Secret | None:
        tail = place[len(_PLACE) :]
        if tail not in self._secrets:
            self.asks.append((tail, name))
        return self._secrets.get(tail)


def _log_to(asked: socket.socket) -> None:
    """What our own code logs of an attempt goes to the other side; what foreign code logs may hold anything."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name == "healthcheck.attempt" and record.module == "attempt":
                asked.sendall(_line({"log": record.getMessage()}))

    logging.root.handlers = [Handler()]


def _line(told: Answer) -> bytes:
    return json.dumps(told).encode() + b"\n"
