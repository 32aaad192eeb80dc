"""Storage arrays: several drives that stand in for one another, and whether they still do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from healthcheck.api import MOUNT_TABLE, Check, ProbeError, Result, Status, Target, frozen
from healthcheck.checks import _root
from healthcheck.checks._raid import arcconf, btrfs, cciss, mdadm, megacli, ssacli, storcli, zfs
from healthcheck.checks._raid.array import Found
from healthcheck.checks._raid.judge import findings
from healthcheck.checks._root import Programs


@frozen
class Tool:
    """A tool and how it is asked. One that `needs_root` and finds nothing without, has not looked."""

    programs: tuple[str, ...]
    look: Callable[[Programs], Awaitable[Found]]
    needs_root: bool = True


TOOLS = {
    mdadm.NAME: Tool(mdadm.PROGRAMS, mdadm.look, needs_root=False),
    zfs.NAME: Tool(zfs.PROGRAMS, zfs.look, needs_root=False),
    btrfs.NAME: Tool(btrfs.PROGRAMS, btrfs.look),
    megacli.NAME: Tool(megacli.PROGRAMS, megacli.look),
    storcli.NAME: Tool(storcli.PROGRAMS, storcli.look),
    ssacli.NAME: Tool(ssacli.PROGRAMS, ssacli.look),
    arcconf.NAME: Tool(arcconf.PROGRAMS, arcconf.look),
    cciss.NAME: Tool(cciss.PROGRAMS, cciss.look),
}


@frozen
class Storage:
    """What the tools told, and why those that are there but told nothing did not."""

    found: tuple[Found, ...]
    untold: tuple[ProbeError, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Raid(Check[Storage]):
    """Storage arrays (RAID, ZFS, btrfs): drives lost, failing or being rebuilt, and the controller's battery.

    via      whom to ask: "mdadm", "zfs", "btrfs", "megacli" (MegaCli), "storcli" (also perccli), "ssacli" (also
             hpssacli, hpacucli), "arcconf", "cciss" (cciss_vol_status); "auto": everything of these that is there
    arrays   names of arrays that must be there, as the tool calls them: "md0", a pool's name, a label, "/c0/v0"
             (storcli), "a0/v0" (MegaCli), "slot 0 volume 1" (ssacli), "c1/v0" (arcconf)
    sudo     ask as root, by `sudo -n`, with a login that is not root

    OK: every drive is in its place; also while an array checks or enlarges itself. Look: a lost drive is being rebuilt
    or drives are brought into line after a crash (with the percentage done), a spare drive has failed, a drive expects
    to fail or has counted errors, a bad battery, a cache that is switched off, a fault of the controller. Problem: an
    array works without a drive that it should have (degraded) or does not work, files are damaged, an array of
    `arrays` is not there, or `via` names a tool and it knows no array at all. Could not check: the tool is missing or
    our login may not use it, nothing was found by "auto", or an answer is in words that this check does not know.

    Needs no right for /proc/mdstat and zpool. All others must run as root: set `sudo = true` and allow exactly what is
    asked, in a file of /etc/sudoers.d (visudo -f), with the whole path of the tool as `command -v` shows it there:
    - mdadm:     /usr/sbin/mdadm --detail /dev/md0 (for each array; without it, only what /proc/mdstat tells)
    - btrfs:     /usr/bin/btrfs filesystem show, and for each mounted place: device stats /srv,
                 filesystem df /srv, replace status -1 /srv
    - megacli:   -LDPDInfo -aALL -NoLog, -PDList -aALL -NoLog, -AdpBbuCmd -GetBbuStatus -aALL -NoLog
    - storcli:   /call show all J, /call/eall/sall show rebuild J, /call/eall/sall show all J
    - ssacli:    controller all show config detail
    - arcconf:   getconfig 1 al, getstatus 1 (for each controller)
    - cciss:     -V /dev/sg0 (or /dev/cciss/c0d0; for each controller)
    - in full:   healthcheck ALL = (root) NOPASSWD: /usr/sbin/storcli64 /call show all J
    Counters of errors in btrfs and ZFS stay until somebody resets them (btrfs device stats -z, zpool clear).

    Sources: md(4), mdadm(8), zpool(8), btrfs(8), and the manuals of the makers' tools; each parser names its versions.
    """

    kind: ClassVar[str] = "raid"
    inside: ClassVar[bool] = True
    systems: ClassVar[frozenset[str]] = frozenset({"linux"})
    default_timeout_s: ClassVar[float] = 45.0

    via: Literal["auto", "mdadm", "zfs", "btrfs", "megacli", "storcli", "ssacli", "arcconf", "cciss"] = "auto"
    arrays: tuple[str, ...] = ()
    sudo: bool = False

    async def probe(self, target: Target) -> Storage:
        asked = TOOLS if self.via == "auto" else {self.via: TOOLS[self.via]}
        names = [name for tool in asked.values() for name in tool.programs]
        programs = await _root.find(target, names, sudo=self.sudo, mdstat=mdadm.MDSTAT, mounts=MOUNT_TABLE)
        found, untold = list[Found](), list[ProbeError]()
        for name, tool in asked.items():
            if not self._is_there(name, tool, programs):
                continue
            try:
                found.append(await _looked(name, tool, programs))
            except ProbeError as error:
                if self.via != "auto":
                    raise
                untold.append(error)
        if not any(one.arrays or one.parts for one in found) and not untold and self.via == "auto" and not self.arrays:
            raise ProbeError("nothing there tells of storage with several drives", "no array and no tool for one found")
        return Storage(tuple(found), tuple(untold))

    def _is_there(self, name: str, tool: Tool, programs: Programs) -> bool:
        if name == mdadm.NAME:
            return True  # the kernel's own
        program = programs.first(tool.programs)
        if program is None and self.via != "auto":
            raise ProbeError(
                f"the tool {tool.programs[0]} is not installed there", f"looked for {', '.join(tool.programs)}"
            )
        if name == btrfs.NAME and self.via == "auto":
            # Its tool is on many machines that have no such file system.
            return program is not None and (program.has_rights or " - btrfs " in programs.extra["mounts"].text)
        return program is not None

    def evaluate(self, storage: Storage, now: datetime) -> Iterator[Result]:
        for found in storage.found:
            yield from findings(found)
        for error in storage.untold:
            yield Result(Status.UNKNOWN, f"could not be checked: {error.says}", error.detail)
        names = [array.name for found in storage.found for array in found.arrays]
        there = f"found: {', '.join(names) or 'none'}"
        for expected in self.arrays:
            if expected.removeprefix("/dev/") not in (name.removeprefix("/dev/") for name in names):
                yield self._not_there(storage, f"{expected} is not there; {there}")
        if not names and not self.arrays and self.via != "auto":
            yield self._not_there(storage, f"{self.via} knows no array")
        elif not names and not storage.untold and not self.arrays:
            yield Result(
                Status.UNKNOWN, "could not be checked: nothing there tells of storage with several drives", there
            )

    def _not_there(self, storage: Storage, detail: str) -> Result:
        if storage.untold:
            # It may be one of those that could not be asked about.
            return Result(Status.UNKNOWN, "could not be checked: part of its storage tells nothing", detail)
        return Result(Status.CRITICAL, "does not find storage that it should have: its drives may be gone", detail)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        for name in self.arrays:
            if not name.strip() or not name.isprintable():
                yield "arrays", f"{name!r} is not the name of an array"


async def _looked(name: str, tool: Tool, programs: Programs) -> Found:
    found = await tool.look(programs)
    program = programs.first(tool.programs)
    if tool.needs_root and not found.arrays and program is not None and not program.has_rights:
        raise ProbeError(
            f"our login there may not ask {program.name}: only root may", f"{name} found nothing; set sudo = true"
        )
    return found
