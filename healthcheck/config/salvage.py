"""What can be saved out of a config with a mistake: enough to tell somebody that there is no report.

Each section is read by itself, so that one with a mistake costs no other; no check and no drop-in is looked at.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from healthcheck.config.hours import zone_of
from healthcheck.config.mistakes import Mistakes
from healthcheck.config.secrets import Secrets
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import ConfigError
from healthcheck.model import Delivery, Practice
from healthcheck.plugins import unsafe
from healthcheck.records import frozen

_SECTION = re.compile(r"^(?=[ \t]*\[)", re.MULTILINE)
_WANTED = ("practice", "person", "delivery", "email")


@frozen
class Salvaged:
    """Who is told, and how. The practice has its name, its zone and its people, and no site."""

    practice: Practice
    deliveries: tuple[Delivery, ...]
    email: EmailSettings | None


def salvage(path: Path, environ: Mapping[str, str] = os.environ) -> Salvaged:
    """Read what can be read; `ConfigError` when the file cannot be read at all or may not be trusted."""
    from healthcheck.config.deliveries import deliveries, email  # what reads a config takes long to import
    from healthcheck.config.people import people
    from healthcheck.config.reading import Reading

    text = _text(path)
    mistakes = Mistakes(path, text)
    reading = Reading(_sections(text), mistakes)
    folder = path.absolute().parent
    secrets = Secrets(folder, environ, mistakes)
    hours = reading.at(("practice",))
    said = hours if isinstance(hours, dict) else {}
    name, zone = said.get("name"), said.get("timezone")
    return Salvaged(
        practice=Practice(
            name=name if isinstance(name, str) else "this practice",
            timezone=(zone_of(reading, (), zone) if isinstance(zone, str) else None) or ZoneInfo("UTC"),
            opens=time(8),
            people=people(reading),
        ),
        deliveries=deliveries(reading, secrets, folder),
        email=email(reading, secrets, folder),
    )


def _text(path: Path) -> str:
    try:
        if (why := unsafe(path)) is not None:
            raise ConfigError(f"{path}: not read: {why}")
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or 'unknown reason'}") from None


def _sections(text: str) -> dict[str, Any]:
    """The wanted sections that are TOML, whatever stands between them."""
    found: dict[str, Any] = {}
    for part in _SECTION.split(text):
        try:
            data = tomllib.loads(part)
        except tomllib.TOMLDecodeError:
            continue
        for name, value in data.items():
            if name not in _WANTED:
                continue
            known = found.setdefault(name, value)
            if known is value:
                continue
            if isinstance(known, list) and isinstance(value, list):
                known += value
            elif isinstance(known, dict) and isinstance(value, dict):
                known |= value
    return found
