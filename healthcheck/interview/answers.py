"""What somebody who sets the program up has answered so far, and how each answer is read."""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from dataclasses import field, replace
from datetime import time
from email.utils import parseaddr
from typing import Any

from healthcheck.config.mistakes import did_you_mean, quoted
from healthcheck.config.people import is_mail_address
from healthcheck.config.schema import Clock, Name, Text
from healthcheck.config.selectors import ROLES
from healthcheck.config.sites import is_address
from healthcheck.config.validation import ValidationError, valid
from healthcheck.model import Person, Secret
from healthcheck.records import frozen
from healthcheck.words import clock

USUAL_USER = "healthcheck"
SMTP_PORT, SMTPS_PORT = 587, 465
EARLIEST_DOORS = time(5)
"""Before this hour the report could not leave: none is made between midnight and four."""

_PORT = re.compile(r"(.+?):(\d{1,5})")
_HALF = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
_SAID_HOUR = re.compile(r"(0?[1-9]|1[0-2])(?::(\d\d))? *([ap])\.?m\.?", re.IGNORECASE)
_WAY_IN = re.compile(r"ssh(?:\s+(\S+?))?(?::(\d{1,5}))?")


class Mistaken(Exception):
    """An answer cannot be read; the text says what is wrong with it, as the end of a sentence."""


@frozen
class Device:
    """A device at a clinic. `user` is whom to log in as over SSH; "" for one that is only looked at from outside."""

    address: str
    role: str
    town: str
    user: str = ""
    port: int = 22


@frozen
class MailServer:
    """Who takes the mail. Without `username` nobody logs in."""

    host: str
    port: int = SMTP_PORT
    username: str = ""
    security: str = "starttls"


@frozen
class Answers:
    """All that was said so far; a field that was not asked for yet, or was left empty, is empty."""

    practice: str = ""
    towns: tuple[str, ...] = ()
    opens: time = field(default_factory=time)
    timezone: str = ""
    devices: tuple[Device, ...] = ()
    contractor: Person | None = None
    recipients: tuple[str, ...] = ()
    mail: MailServer | None = None
    password: Secret | None = None

    @property
    def report_due(self) -> time:
        """When the report must leave: an hour before the doors open, where that is late enough."""
        return max(_before(self.opens, 60), time(4, 30))

    @property
    def report_at(self) -> time:
        """When the round starts: three quarters of an hour before the report must leave."""
        return max(_before(self.report_due, 45), time(4))

    @property
    def sender(self) -> str:
        """From whom the mail comes: the account's own address, else the first recipient's."""
        account = self.mail.username if self.mail else ""
        address = account if is_mail_address(account) else parseaddr(next(iter(self.recipients), ""))[1]
        return f"System check <{address}>"

    @property
    def sends(self) -> bool:
        """Whether all is said that it takes to send the report."""
        return bool(self.recipients and self.mail and (self.password or not self.mail.username))


