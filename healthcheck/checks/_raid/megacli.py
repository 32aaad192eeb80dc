"""LSI MegaRAID controllers by the older tool: `MegaCli -LDInfo`, `-PDList`, `-AdpBbuCmd` (MegaCli 5 to 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from healthcheck.api import Answer
from healthcheck.checks._raid.array import (
    Array,
    Found,
    Health,
    Part,
    Trouble,
    can_still_lose,
    count_of,
    health_of,
    percent_of,
    unreadable,
)
from healthcheck.checks._root import Programs

NAME = "megacli"
PROGRAMS = ("megacli", "MegaCli", "MegaCli64", "megacli64", "/opt/MegaRAID/MegaCli/MegaCli64")

_VOLUME = {
    "optimal": Health.GOOD,
    "degraded": Health.DEGRADED,
    "partially degraded": Health.DEGRADED,
    "recovery": Health.REBUILDING,
    "offline": Health.FAILED,
    "failed": Health.FAILED,
}
_ON_DUTY = frozenset({"online", "copyback"})
_FILLING = "rebuild"
_DRIVE_GOOD = _ON_DUTY | {_FILLING, "hotspare", "unconfigured(good)", "jbod", "available", "system"}
_DRIVE_BAD = frozenset({"failed", "offline", "unconfigured(bad)", "missing"})
_NO_ADAPTER = re.compile(r"Controller Count: 0|No Adapter|Adapter (?:0 )?not found", re.IGNORECASE)
_NO_VOLUME = re.compile(r"No Virtual Drive(?:s)? Configured|Number of Virtual Disks: 0", re.IGNORECASE)


async def look(programs: Programs) -> Found:
    """Every volume of every adapter."""
    megacli = programs.first(PROGRAMS)
    if megacli is None:
        return Found(NAME)
    asked = await megacli.ask({
        "volumes": ["-LDPDInfo", "-aALL", "-NoLog"],
        "drives": ["-PDList", "-aALL", "-NoLog"],
        "batteries": ["-AdpBbuCmd", "-GetBbuStatus", "-aALL", "-NoLog"],
    })  # fmt: skip
    told = volumes(asked["volumes"])
    more = (*drives(asked["drives"]), *batteries(asked["batteries"])) if told.arrays else ()
    return Found(NAME, told.arrays, (*told.parts, *more))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        key, colon, value = line.partition(":")
        if colon:
            yield " ".join(key.split()), value.strip()


def volumes(answer: Answer) -> Found:
    """The volumes of `-LDInfo` or `-LDPDInfo`; the second has their drives too, so that lost ones can be counted."""
    found, parts, adapter = list[Array](), list[Part](), ""
    blocks = re.split(r"^(?=Virtual (?:Drive|Disk): )", answer.text, flags=re.MULTILINE)
    for block in blocks[1:]:
        adapter = (re.findall(r"^Adapter #?([0-9]+)", blocks[0], re.MULTILINE) or [adapter])[-1]
        found.append(_volume(f"a{adapter or 0}", block))
        parts.extend(_cache(found[-1].name, block))
        blocks[0] = block
    if not found and not _NO_ADAPTER.search(answer.text) and not _NO_VOLUME.search(answer.text):
        raise unreadable("MegaCli", answer.text)
    return Found(NAME, tuple(found), tuple(parts))


def _cache(name: str, block: str) -> Iterator[Part]:
    """A volume that should keep writes in the controller's memory and does not, mostly for a bad battery."""
    policies = dict(re.findall(r"^(Default|Current) Cache Policy *: *(\w+)", block, re.MULTILINE))
    if policies.get("Default") == "WriteBack" and policies.get("Current") == "WriteThrough":
        yield Part(name, Trouble.CACHE_OFF, f"{name}: cache policy WriteThrough instead of WriteBack")


def _volume(adapter: str, block: str) -> Array:
    own, *drives = re.split(r"^(?=PD: [0-9]+ Information)", block, flags=re.MULTILINE)
    fields: dict[str, str] = {}
    for key, value in _fields(own):
        fields.setdefault(key, value)
    number = re.match(r"[0-9]+", fields.get("Virtual Drive", fields.get("Virtual Disk", "")))
    if "State" not in fields or number is None:
        raise unreadable("MegaCli", block)
    health = health_of(fields["State"], _VOLUME)
    level = (re.findall(r"Primary-([0-9]+)", fields.get("RAID Level", "")) or [""])[0]
    several = fields.get("Span Depth", "1") != "1"
    count = int(_digits(fields.get("Number Of Drives", fields.get("Number Of Drives per span", ""))))
    states = [_state(dict(_fields(drive)).get("Firmware state", "")) for drive in drives]
    lost = (
        max(0, (count or len(states)) - sum(state in _ON_DUTY for state in states)) if states and not several else None
    )
    if lost is None and health is Health.DEGRADED and level == "1" and count == 2 and not several:
        lost = 1
    filling = states.count(_FILLING)
    if health is Health.DEGRADED and filling and (lost is None or filling >= lost):
        health = Health.REBUILDING
    survives = None if lost is None or several else can_still_lose(level, count, lost)
    name = f"{adapter}/v{number[0]}"
    told = f"{name}: RAID {level or '?'}, {fields['State'] or 'no state'}"
    told += "".join(f", a drive {state}" for state in states if state != "online")
    done = percent_of(" ".join(re.findall(r"Rebuild\s*:? Completed.*", block)))
    array = Array(name, health, told, 0 if several else count, lost, survives, done)
    return replace(array, health=Health.UNTOLD) if health is Health.GOOD and lost else array


