"""What may not leave, taken out of every text that does: patient numbers, and every secret of the config."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, quote_plus

from healthcheck.model import Secret
from healthcheck.words import plain

ALWAYS = (r"\b\d{3}-\d{2}-\d{4}\b",)
"""Social Security numbers. A telephone number has another shape and stays."""
REMOVED = "[removed]"
_SHORTEST_SECRET = 6
"""A shorter one would be taken out of the middle of words."""
_REMEMBERED = 1_000
"""Texts, most of them names and units that each check tells again; what is worked out once is not worked out twice."""
_READ_CHARACTERS = 8_000
"""More of a text is never looked at; what is shown of it is far shorter."""


class Privacy:
    """The patterns whose every match is taken out (those that always are, and those of the config), and the secrets.

    No check means to tell a secret. But what a server or a driver says may repeat what it was sent.
    """

    def __init__(self, redact: Sequence[str] = (), secrets: Sequence[Secret] = ()) -> None:
        self.redact = tuple(redact)
        self._patterns = tuple(re.compile(pattern) for pattern in (*ALWAYS, *redact))
        self._hidden = sorted({word for secret in secrets for word in _words(secret)}, key=len, reverse=True)
        self._text = functools.lru_cache(_REMEMBERED)(self._without)

    def text(self, text: str, limit: int) -> str:
        """The text without what must not leave, harmless, on one line and cut to `limit`.

        In this order: what is hidden by a control character is found, and nothing is cut in two before it is.
        """
        return self._text(text, limit)

    def _without(self, text: str, limit: int) -> str:
        kept = plain(text, _READ_CHARACTERS)
        for word in self._hidden:
            kept = kept.replace(word, REMOVED)
        for pattern in self._patterns:
            kept = pattern.sub(REMOVED, kept)
        return kept if len(kept) <= limit else plain(kept, limit)


def _words(secret: Secret) -> Iterator[str]:
    """A secret as it may be met: on one line, as an address spells it, and each line of one that has several."""
    lines = secret.reveal().splitlines()
    for word in (*lines, *map(quote, lines), *map(quote_plus, lines)):
        if len(plain(word)) >= _SHORTEST_SECRET:
            yield plain(word)
