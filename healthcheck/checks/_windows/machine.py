"""What a Windows machine has and does, sort by sort, as the `survey` check keeps it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from healthcheck.api import Answer, ProbeError, Space, Target
from healthcheck.checks import _json
from healthcheck.checks._survey import work
from healthcheck.checks._survey.storage import Drive, drive_facts
from healthcheck.checks._windows import letters, starts
from healthcheck.checks._windows.asking import Told, ask, names, unreadable

Facts = dict[str, str]

# The number that the log gave to the entry of this start is given only once, whatever the clock shows.
START_QUESTION = """
Get-WinEvent -LogName System -MaxEvents 1 -FilterXPath (
  "*[System[Provider[@Name='Microsoft-Windows-Kernel-General'] and EventID=12]]") |
  ForEach-Object { @{Record = $_.RecordId} }
"""
DRIVES_QUESTION = f"""
Get-CimInstance Win32_DiskDrive |
  Select-Object {names("DeviceID", "Model", "SerialNumber", "Size", "Capabilities")}
"""
# What a trigger starts comes and goes.
PROGRAMS_QUESTION = r"""
Get-CimInstance Win32_Service | Where-Object { ($_.State -eq 'Running') -and ($_.StartMode -eq 'Auto') -and
  -not (Test-Path -LiteralPath "HKLM:\SYSTEM\CurrentControlSet\Services\$($_.Name)\TriggerInfo") } |
  Select-Object 'Name', 'DisplayName'
