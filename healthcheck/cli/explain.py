"""`healthcheck explain KEY|KIND|REFERENCE`: what something is, how it stands, and what to say to IT."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import click

from healthcheck import explain, plugins
from healthcheck.check import Planned
from healthcheck.cli.root import Paths
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.settings import Config
from healthcheck.errors import ConfigError
from healthcheck.explain.standing import Standing, standing
from healthcheck.findings import Incident
from healthcheck.foreign.drop_ins import DropIns
from healthcheck.plugins import Kind
from healthcheck.words import plain, sentence


@click.command("explain")
@click.argument("what", metavar="KEY|KIND|REFERENCE")
@click.pass_obj
def command(paths: Paths, what: str) -> None:
    """Explain a kind of check (disk), one check (Pasadena/pasadena-server/disk) or a trouble (HC-20261123-1).

    Of a kind: what it looks at, what each state means, its settings. Of a check also: its own limits, when it was last
    looked at and what was found, its course, and whom to call with which words. Of a trouble: all that IT needs. A kind
    needs no config. Nothing is looked at anew.
    """
    with DropIns(paths.config_file().absolute().parent / "checks.d") as drop_ins:
        kind = _kind(drop_ins, what)
        if kind is not None:
            _show(explain.explain_kind(kind, _plan_if_any(paths)))
            return
        names = [*plugins.load().kinds, *drop_ins.names()]
    config = _config(paths, what, names)
    planned = next((one for one in config.plan if _same(what, one.key)), None)
    known = standing(config, paths.state(), planned.key if planned else "")
    if planned is not None:
        _show(explain.explain_check(planned, known))
        return
    incident = next((one for one in known.incidents if _same(what, one.reference)), None)
    if incident is None:
        raise click.UsageError(_nothing(config, known, what, names))
    _show(explain.explain_trouble(incident, known))


def _kind(drop_ins: DropIns, name: str) -> Kind | None:
    """As the config finds it: a file that claims the name, else the built-in one, else any foreign code."""
    kinds: Mapping[str, Kind] = plugins.load().kinds
    if "/" in name or name.casefold().startswith("hc-"):
        return None
    return drop_ins.claimed(name) or kinds.get(name.casefold()) or drop_ins.anywhere(name)


def _plan_if_any(paths: Paths) -> tuple[Planned, ...]:
    """A kind can be read about before there is a config, or while it has a mistake."""
    with contextlib.suppress(ConfigError):
        return paths.load().plan
    return ()


def _config(paths: Paths, what: str, names: list[str]) -> Config:
    if not paths.config_file().exists() and "/" not in what and not what.casefold().startswith("hc-"):
        guess = did_you_mean(what, names) or "; `healthcheck checks` lists them."
        raise click.UsageError(f"There is no kind of check {quoted(what)}{guess}")
    return paths.load()


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.casefold()


def _nothing(config: Config, known: Standing, what: str, names: list[str]) -> str:
    """What would have been right: the checks of a host or a clinic that was named, else the nearest name."""
    here = [one.key for one in config.plan if what.casefold() in _names_above(one)]
    if here:
        return f"{quoted(what)} has several checks. Name one:\n" + "\n".join(f"  {key}" for key in here)
    every = [*names, *(one.key for one in config.plan), *(one.reference for one in known.incidents)]
    guess = did_you_mean(what, every) or "."
    return f"There is no kind, no check and no trouble {quoted(what)}{guess}{_open(known.open)}"


def _names_above(planned: Planned) -> Iterator[str]:
    host, site = planned.host.name, planned.site.name
    kind = f"{site}/{host}/{planned.check.kind}"
    yield from (name.casefold() for name in (host, site, f"{site}/{host}", kind))


def _open(incidents: tuple[Incident, ...]) -> str:
    lines = "".join(f"\n  {one.reference}  {sentence(plain(one.says))}" for one in incidents)
    return f"\nOpen now:{lines}" if lines else ""


def _show(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
