"""`healthcheck demo`: a morning of nine invented clinics, with no config, no network and no special rights."""

from __future__ import annotations

import contextlib
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

    folder = (output or _free_name()).absolute()
    existed = _is_there(folder)
    if sys.stderr.isatty():
        print("Nine invented clinics are starting. One never answers, so it takes a few seconds.", file=sys.stderr)
    try:
        with _said(folder):
            folder.mkdir(parents=True, exist_ok=True)
        shown = show(folder, progress)
    except BaseException:
        _clear(folder, itself=not existed)
        raise
    click.echo("\n".join(_told(shown)))


def _free_name() -> Path:
    """A name in the current folder that nothing has yet."""
    names = (Path(FOLDER if number == 1 else f"{FOLDER}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _is_there(folder: Path) -> bool:
    """Whether there is such a folder, with nothing in it: nothing is written over, nor put among what is another's."""
    with _said(folder):
        if not folder.exists():
            return False
        if folder.is_dir() and not any(folder.iterdir()):
            return True
    raise click.UsageError(f"There is something at {folder} already. Give --output a folder that is not there.")


@contextlib.contextmanager
def _said(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise HealthcheckError(f"The folder {folder} cannot be used ({why}). Give --output another one.") from None


def _clear(folder: Path, *, itself: bool) -> None:
    """Leave nothing half-done behind."""
    if itself:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
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
