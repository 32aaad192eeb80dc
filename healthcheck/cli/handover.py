"""`healthcheck handover FILE.zip`: all that belongs to the practice in one file, for another contractor."""

from __future__ import annotations

from pathlib import Path

import click

from healthcheck.cli.output import check_place
from healthcheck.cli.root import Paths
from healthcheck.handover import contents, pack
from healthcheck.words import count


@click.command("handover")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def command(paths: Paths, file: Path) -> None:
    """Pack config, inventory, emergency card, last reports and history into FILE, which must end in .zip.

    No password, no key and nothing of a patient is in it; its README.txt says what is what, and how to begin again.
    Nothing is overwritten.
    """
    if file.suffix.lower() != ".zip":
        raise click.UsageError(f"The pack is a ZIP file: name one that ends in .zip, not {file.name}.")
    check_place(file)
    files, at = contents(paths.load(), paths.state())
    pack(file, files, at)
    click.echo(f"{file}: {count(len(files), 'file')}, without any password. Read its README.txt first.")
