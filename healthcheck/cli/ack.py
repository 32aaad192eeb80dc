"""`healthcheck ack KEY`: say that a trouble is known, so that it need not nag."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from healthcheck.cli import known
from healthcheck.cli.root import Paths
from healthcheck.cli.until import said_back
from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.settings import Config
from healthcheck.findings import Incident
from healthcheck.history import History
from healthcheck.history.known import as_it_is
from healthcheck.rounds import HISTORY_FILE
from healthcheck.words import plain, sentence


@click.command("ack")
@click.argument("key", default="")
@click.option("--until", "until_text", default="", help='Until when: friday, "tomorrow 18:00", 2026-12-01, "3 days".')
@click.option("--note", default="", help='What is being done about it: "drive ordered".')
@click.option("--by", default="", help="Who says so.  [else: the account you are logged in with]")
@click.option("--remove", is_flag=True, help="Take it back.")
@click.option("--list", "show", is_flag=True, help="Show what is acknowledged and paused; so does no KEY at all.")
@click.pass_obj
def command(paths: Paths, key: str, until_text: str, note: str, by: str, remove: bool, show: bool) -> None:
    """Say that a trouble is known: reports go on telling it, in a section of its own, and no longer ask for a call.

    KEY is the reference of the trouble (HC-20261123-1), a host, or a check (clinic/host/kind). It is checked as ever.
    It comes back by itself when it gets worse, when it fails again after it was mended, and when the time is over. A
    clinic that cannot open because of it is told all the same. A day is meant to its end; "friday" is the next one.
    """
    config = paths.load()
    now = datetime.now(config.practice.timezone)
    with contextlib.closing(History.open(paths.state() / HISTORY_FILE, datetime.now(UTC))) as history:
        if show or not key:
            _refuse_the_rest(key, until_text or note or remove)
            for line in known.listed(config, history, now):
                click.echo(line)
        elif remove:
            _remove(history, key, now)
        else:
            _acknowledge(config, history, key, until_text, note, known.who(config, by), now)


def _refuse_the_rest(key: str, more: object) -> None:
    if more or key:
        raise click.UsageError("Name what you mean: its reference (HC-…), a host, or a check (clinic/host/kind).")


def _acknowledge(
    config: Config, history: History, key: str, until_text: str, note: str, by: str, now: datetime
) -> None:
    incident = find(config, history.troubles(), key)
    until = known.moment(until_text, now)
    kept = known.words(config, "--note", note, "drive ordered")
    given = as_it_is(
        incident,
        history.previous(incident.keys),
        history.changes(),
        by=by,
        note=kept,
        at=now.astimezone(UTC),
        until=until.astimezone(UTC),
    )
    history.acknowledge(given)
    click.echo(f"Acknowledged {incident.reference} until {said_back(until)}: {sentence(plain(incident.says))}")
    click.echo(f"Note: {kept} ({by}).")
    click.echo(
        "It is checked as ever, and reports tell it as known. It nags again when it gets worse, when it fails again "
        f"after it was mended, or with {known.comes_back(config.practice, until)}, if it is still there then. While a "
        "clinic cannot open because of it, every report says so first."
    )


def _remove(history: History, key: str, now: datetime) -> None:
    given = [one for one in history.acknowledged(now) if one.holds(now)]
    meant = [one for one in given if _same(key, one.reference, one.cause, *one.checks)]
    if not meant:
        guess = did_you_mean(key, [name for one in given for name in (one.reference, one.cause)])
        raise click.UsageError(f"Nothing is acknowledged under {quoted(key)}{guess or '; see `healthcheck ack`.'}")
    for one in meant:
        history.end_acknowledgement(one.reference, now)
        click.echo(f"{one.reference} is no longer acknowledged: {sentence(plain(one.says))}")


def find(config: Config, still_open: Sequence[Incident], key: str) -> Incident:
    """The one open trouble that KEY means; `UsageError` says which words would do."""
    for means in (_itself, _beneath):
        found = [incident for incident in still_open if means(config, incident, key)]
        if len(found) == 1:
            return found[0]
        if found:
            raise click.UsageError(f"{quoted(key)} has several troubles. Name one:\n{_lines(found)}")
    above = next((one for one in still_open if _same(key, *one.consequences)), None)
    if above is not None:
        raise click.UsageError(f"{quoted(key)} only fails because of this. Name it instead:\n{_lines([above])}")
    raise click.UsageError(_nothing(config, still_open, key))


def _itself(config: Config, incident: Incident, key: str) -> bool:
    return _same(key, incident.reference, incident.cause, *incident.keys)


def _beneath(config: Config, incident: Incident, key: str) -> bool:
    """By the host that it is about, or the clinic."""
    return _same(key, incident.host, f"{incident.site}/{incident.host}", incident.site)


def _same(key: str, *names: str) -> bool:
    return key.strip().casefold() in {name.casefold() for name in names if name}


def _nothing(config: Config, still_open: Sequence[Incident], key: str) -> str:
    hosts = list(config.practice.hosts())
    places = [*(site.name for site in config.practice.sites), *(host.name for host in hosts)]
    names = [*places, *(f"{host.site}/{host.name}" for host in hosts), *(planned.key for planned in config.plan)]
    if _same(key, *names):
        return (
            f"Nothing was wrong with {quoted(key)} the last time it was checked, so there is nothing to acknowledge. "
            "Before planned work, use `healthcheck pause`."
        )
    guess = did_you_mean(key, [name for one in still_open for name in (one.reference, one.cause)])
    guess = guess or did_you_mean(key, names)
    listed = f"\nThese are open:\n{_lines(still_open)}" if still_open else " No trouble is open."
    return f"There is no open trouble {quoted(key)}{guess or '.'}{listed}"


def _lines(incidents: Sequence[Incident]) -> str:
    return "\n".join(f"  {incident.reference}  {plain(incident.says)}" for incident in incidents)
