"""`healthcheck checks`: the catalogue, and one check's manual page."""

from __future__ import annotations

import sys

import click

from healthcheck import plugins
from healthcheck.cli import devices
from healthcheck.cli.root import Paths
from healthcheck.config.mistakes import nearest
from healthcheck.foreign.drop_ins import DropIns


@click.command("checks")
@click.argument("kind", required=False)
@click.option("--needs", is_flag=True, help="A page of what each device needs switched on, in Markdown.")
@click.pass_obj
def command(paths: Paths, kind: str | None, needs: bool) -> None:
    """List every kind of check, or show the manual page of KIND."""
    kinds = dict(plugins.load().kinds)
    with DropIns(paths.config_file().absolute().parent / "checks.d") as drop_ins:
        kinds |= drop_ins.all().kinds
        for sentence in drop_ins.refused:
            print(sentence, file=sys.stderr)
    if needs:
        click.echo(devices.page(kinds), nl=False)
        return
    if kind is None:
        width = max(map(len, kinds))
        for found in sorted(kinds.values(), key=lambda found: found.name):
            click.echo(f"{found.name:<{width}}  {found.summary}")
        return
    if kind not in kinds:
        near = nearest(kind, kinds)
        raise click.UsageError(f'There is no check "{kind}".' + (f' Did you mean "{near}"?' if near else ""))
    click.echo(f"{kind} ({kinds[kind].origin})\n\n{kinds[kind].manual}")
