"""The health of the drives of a Windows machine, as Windows and the drives themselves tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from healthcheck.api import ProbeError, Target
from healthcheck.checks import _json
from healthcheck.checks._smart.drive import MOST, Device, Drive, summed, temperature
from healthcheck.checks._windows.asking import Failure, Told, ask, failed, names, unreadable

WHAT = "the health of its drives"
_DISK = ("DeviceId", "FriendlyName", "SerialNumber", "HealthStatus", "OperationalStatus")
_COUNTER = ("Temperature", "Wear", "PowerOnHours", "ReadErrorsUncorrected", "WriteErrorsUncorrected")
# The cmdlets show words for some of the numbers; the numbers themselves are below.
QUESTION = f"""
function fields($of, $wanted) {{
  $found = @{{}}; foreach ($name in $wanted) {{ $found[$name] = $of.CimInstanceProperties[$name].Value }}; $found
}}
Get-PhysicalDisk | ForEach-Object {{
  $disk = fields $_ ({names(*_DISK)})
  try {{ $disk.Counter = fields (Get-StorageReliabilityCounter -PhysicalDisk $_) ({names(*_COUNTER)}) }}
  catch {{
    $why = $_.Exception.GetBaseException()
    $disk += @{{Category = "$($_.CategoryInfo.Category)"; Code = $why.HResult; Says = $why.Message}}
  }}
  $disk
}}
"""
_HEALTHY, _WARNING, _UNHEALTHY, _UNKNOWN = 0, 1, 2, 5
_WORDS = {_HEALTHY: "Healthy", _WARNING: "Warning", _UNHEALTHY: "Unhealthy", _UNKNOWN: "Unknown"}
_ABOUT_TO_FAIL = 5
_NOT_OPENED = 2


async def read(target: Target, wanted: Sequence[Device]) -> tuple[list[Drive], list[tuple[Device, ProbeError]]]:
    """Every drive that Windows knows, or those wanted, one that is not there told as such; and those not readable."""
    drives, unread = drives_of((await ask(target, drives=QUESTION))["drives"])
    if not drives and not unread:
        raise ProbeError("it finds no drive that could tell of its health", "Get-PhysicalDisk found nothing")
    if not wanted:
        return drives, unread
    found = {drive.device: drive for drive in drives}
    errors = dict(unread)
    asked = [found.get(device, _absent(device)) for device in wanted if device not in errors]
    return asked, [(device, errors[device]) for device in wanted if device in errors]


def _absent(device: Device) -> Drive:
    return Drive(device, exit=_NOT_OPENED, messages=("no such device",))


def drives_of(told: Told) -> tuple[list[Drive], list[tuple[Device, ProbeError]]]:
    """The same from MSFT_PhysicalDisk and MSFT_StorageReliabilityCounter (Windows Server 2012 R2 and later)."""
    drives, unread = list[Drive](), list[tuple[Device, ProbeError]]()
    for record in told.records(WHAT):
        device = _device(record)
        try:
            drives.append(_drive(device, record))
        except ProbeError as error:
            unread.append((device, error))
    return drives, unread


def _device(record: dict[str, object]) -> Device:
    number = _json.word(record, "DeviceId")
    if not re.fullmatch(r"[0-9]{1,6}", number):
        raise unreadable(WHAT, record)
    return Device(f"PhysicalDrive{number}")


def _drive(device: Device, record: dict[str, object]) -> Drive:
    """Windows calls healthy what does not complain: without a single number from the drive itself, that is nothing."""
    health, states, counter = (
        _json.number(record, "HealthStatus"),
        record.get("OperationalStatus"),
        record.get("Counter"),
    )
    if health not in _WORDS or not isinstance(counter, dict | None):
        raise unreadable(WHAT, record)
    states = states if isinstance(states, list) else [states]
    failing = health == _UNHEALTHY or _ABOUT_TO_FAIL in states
    failure = Failure(_json.word(record, "Category"), _json.number(record, "Code") or 0, _json.word(record, "Says"))
    if counter is None and failure.is_refusal and not failing:
        raise failed(failure, WHAT)
    numbers = {name: _count(counter or {}, name) for name in _COUNTER}
    tells = any(numbers.values())
    told = f"Windows says: {_WORDS[health]} ({', '.join(map(str, states))})"
    uncorrected = [numbers["ReadErrorsUncorrected"], numbers["WriteErrorsUncorrected"]]
    return Drive(
        device=device,
        model=_json.word(record, "FriendlyName"),
        serial=_json.word(record, "SerialNumber").strip(),
        messages=(failure.detail,) if failure.category else (),
        supported=tells,
        passed=False if failing else True if health == _WARNING or (health == _HEALTHY and tells) else None,
        failing=(told,) if failing else (),
        doubted=told if health == _WARNING and not failing else "",
        worn_percent=numbers["Wear"],
        unreadable=summed([number for number in uncorrected if number is not None]),
        temperature_c=temperature(numbers["Temperature"]),
        hours=numbers["PowerOnHours"],
    )


def _count(counter: dict[str, object], name: str) -> int | None:
    number = _json.number(counter, name)
    return number if number is not None and 0 <= number < MOST else None
