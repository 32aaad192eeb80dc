"""The shape of a config: every section, every setting, its type and bounds. Rules between settings are elsewhere."""

import re
from dataclasses import field
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from healthcheck.config.table import Fits, ReadBy, Table, limits, setting
from healthcheck.config.validation import mistaken
from healthcheck.records import frozen

LONGEST_TIMEOUT_S = 600.0
MOST_ATTEMPTS = 10

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?")
_CLOCK_SCHEMA = {"type": "string", "pattern": r"^\d{1,2}:\d\d$", "examples": ["07:30"]}
_SECRET_SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"secret": {"type": "string", "description": "the secret's name"}},
            "required": ["secret"],
            "additionalProperties": False,
        },
        {"type": "string"},
    ]
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOT_IN_NAMES = {"/": '"/"', "*": '"*"', "?": '"?"', "[": '"["', "]": '"]"'}
_SELECTOR_PREFIXES = ("role:", "site:")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise mistaken("must be one line of text without control characters")
    return text


def _name(text: str) -> str:
    if not text.strip():
        raise mistaken("must not be empty")
    if text != text.strip():
        raise mistaken("must not begin or end with a space")
    for char, quoted in _NOT_IN_NAMES.items():
        if char in text:
            raise mistaken(f"a name must not contain {quoted}")
    if text.startswith(_SELECTOR_PREFIXES):
        raise mistaken('a name must not start with "role:" or "site:", which select hosts by something else')
    return text


def _clock(value: Any) -> time:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise mistaken('must be a time of day such as "07:30"')
    return time(int(found[1]), int(found[2]))


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::00(?:\.0+)?)?")


def _clock_or_moment(value: Any) -> time | datetime:
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str) and _CLOCK.fullmatch(value):
            return _clock(value)
        raise mistaken('must be a day with its time such as "2026-12-05 18:00", or a time of day such as "01:00"')
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError:
        raise mistaken("must be a day and a time that there are") from None


@frozen
class SecretSetting:
    """A secret as the config gives it: the name of one, or (which earns a warning) the thing itself."""

    name: str = ""
    literal: str = field(default="", repr=False)


def _secret(value: Any) -> SecretSetting:
    match value:
        case str() if value:
            return SecretSetting(literal=value)
        case {"secret": str(name), **rest} if not rest:
            return SecretSetting(name=name)
    raise mistaken('must name a secret: { secret = "its-name" }')


Text = Annotated[str, Fits(_one_line)]
Name = Annotated[str, Fits(_one_line), Fits(_name)]


def _pattern(text: str) -> str:
    try:
        fits_nothing = re.compile(text).search("") is not None
    except (re.error, OverflowError, RecursionError):
        raise mistaken("must be a regular expression") from None
    if fits_nothing:
        raise mistaken("fits an empty text too, so it would fit everywhere")
    return text


Clock = Annotated[time, ReadBy(_clock, _CLOCK_SCHEMA)]
ClockOrMoment = Annotated[
    time | datetime,
    ReadBy(_clock_or_moment, {"type": "string", "examples": ["2026-12-05 18:00", "01:00"]}),
]
SecretValue = Annotated[SecretSetting, ReadBy(_secret, _SECRET_SCHEMA)]
Pattern = Annotated[str, Fits(_pattern, {"type": "string", "format": "regex"})]
Port = Annotated[int, limits(ge=1, le=65535)]
TimeoutS = Annotated[float, limits(gt=0, le=LONGEST_TIMEOUT_S, allow_inf_nan=False)]


class PracticeTable(Table):
    """The whole group: its hours and where this program runs."""

    name: Name
    timezone: str
    opens: Clock
    closes: Clock | None = setting(None, says="when the doors close; 17:00 where it is not said")
    open_days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = setting(
        ["mon", "tue", "wed", "thu", "fri"], min_length=1
    )
    closed: list[date] = setting([], says="days without opening hours, such as 2026-12-25")
    watcher: str = setting("", says="the site that this program runs at")


class ReportTable(Table):
    """When the morning's round starts and when the report leaves with what is known by then."""

    at: Clock = time(5, 45)
    due: Clock = time(6, 30)


class WatchTable(Table):
    """How often the agent looks at power and reachability between reports."""

    every_minutes: int = setting(5, ge=1, le=60)


class HeartbeatTable(Table):
    """The address that is called once a report was accepted, so that an outside watchdog notices silence."""

    url: SecretValue
    ca_file: Text = ""


class PrivacyTable(Table):
    """What never stands in a report, a mail, the history or the log. Social Security numbers never do."""

    redact: list[Pattern] = setting([], says="regular expressions; what they fit is taken out")


class PersonTable(Table):
    """Somebody to call."""

    name: Name
    role: Literal["administrator", "it", "vendor", "site"]
    phone: Text = ""
    email: Text = ""


class DeliveryTable(Table):
    """Who gets what, how and when."""

    name: Name
    channel: Literal["email", "slack", "teams", "discord", "ntfy", "webhook", "apprise"]
    to: list[Text] = setting([])
    content: Literal["summary", "brief", "monthly"] = setting(
        "summary", says="the report, one letter a problem for IT, or the service report of each month"
    )
    when: Literal["always", "problems"] = "always"
    only_if_failed: str = setting("", says="the delivery that this one stands in for")
    url: SecretValue | None = None
    signing_key: SecretValue | None = setting(None, says="signs what a webhook is sent")
    token: SecretValue | None = setting(None, says="an access token of ntfy")
    ca_file: Text = setting("", says="certificates (PEM) to trust in the place of the system's")
    timeout_s: TimeoutS = 30.0


