"""The words that go with a pack: what is what, how to begin again, and which secrets have to be found elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from healthcheck import __version__
from healthcheck.inventory import Inventory
from healthcheck.inventory.ages import moment
from healthcheck.inventory.document import SecretRow
from healthcheck.sheets import environment
from healthcheck.words import plain

TEMPLATES = "healthcheck.handover"


def texts(
    made: Inventory,
    secrets: Sequence[SecretRow],
    renamed: Mapping[str, str],
    files: Sequence[str],
    notes: Sequence[str],
) -> dict[str, str]:
    """README.txt and SECRETS.txt. `renamed` are secrets that got a name in the pack, with the place they stood at."""
    templates = environment(TEMPLATES, autoescape=False)
    templates.filters["wrapped"] = _wrapped
    templates.filters["plain"] = plain
    shared = {
        "practice": plain(made.practice.name),
        "as_of": f"{moment(made.made_at, made.made_at)}, {made.made_at.year}",
        "made": made,
        "secrets": secrets,
        "renamed": renamed,
        "files": files,
        "folders": {str(folder) for name in files for folder in PurePosixPath(name).parents},
        "notes": notes,
        "version": __version__,
    }
    return {
        "README.txt": templates.get_template("readme.txt.j2").render(shared),
        "SECRETS.txt": templates.get_template("secrets.txt.j2").render(shared),
    }


def _wrapped(text: str, indent: int = 0) -> str:
    """A paragraph in lines of at most 76 characters, the lines after the first `indent` blanks in."""
    return textwrap.fill(plain(text, 2000), 76, subsequent_indent=" " * indent, break_on_hyphens=False,
                         break_long_words=False)  # fmt: skip
