"""Lays an inventory out: as a page to print, as Markdown, as JSON for programs. Nothing but layout is decided here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from healthcheck.inventory import card as cards
from healthcheck.inventory.document import Device, Inventory
from healthcheck.report.render import escaped
from healthcheck.sheets import environment
from healthcheck.words import calendar_day, clock, plain

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = "healthcheck.inventory"
SCHEMA = "healthcheck.inventory/1"


def html(inventory: Inventory) -> str:
    """The document as one page that loads nothing, for a screen and for paper."""
    return _html().get_template("inventory.html.j2").render(inventory=inventory, **_shared(inventory))


def card(inventory: Inventory) -> str:
    """The emergency card: one page, A4 or Letter."""
    made = cards.card(inventory, CALLERS)
    return _html().get_template("card.html.j2").render(card=made, **_shared(inventory))


def markdown(inventory: Inventory) -> str:
    """The document as Markdown: the drawings as lists."""
    return _markdown().get_template("inventory.md.j2").render(inventory=inventory, **_shared(inventory))


def as_json(inventory: Inventory) -> str:
    """The document for programs."""
    return json.dumps(document(inventory), ensure_ascii=False, indent=2) + "\n"


def document(inventory: Inventory) -> dict[str, Any]:
    """The document as data. Times are RFC 3339 in UTC, days ISO 8601, sizes bytes; null is "nobody knows"."""
    practice = inventory.practice
    return {
        "schema": SCHEMA,
        "practice": practice.name,
        "made_at": _utc(inventory.made_at),
        "round": None
        if inventory.round is None
        else {
            "id": inventory.round.id,
            "trigger": inventory.round.trigger,
            "started_at": _utc(inventory.round.started_at),
        },
        "config": inventory.config_path,
        "contacts": [
            {"name": one.name, "role": one.role, "phone": one.phone, "email": one.email} for one in inventory.contacts
        ],
        "sites": [
            {
                "name": clinic.site.name,
                "phone": clinic.site.phone,
                "address": clinic.site.address,
                "timezone": clinic.site.timezone.key,
                "devices": [_device(device) for device in clinic.devices],
            }
            for clinic in inventory.clinics
        ],
        "services": [
            {
                "name": need.service.name,
                "essential": need.service.essential,
                "needs": list(need.service.needs),
                "needs_any": list(need.service.needs_any),
                "used_by": list(need.service.used_by),
                "impact": need.service.impact,
                "until_fixed": need.service.until_fixed,
            }
            for need in inventory.needs
        ],
        "dependencies": [{"title": title, "sentences": list(sentences)} for title, sentences in inventory.dependencies],
        "backups": [
            {
                "site": one.site,
                "device": one.device,
                "kind": one.kind,
                "path": one.path,
                "newest_at": _utc(one.newest_at),
                "size_bytes": one.size_bytes,
                "seen_at": _utc(one.seen),
            }
            for one in inventory.backups
        ],
        "contracts": [
            {
                "name": one.name,
                "with": one.partner,
                "phone": one.phone,
                "number": one.number,
                "renews": one.renews.isoformat() if one.renews else None,
                "covers": one.covers,
                "notes": one.notes,
            }
            for one in practice.contracts
        ],
        "certificates": [
            {"name": one.name, "ends": one.day.isoformat() if one.day else None, "seen_at": _utc(one.seen)}
            for one in inventory.renewals
            if one.contract is None
        ],
        "secrets": [
            {"name": one.name, "opens": list(one.opens), "kept_at": one.kept_at, "kept_by": one.kept_by}
            for one in inventory.secrets
        ],
        "credentials": [
            {"for": one.purpose, "kept_at": one.kept_at, "kept_by": one.kept_by} for one in inventory.credentials
        ],
        "drift": list(inventory.drift),
    }


def _device(device: Device) -> dict[str, Any]:
    host = device.host
    return {
        "name": host.name,
        "label": host.label,
        "role": host.role,
        "room": host.room,
        "address": host.address,
        "owner": host.owner,
        "standing": device.standing.value,
        "seen_at": _utc(device.seen),
        "facts": [
            {"name": row.name, "values": list(row.values), "seen_at": _utc(row.seen)}
            for row in device.rows
            if row.seen is not None
        ],
    }


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shared(inventory: Inventory) -> dict[str, Any]:
    made_at = inventory.made_at
    return {
        "practice": inventory.practice,
        "made": f"{calendar_day(made_at)}, {made_at.year}, {clock(made_at)}",
        "roles": ROLES,
        "callers": CALLERS,
    }


ROLES = {
    "gateway": "internet box",
    "server": "server",
    "database": "database server",
    "ups": "battery backup",
    "nas": "network storage",
    "printer": "printer",
    "workstation": "workstation",
    "other": "device",
}
CALLERS = {"it": "IT", "vendor": "maker", "administrator": "administrator", "site": "on site"}
"""What people are to the practice, as a reader calls it."""


@cache
def _html() -> Environment:
    made = environment(TEMPLATES)
    made.filters["plain"] = plain
    return made


@cache
def _markdown() -> Environment:
    made = environment(TEMPLATES, autoescape=False)
    made.filters["plain"] = plain
    made.finalize = lambda value: escaped(str(value))
    return made
