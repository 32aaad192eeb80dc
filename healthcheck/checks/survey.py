"""What a machine has and does, so that the next round can say what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import ClassVar

from healthcheck.api import (
    MOUNT_TABLE,
    Answer,
    Check,
    Facts,
    ProbeError,
    Result,
    Status,
    Target,
    answers,
    count,
    frozen,
    join,
    script,
)
from healthcheck.checks._survey import storage, work
from healthcheck.checks._survey.storage import Drive
from healthcheck.checks._windows import machine

_QUESTIONS = {
    "start": work.START,
    "uptime": work.UPTIME,
    "drives": storage.DRIVES,
    "raid": storage.RAID,
    "mounts": MOUNT_TABLE,
    "programs": work.PROGRAMS,
    "ports": work.PORTS,
    "lines": work.LINES,
    "memory": work.MEMORY,
    "system": work.SYSTEM,
}
_STARTING_S = 300
"""For so long after a start a machine is still starting its programs."""
_NAMES = {
    "drives": ("drive", "drives"),
    "raid": ("set of drives", "sets of drives"),
    "mounts": ("disk in use", "disks in use"),
    "programs": ("program", "programs"),
    "ports": ("service for others", "services for others"),
    "lines": ("network line", "network lines"),
}


@frozen
class Found:
    """What was seen, by sort, and why a sort was not: a technical line each."""

    things: Mapping[str, Mapping[str, str]]
    not_known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Survey(Check[Found]):
    """What a machine has and does: drives, programs, network lines, memory. After a restart, what is missing is told.

    It judges nothing itself. Each round keeps what was there; after a power cut or a restart the report tells what did
    not come back as it was, and at any time when a drive, a disk in use or memory is gone. After the first round there
    is nothing to compare with yet.

    On record are: built-in drives by model and serial number, members of RAID arrays (md), what is mounted from drives
    and file servers, running services (systemd), TCP ports open to others, speed of network sockets with a cable, the
    size of the memory, and, for the inventory alone, what the machine and its system are called. Left out is what comes
    and goes: sticks and discs, images, container layers, logins, programs that a timer or a call starts, ports handed
    out at random, virtual and wireless networks. Programs and ports are left out in the first five minutes after a
    start.

    OK: at least one of these could be read; the others are "not known", which is not "gone". Could not check: none.

    On a Windows host, what has a letter is a disk in use, and programs are the services that start by themselves, but
    not those that a trigger starts; sets of drives are not on record, and programs are left out for ten minutes.

    Needs on the host: nothing; every login may read this. Serial numbers of drives come from `lsblk`, without which
    drives are told apart by what the kernel shows. On a Windows host, a login that WMI answers (root\\cimv2 and
    root\\StandardCimv2) and the Service Control Manager tells of all services, in the group "Event Log Readers".
    Sources: lsblk(8) of util-linux 2.23 and later, systemctl(1), md(4), proc(5), sysfs(5); Win32_DiskDrive,
    Win32_Service, MSFT_NetAdapter, Win32_OperatingSystem, Win32_ComputerSystem, event 12 of Kernel-General; DriveInfo
    and IPGlobalProperties of .NET.
    """

    kind: ClassVar[str] = "survey"
    inside: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 30.0

    async def probe(self, target: Target) -> Found:
        if target.host.os == "windows":
            return Found(*await machine.read(target))
        return found(answers((await target.run(script(**_QUESTIONS))).out, *_QUESTIONS))

    def evaluate(self, found: Found, now: datetime) -> Iterator[Result | Facts]:
        if not found.things:
            raise ProbeError("it tells nothing about itself", "; ".join(found.not_known.values()))
        seen = [count(len(things), *_NAMES[sort]) for sort, things in found.things.items() if sort in _NAMES and things]
        detail = ", ".join(f"{sort} {len(things)}" for sort, things in found.things.items())
        if found.not_known:
            detail += "; not known: " + ", ".join(f"{sort} ({why})" for sort, why in found.not_known.items())
        yield Result(Status.OK, f"was looked over{': ' if seen else ''}{join(seen)}", detail)
        yield from (Facts(sort, things) for sort, things in found.things.items())


def found(asked: Mapping[str, Answer]) -> Found:
    """What the answers to `_QUESTIONS` hold, each sort by itself."""
    things: dict[str, Mapping[str, str]] = {}
    not_known: dict[str, str] = {}
    drives: tuple[Drive, ...] = ()
    try:
        drives = storage.drives_of(asked["drives"])
        things["drives"] = storage.drive_facts(drives)
    except ProbeError as error:
        not_known["drives"] = error.detail
    readers: dict[str, Callable[[Answer], dict[str, str]]] = {
        "start": work.start_facts,
        "raid": storage.raid_facts,
        "mounts": partial(storage.mount_facts, drives=drives),
        "programs": work.program_facts,
        "ports": work.port_facts,
        "lines": work.line_facts,
        "memory": work.memory_facts,
        "system": work.system_facts,
    }
    up_s = work.uptime_s(asked["uptime"])
    if up_s is not None and up_s < _STARTING_S:
        for sort in ("programs", "ports"):
            del readers[sort]
            not_known[sort] = f"up for {up_s:.0f} s only"
    for sort, reader in readers.items():
        try:
            things[sort] = reader(asked[sort])
        except ProbeError as error:
            not_known[sort] = error.detail
    return Found(things, not_known)
