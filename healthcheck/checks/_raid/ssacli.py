"""HP and HPE Smart Array: `controller all show config detail` of ssacli, hpssacli or hpacucli (all versions)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from healthcheck.api import Answer
from healthcheck.checks._raid.array import (
    Array,
    Found,
    Health,
    Part,
    Trouble,
    can_still_lose,
    percent_of,
    unreadable,
    worst_of_each,
)
from healthcheck.checks._root import Programs

NAME = "ssacli"
PROGRAMS = ("ssacli", "hpssacli", "hpacucli")

# The state of a volume begins with one of these words; how far it has got follows.
_VOLUME = (
    ("ok", Health.GOOD),
    ("transforming", Health.BUSY),
    ("expanding", Health.BUSY),
    ("shrinking", Health.BUSY),
    ("moving", Health.BUSY),
    ("queued for expansion", Health.BUSY),
    ("parity initialization", Health.BUSY),
    ("rapid parity initialization", Health.BUSY),
    ("recovering", Health.REBUILDING),
    ("rebuilding", Health.REBUILDING),
    ("interim recovery mode", Health.DEGRADED),
    ("ready for recovery", Health.DEGRADED),
    ("ready for rebuild", Health.DEGRADED),
    ("degraded", Health.DEGRADED),
    ("failed", Health.FAILED),
    ("offline", Health.FAILED),
    ("not available", Health.FAILED),
    ("not configured", Health.FAILED),
    ("disabled", Health.FAILED),
    ("wrong drive", Health.FAILED),
    ("drive connected incorrectly", Health.FAILED),
)
_DRIVE_GOOD = ("ok", "rebuilding", "erase", "queued for erase", "transforming")
_DRIVE_BAD = ("failed", "offline", "not available", "missing", "not supported", "failed or missing")
# Alone at the beginning of a line; notes such as "FIRMWARE UPGRADE REQUIRED: …" have a colon.
_CONTROLLER = re.compile(r"(?P<name>(?=\S)[^:]{1,80} in [^:]{1,80})")
_HEADS = (
    ("volume", re.compile(r"(?:Logical Drive: |logicaldrive )(?P<name>\S+?)(?: \((?P<told>.*)\))?")),
    ("drive", re.compile(r"physicaldrive (?P<name>[\w:.-]+)(?: \((?P<told>.*)\))?")),
    ("array", re.compile(r"(?:Array: |array |Array )(?P<name>\w+)(?: \((?P<told>.*)\))?")),
    ("other", re.compile(r"(?P<name>Port Name: .*|.* at Port \S+, Box .*|Internal Drive Cage .*)")),
    ("other", re.compile(r"(?P<name>Unassigned|HBA Drives|Physical Drives|(?:Expander|Enclosure|SEP) .*)")),
)
_MOST_THINGS = 3000
"""Headings: every drive has two. What has more is none of ssacli's, and each volume looks at all of them."""
_FIELD = re.compile(r"(?P<key>[A-Z][^:]*?): +(?P<value>\S.*)")
_NONE = re.compile(
    r"No controllers detected|Error: The specified (?:controller|device) does not have any logical", re.I
)


async def look(programs: Programs) -> Found:
    """Every volume of every controller."""
    ssacli = programs.first(PROGRAMS)
    if ssacli is None:
        return Found(NAME)
    asked = await ssacli.ask({"config": ["controller", "all", "show", "config", "detail"]})
    return config(asked["config"])


@dataclass(slots=True)
class _Thing:
    """What stands under one heading."""

    kind: str
    name: str
    state: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    of: str = ""


def config(answer: Answer) -> Found:
    """The volumes and bad parts of `show config [detail]`, `show status`, `logicaldrive all show` and the like."""
    if _NONE.search(answer.text):
        return Found(NAME)
    things = list(_things(answer.text))
    if len(things) > _MOST_THINGS or not any(thing.kind == "controller" for thing in things):
        raise unreadable("ssacli", answer.text)
    arrays = worst_of_each(_volume(thing, things) for thing in things if thing.kind == "volume")
    parts = [part for thing in things for part in _wrong(thing)]
    return Found(NAME, arrays, tuple(dict.fromkeys(parts)))


def _things(text: str) -> Iterator[_Thing]:
    """Everything with a heading. A drive is told twice where details are: in a list first, on its own later."""
    controller, group, thing = "", "", _Thing("other", "")
    for line in text.split("\n"):
        words = line.strip()
        head = _head(line, words)
        if head is None:
            if found := _FIELD.fullmatch(words):
                thing.fields.setdefault(found["key"], found["value"])
            continue
        yield thing
        kind, match = head
        if kind == "controller":
            controller, group = _place(match["name"]), ""
        elif kind == "array":
            group = f"{controller}/{match['name']}"
        elif kind == "other":
            group = group if words == "Physical Drives" else ""
        told = match.groupdict().get("told") or ""
        thing = _Thing(kind, f"{controller}/{match['name']}" if kind != "controller" else controller, of=group)
        thing.state = told.rpartition(", ")[2]
        if told:
            thing.fields["told"] = told
    yield thing