def _digits(text: str) -> str:
    found = re.match(r"[0-9]{1,5}", text)
    return found[0] if found else "0"


def _state(firmware: str) -> str:
    """ "Online, Spun Up" → "online"."""
    return firmware.split(",")[0].strip().lower()


def drives(answer: Answer) -> tuple[Part, ...]:
    """The drives of `-PDList` that are failed, expect to fail, or are in a state that is not known."""
    parts = list[Part]()
    for block in re.split(r"^(?=Enclosure Device ID: )", answer.text, flags=re.MULTILINE)[1:]:
        fields = dict(_fields(block))
        name = f"{fields.get('Enclosure Device ID', '?')}:{fields.get('Slot Number', '?')}"
        firmware = fields.get("Firmware state", "")
        told = f"{name} {fields.get('Inquiry Data', '')}: {firmware or 'no state'}"
        if _state(firmware) in _DRIVE_BAD:
            parts.append(Part(name, Trouble.FAILED_DRIVE, told))
        elif _state(firmware) not in _DRIVE_GOOD:
            parts.append(Part(name, Trouble.UNTOLD, told))
        failures = fields.get("Predictive Failure Count", "")
        alert = fields.get("Drive has flagged a S.M.A.R.T alert", "").lower() == "yes"
        if alert or (re.fullmatch(r"[0-9]+", failures) and count_of(failures.lstrip("0") or "0")):
            parts.append(Part(name, Trouble.PREDICTED, f"{told}, predictive failures {failures or '?'}"))
    if "Enclosure Device ID: " not in answer.text and not re.search(r"^Adapter #|Exit Code: 0x00", answer.text, re.M):
        raise unreadable("MegaCli", answer.text)
    return tuple(parts)


_BATTERY_BAD = ("Battery Pack Missing", "Battery Replacement required", "Pack is about to fail & should be replaced")
_BATTERY_GOOD_STATES = frozenset({"", "optimal", "operational", "learning", "charging"})
_BATTERY_BAD_STATES = re.compile(r"fail|degrad|missing|non.?operational|not operational|dead|replace", re.IGNORECASE)
_NO_BATTERY = re.compile(
    r"hardware (?:component )?is not present|BBU is not present|does not have a BBU", re.IGNORECASE
)


def batteries(answer: Answer) -> tuple[Part, ...]:
    """What is wrong with the batteries of `-AdpBbuCmd -GetBbuStatus`; an adapter may have none."""
    parts = list[Part]()
    for block in re.split(r"^(?=BBU status for Adapter: |Adapter [0-9]+: Get BBU)", answer.text, flags=re.MULTILINE)[
        1:
    ]:
        name = f"a{(re.findall('[0-9]+', block) or ['?'])[0]}"
        if _NO_BATTERY.search(block):
            continue
        if block.startswith("Adapter"):
            parts.append(Part(name, Trouble.UNTOLD, " ".join(block.split())[:100]))
            continue
        parts.extend(_battery(name, dict(reversed(list(_fields(block))))))
    if not re.search(r"BBU status for Adapter|Get BBU|Exit Code: 0x00", answer.text) and not _NO_BATTERY.search(
        answer.text
    ):
        raise unreadable("MegaCli", answer.text)
    return tuple(parts)


def _battery(name: str, fields: dict[str, str]) -> Iterator[Part]:
    wrong = [key for key in _BATTERY_BAD if fields.get(key, "").lower().startswith("yes")]
    learning = fields.get("Learn Cycle Active", "").lower().startswith("yes")
    if fields.get("Remaining Capacity Low", "").lower().startswith("yes") and not learning:
        wrong.append("Remaining Capacity Low")
    state = fields.get("Battery State", fields.get("Battery state", "")).strip()
    if _BATTERY_BAD_STATES.search(state):
        wrong.append(f"state {state}")
    if wrong:
        yield Part(name, Trouble.BATTERY, f"{name} battery: {', '.join(wrong)}")
    elif state.lower() not in _BATTERY_GOOD_STATES or not (state or "Battery Replacement required" in fields):
        yield Part(name, Trouble.UNTOLD, f"{name} battery: {state or 'no state'}")
