"""The config that the answers amount to: commented, and without anything that nobody said."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import time

from healthcheck.config.selectors import ROLES
from healthcheck.interview.answers import Answers, Device
from healthcheck.records import frozen
from healthcheck.sheets import environment
from healthcheck.words import ascii_line

THIS_COMPUTER = "this-computer"
INSIDE = (
    ("disk", "is there room on its disks, and can they be written to?"),
    ("memory", "is there memory left for programs?"),
    ("restart", "did it start again, and had it been shut down properly?"),
    ("clock", "is its clock right?"),
    ("survey", "what does it have and do? After a power cut, the report tells what did not come back"),
)
"""What a machine that can be looked into is looked at for, whatever it is, and why."""

REMARK_COLUMN = 40
_REMARK = re.compile(r"^(#?[a-z_]+ = .*?) {2,}# ", re.MULTILINE)

_NAMES = {"gateway": "router", "other": "device"}
_LABELS = {
    "gateway": "the internet box",
    "server": "the server",
    "database": "the database server",
    "ups": "the battery backup",
    "nas": "the network drive",
    "printer": "the printer",
    "workstation": "the workstation",
    "other": "the device",
}


@frozen
class NamedHost:
    """A device with the names that it gets: `name` for the config, `label` for people."""

    device: Device
    name: str
    label: str


@frozen
class NamedSite:
    """A clinic with its devices; `slug` begins their names."""

    name: str
    slug: str
    hosts: tuple[NamedHost, ...]


def config_of(answers: Answers) -> str:
    """The text of the config."""
    sites = tuple(named(answers))
    hosts = [host for site in sites for host in site.hosts]
    inside = [THIS_COMPUTER, *(host.name for host in hosts if host.device.user)]
    templates = environment(__package__, autoescape=False)
    templates.filters |= {"toml": _toml, "hour": _hour, "commented_unless": _commented_unless}
    text = templates.get_template("config.toml.j2").render(
        answers=answers,
        missing=missing(answers),
        sites=sites,
        INSIDE=INSIDE,
        inside=inside,
        servers=inside[1:] or inside,
        of_role={role: [host.name for host in hosts if host.device.role == role] for role in ROLES},
    )
    return _REMARK.sub(lambda found: f"{found[1]:<{REMARK_COLUMN - 2}}  # ", text)


def named(answers: Answers) -> Iterator[NamedSite]:
    """Every clinic and its devices, each with a name that no other has."""
    taken: Counter[str] = Counter([THIS_COMPUTER])
    for town in answers.towns:
        slug = _slug(town)
        devices = [device for device in answers.devices if device.town == town]
        roles = Counter(device.role for device in devices)
        yield NamedSite(town, slug, tuple(_named(device, slug, roles, taken) for device in devices))


def _named(device: Device, slug: str, roles: Counter[str], taken: Counter[str]) -> NamedHost:
    stem = f"{slug}-{_NAMES.get(device.role, device.role)}"
    taken[stem] += 1
    name = stem if taken[stem] == 1 else f"{stem}-{taken[stem]}"
    which = f" at {device.address}" if roles[device.role] > 1 or device.role == "other" else ""
    return NamedHost(device, name, f"{_LABELS[device.role]} in {device.town}{which}")


def _slug(town: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", ascii_line(town).lower()).strip("-") or "clinic"


def missing(answers: Answers) -> str:
    """What it takes to send the report, and was not said."""
    if not answers.recipients:
        return "nobody was named"
    if answers.mail is None:
        return "no mail server was named"
    return "the password of the mail server was not given"


def _toml(value: str | Sequence[str]) -> str:
    """Text, or a list of texts, as TOML has it: the same as JSON, but for one character that nobody can type."""
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _hour(value: time) -> str:
    return f"{value:%H:%M}"


def _commented_unless(text: str, ready: bool) -> str:
    """The text as it is, or each setting behind a "#"."""
    return text if ready else re.sub(r"^(?=[^#\s])", "#", text, flags=re.MULTILINE)
