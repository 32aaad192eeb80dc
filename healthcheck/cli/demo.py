"""`healthcheck demo`: a morning of nine invented clinics, with no config, no network and no special rights."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from healthcheck.cli.progress import progress
from healthcheck.errors import HealthcheckError

if TYPE_CHECKING:
    from healthcheck.demo.show import Shown

FOLDER = "healthcheck-demo"
_LINE = "-" * 76


@click.command("demo")
@click.option("--output", type=click.Path(path_type=Path), help=f"The folder to write to.  [else: ./{FOLDER}]")
def command(output: Path | None) -> None:
    """Show a morning: nine invented clinics on this computer, after a weekend with power cuts, checked as real ones.

    Writes the mail, the pages, the briefs for IT and the config into a new folder, and ends by itself. Needs no config,
    no network and no special rights, mails nobody, and leaves nothing running.
    """
    from healthcheck.demo.show import show  # late: the whole engine, which no `--help` needs

    folder = output or _free_name()
    made = _ready(folder)
    if sys.stderr.isatty():
        print(
            "Nine invented clinics are starting on this computer. One never answers: that takes a few seconds.",
            file=sys.stderr,
        )
    try:
        shown = show(folder.absolute(), progress)
    except BaseException:
        _clear(folder, itself=made)
        raise
    click.echo("\n".join(_told(shown)))


def _free_name() -> Path:
    """A name in the current folder that nothing has yet."""
    names = (Path(FOLDER if number == 1 else f"{FOLDER}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _ready(folder: Path) -> bool:
    """See that there is such a folder with nothing in it; whether it had to be made."""
    try:
        if folder.exists():
            if folder.is_dir() and not any(folder.iterdir()):
                return False
            raise click.UsageError(f"There is something at {folder} already. Give --output a folder that is not there.")
        folder.mkdir(parents=True)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise HealthcheckError(
            f"The folder {folder.absolute()} cannot be used ({why}). Give --output another one."
        ) from None
    return True


def _clear(folder: Path, *, itself: bool) -> None:
    """Leave nothing half-done behind."""
    for path in [folder] if itself else list(folder.iterdir()):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _told(shown: Shown) -> Iterator[str]:
    yield "Nine invented clinics ran on this computer for a moment and were checked as real ones are."
    yield "This is the mail that their administrator would have read before the doors opened:"
    yield from ("", _LINE, f"Subject: {shown.subject}", "", shown.text.rstrip("\n"), _LINE, "")
    yield f"Everything is in {shown.folder}"
    left = {
        "the mail as a mail program shows it": [shown.mail.with_suffix(".html")],
        "the page of the practice, for a browser": [shown.page],
        "the briefs that IT would have got": [brief.with_suffix(".txt") for brief in shown.briefs],
        "the config, to read and to copy from": [shown.config],
    }
    for what, paths in left.items():
        names = [str(path.relative_to(shown.folder)) for path in paths]
        yield f"  {what}:"
        yield f"      {names[0]}" + (f" to {names[-1]}" if len(names) > 1 else "")
    yield ""
    yield "The clinics are gone again, nothing is left running, and nobody was mailed."
    yield "For your own clinics: healthcheck init"
