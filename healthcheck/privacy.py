"""What may not leave, taken out of every text that does: patient numbers above all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from healthcheck.words import plain

ALWAYS = (r"\b\d{3}-\d{2}-\d{4}\b",)
"""Social Security numbers. A telephone number has another shape and stays."""
REMOVED = "[removed]"
_READ_CHARACTERS = 8_000
"""More of a text is never looked at; what is shown of it is far shorter."""


class Privacy:
    """The patterns whose every match is taken out: those that always are, and those of the config."""

    def __init__(self, redact: Sequence[str] = ()) -> None:
        self.redact = tuple(redact)
        self._patterns = tuple(re.compile(pattern) for pattern in (*ALWAYS, *redact))

    def text(self, text: str, limit: int) -> str:
        """The text without what must not leave, harmless, on one line and cut to `limit`.

        In this order: what is hidden by a control character is found, and nothing is cut in two before it is.
        """
        kept = plain(text, _READ_CHARACTERS)
        for pattern in self._patterns:
            kept = pattern.sub(REMOVED, kept)
        return plain(kept, limit)