class OAuth2Table(Table):
    """Where an access token is had for a refresh token."""

    token_url: Text
    client_id: Text
    refresh_token: SecretValue
    client_secret: SecretValue | None = None
    scope: Text = ""


class EmailTable(Table):
    """The mail server and the sender."""

    host: Text = setting(min_length=1)
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    auth: Literal["password", "oauth2", "none"] = "password"
    username: Text = ""
    password: SecretValue | None = None
    sender: Text = setting(name="from")
    oauth2: OAuth2Table | None = None
    ca_file: Text = ""
    timeout_s: TimeoutS = 30.0


class SshTable(Table):
    """How to log in to a host. The key is a secret, or the path of a file; without one the default key is used."""

    user: Text = setting(min_length=1)
    port: Port = 22
    key: SecretValue | None = None
    jump: str | None = setting(None, says="the host through which this one is reached")


class HostTable(Table):
    """A device at a site."""

    name: Name
    label: Text = setting("", says="what people call it")
    room: Text = setting("", says="where it stands")
    address: Text = ""
    role: Literal["gateway", "server", "database", "ups", "nas", "printer", "workstation", "other"] = "other"
    owner: str = ""
    local: bool = setting(False, says="whether it is the computer that this program runs on")
    os: Literal["linux", "windows"] = "linux"
    ssh: SshTable | None = None
    depends_on: list[str] = setting([])


class SiteTable(Table):
    """A clinic, and the devices in it."""

    name: Name
    timezone: str = setting("", says="where it differs from the practice's")
    phone: Text = ""
    address: Text = ""
    host: list[HostTable] = setting([])


class ServiceTable(Table):
    """Something that the clinics use and that needs hosts or checks to be well."""

    name: Name
    essential: bool = setting(False, says="whether a clinic without it cannot open normally")
    needs: list[str] = setting([], says="hosts or check keys; all of them are needed")
    needs_any: list[str] = setting([], says="hosts or check keys; one of them is enough")
    used_by: list[str] = setting(["*"], min_length=1, says="sites, by name or glob")
    impact: Text = ""
    until_fixed: Text = ""


class ContractTable(Table):
    """Something that the practice pays for by the month or the year: a line, support, a warranty."""

    name: Name
    partner: Text = setting("", name="with", says="who it is with")
    phone: Text = ""
    number: Text = setting("", says="the customer or contract number to give on the telephone")
    renews: date | None = setting(None, says="the day it ends or renews itself, such as 2027-03-31")
    covers: Text = setting("", says="what it is for, such as a host or a service")
    notes: Text = ""


class CredentialTable(Table):
    """Where a password, key or account is kept, and by whom. Never the thing itself."""

    purpose: Text = setting(name="for", min_length=1, says="what it opens, or the name of a secret in this file")
    kept_at: Text = setting(min_length=1, says='the place, such as "the safe in Pasadena, blue envelope"')
    kept_by: Text = setting("", says="who can get at it")


class MaintenanceTable(Table):
    """Planned work: what fails on these hosts meanwhile is told, and does not nag. A clinic that cannot open is."""

    hosts: list[str] = setting(min_length=1, says='names, globs, "role:gateway", "site:Pasadena" or "*"')
    but_not: list[str] = setting([], name="except")
    reason: Text = setting(min_length=1, says="what is done, for whoever reads the report")
    every: Literal["day", "mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = setting(
        None, says="the day on which it begins, again and again; once, if left out"
    )
    begins: ClockOrMoment = setting(name="from")
    until: ClockOrMoment


class CheckTable(Table):
    """What every check may be told, whatever its kind; the kind's own settings come on top."""

    kind: str
    hosts: list[str] = setting(min_length=1, says='names, globs, "role:gateway", "site:Pasadena" or "*"')
    but_not: list[str] = setting([], name="except")
    name: Name | None = None
    timeout_s: TimeoutS | None = None
    attempts: Annotated[int, limits(ge=1, le=MOST_ATTEMPTS)] | None = None
    owner: str = ""


class LevelsTable(Table):
    """Where a number becomes a warning and where a problem; a side left out keeps its default."""

    warning: float | None = setting(None, allow_inf_nan=False)
    critical: float | None = setting(None, allow_inf_nan=False)


class File(Table):
    """A whole config."""

    practice: PracticeTable
    report: ReportTable | None = None
    privacy: PrivacyTable | None = None
    watch: WatchTable | None = None
    heartbeat: HeartbeatTable | None = None
    person: list[PersonTable] = setting([])
    delivery: list[DeliveryTable] = setting([])
    email: EmailTable | None = None
    site: list[SiteTable] = setting(min_length=1)
    check: list[Any] = setting(min_length=1)
    service: list[ServiceTable] = setting([])
    maintenance: list[MaintenanceTable] = setting([])
    contract: list[ContractTable] = setting([])
    credential: list[CredentialTable] = setting([])
