"""`healthcheck checks`: the catalogue, and one check's manual page."""

from __future__ import annotations

import difflib
import sys

import click

from healthcheck import plugins
from healthcheck.cli.root import Paths


@click.command("checks")
@click.argument("kind", required=False)
@click.pass_obj
def command(paths: Paths, kind: str | None) -> None:
    """List every kind of check, or show the manual page of KIND."""
    catalogue = plugins.load(paths.config_file().parent / "checks.d")
    for sentence in catalogue.refused:
        print(sentence, file=sys.stderr)
    if kind is None:
        width = max(map(len, catalogue.kinds))
        for found in catalogue.kinds.values():
            click.echo(f"{found.name:<{width}}  {found.summary}")
        return
    if kind not in catalogue.kinds:
        near = difflib.get_close_matches(kind, catalogue.kinds, 1)
        raise click.UsageError(f'There is no check "{kind}".' + (f' Did you mean "{near[0]}"?' if near else ""))
    click.echo(f"{kind} ({catalogue.kinds[kind].origin})\n\n{catalogue.kinds[kind].manual}")
