"""ZFS pools: `zpool status -P` and `zpool list -H` (zpool-status(8), zpool-list(8); OpenZFS 0.6 to 2.3, Solaris)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import Answer, frozen
from healthcheck.checks._raid.array import (
    Array,
    Found,
    Health,
    Part,
    Trouble,
    count_of,
    health_of,
    percent_of,
    unreadable,
    worst_of_each,
)
from healthcheck.checks._root import Programs

NAME = "zfs"
PROGRAMS = ("zpool",)

_POOL = {
    "online": Health.GOOD,
    "degraded": Health.DEGRADED,
    "faulted": Health.FAILED,
    "unavail": Health.FAILED,
    "suspended": Health.FAILED,
    "offline": Health.FAILED,
    "removed": Health.FAILED,
}
_LOST = frozenset({"OFFLINE", "FAULTED", "REMOVED", "UNAVAIL", "SPLIT"})
_STATES = _LOST | {"ONLINE", "DEGRADED", "AVAIL", "INUSE", "SUSPENDED"}
_GROUP = re.compile(r"(?P<kind>mirror|raidz[123]?|draid[123]?|spare|replacing|logs|cache|spares|special|dedup)\b.*")
_KEY = re.compile(
    r" {0,8}(?P<key>pool|id|state|status|action|see|comment|scan|scrub|config|errors|remove|checkpoint): ?(?P<value>.*)"
)
_DEVICE = re.compile(
    r"(?P<indent>\s*)(?P<name>\S+)\s+(?P<state>[A-Z]{3,12})(?:\s+(?P<errors>[\d.]+[KMGTPE]?(?:\s+[\d.]+[KMGTPE]?){2}))?(?:\s+(?P<note>\S.*))?"
)
_NONE = re.compile(r"^no pools available|^no datasets available", re.MULTILINE)


async def look(programs: Programs) -> Found:
    """Every pool that is imported."""
    zpool = programs.first(PROGRAMS)
    if zpool is None:
        return Found(NAME)
    asked = await zpool.ask({"status": ["status", "-P"], "list": ["list", "-H", "-o", "name,health"]})
    told, listed = status(asked["status"]), listing(asked["list"])
    return Found(NAME, worst_of_each([*told.arrays, *listed.arrays]), told.parts)


@frozen
class _Device:
    depth: int
    name: str
    state: str
    errors: int
    note: str

    @property
    def told(self) -> str:
        return " ".join(filter(None, [self.name, self.state, f"{self.errors} errors" * bool(self.errors), self.note]))


def status(answer: Answer) -> Found:
    """The pools of `zpool status`, with or without -P and -v."""
    if _NONE.search(answer.text):
        return Found(NAME)
    pools = re.split(r"^(?= *pool: )", answer.text, flags=re.MULTILINE)[1:]
    if not pools or answer.exit:
        raise unreadable("zpool status", answer.text)
    arrays, parts = list[Array](), list[Part]()
    for pool in pools:
        array, wrong = _pool(pool)
        arrays.append(array)
        parts.extend(wrong)
    return Found(NAME, tuple(arrays), tuple(parts))


def _pool(text: str) -> tuple[Array, list[Part]]:
    fields = _fields(text)
    name, state, scan = fields.get("pool", ""), fields.get("state", ""), fields.get("scan", fields.get("scrub", ""))
    devices = list(_devices(fields.get("config", "")))
    if not name or not state or not devices:
        raise unreadable("zpool status", text)
    group = _worst_group(devices)
    lost = sum(1 for device in group if device.state in _LOST)
    health = max(health_of(state, _POOL), *(Health.GOOD if d.state in _STATES else Health.UNTOLD for d in devices))
    at_work = " in progress" in scan
    if health is Health.GOOD and at_work:
        health = Health.SYNCING if "resilver" in scan else Health.BUSY
    elif health is Health.DEGRADED and at_work and "resilver" in scan and _is_replacing(devices):
        health = Health.REBUILDING
    kinds = {match["kind"] for device in devices if (match := _GROUP.fullmatch(device.name))}
    survives = _survives(kinds, len(group), lost)
    told = f"{name}: {state}" + "".join(f", {device.told}" for device in group if device.state != "ONLINE")
    array = Array(name, health, f"{told}, {' '.join(scan.split())}".rstrip(", "), len(group), lost, survives,
                  percent_of(_done(scan)) if at_work else None)  # fmt: skip
    return array, list(_wrong(name, devices, fields.get("errors", "")))


def _fields(text: str) -> dict[str, str]:
    """ "key: value" lines; what is indented deeper belongs to the key before."""
    fields, key = dict[str, list[str]](), ""
    for line in text.split("\n"):
        found = _KEY.fullmatch(line.rstrip()) if not line.startswith("\t") else None
        if found:
            key = found["key"]
            fields[key] = [found["value"]]
        elif key:
            fields[key].append(line)
    return {key: "\n".join(lines).strip("\n") for key, lines in fields.items()}


def _devices(config: str) -> Iterator[_Device]:
    for line in config.split("\n"):
        found = _DEVICE.fullmatch(line.rstrip())
        if found and found["state"] != "STATE":
            errors = sum(_errors(word) for word in (found["errors"] or "").split())
            yield _Device(len(found["indent"].expandtabs()), found["name"], found["state"], errors, found["note"] or "")
        elif line.strip() and found is None:
            if not _GROUP.fullmatch(line.strip()):
                raise unreadable("zpool status", line)
            yield _Device(len(line) - len(line.lstrip()), line.strip(), "ONLINE", 0, "")


def _errors(word: str) -> int:
    """A count as zpool shortens it: "0", "12", "1.2K"."""
    return count_of(word) if word.isdigit() and word.isascii() else count_of("9999999")


def _leaves(devices: list[_Device]) -> list[_Device]:
    """The drives themselves: what has nothing indented below it."""
    return [
        device
        for device, below in zip(devices, [*devices[1:], None], strict=True)
        if not (below and below.depth > device.depth) and not _GROUP.fullmatch(device.name)
    ]


def _worst_group(devices: list[_Device]) -> list[_Device]:
    """The drives of the group that has lost most, or of the whole pool where nothing is lost or there are no groups."""
    leaves, group = _leaves(devices), list[_Device]()
    groups = [group]
    for device in devices:
        if (match := _GROUP.fullmatch(device.name)) and match["kind"] not in ("spare", "replacing"):
            group = []
            if match["kind"] not in ("spares", "cache"):  # neither holds the only copy of anything
                groups.append(group)
        elif device in leaves and device.state not in ("AVAIL", "INUSE"):
            group.append(device)
    return max((g for g in groups if g), key=lambda g: sum(d.state in _LOST for d in g), default=leaves)


def _is_replacing(devices: list[_Device]) -> bool:
    return any(re.match(r"(?:spare|replacing)-", d.name) or "resilvering" in d.note for d in devices)


def _survives(kinds: set[str], drives: int, lost: int) -> int | None:
    """How many more the group can lose for certain; spares and rebuilds under way count as nothing."""
    stands = {"mirror": drives - 1, "raidz": 1, "raidz1": 1, "raidz2": 2, "raidz3": 3}
    known = [stands[kind] for kind in kinds if kind in stands]
    return max(0, known[0] - lost) if len(known) == 1 and drives and not kinds & {"spare", "replacing"} else None


def _done(scan: str) -> str:
    return next((line for line in scan.split("\n") if "done" in line), scan)


def _wrong(pool: str, devices: list[_Device], errors: str) -> Iterator[Part]:
    for device in _leaves(devices):
        if device.errors and device.state == "ONLINE":
            yield Part(device.name, Trouble.ERRORS, f"{pool}: {device.told}")
    spares = next((n for n, device in enumerate(devices) if device.name == "spares"), len(devices))
    for device in devices[spares:]:
        if device.state in _LOST:
            yield Part(device.name, Trouble.FAILED_DRIVE, f"{pool}: spare {device.told}")
    if errors and not errors.startswith("No known data errors"):
        yield Part(pool, Trouble.DAMAGED_FILES, f"{pool}: {' '.join(errors.split())[:200]}")


def listing(answer: Answer) -> Found:
    """The pools of `zpool list`: under its header, or, without one, name and health in two columns."""
    if _NONE.search(answer.text) or (not answer.text.strip() and answer.exit == 0):
        return Found(NAME)
    lines = [line for line in answer.text.split("\n") if line.strip()]
    head = lines[0].split() if lines else []
    titled = head[:1] == ["NAME"] and "HEALTH" in head
    column = head.index("HEALTH") if titled else 1
    rows = [line for line in lines[titled:] if not line[0].isspace()]
    pools = [line.split() for line in rows]
    if answer.exit or not pools or any(len(pool) <= column for pool in pools):
        raise unreadable("zpool list", answer.text)
    return Found(
        NAME, tuple(Array(pool[0], health_of(pool[column], _POOL), f"{pool[0]}: {pool[column]}") for pool in pools)
    )
