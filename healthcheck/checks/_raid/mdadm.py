"""Linux's own arrays: `/proc/mdstat` (md(4), kernel 2.6 to 6), and `mdadm --detail` (mdadm(8), 3 and 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import Answer, ProbeError
from healthcheck.checks._raid.array import (
    Array,
    Found,
    Health,
    Part,
    Trouble,
    can_still_lose,
    count_of,
    percent_of,
    unreadable,
    worst_of_each,
)
from healthcheck.checks._root import Programs

NAME = "mdadm"
PROGRAMS = ("mdadm",)
MDSTAT = "cat /proc/mdstat"
"""Asked with the search for programs: it needs no right, and tells whether there is anything to look for."""

_ARRAY = re.compile(r"(?P<name>[\w.-]{1,80}) : (?P<state>active|inactive|broken)(?P<rest>(?: .*)?)")
_MEMBER = re.compile(r"(?P<name>[^\s\[\]]+)\[(?P<number>\d{1,6})\](?P<flags>(?:\([A-Z]\))*)")
_COUNTS = re.compile(r"\[(\d{1,5})/(\d{1,5})\] \[([U_]+)\]")
_AT_WORK = re.compile(r"(?P<what>resync|recovery|reshape|check|repair|recover)\s*=\s*(?P<how>\S+)")
_AROUND = ("Personalities", "unused devices", "read_ahead", "Event", "#")
_WITHOUT_SPARES = frozenset({"raid0", "linear", "multipath", "container"})
_WITH_SPARES = frozenset({"raid1", "raid4", "raid5", "raid6", "raid10"})


async def look(programs: Programs) -> Found:
    """Every array that the kernel has; where our login is root, also what `mdadm` tells of each."""
    told = mdstat(programs.extra["mdstat"])
    mdadm = programs.first(PROGRAMS)
    if not told.arrays or mdadm is None or not mdadm.has_rights:
        return told
    try:
        asked = await mdadm.ask(
            {f"array{n}": ["--detail", f"/dev/{array.name}"] for n, array in enumerate(told.arrays)}
        )
    except ProbeError:
        return told  # the kernel's own word stands without it
    more = [_detail_or_doubt(asked[f"array{n}"], array.name) for n, array in enumerate(told.arrays)]
    parts = (*told.parts, *(part for found in more for part in found.parts))
    arrays = worst_of_each([*told.arrays, *(array for found in more for array in found.arrays)])
    return Found(NAME, arrays, tuple(dict.fromkeys(parts)))


def _detail_or_doubt(answer: Answer, name: str) -> Found:
    try:
        return detail(answer, name)
    except ProbeError as error:
        return Found(NAME, (), (Part(name, Trouble.UNTOLD, f"{name}: {error.detail}"),))


def mdstat(answer: Answer) -> Found:
    """The arrays of `/proc/mdstat`; none where the kernel has never had one and there is no such file.

    Containers of the metadata of RAID firmware (imsm, ddf) are none themselves; what is in them is.
    """
    if answer.exit and "No such file" in answer.text:
        return Found(NAME)
    if answer.exit or not re.search(r"^Personalities ?:", answer.text, re.MULTILINE):
        raise unreadable("/proc/mdstat", answer.text)
    arrays, parts = list[Array](), list[Part]()
    for head, body in _blocks(answer.text):
        if "external:imsm" in body or "external:ddf" in body:
            continue
        arrays.append(_array(head, body))
        parts.extend(_failed(head, arrays[-1]))
    return Found(NAME, tuple(arrays), tuple(parts))


def _blocks(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each array's first line, and the indented lines that follow it."""
    head, body = None, list[str]()
    for line in text.split("\n"):
        if not line.strip() or (line[0].isspace() and head):
            body.append(line)
            continue
        if head:
            yield head, "\n".join(body)
        head, body = _ARRAY.fullmatch(line.rstrip()), []
        if head is None and not line.startswith(_AROUND):
            raise unreadable("/proc/mdstat", line)
    if head:
        yield head, "\n".join(body)


def _array(head: re.Match[str], body: str) -> Array:
    words = [word for word in head["rest"].split() if not word.startswith("(")]
    level = words[0] if words and "[" not in words[0] else ""
    members = _members(head)
    good = sum(1 for member in members if not {"F", "S", "J"} & set(re.findall(r"[A-Z]", member["flags"])))
    counts, work = _COUNTS.search(body), _AT_WORK.search(body)
    told = " ".join((head[0] + " " + body).split())[:200]
    done = percent_of(work["how"] if work else "")
    if head["state"] != "active":
        return Array(head["name"], Health.FAILED, told, len(members))
    if counts is None:
        if level not in _WITHOUT_SPARES:
            return Array(head["name"], Health.UNTOLD, told, len(members))
        return Array(head["name"], Health.GOOD if good == len(members) else Health.FAILED, told, len(members))
    drives, lost = int(counts[1]), max(0, int(counts[1]) - int(counts[2]), counts[3].count("_"))
    survives = can_still_lose(level, drives, lost)
    health = _health(work["what"] if work else "", lost, all_there=good >= drives)
    if lost and _is_beyond(level, drives, lost):
        health = Health.FAILED
    if level not in _WITH_SPARES | _WITHOUT_SPARES:
        health = max(health, Health.UNTOLD)
    return Array(head["name"], health, told, drives, lost, survives, done)


