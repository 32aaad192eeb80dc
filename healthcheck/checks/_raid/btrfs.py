"""btrfs over several drives: `filesystem show` and `df`, `device stats`, `replace status` (btrfs-progs 4 to 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from healthcheck.api import Answer, Mount, ProbeError, mounts_of
from healthcheck.checks._raid.array import Array, Found, Health, Part, Trouble, count_of, percent_of, unreadable
from healthcheck.checks._root import Programs

NAME = "btrfs"
PROGRAMS = ("btrfs",)

_HEAD = re.compile(r"Label: (?P<label>none|'.*')\s+uuid: (?P<uuid>[0-9a-f-]{8,40})\s*")
_TOTAL = re.compile(r"\s+Total devices (?P<total>[0-9]{1,5}) FS bytes used \S+\s*")
_DEVICE = re.compile(r"\s+devid +(?P<id>[0-9]+) size \S+ used \S+ path *(?P<path>.*)")
_MISSING = re.compile(r"\s*\*\*\* Some devices missing\s*")
_BESIDE = re.compile(r"\s*|(?:btrfs-progs|btrfs) v.*|(?:warning|error): .*", re.IGNORECASE)
_STAT = re.compile(r"\[(?P<device>[^\]]+)\]\.(?P<what>\w+_errs) +(?P<count>[0-9]+)")
_PROFILE = re.compile(r"(?P<what>Data|Metadata|System)(?:\+\w+)?, (?P<profile>\w+): ")
_SURVIVES = {"raid1": 1, "raid1c3": 2, "raid1c4": 3, "raid10": 1, "raid5": 1, "raid6": 2}


async def look(programs: Programs) -> Found:
    """Every btrfs file system on more than one drive, mounted or not."""
    btrfs = programs.first(PROGRAMS)
    if btrfs is None:
        return Found(NAME)
    mounts = [mount for mount in mounts_of(programs.extra["mounts"]) if mount.type == "btrfs"]
    places = {mount.device: mount for mount in reversed(mounts)}.values()
    commands = {"show": ["filesystem", "show"]}
    for number, mount in enumerate(places):
        commands[f"stats{number}"] = ["device", "stats", mount.path]
        commands[f"profiles{number}"] = ["filesystem", "df", mount.path]
        commands[f"replace{number}"] = ["replace", "status", "-1", mount.path]
    asked = await btrfs.ask(commands)
    if not asked["show"].text.strip() and not btrfs.has_rights:
        raise ProbeError("our login there may not use btrfs: only root may", btrfs.how_to_allow(commands["show"]))
    return _together(asked, places)


def _together(asked: Mapping[str, Answer], places: Iterable[Mount]) -> Found:
    found = shown(asked["show"])
    profiles, replaced, parts = dict[str, str](), dict[str, float](), list[Part]()
    for number, mount in enumerate(places):
        profiles[mount.source] = profile(asked[f"profiles{number}"])
        if (percent := replacing(asked[f"replace{number}"])) is not None:
            replaced[mount.source] = percent
        parts.extend(stats(asked[f"stats{number}"]))
    arrays = []
    for told, devices in found:
        level = next((profiles[device] for device in devices if device in profiles), "")
        percent = next((replaced[device] for device in devices if device in replaced), None)
        arrays.append(judged(told, level, percent))
    several = {device for told, devices in found for device in devices if told.drives > 1}
    wrong = [part for part in parts if part.name in several or part.name.startswith("devid:")]
    return Found(NAME, tuple(array for array in arrays if array.drives > 1), tuple(wrong))


def judged(array: Array, level: str, replaced_percent: float | None) -> Array:
    """The same array, now that the profile of its data and a replacement under way are known."""
    stands = _SURVIVES.get(level)
    lost = array.lost or 0
    survives = max(0, stands - lost) if stands is not None and level != "raid10" else None
    health = array.health
    if lost and stands is not None and lost > stands and level != "raid10":
        health = Health.FAILED
    if level in ("single", "raid0") and lost:
        health = Health.FAILED
    elif replaced_percent is not None and health < Health.FAILED:
        health = Health.REBUILDING
    told = f"{array.told}, {level}" if level else array.told
    return Array(array.name, health, told, array.drives, array.lost, survives, replaced_percent)


def shown(answer: Answer) -> tuple[tuple[Array, tuple[str, ...]], ...]:
    """The file systems of `btrfs filesystem show`, each with the paths of its drives; also those on one drive.

    Raises `ProbeError` for anything else; nothing at all means that there is none.
    """
    beside, *blocks = re.split(r"^(?=Label: )", answer.text, flags=re.MULTILINE)
    # It complains of every drive that it cannot read, such as an empty card reader, and goes on.
    if answer.exit or not all(map(_BESIDE.fullmatch, beside.split("\n"))):
        raise unreadable("btrfs filesystem show", answer.text)
    return tuple(_shown(block) for block in blocks)


def _shown(block: str) -> tuple[Array, tuple[str, ...]]:
    lines = [line for line in block.split("\n") if line.strip() and not _BESIDE.fullmatch(line)]
    head, total = _HEAD.fullmatch(lines[0]), _TOTAL.fullmatch(lines[1]) if len(lines) > 1 else None
    devices = [_DEVICE.fullmatch(line) for line in lines[2:] if not _MISSING.fullmatch(line)]
    if head is None or total is None or not all(devices):
        raise unreadable("btrfs filesystem show", block)
    there = [d["path"] for d in devices if d and d["id"] != "0" and "MISSING" not in d["path"] and d["path"]]
    new = sum(1 for d in devices if d and d["id"] == "0")  # the drive that a replacement fills
    drives = max(0, int(total["total"]) - new)
    lost = max(0, drives - len(there))
    name = head["label"].strip("'") if head["label"] != "none" else head["uuid"]
    health = Health.DEGRADED if lost else Health.GOOD
    told = f"{name}: {drives} devices, {lost} missing ({', '.join(there)})"
    return Array(name, health, told, drives, lost), tuple(there)


def profile(answer: Answer) -> str:
    """The weakest of the profiles of `btrfs filesystem df`, in lower case ("raid1"); empty where it is not told."""
    found = {match["profile"].lower() for match in _PROFILE.finditer(answer.text)}
    ranked = ("single", "raid0", "dup", *sorted(_SURVIVES, key=lambda level: _SURVIVES[level]))
    return next((level for level in ranked if level in found), "")


def stats(answer: Answer) -> tuple[Part, ...]:
    """The drives of `btrfs device stats` that have counted errors. They count until `device stats -z` is given."""
    counts: dict[str, list[str]] = {}
    lines = [line for line in answer.text.split("\n") if line.strip()]
    found = [_STAT.fullmatch(line.strip()) for line in lines]
    # 64 + … is its exit code with --check.
    if not lines or answer.exit & ~64 or not all(found):
        raise unreadable("btrfs device stats", answer.text)
    for stat in filter(None, found):
        told = counts.setdefault(stat["device"], [])
        if count_of(stat["count"].lstrip("0") or "0"):
            told.append(f"{stat['what']} {stat['count'][:20]}")
    return tuple(
        Part(device, Trouble.ERRORS, f"{device}: {', '.join(told)}; reset with btrfs device stats -z")
        for device, told in counts.items()
        if told
    )


def replacing(answer: Answer) -> float | None:
    """How far (%) a replacement under way has got, by `btrfs replace status -1`; None where there is none."""
    if " done" not in answer.text or answer.exit:
        return None
    return percent_of(answer.text)
