"""What goes through the wall, as JSON on both sides: never pickled, so that an answer is data and nothing else.

Reading raises `ValueError`, `KeyError` or `TypeError` for what nobody here has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from healthcheck.attempt import Attempt
from healthcheck.model import (
    Event,
    EventKind,
    Facts,
    Host,
    Metric,
    Practice,
    Previous,
    Result,
    Secret,
    Site,
    SshAccess,
    Status,
)

Data = dict[str, Any]
Place = tuple[str | int, ...]


def of_config(value: object) -> object:
    """What TOML has and JSON has not, for `json.dumps(default=…)`: as it is held against the schema, too."""
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")


def of_result(result: Result) -> Data:
    """A finding."""
    metric = result.metric
    return {
        "status": result.status.name, "says": result.says, "detail": result.detail,
        "metric": [metric.name, metric.value, metric.unit] if metric else None,
    }  # fmt: skip


def to_result(data: Data) -> Result:
    """A finding."""
    metric = None
    if data["metric"] is not None:
        name, value, unit = data["metric"]
        metric = Metric(_text(name), _number(value), _text(unit))
    return Result(Status[data["status"]], _text(data["says"]), _text(data["detail"]), metric)


def of_event(event: Event) -> Data:
    """Something that happened."""
    return {
        "at": event.at.isoformat(), "says": event.says, "source": event.source, "kind": event.kind.value,
        "until": _moment(event.until), "not_before": _moment(event.not_before),
    }  # fmt: skip


def to_event(data: Data) -> Event:
    """Something that happened."""
    at = to_moment(data["at"])
    if at is None:
        raise ValueError("an event has no time")
    return Event(
        at, _text(data["says"]), _text(data["source"]), EventKind(data["kind"]),
        to_moment(data["until"]), to_moment(data["not_before"]),
    )  # fmt: skip


def of_facts(facts: Facts) -> Data:
    """What a host has."""
    return {"sort": facts.sort, "things": dict(facts.things)}


def to_facts(data: Data) -> Facts:
    """What a host has."""
    return Facts(_text(data["sort"]), {_text(name): _text(how) for name, how in data["things"].items()})


def of_attempt(found: Attempt) -> Data:
    """What an attempt found."""
    return {
        "results": [of_result(result) for result in found.results],
        "events": [of_event(event) for event in found.events],
        "facts": [of_facts(facts) for facts in found.facts],
        "why": found.why, "final": found.final,
    }  # fmt: skip


def to_attempt(data: Data) -> Attempt:
    """What an attempt found; `ValueError` for nothing at all."""
    results = tuple(to_result(result) for result in data["results"])
    if not results:
        raise ValueError("it found nothing")
    return Attempt(
        results,
        tuple(to_event(event) for event in data["events"]),
        tuple(to_facts(facts) for facts in data["facts"]),
        why=_text(data["why"]),
        final=data["final"] is True,
    )


def of_previous(previous: Previous | None) -> Data | None:
    """What was found the last time."""
    if previous is None:
        return None
    return {"at": previous.at.isoformat(), "status": previous.status.name, "metrics": previous.metrics}


def to_previous(data: Data | None) -> Previous | None:
    """What was found the last time."""
    return data and Previous(datetime.fromisoformat(data["at"]), Status[data["status"]], data["metrics"])  # type: ignore[return-value]  # None stays None


def of_secret(secret: Secret | None) -> list[str] | None:
    """A secret with its name. It goes through the wall alone, never to a file, an argument or the environment."""
    return [secret.reveal(), secret.name] if secret else None


def to_secret(data: Sequence[str] | None) -> Secret | None:
    """A secret with its name."""
    return Secret(*data) if data else None


def of_secrets(secrets: Mapping[Place, Secret]) -> list[list[Any]]:
    """Secrets by their place in a table."""
    return [[list(place), of_secret(secret)] for place, secret in secrets.items()]


def to_secrets(data: Sequence[Sequence[Any]]) -> dict[Place, Secret]:
    """Secrets by their place in a table."""
    return {tuple(place): Secret(*secret) for place, secret in data}


def of_practice(practice: Practice) -> Data:
    """A practice's sites and hosts, as far as somebody who looks at a host needs them."""
    return {
        "name": practice.name, "timezone": practice.timezone.key, "opens": practice.opens.isoformat(),
        "sites": [_of_site(site) for site in practice.sites],
    }  # fmt: skip


def to_practice(data: Data) -> Practice:
    """A practice's sites and hosts."""
    sites = tuple(_to_site(site) for site in data["sites"])
    return Practice(data["name"], ZoneInfo(data["timezone"]), time.fromisoformat(data["opens"]), sites=sites)


def _of_site(site: Site) -> Data:
    return {
        "name": site.name, "timezone": site.timezone.key, "phone": site.phone, "address": site.address,
        "hosts": [_of_host(host) for host in site.hosts],
    }  # fmt: skip


def _to_site(data: Data) -> Site:
    hosts = tuple(_to_host(host) for host in data["hosts"])
    return Site(data["name"], ZoneInfo(data["timezone"]), data["phone"], data["address"], hosts)


def _of_host(host: Host) -> Data:
    ssh = host.ssh
    return {
        **asdict(replace(host, ssh=None)),
        "ssh": ssh and {
            "user": ssh.user, "port": ssh.port, "key": of_secret(ssh.key),
            "key_file": str(ssh.key_file) if ssh.key_file else None, "jump": ssh.jump,
        },
    }  # fmt: skip


def _to_host(data: Data) -> Host:
    ssh = data["ssh"]
    access = ssh and SshAccess(
        ssh["user"], ssh["port"], to_secret(ssh["key"]), Path(ssh["key_file"]) if ssh["key_file"] else None, ssh["jump"]
    )
    return Host(**{**data, "ssh": access, "depends_on": tuple(data["depends_on"])})


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def to_moment(data: str | None) -> datetime | None:
    """A time with its zone; `ValueError` for one without."""
    at = datetime.fromisoformat(data) if data is not None else None
    if at is not None and at.tzinfo is None:
        raise ValueError("a time has no zone")
    return at


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} stands in the place of a text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a {type(value).__name__} stands in the place of a number")
    return value