def _before(hour: time, minutes: int) -> time:
    total = max(0, hour.hour * 60 + hour.minute - minutes)
    return time(total // 60, total % 60)


def read_practice(text: str, so_far: Answers) -> Answers:
    """The practice's name."""
    return replace(so_far, practice=_fits(Name, text))


def read_towns(text: str, so_far: Answers) -> Answers:
    """Names of towns with commas between them."""
    towns = _parts(text)
    if not towns:
        raise Mistaken("name at least one town")
    for number, town in enumerate(towns):
        _fits(Name, town)
        if town.casefold() in (other.casefold() for other in towns[:number]):
            raise Mistaken(f"{quoted(town)} stands there twice; give the second clinic a name of its own")
    return replace(so_far, towns=towns)


def read_opens(text: str, so_far: Answers) -> Answers:
    """An hour, and behind it the time zone where that is another than what is known already."""
    words = text.split()
    zone = words.pop() if len(words) > 1 and not _HALF.fullmatch(words[-1]) else so_far.timezone
    opens = _hour(" ".join(words))
    if not zone:
        raise Mistaken('the time zone is not known; write it behind the hour, as in "07:30 America/Los_Angeles"')
    known = zoneinfo.available_timezones()
    if zone not in known:
        raise Mistaken(f"unknown time zone {quoted(zone)}{did_you_mean(zone, known)}")
    if opens < EARLIEST_DOORS:
        raise Mistaken(f"the report cannot leave before doors that open earlier than {clock(EARLIEST_DOORS)}")
    return replace(so_far, opens=opens, timezone=zone)


def _hour(text: str) -> time:
    """An hour as the config has it ("07:30"), or as people say it ("7:30 am", "8 am")."""
    if found := _SAID_HOUR.fullmatch(text):
        hour, minutes, half = int(found[1]), found[2] or "00", found[3].lower()
        text = f"{hour % 12 + (12 if half == 'p' else 0)}:{minutes}"
    opens: time = _fits(Clock, text)
    return opens


def read_device(text: str, so_far: Answers) -> Answers:
    """One device more: its address first, then in any order what it is, its town, and how to log in to it."""
    address, *words = _parts(text) or ("",)
    if not is_address(address):
        raise Mistaken(f"{quoted(address)} is no address; write a name or a number such as 192.168.1.10")
    device = Device(address, "other", next(iter(so_far.towns), ""))
    for word in words:
        device = _told(device, word, so_far.towns)
    if any(other.address == address and other.role == device.role for other in so_far.devices):
        raise Mistaken(f"{quoted(address)} is on the list already")
    return replace(so_far, devices=(*so_far.devices, device))


def _told(device: Device, word: str, towns: tuple[str, ...]) -> Device:
    """The device, with what one word says of it."""
    if word.casefold() in ROLES:
        return replace(device, role=word.casefold())
    if found := _WAY_IN.fullmatch(word):
        return replace(device, user=found[1] or USUAL_USER, port=_port(found[2]) if found[2] else 22)
    town = next((town for town in towns if town.casefold() == word.casefold()), "")
    if not town:
        guess = did_you_mean(word, (*towns, *ROLES))
        raise Mistaken(f"{quoted(word)} is neither a town of yours nor a kind of device{guess}")
    return replace(device, town=town)


def read_contractor(text: str, so_far: Answers) -> Answers:
    """A name, and in any order a telephone number and a mail address; nobody where it is empty."""
    if not text.strip():
        return so_far
    name, *words = _parts(text) or ("",)
    person = Person(_fits(Name, name), "it")
    for word in words:
        told = {"email": _mail_address(word)} if "@" in word else {"phone": _fits(Text, word)}
        person = replace(person, **told)
    return replace(so_far, contractor=person)


def read_recipients(text: str, so_far: Answers) -> Answers:
    """Mail addresses with commas between them; nobody where it is empty."""
    return replace(so_far, recipients=tuple(map(_mail_address, _parts(text))))


def read_mail_server(text: str, so_far: Answers) -> Answers:
    """The server's name, its port behind a colon, and after a comma the user name; none where it is empty."""
    if not text.strip():
        return so_far
    where, *rest = _parts(text) or ("",)
    found = _PORT.fullmatch(where)
    host, port = (found[1], _port(found[2])) if found else (where, SMTP_PORT)
    if not is_address(host):
        raise Mistaken(f"{quoted(host)} is no name of a server; write it as in smtp.example.org:587")
    if len(rest) > 1:
        raise Mistaken("one comma is enough: the server, then the user name")
    security = "tls" if port == SMTPS_PORT else "starttls"
    return replace(so_far, mail=MailServer(host, port, _fits(Text, rest[0]) if rest else "", security))


def read_password(text: str, so_far: Answers) -> Answers:
    """The password; none where it is empty."""
    if not text:
        return so_far
    if not text.isprintable():
        raise Mistaken("a password is one line without control characters")
    return replace(so_far, password=Secret(text, "smtp_password"))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _mail_address(text: str) -> str:
    domain = text.rstrip(">").rpartition("@")[2]
    if not is_mail_address(text) or not _is_domain(domain):
        raise Mistaken(f"{quoted(text)} is no mail address; write it as in name@example.org")
    return str(_fits(Text, text))


def _is_domain(text: str) -> bool:
    """Whether mail can be for it: a name with a dot inside, or this computer itself."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return text == "localhost" or (is_address(text) and "." in text.strip("."))
    return True


def _port(text: str) -> int:
    if not 1 <= int(text) <= 65535:
        raise Mistaken(f"{text} is no port; it must be between 1 and 65535")
    return int(text)


def _fits(kind: Any, text: str) -> Any:
    """The text as that type of the config's schema has it; the schema's own words where it does not fit."""
    try:
        return valid(kind, text.strip())
    except ValidationError as error:
        says = error.errors(include_input=False)[0]["msg"]
        raise Mistaken(f"it {says}" if says.startswith("must") else says) from None
