"""Which secrets a config asks for, and what each of them is for, in words; never what they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from healthcheck.records import frozen
from healthcheck.words import join_some

if TYPE_CHECKING:  # a config that is read already needs nothing of how it was read
    from healthcheck.config.lines import Place
    from healthcheck.config.reading import Reading
    from healthcheck.config.secrets import Request

_SECTIONS = {"email": "sending mail", "heartbeat": "telling the outside watchdog"}
_MOST_HOSTS = 3


@frozen
class Asked:
    """A secret that stands at `place` of the config: by its `name`, as a key's `file`, or (neither) itself.

    `opens` says what it is for, `setting` what the setting is called there.
    """

    place: Place
    opens: str
    setting: str
    name: str = ""
    file: Path | None = None


def asked(reading: Reading, requests: Iterable[Request]) -> tuple[Asked, ...]:
    """Every secret that was asked for, in the order in which the config was read."""
    return tuple(
        Asked(request.place, _opens(reading, request.place), _setting(request.place), request.name, request.file)
        for request in requests
    )


def _opens(reading: Reading, place: Place) -> str:
    section = str(place[0])
    if section == "check":
        entry = reading.at(place[:2])
        named = f" ({entry['name']})" if entry.get("name") else ""
        return f"the {entry['kind']} check{named} of {join_some(map(str, entry['hosts']), _MOST_HOSTS)}"
    if section == "delivery":
        return f"the delivery “{reading.at((*place[:2], 'name'))}”"
    if section == "site":
        everywhere = place[-1] == "ssh"  # the default key
        return "logging in to other machines" if everywhere else f"logging in to {reading.at((*place[:4], 'name'))}"
    return _SECTIONS.get(section, section)


def _setting(place: Place) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "")
