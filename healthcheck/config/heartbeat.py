"""The `[heartbeat]` section."""

from __future__ import annotations

import re
from pathlib import Path

from healthcheck.config.reading import Reading
from healthcheck.config.schema import HeartbeatTable
from healthcheck.config.secrets import Secrets
from healthcheck.delivery.settings import Heartbeat

_WEB = re.compile(r"https?://[^\s/?#]+\S*")
_PLACE = ("heartbeat", "url")


def heartbeat(reading: Reading, secrets: Secrets, folder: Path) -> Heartbeat | None:
    """The address to call; None when there is none, or only a mistaken one."""
    table = reading.section(HeartbeatTable)
    if table is None:
        return None
    url = secrets.given(_PLACE, table.url.name, table.url.literal)
    if url is None:
        return None
    if not _WEB.fullmatch(url.reveal()):
        reading.mistakes.add(_PLACE, "this is no address; it must begin with https://")
        return None
    if not table.ca_file:
        return Heartbeat(url)
    path = folder / Path(table.ca_file).expanduser()
    if not path.is_file():
        reading.mistakes.add(("heartbeat", "ca_file"), f"there is no file {path}")
    return Heartbeat(url, str(path))
