"""What stands between the practice's files and the pack: secrets and patient numbers taken out, and a last look.

First every text is cleaned of each secret, in each spelling that a program gives it. Then every file is looked through
once more; one in which a secret is found all the same, for it is no text, is left out, and that is told.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from healthcheck.config.secrets import FOLDER
from healthcheck.config.settings import Config
from healthcheck.model import Secret
from healthcheck.privacy import ALWAYS, REMOVED

SHORTEST = 6
"""A shorter secret would be found in the middle of words."""
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]{1,11}")
"""A secret like "charts" or "Password" cannot be told from the word; where it is in a secret's own place, it goes."""
_LARGEST_BYTES = 65_536
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|PuTTY-User-Key-File-")
_LETTER = r"[\w.~!*'()+&=?@/:;,-]"
_IN_AN_ADDRESS = re.compile(rf"(?<!{_LETTER}){_LETTER}*(?:%[0-9A-Fa-f]{{2}}{_LETTER}*)+")
_HARD = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).{8,}")
"""A part of an address that nobody would find in a dictionary."""


class Cleaning:
    """Knows every secret of a practice and the patterns of patient numbers."""

    def __init__(self, config: Config, secrets: Iterable[Secret], environ: Mapping[str, str]) -> None:
        texts = [secret.reveal() for secret in (*config.secrets, *secrets)]
        texts += list(_kept(config.folder, environ))
        words = {word for text in texts for word in _words(text)}
        spelled = {code for word in words for code in (*_spellings(word), *_codes(word))}
        self._spelled = sorted(spelled, key=len, reverse=True)
        self._encoded = [code.encode() for code in self._spelled]
        self._patterns = [re.compile(pattern) for pattern in (*ALWAYS, *config.redact)]

    def text(self, text: str) -> str:
        """The text, its lines kept, without what must not leave."""
        return _IN_AN_ADDRESS.sub(self._of_address, self._plain(text))

    def _plain(self, text: str) -> str:
        for word in self._spelled:
            text = text.replace(word, REMOVED)
        for pattern in self._patterns:
            text = pattern.sub(REMOVED, text)
        return text

    def _of_address(self, found: re.Match[str]) -> str:
        """A stretch as addresses spell it: "%20123-45-6789" shows its number only once it is read."""
        read = unquote(found[0])
        cleaned = self._plain(read)
        return found[0] if cleaned == read else quote(cleaned, safe="/:?&=@+,;")

    def data(self, value: Any) -> Any:
        """The same for every text in what becomes JSON or CSV."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(name)): self.data(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item) for item in value]
        return value

    def values(self, value: Any) -> Any:
        """The same for a config's data, whose names stay as they are."""
        if isinstance(value, dict):
            return {name: self.values(item) for name, item in value.items()}
        return [self.values(item) for item in value] if isinstance(value, list) else self.data(value)

    def lets_out(self, content: bytes) -> str:
        """Why a file must not leave, in words that follow its name; empty when it may."""
        if is_private_key(content):
            return "it holds a private key"
        if any(code in content for code in self._encoded):
            return "it holds a secret in a form that could not be taken out"
        text = content.decode("utf-8", errors="ignore")
        if any(pattern.search(spelled) for pattern in self._patterns for spelled in (text, unquote(text))):
            return "it holds what looks like the number of a patient"
        return ""


def is_private_key(content: bytes) -> bool:
    """Whether a private key stands in a file, whoever's it is."""
    return _PRIVATE_KEY.search(content) is not None


def _kept(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Every secret that lies where the program looks for them, used or not."""
    for name, value in environ.items():
        if name.startswith("HEALTHCHECK_SECRET_"):
            yield value
            if name.endswith("_FILE"):
                yield from _content(Path(value))
    places = [folder / FOLDER]
    if given := environ.get("CREDENTIALS_DIRECTORY"):
        places.append(Path(given))
    for place in places:
        if place.is_dir() and os.access(place, os.R_OK | os.X_OK):
            for path in sorted(place.iterdir()):
                yield from _content(path)


def _content(path: Path) -> Iterator[str]:
    if path.is_file() and os.access(path, os.R_OK):
        with path.open("rb") as file:
            yield file.read(_LARGEST_BYTES).decode("utf-8", errors="ignore")


def _words(secret: str) -> Iterator[str]:
    """What to look for: each line of a secret, and of an address the parts that let somebody in."""
    for line in secret.splitlines():
        yield from filter(_is_long, (line, line.strip()))
        if "://" in line:
            yield from filter(_is_long, _of_address(line.strip()))


def _of_address(text: str) -> Iterator[str]:
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    yield from (parts.password or "", unquote(parts.password or ""))
    for part in re.split(r"[/&;=?#]", f"{parts.path}?{parts.query}#{parts.fragment}"):
        if _HARD.fullmatch(part):
            yield from (part, unquote(part))


def _is_long(word: str) -> bool:
    return len(word) >= SHORTEST and not _PLAIN_WORD.fullmatch(word)


def _spellings(word: str) -> Iterator[str]:
    """As it is, and as addresses, JSON and HTML spell it."""
    yield from (word, quote(word), quote(word, safe=""), quote_plus(word), html.escape(word))
    yield from (json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])


def _codes(word: str) -> Iterator[str]:
    """As Base64 (wherever in a stretch it begins) and as hexadecimal digits."""
    data = word.encode()
    yield from (data.hex(), data.hex().upper())
    for start in range(3):
        inner = data[start : start + (len(data) - start) // 3 * 3]
        if len(inner) >= SHORTEST:
            yield from (base64.b64encode(inner).decode(), base64.urlsafe_b64encode(inner).decode())