def _members(head: re.Match[str]) -> list[re.Match[str]]:
    return [member for word in head["rest"].split() if (member := _MEMBER.fullmatch(word))]


def _health(at_work: str, lost: int, *, all_there: bool) -> Health:
    if lost:
        # Only where every place has a drive again will it be whole when the work is done.
        return Health.REBUILDING if at_work.startswith("recover") and all_there else Health.DEGRADED
    if at_work in ("check", "repair"):
        return Health.BUSY
    return Health.SYNCING if at_work else Health.GOOD


def _is_beyond(level: str, drives: int, lost: int) -> bool:
    stands = can_still_lose(level, drives, 0)
    return lost > stands if stands is not None else lost > drives // 2


def _failed(head: re.Match[str], array: Array) -> Iterator[Part]:
    """Failed drives that another has already taken the place of."""
    if array.lost == 0:
        for member in _members(head):
            if "(F)" in member["flags"]:
                yield Part(member["name"], Trouble.FAILED_DRIVE, f"{array.name}: {member[0]}")


_STATES = {
    "clean": Health.GOOD,
    "active": Health.GOOD,
    "active-idle": Health.GOOD,
    "write-pending": Health.GOOD,
    "read-auto": Health.GOOD,
    "readonly": Health.GOOD,
    "checking": Health.BUSY,
    "resyncing": Health.SYNCING,
    "resyncing (delayed)": Health.SYNCING,
    "resyncing (pending)": Health.SYNCING,
    "reshaping": Health.SYNCING,
    "reshaping (delayed)": Health.SYNCING,
    "recovering": Health.GOOD,
    "recovering (delayed)": Health.GOOD,
    "degraded": Health.DEGRADED,
    "not started": Health.FAILED,
    "failed": Health.FAILED,
    "broken": Health.FAILED,
    "inactive": Health.FAILED,
}
_FIELD = re.compile(r"^ *([A-Z][\w ]+?) :(.*)$", re.MULTILINE)


def _devices(text: str) -> Iterator[tuple[str, str]]:
    """State and path of each line "Number Major Minor RaidDevice State [path]"; a drive that is gone has no path."""
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 4 and all(word == "-" or word.isdecimal() for word in words[:4]):
            path = words.pop() if words[-1].startswith("/") else ""
            yield " ".join(words[4:]), path


def detail(answer: Answer, name: str) -> Found:
    """What `mdadm --detail` tells of one array. An array without redundancy in it (raid0) has nothing to lose."""
    fields = {key: value.strip() for key, value in _FIELD.findall(answer.text)}
    if not {"Raid Level", "State"} <= fields.keys() or not fields["State"]:
        raise unreadable("mdadm", answer.text)
    if fields["Raid Level"] == "container":
        return Found(NAME)
    states = [word.strip().lower() for word in fields["State"].split(",")]
    health = max((_STATES.get(state, Health.UNTOLD) for state in states if state), default=Health.UNTOLD)
    drives, working = (_number(fields.get(key, "")) for key in ("Raid Devices", "Active Devices"))
    lost = max(0, drives - working) if drives and "Active Devices" in fields else None
    devices = list(_devices(answer.text))
    if health is Health.DEGRADED and "recovering" in states:
        filling = sum(1 for state, _ in devices if "rebuilding" in state)
        health = Health.REBUILDING if lost is not None and filling >= lost else health
    elif lost and health < Health.DEGRADED:
        health = Health.DEGRADED
    survives = can_still_lose(fields["Raid Level"], drives, lost) if lost is not None else None
    work = [
        value
        for key, value in fields.items()
        if key in ("Rebuild Status", "Resync Status", "Check Status", "Reshape Status")
    ]
    done = percent_of(work[0]) if work else None
    told = f"{name}: {fields['State']}" + (f", {work[0]}" if work else "")
    array = Array(name, health, told, drives, lost, survives, done)
    parts = [
        Part(path, Trouble.FAILED_DRIVE, f"{name}: {path} {state}")
        for state, path in devices
        if "faulty" in state and not lost
    ]
    return Found(NAME, (array,), tuple(parts))


def _number(text: str) -> int:
    return count_of(text) if re.fullmatch(r"[0-9]+", text) else 0