"""
PORTS_QUESTION = """
[Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners() |
  ForEach-Object { @{Address = "$($_.Address)"; Port = $_.Port} }
"""
LINES_QUESTION = f"""
Get-CimInstance MSFT_NetAdapter -Namespace root/StandardCimv2 |
  Where-Object {{ $_.ConnectorPresent -and -not $_.Virtual }} |
  Select-Object {names("Name", "NdisPhysicalMedium", "MediaConnectState", "ReceiveLinkSpeed")}
"""
SYSTEM_QUESTION = """
$system = Get-CimInstance Win32_OperatingSystem; $machine = Get-CimInstance Win32_ComputerSystem
@{system = $system.Caption; kernel = "Windows $($system.Version)"; maker = $machine.Manufacturer
  model = $machine.Model; Memory = $system.TotalVisibleMemorySize}
"""
_STARTING_S = 600
"""For so long after a start a machine is still starting its programs, some of them on purpose only then."""
_REMOVABLE = 7
_ALWAYS = frozenset({"EventLog", "RpcSs", "Schedule"})
_OF_A_LOGIN = re.compile(r".*_[0-9a-f]{4,16}")
_HANDED_OUT = 49152
"""From here on Windows hands out ports at random."""
_WITHOUT_CABLE = frozenset({1, 8, 9, 10, 12})  # ntddndis.h: wireless LAN, WAN, 802.11, Bluetooth, WiMax
_STATES = {0: "up", 1: "up", 2: "down"}
_FASTEST = 10**13


async def read(target: Target) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
    """The facts by sort, and why a sort is not known. Sets of drives are not asked for."""
    told = await ask(
        target,
        start=START_QUESTION,
        uptime=starts.UPTIME_QUESTION,
        drives=DRIVES_QUESTION,
        mounts=letters.QUESTION,
        programs=PROGRAMS_QUESTION,
        ports=PORTS_QUESTION,
        lines=LINES_QUESTION,
        system=SYSTEM_QUESTION,
    )
    return found(told)


def found(told: Mapping[str, Told]) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
    """The same from what was told, each sort by itself."""
    readers: dict[str, tuple[str, Callable[[Told], Facts]]] = {
        "start": ("start", _start),
        "drives": ("drives", _drives),
        "mounts": ("mounts", _mounts),
        "programs": ("programs", _programs),
        "ports": ("ports", _ports),
        "lines": ("lines", _lines),
        "memory": ("system", _memory),
        "system": ("system", _system),
    }
    things, not_known = dict[str, Mapping[str, str]](), dict[str, str]()
    if (reason := _still_starting(told["uptime"])) is not None:
        for sort in ("programs", "ports"):
            del readers[sort]
            not_known[sort] = reason
    for sort, (question, reader) in readers.items():
        try:
            things[sort] = reader(told[question])
        except ProbeError as error:
            not_known[sort] = error.detail
    return things, not_known


def _still_starting(told: Told) -> str | None:
    try:
        up_s, _ = starts.uptime_of(told)
    except ProbeError:
        return None
    return f"up for {up_s:.0f} s only" if up_s < _STARTING_S else None


def _start(told: Told) -> Facts:
    """Which start this is, by the number of its entry in the System log."""
    number = _json.number(told.record("its start"), "Record")
    if number is None:
        raise unreadable("its start", told.things)
    return {"boot": str(number)}


def _drives(told: Told) -> Facts:
    """Win32_DiskDrive. A card reader without a card has no size."""
    drives = []
    for record in told.records("its drives"):
        device = re.fullmatch(r"\\\\\.\\PHYSICALDRIVE([0-9]{1,4})", _json.word(record, "DeviceID"), re.IGNORECASE)
        if device is None:
            raise unreadable("its drives", record)
        capabilities = record.get("Capabilities")
        removable = isinstance(capabilities, list) and _REMOVABLE in capabilities
        if size := _json.number(record, "Size"):
            model, serial = (" ".join(_json.word(record, name).split()) for name in ("Model", "SerialNumber"))
            drives.append(Drive(f"PhysicalDrive{device[1]}", size, model, serial, removable))
    if not drives:
        raise unreadable("its drives", told.things)
    return drive_facts(drives)


def _mounts(told: Told) -> Facts:
    """The built-in drives that have a letter and can be read."""
    usable = (letter for letter in letters.letters_of(told) if letter.stays and isinstance(letter.space, Space))
    return {letter.mount.path: f"{letter.mount.type} {letter.mount.source}" for letter in usable}


def _programs(told: Told) -> Facts:
    """Services that start by themselves and run. Who sees none of those that every machine has, is shown too few."""
    programs = {_json.word(each, "Name"): _json.word(each, "DisplayName") for each in told.records("its programs")}
    if "" in programs or not _ALWAYS & set(programs):
        raise unreadable("its programs", list(programs))
    return {name: what for name, what in programs.items() if not _OF_A_LOGIN.fullmatch(name)}


def _ports(told: Told) -> Facts:
    """The TCP ports that others can connect to, by number."""
    ports = set()
    for record in told.records("its open ports"):
        port = _json.number(record, "Port")
        try:
            address = ip_address(_json.word(record, "Address").partition("%")[0])
        except ValueError:
            raise unreadable("its open ports", record) from None
        if port is None or not 0 < port < 65536:
            raise unreadable("its open ports", record)
        if port < _HANDED_OUT and not address.is_loopback:
            ports.add(port)
    return {str(port): "" for port in sorted(ports)}


def _lines(told: Told) -> Facts:
    """Network sockets with a cable (MSFT_NetAdapter), by name: megabits a second, "up" or "down"."""
    lines = {}
    for record in told.records("its network lines"):
        name, medium = _json.word(record, "Name"), _json.number(record, "NdisPhysicalMedium")
        state = _STATES.get(_json.number(record, "MediaConnectState") or 0)
        if not name or medium is None or state is None:
            raise unreadable("its network lines", record)
        speed = _json.number(record, "ReceiveLinkSpeed") or 0
        if medium not in _WITHOUT_CABLE:
            lines[name] = str(speed // 10**6) if state == "up" and 10**6 <= speed < _FASTEST else state
    return lines


def _memory(told: Told) -> Facts:
    """The memory that Windows has, in bytes."""
    size = _json.number(told.record("its memory"), "Memory")
    if not size or size < 0:
        raise unreadable("its memory", told.things)
    return {"memory": str(size * 1024)}


def _system(told: Told) -> Facts:
    """What the machine and its system are called."""
    record = told.record("its system")
    lines = (f"{name}={_json.word(record, name)}" for name in ("system", "kernel", "maker", "model"))
    return work.system_facts(Answer(0, "\n".join(lines)))
