"""The config without what must not leave: its data, so that no comment comes along.

A comment may hold a password, and nothing can tell; so all of them stay behind, and the pack says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from healthcheck.config import syntax
from healthcheck.config.lines import Place
from healthcheck.config.mistakes import dotted
from healthcheck.config.settings import Config
from healthcheck.model import Secret
from healthcheck.privacy import REMOVED

PASSWORD_IN_URL = re.compile(r"(?P<kept>\b[a-z][a-z0-9+.-]*://[^\s/@:]*:)(?P<secret>[^\s/@]+)(?=@)", re.IGNORECASE)
_TOKEN_IN_URL = re.compile(
    r"(?P<kept>[?&;](?:[\w.-]*(?:token|secret|passw(?:or)?d|pwd|signature|api_?key|auth)|key|sig|code)=)"
    r"(?P<secret>[^&;#\s\"']+)",
    re.IGNORECASE,
)
_OPTION = re.compile(r"-[pCk]|--?(?:pass(?:word|wd|phrase)?|community|authorization|auth\w*|token|secret|api-?key)")
_OPTION_WITH_VALUE = re.compile(
    r"(?P<kept>-{0,2}[\w-]*(?:pass(?:word|wd|phrase)?|community|authorization|token|secret|api[-_]?key)=)(?P<secret>.+)",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"\d{1,5}(?:[:,]\d{1,5})*|-.*|\{.*\}")
"""A port, a limit, another option, or a place that is filled in: what may stand behind such an option and is none."""
_PRIVATE = re.compile(
    r".*(?:passw(?:or)?d|passphrase|secret|token|community|api_?key|private_?key).*(?<!_url)(?<!_file)"
)
"""A setting of this name holds a secret, even where the check that knows it takes it for any text."""
_SECRET_ADDRESSES = re.compile(r"delivery\[\d+\]\.url")
"""The address of a webhook or a topic lets anybody in who knows it."""


@dataclass
class Settings:
    """A config's data without secrets. `renamed` are the secrets that got a name, `removed` places where text went.

    `found` is what was taken out, to be looked for everywhere else; `files` are those that the config names.
    """

    data: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    found: list[Secret] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def settings(config: Config) -> Settings:
    """Read the config's file once more. Raises `ConfigError` where it cannot be read."""
    data = syntax.parse(config.path, syntax.read(config.path))
    literal = {one.place for one in config.asked if not one.name and one.file is None}
    made = Settings(files=[str(one.file) for one in config.asked if one.file])
    made.data = _without(data, (), literal, made)
    made.files = list(dict.fromkeys(made.files))
    return made


def _without(value: Any, place: Place, literal: set[Place], made: Settings) -> Any:
    if place in literal or (isinstance(value, str) and _SECRET_ADDRESSES.fullmatch(dotted(place))):
        made.found.append(Secret(str(value)))
        name = _name(place, made.renamed)
        made.renamed[name] = dotted(place)
        return {"secret": name}
    if isinstance(value, dict):
        if set(value) == {"secret"} and isinstance(value["secret"], str):
            return value
        return {name: _without(item, (*place, name), literal, made) for name, item in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            return [_kept(item, (*place, number), made) for number, item in enumerate(_words(value, place, made))]
        return [_without(item, (*place, number), literal, made) for number, item in enumerate(value)]
    return _kept(value, place, made) if isinstance(value, str) else value


def _kept(text: str, place: Place, made: Settings) -> str:
    """A text that is no secret by itself, without those that it holds."""
    setting = next((part for part in reversed(place) if isinstance(part, str)), "")
    if setting.endswith("_file"):
        made.files.append(text)
    if _PRIVATE.fullmatch(setting):
        return _removed(text, place, made)
    for pattern in (PASSWORD_IN_URL, _TOKEN_IN_URL):
        text = pattern.sub(lambda found: found["kept"] + _removed(found["secret"], place, made), text)
    return text


def _words(words: list[str], place: Place, made: Settings) -> Iterator[str]:
    """The words of a command, without what stands behind an option that asks for a password."""
    if place[-1] not in ("command", "arguments"):
        yield from words
        return
    before = ""
    for number, word in enumerate(words):
        given = _OPTION_WITH_VALUE.fullmatch(word)
        if given:
            yield given["kept"] + _removed(given["secret"], (*place, number), made)
        elif _follows(before, word, words):
            yield _removed(word, (*place, number), made)
        else:
            yield word
        before = word


def _follows(before: str, word: str, words: list[str]) -> bool:
    """Whether a word is the password that the option before it asks for."""
    if before == "-a":  # check_http's login; to check_procs it is the name of a program
        return ":" in word
    if before == "-C" and any("check_procs" in one for one in words):
        return False
    return _OPTION.fullmatch(before) is not None and not _NO_SECRET.fullmatch(word)


def _removed(text: str, place: Place, made: Settings) -> str:
    if text != REMOVED and text:
        made.found.append(Secret(text))
        made.removed.append(dotted(place))
    return REMOVED


def _name(place: Place, taken: Mapping[str, str]) -> str:
    """A name for a secret that had none: "email_password", "delivery_2_url"."""
    parts = [str(part + 1) if isinstance(part, int) else part for part in place]
    name = re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(parts))[:90]
    return name if name not in taken else f"{name}_{len(taken)}"
