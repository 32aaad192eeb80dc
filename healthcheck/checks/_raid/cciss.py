"""HP Smart Array by `cciss_vol_status -V` (cciss_vol_status(8), 1.06 to 1.12), where HP's own tool is not installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import Answer, answers, script
from healthcheck.checks._raid.array import (
    Array,
    Found,
    Health,
    Part,
    Trouble,
    health_of,
    percent_of,
    unreadable,
)
from healthcheck.checks._root import Programs

NAME = "cciss"
PROGRAMS = ("cciss_vol_status",)

# The old driver has files of its own; with the newer ones the controller is a generic SCSI device of type 12.
_DEVICES = """
ls -d /dev/cciss/c[0-9]*d0 2>/dev/null
for kind in /sys/class/scsi_generic/sg*/device/type; do
  [ -r "$kind" ] && [ "$(cat "$kind")" = 12 ] && kind=${kind%/device/type} && echo "/dev/${kind##*/}"
done
true
"""
_VOLUME = {
    "ok": Health.GOOD,
    "failed": Health.FAILED,
    "not configured": Health.FAILED,
    "using interim recovery mode": Health.DEGRADED,
    "ready for recovery operation": Health.DEGRADED,
    "currently recovering": Health.REBUILDING,
    "wrong physical drive was replaced": Health.FAILED,
    "a physical drive is not properly connected": Health.FAILED,
    "hardware is overheating": Health.FAILED,
    "hardware was overheated": Health.FAILED,
    "currently expanding": Health.BUSY,
    "not yet available": Health.FAILED,
    "queued for expansion": Health.BUSY,
    "disabled from scsi id conflict": Health.FAILED,
    "expanding": Health.BUSY,
    "being erased": Health.BUSY,
}
_LINE = re.compile(
    r"(?P<device>/dev/\S+): \([^)]*\) (?:RAID (?P<level>\S+) )?(?P<kind>Volume|Enclosure) "
    r"(?P<number>\S{1,20}).*? status: (?P<state>[^.]*)\.?.*"
)
_CACHE = re.compile(
    r"(?:temporarily|permanently) disabled|battery.{0,20}(?:failed|replace)|capacitor.{0,20}failed", re.IGNORECASE
)


async def look(programs: Programs) -> Found:
    """Every volume of every controller."""
    tool = programs.first(PROGRAMS)
    if tool is None:
        return Found(NAME)
    completed = await tool.target.run(script(devices=_DEVICES))
    devices = [
        line for line in answers(completed.out, "devices")["devices"].text.split("\n") if line.startswith("/dev/")
    ]
    if not devices:
        return Found(NAME)
    asked = await tool.ask({f"device{number}": ["-V", device] for number, device in enumerate(devices)})
    told = [status(answer) for answer in asked.values()]
    return Found(
        NAME, tuple(a for found in told for a in found.arrays), tuple(p for found in told for p in found.parts)
    )


def status(answer: Answer) -> Found:
    """The volumes of one controller, its drives where -V lists them, and its cache. It exits with 1 if one is bad."""
    lines = answer.text.split("\n")
    volumes = [found for line in lines if (found := _LINE.fullmatch(line.strip()))]
    if not any(found["kind"] == "Volume" for found in volumes):
        raise unreadable("cciss_vol_status", answer.text)
    arrays = [_array(found) for found in volumes if found["kind"] == "Volume"]
    parts = [part for found in volumes if found["kind"] == "Enclosure" for part in _enclosure(found)]
    parts.extend(_drives(lines))
    text = " ".join(lines)
    if cache := _CACHE.search(" ".join(text.split())):
        battery = "battery" in text.lower() or "capacitor" in text.lower()
        trouble = Trouble.BATTERY if battery else Trouble.CACHE_OFF
        parts.append(Part(volumes[0]["device"], trouble, f"{volumes[0]['device']} cache: {cache[0]}"))
    if answer.exit and not parts and all(array.health < Health.REBUILDING for array in arrays):
        parts.append(Part(volumes[0]["device"], Trouble.UNTOLD, f"cciss_vol_status ended with {answer.exit}"))
    return Found(NAME, tuple(arrays), tuple(parts))


def _array(found: re.Match[str]) -> Array:
    state = found["state"].strip()
    word = re.split(r"[,(]", state)[0]
    name = f"{found['device']} volume {found['number']}"
    return Array(
        name, health_of(word, _VOLUME), f"{name}: RAID {found['level'] or '?'}, {state}", done_percent=percent_of(state)
    )


def _enclosure(found: re.Match[str]) -> Iterator[Part]:
    if found["state"].strip() != "OK":
        name = f"{found['device']} enclosure {found['number']}"
        yield Part(name, Trouble.CONTROLLER, f"{name}: {found['state'].strip()}")


def _drives(lines: list[str]) -> Iterator[Part]:
    """ "connector 1I box 1 bay 2  HP  EG0300FBDSP  3SE0BBBB  HPD6 OK"; failed ones stand apart, without a state."""
    failed = False
    for line in lines:
        words = line.split()
        if words[:1] != ["connector"] or len(words) < 7:
            failed = words == ["Failed", "drives:"] or (failed and not words)
            continue
        place, said = " ".join(words[1:6]), " ".join(words[6:])
        if "PREDICT" in said.upper():
            yield Part(place, Trouble.PREDICTED, f"{place}: {said}")
        elif failed or re.search("FAIL|MISSING|OFFLINE", said.upper()):
            yield Part(place, Trouble.FAILED_DRIVE, f"{place}: {said}, failed")
        elif words[-1] != "OK":
            yield Part(place, Trouble.UNTOLD, f"{place}: {said}")
