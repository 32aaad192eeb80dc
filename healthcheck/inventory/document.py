"""What an inventory holds once every word is decided: the templates only lay it out.

`seen` is when a fact was seen last (UTC); None where it stands in the config, and needed no look.
"""

from __future__ import annotations

import enum
from datetime import date, datetime

from healthcheck.history.review import KeptRound
from healthcheck.inventory.drawing import Figure
from healthcheck.model import Contract, Credential, Host, Person, Practice, Service, Site
from healthcheck.records import frozen


class Standing(enum.StrEnum):
    """How a device was met when it was looked for last."""

    SEEN = "seen"
    NOT_SEEN_SINCE = "not_seen_since"
    NEVER_SEEN = "never_seen"
    NEVER_LOOKED_AT = "never_looked_at"


@frozen
class Row:
    """One thing to know of a device: its name and one or more values.

    `age` says how old the knowledge is, where that is not what stands beside the device itself.
    """

    name: str
    values: tuple[str, ...]
    seen: datetime | None = None
    age: str = ""


@frozen
class Device:
    """A host, how it was met last (`says` has it in words), and everything known of it."""

    host: Host
    standing: Standing
    seen: datetime | None
    says: str
    rows: tuple[Row, ...]


@frozen
class Clinic:
    """A site with its devices, in the order of the config."""

    site: Site
    devices: tuple[Device, ...]


@frozen
class Need:
    """A service with the plain names of what it needs and who uses it."""

    service: Service
    needs: tuple[str, ...]
    needs_any: tuple[str, ...]
    used_by: str


@frozen
class Backup:
    """One backup: of which device, kept where, made when, how large. Empty words are never shown: "never seen" is."""

    site: str
    device: str
    kind: str
    path: str
    newest_at: datetime | None
    newest: str
    size_bytes: int | None
    size: str
    seen: datetime | None
    age: str


@frozen
class Renewal:
    """Something that ends on a day: a contract, or a certificate as it was seen. `day` is None where nobody knows."""

    name: str
    contract: Contract | None
    day: date | None
    says: str
    seen: datetime | None = None
    age: str = ""


@frozen
class SecretRow:
    """A secret that the config names, what it opens, and where it is kept. Never what it is."""

    name: str
    opens: tuple[str, ...]
    kept_at: str
    kept_by: str


@frozen
class Inventory:
    """The whole document. `rests_on` says in a sentence what it is made from; `drift` what is not as it was."""

    practice: Practice
    made_at: datetime
    round: KeptRound | None
    rests_on: str
    contacts: tuple[Person, ...]
    clinics: tuple[Clinic, ...]
    needs: tuple[Need, ...]
    backups: tuple[Backup, ...]
    renewals: tuple[Renewal, ...]
    secrets: tuple[SecretRow, ...]
    credentials: tuple[Credential, ...]
    drift: tuple[str, ...]
    figures: tuple[Figure, ...]
    dependencies: tuple[tuple[str, tuple[str, ...]], ...]
    config_path: str
