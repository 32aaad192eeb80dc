"""Who gets the report, and the mail server that takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from healthcheck.config.lines import Place
from healthcheck.config.people import check_mail_address
from healthcheck.config.reading import Entry, Reading
from healthcheck.config.schema import DeliveryTable, EmailTable, OAuth2Table, SecretSetting
from healthcheck.config.secrets import Secrets
from healthcheck.delivery import apprise
from healthcheck.delivery.settings import EmailSettings, OAuth2
from healthcheck.model import Delivery, Secret

_WEB = re.compile(r"https?://[^\s/?#]+\S*")
_ANY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*")
_TOPIC = re.compile(r"(?:/[^/]+)*/[A-Za-z0-9_-]{1,64}/?")
_ADDRESS_IS_NO_SECRET = ("webhook", "ntfy")
_OF_ONE_CHANNEL = {"signing_key": "webhook", "token": "ntfy"}


def deliveries(reading: Reading, secrets: Secrets, folder: Path) -> tuple[Delivery, ...]:
    """Every `[[delivery]]` without a mistake of its own, in the order of the config."""
    reading.unique("delivery")
    entries = reading.tables(DeliveryTable)
    _check_fallbacks(reading, entries)
    return tuple(_delivery(reading, secrets, folder, entry) for entry in entries)


def _delivery(reading: Reading, secrets: Secrets, folder: Path, entry: Entry[DeliveryTable]) -> Delivery:
    place, table = entry
    if table.channel == "email":
        _check_mail(reading, place, table)
    else:
        _check_post(reading, place, table)
    for name, channel in _OF_ONE_CHANNEL.items():
        if getattr(table, name) and table.channel != channel:
            reading.mistakes.add((*place, name), f"only {channel} knows this setting; leave it out")
    return Delivery(
        name=table.name,
        channel=table.channel,
        to=tuple(table.to),
        content=table.content,
        when=table.when,
        only_if_failed=table.only_if_failed,
        url=_url(reading, secrets, (*place, "url"), table, table.url) if table.url else None,
        signing_key=_secret(secrets, (*place, "signing_key"), table.signing_key),
        token=_secret(secrets, (*place, "token"), table.token),
        ca_file=_own_ca_file(reading, folder, place, table) if table.ca_file else "",
        timeout_s=table.timeout_s,
    )


def _check_mail(reading: Reading, place: Place, table: DeliveryTable) -> None:
    if not table.to:
        reading.mistakes.add((*place, "to"), 'this setting is missing; write to = ["name@example.org"]')
    for index, address in enumerate(table.to):
        check_mail_address(reading, (*place, "to", index), address)
    if table.url is not None:
        reading.mistakes.add((*place, "url"), "email takes its addresses from to; leave this out")
    if "timeout_s" in table.given:
        reading.mistakes.add((*place, "timeout_s"), "for email this stands in [email]")
    if not reading.has("email"):
        reading.mistakes.add((*place, "channel"), "email needs a sender: an [email] section with host and from")


def _check_post(reading: Reading, place: Place, table: DeliveryTable) -> None:
    if table.url is None:
        reading.mistakes.add((*place, "url"), f"this setting is missing; {table.channel} needs an address to send to")
    if table.to:
        reading.mistakes.add((*place, "to"), f"{table.channel} takes its address from url; leave this out")
    if table.channel == "apprise" and not apprise.is_installed():
        reading.mistakes.warn((*place, "channel"), f"apprise needs one more package: {apprise.INSTALL}")


def _url(
    reading: Reading, secrets: Secrets, place: Place, table: DeliveryTable, setting: SecretSetting
) -> Secret | None:
    is_secret = bool(setting.name) or table.channel not in _ADDRESS_IS_NO_SECRET or "@" in setting.literal
    url = secrets.given(place, setting.name, setting.literal) if is_secret else Secret(setting.literal)
    if url is None:
        return None
    if table.channel == "apprise":
        if not _ANY.fullmatch(url.reveal()):
            reading.mistakes.add(place, "this is no address; it must begin with something such as slack://")
    elif not _is_web(url.reveal()):
        reading.mistakes.add(place, "this is no address; it must begin with https://")
    elif url.reveal().startswith("http://") and (is_secret or table.token):
        reading.mistakes.add(place, "a secret is never sent over an unencrypted line; it must begin with https://")
    elif table.channel == "ntfy" and not _TOPIC.fullmatch(urlsplit(url.reveal()).path):
        reading.mistakes.add(place, "the topic is missing; write https://ntfy.sh/the-name-of-the-topic")
    return url


def _own_ca_file(reading: Reading, folder: Path, place: Place, table: DeliveryTable) -> str:
    elsewhere = {
        "email": "for email this stands in [email]",
        "apprise": "apprise does not know this setting; leave it out",
    }
    if table.channel in elsewhere:
        reading.mistakes.add((*place, "ca_file"), elsewhere[table.channel])
        return ""
    return _ca_file(reading, folder, (*place, "ca_file"), table.ca_file)


def _is_web(url: str) -> bool:
    try:
        return bool(_WEB.fullmatch(url) and urlsplit(url).hostname and urlsplit(url).port != 0)
    except ValueError:
        return False


def _check_fallbacks(reading: Reading, entries: list[Entry[DeliveryTable]]) -> None:
    """A fallback stands in for another delivery, and the chain of them comes to an end."""
    stands_in_for = {table.name: table.only_if_failed for _, table in entries}
    monthly = {table.name: table.content == "monthly" for _, table in entries}
    for place, table in entries:
        if not table.only_if_failed:
            continue
        at = (*place, "only_if_failed")
        if not reading.knows(at, table.only_if_failed, reading.names("delivery"), "delivery"):
            continue
        if table.name in _chain(table.only_if_failed, stands_in_for):
            reading.mistakes.add(at, "this delivery would wait for itself to fail")
        elif monthly[table.name] != monthly[table.only_if_failed]:
            reading.mistakes.add(at, "the morning's report and the month's cannot stand in for each other")


def _chain(name: str, stands_in_for: dict[str, str]) -> Iterator[str]:
    for _ in stands_in_for:
        yield name
        name = stands_in_for.get(name, "")


def email(reading: Reading, secrets: Secrets, folder: Path) -> EmailSettings | None:
    """The `[email]` section; None when there is none, or only a mistaken one."""
    table = reading.section(EmailTable)
    if table is None:
        return None
    check_mail_address(reading, ("email", "from"), table.sender)
    _check_login(reading, table)
    return EmailSettings(
        host=table.host,
        sender=table.sender,
        port=table.port,
        security=table.security,
        auth=table.auth,
        username=table.username,
        password=_secret(secrets, ("email", "password"), table.password),
        oauth2=_oauth2(secrets, table.oauth2) if table.oauth2 else None,
        ca_file=_ca_file(reading, folder, ("email", "ca_file"), table.ca_file) if table.ca_file else "",
        timeout_s=table.timeout_s,
    )


def _check_login(reading: Reading, table: EmailTable) -> None:
    if table.auth != "none" and table.security == "none":
        word = "password" if table.auth == "password" else "token"
        reading.mistakes.add(
            ("email", "security"), f'a {word} is never sent over an unencrypted line; write "starttls" or "tls"'
        )
    needed = {"password": ("username", "password"), "oauth2": ("username", "oauth2"), "none": ()}[table.auth]
    for name in needed:
        if not getattr(table, name):
            reading.mistakes.add(("email", name), f'this setting is missing; auth = "{table.auth}" needs it')


def _oauth2(secrets: Secrets, table: OAuth2Table) -> OAuth2:
    place = ("email", "oauth2")
    refresh_token = _secret(secrets, (*place, "refresh_token"), table.refresh_token)
    return OAuth2(
        token_url=table.token_url,
        client_id=table.client_id,
        refresh_token=refresh_token or Secret(""),  # a missing one is a mistake, and nothing is built
        client_secret=_secret(secrets, (*place, "client_secret"), table.client_secret),
        scope=table.scope,
    )


def _secret(secrets: Secrets, place: Place, setting: SecretSetting | None) -> Secret | None:
    return secrets.given(place, setting.name, setting.literal) if setting else None


def _ca_file(reading: Reading, folder: Path, place: Place, written: str) -> str:
    path = folder / Path(written).expanduser()
    if not path.is_file():
        reading.mistakes.add(place, f"there is no file {path}")
    return str(path)
