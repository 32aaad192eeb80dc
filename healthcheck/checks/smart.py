"""The health of single drives, as they tell it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from healthcheck.api import Answer, Check, Host, Levels, Previous, ProbeError, Result, Status, Target, frozen
from healthcheck.checks import _root
from healthcheck.checks._root import Program
from healthcheck.checks._smart import as_json, as_text
from healthcheck.checks._smart.drive import Device, Drive, device_of
from healthcheck.checks._smart.judge import GOOD, UNTOLD, Limits, findings, has_no_smart, is_gone
from healthcheck.checks._windows import health

PROGRAMS = ("smartctl",)
_EACH_S = 20
"""A drive that is asleep needs ten seconds to answer; one that hangs must not hide the others."""
_AT_ONCE = 16
"""An answer has up to 40 kB, and what a command may print is limited."""


@frozen
class Drives:
    """The drives that told something, and those whose answer could not be read, with the reason."""

    drives: tuple[Drive, ...]
    unread: tuple[tuple[Device, ProbeError], ...] = ()
    previous: Previous | None = None


@dataclass(frozen=True, kw_only=True)
class Smart(Check[Drives]):
    """The health of each drive as it tells it itself (SMART): about to fail, worn, damaged or too hot.

    drives         the drives to ask, which must all tell of their health: "/dev/sda", "/dev/sda -d sat" (behind USB),
                   "/dev/bus/0 -d megaraid,3" (behind a controller; `smartctl --scan` lists them); none: all it finds
    sudo           ask as root, by `sudo -n`, with a login that is not root
    worn_percent   how much of the rated life of an SSD is used up, as it tells; it may go on above 100
    bad_sectors    how many sectors were replaced, wait to be, or could not be read (counted apart)
    temperature_c  degrees Celsius

    Problem: a drive says that it is failing, a pre-fail value is at its threshold, its reserve of memory is used up, it
    can no longer be written to, one of `drives` is not there, or beyond a critical limit. Look: beyond a limit, its
    last self-test failed, it was beyond a limit of its own once, or its log has more errors than in the round before.
    Could not check: smartctl is missing or our login may not use it, a drive does not open or answer, one of `drives`
    or one that told of its health before has no SMART now, or no drive at all has. Virtual disks, volumes of RAID
    controllers and many USB boxes have none; where a search finds them, they are only named to IT.

    On a Windows host, Windows itself is asked, and `drives` are named "PhysicalDrive0". Look too: Windows holds
    something against a drive. That it calls one healthy counts only where the drive itself tells at least one number;
    behind many controllers none does.

    Needs smartmontools on the host, 5.4 or later (from 7.0 on it is asked for JSON), and the rights of root. With
    `sudo = true`, allow exactly what is asked, a line for each drive, in a file of /etc/sudoers.d (visudo -f):
        healthcheck ALL = (root) NOPASSWD: /usr/sbin/smartctl -j --scan, /usr/sbin/smartctl --scan, \\
            /usr/sbin/smartctl -j -a /dev/sda, /usr/sbin/smartctl -j -a -d megaraid\\,3 /dev/bus/0
    and, where smartctl is older than 7.0, the same with -a alone. No asterisk: it would allow every other option too.
    On a Windows host, Server 2012 R2 or later, a login in the group "Administrators".

    Sources: smartctl(8) of smartmontools 6.0 to 7.4; NVM Express base specification 2.0, SMART / Health Information;
    MSFT_PhysicalDisk and MSFT_StorageReliabilityCounter of Windows.
    """

    kind: ClassVar[str] = "smart"
    inside: ClassVar[bool] = True
    default_timeout_s: ClassVar[float] = 90.0

    drives: tuple[str, ...] = ()
    sudo: bool = False
    worn_percent: Levels = Levels.above(warning=85, critical=100)
    bad_sectors: Levels = Levels.above(warning=0, critical=500)
    temperature_c: Levels = Levels.above(warning=60, critical=70)

    async def probe(self, target: Target) -> Drives:
        if target.host.os == "windows":
            found, unreadable = await health.read(target, tuple(map(device_of, self.drives)))
            return Drives(tuple(found), tuple(unreadable), target.previous)
        programs = await _root.find(target, PROGRAMS, sudo=self.sudo)
        smartctl = programs.first(PROGRAMS)
        if smartctl is None:
            raise ProbeError("the tool smartctl is not installed there", "install smartmontools")
        devices = tuple(map(device_of, self.drives)) or await _scanned(smartctl)
        if not devices:
            raise ProbeError("it finds no drive that could tell of its health", f"{smartctl.path} --scan found nothing")
        drives, unread = list[Drive](), list[tuple[Device, ProbeError]]()
        for start in range(0, len(devices), _AT_ONCE):
            some = devices[start : start + _AT_ONCE]
            for device, answer in (await _asked(smartctl, some)).items():
                try:
                    drives.append(read(device, answer))
                except ProbeError as error:
                    unread.append((device, error))
        return Drives(tuple(drives), tuple(unread), target.previous)

    def evaluate(self, found: Drives, now: datetime) -> Iterator[Result]:
        limits = Limits(self.worn_percent, self.bad_sectors, self.temperature_c)
        told, silent = list[Drive](), list[Drive]()
        for drive in found.drives:
            (silent if has_no_smart(drive) or is_gone(drive) else told).append(drive)
        for drive in told:
            yield from findings(drive, limits, now, found.previous)
        for drive in silent:
            yield self._silent(drive, found.previous, others=bool(told))
        for device, error in found.unread:
            yield Result(Status.UNKNOWN, f"could not be checked: {error.says}", f"{device.name}: {error.detail}")

    def _silent(self, drive: Drive, previous: Previous | None, *, others: bool) -> Result:
        """A drive without SMART is worth a word only where it should have it, or where no other has."""
        name = drive.device.name
        expected = name in (device_of(words).name for words in self.drives)
        before = previous is not None and any(metric.endswith(f" {name}") for metric in previous.metrics)
        detail = f"{name}: {'; '.join(drive.messages) or 'no SMART'}"
        if expected and is_gone(drive):
            return Result(Status.CRITICAL, "does not find one of the drives that it should have", detail)
        if expected or before or not others:
            return Result(Status.UNKNOWN, UNTOLD, detail)
        return Result(Status.OK, GOOD, detail)

    def mistakes(self) -> Iterator[tuple[str, str]]:
        for words in self.drives:
            try:
                device_of(words)
            except ProbeError:
                yield "drives", f"{words!r} is not a drive: write “/dev/sda” or “/dev/bus/0 -d megaraid,3”"

    def mistakes_on(self, host: Host) -> Iterator[tuple[str, str]]:
        windows = host.os == "windows"
        right = "PhysicalDrive0" if windows else "/dev/sda"
        for words in self.drives:
            if words.startswith("/dev/") is windows:
                yield "drives", f"{words!r} is no drive of such a host, write “{right}”"
        if windows and self.sudo:
            yield "sudo", "has no use, as the login itself must be an administrator"


async def _scanned(smartctl: Program) -> tuple[Device, ...]:
    asked = await smartctl.ask({"json": ["-j", "--scan"], "text": ["--scan"]}, each_s=_EACH_S)
    return as_json.scan(asked["json"]) if as_json.is_json(asked["json"]) else as_text.scan(asked["text"])


async def _asked(smartctl: Program, devices: Sequence[Device]) -> dict[Device, Answer]:
    """What smartctl says of each drive; in text where it is too old for JSON."""
    names = {f"drive{number}": device for number, device in enumerate(devices)}
    found = await smartctl.ask(
        {name: ["-j", "-a", *device.arguments] for name, device in names.items()}, each_s=_EACH_S
    )
    old = {name: ["-a", *names[name].arguments] for name, answer in found.items() if not as_json.is_json(answer)}
    if old:
        found |= await smartctl.ask(old, each_s=_EACH_S)
    return {device: found[name] for name, device in names.items()}


def read(device: Device, answer: Answer) -> Drive:
    """One drive of `smartctl -a`, in either form; raises `ProbeError` for anything else."""
    return as_json.drive(device, answer) if as_json.is_json(answer) else as_text.drive(device, answer)
