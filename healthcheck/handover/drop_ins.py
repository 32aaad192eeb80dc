"""The practice's own checks, with whatever somebody wrote into them that looks like a password taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from healthcheck.foreign import sources
from healthcheck.handover.settings import PASSWORD_IN_URL
from healthcheck.privacy import REMOVED

FOLDER = "checks.d"
_LARGEST_BYTES = 1_000_000
_NAME = r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api_?key|community|authorization)[\w-]*[\"']?"
_GIVEN = r"\s*(?::\s*[\w.\[\]| ]+=|[:=])\s*(?:\w+\()?"
_QUOTED = re.compile(rf"(?P<kept>{_NAME}{_GIVEN})(?P<quote>[\"'])(?P<secret>[^\"'\n]+)(?P=quote)", re.I)
_BARE = re.compile(rf"^(?P<kept>\s*(?:export\s+|local\s+)?{_NAME}=)(?P<secret>[^\s\"'$;]+)", re.I | re.M)


def drop_ins(folder: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Name, content and whether something was taken out, for each file that the program would load.

    A link is not followed: it could lead to anything.
    """
    for source in sources.files(folder):
        path = source.file
        if path is None or path.is_symlink() or path.stat().st_size > _LARGEST_BYTES:
            continue
        content = path.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            yield path.name, content, False
            continue
        cleaned = without_literals(text)
        yield path.name, cleaned.encode(), cleaned != text


def without_literals(text: str) -> str:
    """Source code without the texts that are given to something named like a password."""
    text = _QUOTED.sub(lambda found: f"{found['kept']}{found['quote']}{REMOVED}{found['quote']}", text)
    text = _BARE.sub(lambda found: found["kept"] + REMOVED, text)
    return PASSWORD_IN_URL.sub(lambda found: found["kept"] + REMOVED, text)
