"""The hardware of a clinic in one place: what each device needs switched on, out of the manual pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from healthcheck.plugins import Kind

DEVICES: dict[str, tuple[str, ...]] = {
    "Anything with an address": ("ping", "tcp", "http", "certificate", "dns"),
    "A server": ("disk", "memory", "load", "service", "restart", "clock", "survey", "mail_queue", "path"),
    "Drives and arrays": ("smart", "raid"),
    "Backups": ("backup", "restic", "borg", "windows_backup", "veeam"),
    "The database": ("database",),
    "Logins and shared files": ("domain_controller", "file_share"),
    "Battery backup": ("ups",),
    "Network storage, printers, switches": ("nas", "printer", "switch"),
    "The technician's way in": ("remote_access",),
    "Anything else": ("nagios",),
}
"""What stands in a clinic, and the kinds of check that look at it."""

HEAD = """\
# What each device needs

What must be switched on for a device to be looked at, with the least rights that do. Where a check logs in, it does
so over SSH, as a user of its own without any rights: on the host, `useradd --create-home healthcheck`, and the public
key in that user's `~/.ssh/authorized_keys` with `restrict ` before it. `healthcheck enroll HOST` then puts the host's
own key on record. The settings of a check, and what each state means: `healthcheck checks KIND`.

This page is made by `healthcheck checks --needs` from the manual pages of the checks.
"""


def page(kinds: Mapping[str, Kind]) -> str:
    """The page, in Markdown: the built-in kinds by device, and behind them those that were added here."""
    own = tuple(name for name in kinds if all(name not in names for names in DEVICES.values()))
    places = {**DEVICES, "Added here": own}
    return "\n".join((HEAD, *(line for place, names in places.items() for line in _place(place, names, kinds))))


def _place(place: str, names: tuple[str, ...], kinds: Mapping[str, Kind]) -> Iterator[str]:
    found = [kinds[name] for name in names if name in kinds]
    if not found:
        return
    yield f"## {place}\n"
    for kind in found:
        yield f"### `{kind.name}`\n\n{kind.summary}\n"
        yield f"{_markdown(kind.needs or 'Its manual page does not say.')}\n"


def _markdown(text: str) -> str:
    """A manual's paragraphs; what they set apart (a list, a line to copy) stays as it is laid out there."""
    blocks: list[str] = []
    apart = False
    for line in text.splitlines():
        begins = line.startswith(("- ", " ", "restrict,"))
        if begins and not apart:
            blocks += ["", "```text"]
        elif apart and not begins:
            blocks += ["```", ""]
        apart = begins
        blocks.append(line)
    return textwrap.dedent("\n".join([*blocks, *(["```"] if apart else [])]))