def _head(line: str, words: str) -> tuple[str, re.Match[str]] | None:
    if controller := _CONTROLLER.fullmatch(line.rstrip()):
        return "controller", controller
    return next(((kind, match) for kind, pattern in _HEADS if (match := pattern.fullmatch(words))), None)


def _place(heading: str) -> str:
    """ "slot 0" of "Smart Array P410i in Slot 0 (Embedded)"; an enclosure has a name: "MSA1500 CS in MY STORAGE"."""
    place = heading.rpartition(" in ")[2].partition(" (")[0]
    return place.lower() if place.startswith("Slot ") else place


def _once(things: list[_Thing], kind: str) -> list[_Thing]:
    """The last of each name, which is the one with details."""
    return list({thing.name: thing for thing in things if thing.kind == kind}.values())


def _volume(volume: _Thing, things: list[_Thing]) -> Array:
    told = volume.fields.get("told", "")
    # In one line: "136.7 GB, RAID 5, Recovering, 27.1% complete"; else "Status: …".
    short, _, state = told.partition("RAID ")[2].partition(", ")
    state = volume.fields.get("Status", state)
    level = volume.fields.get("Fault Tolerance", short)
    health = next((how for words, how in _VOLUME if state.lower().startswith(words)), Health.UNTOLD)
    arrays = [thing for thing in things if thing.kind == "array" and thing.name == volume.of]
    if health <= Health.BUSY and any(map(_has_failed_drive, arrays)):
        health, state = Health.DEGRADED, f"{state}, in an array that is failed"
    drives = [drive for drive in _once(things, "drive") if drive.of and drive.of == volume.of]
    members = [drive for drive in drives if "spare" not in _told(drive).lower()]
    lost = sum(1 for drive in members if not _drive_state(drive).lower().startswith(("ok", "predictive")))
    known = bool(members) and bool(lost) == (health >= Health.REBUILDING)
    name = volume.name.replace("/", " volume ")
    return Array(
        name, health, f"{name}: RAID {level or '?'}, {state or 'no state'}", len(members),
        lost if known else None, can_still_lose(level, len(members), lost) if known else None,
        percent_of(state) if health in (Health.BUSY, Health.REBUILDING) else None,
    )  # fmt: skip


def _has_failed_drive(array: _Thing) -> bool:
    """ "array B (Failed)", "Status: Failed Physical Drive": its volumes may be called OK all the same."""
    return "failed" in array.fields.get("Status", array.state).lower()


def _told(drive: _Thing) -> str:
    return f"{drive.fields.get('told', '')} {drive.fields.get('Drive Type', '')}"


def _drive_state(drive: _Thing) -> str:
    """Of "port 1I:box 1:bay 1, SAS, 72 GB, OK" or "…, Predictive Failure, spare"; else "Status: …"."""
    told = re.sub(r", (?:active )?spare.*$", "", drive.fields.get("told", ""))
    return drive.fields.get("Status", told.rpartition(", ")[2])


def _wrong(thing: _Thing) -> Iterator[Part]:
    if thing.kind == "drive":
        yield from _wrong_drive(thing)
    elif thing.kind == "controller":
        yield from _wrong_controller(thing)
    elif thing.kind == "array":
        state = thing.fields.get("Status", thing.state)
        if state and not state.lower().startswith("ok") and not _has_failed_drive(thing):
            yield Part(thing.name, Trouble.UNTOLD, f"{thing.name.replace('/', ' array ')}: {state}")


def _wrong_drive(drive: _Thing) -> Iterator[Part]:
    state, name = _drive_state(drive), drive.name.replace("/", " drive ")
    told = f"{name}: {state or 'no state'}"
    if state.lower().startswith("predictive"):
        yield Part(name, Trouble.PREDICTED, told)
    elif state.lower().startswith(_DRIVE_BAD):
        yield Part(name, Trouble.FAILED_DRIVE, told)
    elif not state.lower().startswith(_DRIVE_GOOD):
        yield Part(name, Trouble.UNTOLD, told)


_BATTERY = (Trouble.BATTERY, ("ok", "recharging", "charging", "not present"), ("failed", "replace", "not charged"))
_CACHE = (Trouble.CACHE_OFF, ("ok", "not conf", "not present"), ("temporarily", "permanently", "disabled", "failed"))
_OWN = (Trouble.CONTROLLER, ("ok",), ("failed", "not", "lockup", "degraded", "disabled", "general"))
_CONTROLLER_FIELDS = {
    "Controller Status": _OWN,
    "Cache Status": _CACHE,
    "Battery/Capacitor Status": _BATTERY,
    "Battery Status": _BATTERY,
}


def _wrong_controller(controller: _Thing) -> Iterator[Part]:
    for key, (trouble, good, bad) in _CONTROLLER_FIELDS.items():
        state = controller.fields.get(key)
        if state is None or state.lower().startswith(good):
            continue
        known = state.lower().startswith(bad)
        yield Part(controller.name, trouble if known else Trouble.UNTOLD, f"{controller.name}: {key} {state}")
