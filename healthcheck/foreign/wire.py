"""What foreign code is told, as JSON on both sides of the wall: never pickled, so that a question is only data.

Reading raises `ValueError`, `KeyError` or `TypeError` for what nobody here has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from healthcheck.model import Host, Practice, Previous, Secret, Site, SshAccess, Status

Data = dict[str, Any]
Place = tuple[str | int, ...]


def of_config(value: object) -> object:
    """What TOML has and JSON has not, for `json.dumps(default=…)`: as it is held against the schema, too."""
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")


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
