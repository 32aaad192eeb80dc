"""Adaptec, Microsemi and IBM ServeRAID: `arcconf getconfig N al` and `getstatus N` (arcconf 1 to 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import Answer
from healthcheck.checks._raid.array import Array, Found, Health, Part, Trouble, can_still_lose, percent_of, unreadable
from healthcheck.checks._root import Programs

NAME = "arcconf"
PROGRAMS = ("arcconf", "/usr/StorMan/arcconf", "/usr/Arcconf/arcconf")

_MOST_CONTROLLERS = 8
_VOLUME = (
    ("optimal", Health.GOOD),
    ("okay", Health.GOOD),
    ("quick initialized", Health.GOOD),
    ("build", Health.BUSY),
    ("verif", Health.BUSY),
    ("rebuilding", Health.REBUILDING),
    ("degraded, rebuilding", Health.REBUILDING),
    ("suboptimal, rebuilding", Health.REBUILDING),
    ("sub-optimal, rebuilding", Health.REBUILDING),
    ("degraded", Health.DEGRADED),
    ("suboptimal", Health.DEGRADED),
    ("sub-optimal", Health.DEGRADED),
    ("interim recovery", Health.DEGRADED),
    ("ready for recovery", Health.DEGRADED),
    ("recovering", Health.REBUILDING),
    ("impacted", Health.SYNCING),
    ("failed", Health.FAILED),
    ("offline", Health.FAILED),
    ("dead", Health.FAILED),
)
_DRIVE_GOOD = (
    "online",
    "ready",
    "hot spare",
    "hot-spare",
    "dedicated hot",
    "global hot",
    "raw",
    "rebuilding",
    "optimal",
    "standby",
)
_DRIVE_BAD = ("failed", "defunct", "offline", "missing", "dead", "inactive")
_BATTERY_GOOD = (
    "optimal",
    "zmm optimal",
    "not installed",
    "zmm not installed",
    "charging",
    "fully charged",
    "ok",
    "ready",
    "recharging",
)
_BATTERY_BAD = (
    "failed",
    "fault",
    "not optimal",
    "zmm not",
    "missing",
    "expired",
    "replace",
    "degraded",
    "dead",
    "not charging",
    "discharg",
    "low",
    "error",
)
_BATTERY = re.compile(
    r"(?:Battery|ZMM|Super ?Cap|Cache Backup Unit|Green Backup).*(?:Information|Status)", re.IGNORECASE
)


async def look(programs: Programs) -> Found:
    """Every volume of every controller."""
    arcconf = programs.first(PROGRAMS)
    if arcconf is None:
        return Found(NAME)
    asked = await arcconf.ask(_questions(1))
    count = controllers(asked["config1"])
    if count > 1:
        more = {key: value for n in range(2, count + 1) for key, value in _questions(n).items()}
        asked |= await arcconf.ask(more)
    arrays, parts = list[Array](), list[Part]()
    for number in range(1, count + 1):
        found = config(asked[f"config{number}"], tasks(asked[f"status{number}"]), number)
        arrays.extend(found.arrays)
        parts.extend(found.parts)
    return Found(NAME, tuple(arrays), tuple(parts))


def _questions(number: int) -> dict[str, list[str]]:
    return {f"config{number}": ["getconfig", str(number), "al"], f"status{number}": ["getstatus", str(number)]}


def controllers(answer: Answer) -> int:
    """How many controllers there are: "Controllers found: 1"."""
    found = re.search(r"^Controllers found: *([0-9]{1,3})\r?$", answer.text, re.MULTILINE | re.IGNORECASE)
    if found is None or int(found[1]) > _MOST_CONTROLLERS:
        raise unreadable("arcconf", answer.text)
    return int(found[1])


def tasks(answer: Answer) -> dict[str, tuple[str, float | None]]:
    """What is being done with volumes, by their number, and how far (%) it has got: of `getstatus`."""
    found: dict[str, tuple[str, float | None]] = {}
    for block in re.split(r"^ *Logical device Task:", answer.text, flags=re.MULTILINE | re.IGNORECASE)[1:]:
        fields = {key.lower(): value for key, value in _fields(block.split("\n"))}
        number, what = fields.get("logical device"), fields.get("current operation", "")
        if number is not None:
            found[number] = (what.lower(), percent_of(fields.get("percentage complete", "") + "%"))
    return found


def _fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(":")
        if colon:
            yield key.strip(), value.strip()


def config(answer: Answer, at_work: dict[str, tuple[str, float | None]], controller: int) -> Found:
    """The volumes and bad parts of `getconfig N al`, or of a part of it (`ld`, `pd`)."""
    if not re.search(r"^Controllers found:|^Controller information", answer.text, re.MULTILINE | re.IGNORECASE):
        raise unreadable("arcconf", answer.text)
    sections = _sections(answer.text)
    arrays, parts = list[Array](), list[Part]()
    for title, lines in sections:
        volume = re.match(r"Logical (?:device|drive) number ([0-9]+)", title, re.IGNORECASE)
        drive = re.match(r"Device #([0-9]+)", title)
        if volume:
            arrays.append(_volume(f"c{controller}/v{volume[1]}", lines, at_work.get(volume[1])))
        elif drive:
            parts.extend(_drive(f"c{controller} device {drive[1]}", lines))
        elif _BATTERY.search(title):
            parts.extend(_battery(f"c{controller} {title}", dict(_fields(lines))))
        elif title.lower() == "controller information":
            parts.extend(_controller(f"c{controller}", dict(_fields(lines))))
    return Found(NAME, tuple(arrays), tuple(parts))


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """Titles, which have no colon and stand between rules or before what is indented, and the lines below each."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in text.split("\n"):
        words = line.strip()
        starts = re.match(r"Logical (?:device|drive) number [0-9]|Device #[0-9]", words, re.IGNORECASE)
        titled = 0 < len(words) < 100 and ":" not in words and re.search(r"information$|status$", words, re.IGNORECASE)
        # The segments of a volume belong to it.
        if starts or (titled and "segment information" not in words and not words.startswith("Status of")):
            sections.append((words, []))
        else:
            sections[-1][1].append(line)
    return sections


def _volume(name: str, lines: list[str], task: tuple[str, float | None] | None) -> Array:
    fields = {key.lower(): value for key, value in _fields(lines)}
    state = fields.get("status of logical device", fields.get("status of logical drive", ""))
    level = fields.get("raid level", "")
    segments = [value for key, value in _fields(lines) if re.fullmatch(r"(?:Segment|Device) [0-9]+", key)]
    lost = sum(1 for value in segments if not re.match(r"(?:\S+ )?Present", value))
    health = next((how for words, how in _VOLUME if state.lower().startswith(words)), Health.UNTOLD)
    what, done = task or ("", None)
    filling = sum(1 for value in segments if re.match(r"Rebuilding|Inconsistent", value))
    if health is Health.DEGRADED and ("rebuild" in what or filling) and (not segments or filling >= lost or not lost):
        health = Health.REBUILDING
    if health is Health.GOOD and what:
        health = Health.REBUILDING if "rebuild" in what else Health.BUSY
    if health is Health.GOOD and segments and lost:
        health = Health.UNTOLD
    known = bool(segments) and bool(lost) == (health >= Health.REBUILDING)
    told = f"{name}: RAID {level or '?'}, {state or 'no state'}" + (f", {what}" if what else "")
    return Array(name, health, told, len(segments), lost if known else None,
                 can_still_lose(level, len(segments), lost) if known else None, done)  # fmt: skip


def _drive(name: str, lines: list[str]) -> Iterator[Part]:
    fields = dict(reversed(list(_fields(lines))))
    if not any("is a Hard drive" in line or "is a SSD" in line or "Solid State" in line for line in lines):
        return
    state = fields.get("State", "")
    told = f"{name} {fields.get('Model', '')}: {state or 'no state'}"
    if state.lower().startswith(_DRIVE_BAD):
        yield Part(name, Trouble.FAILED_DRIVE, told)
    elif not state.lower().startswith(_DRIVE_GOOD):
        yield Part(name, Trouble.UNTOLD, told)
    warnings = fields.get("S.M.A.R.T. warnings", fields.get("SMART Warning Count", "0"))
    if "yes" in (fields.get("S.M.A.R.T.", "").lower(), fields.get("PFA", "").lower()) or warnings.strip("0"):
        yield Part(name, Trouble.PREDICTED, f"{told}, S.M.A.R.T. {fields.get('S.M.A.R.T.', '?')}, warnings {warnings}")


def _battery(name: str, fields: dict[str, str]) -> Iterator[Part]:
    yield from _judged(name, fields.get("Status", ""), Trouble.BATTERY, _BATTERY_GOOD, _BATTERY_BAD)


def _controller(name: str, fields: dict[str, str]) -> Iterator[Part]:
    bad = ("failed", "degraded", "dead", "not", "offline", "kernel panic", "lockup")
    yield from _judged(name, fields.get("Controller Status", ""), Trouble.CONTROLLER, ("optimal", "okay", "ok"), bad)
    if (defunct := fields.get("Defunct disk drive count", "0")).strip("0"):
        yield Part(name, Trouble.FAILED_DRIVE, f"{name}: defunct disk drive count {defunct}")


def _judged(name: str, state: str, trouble: Trouble, good: tuple[str, ...], bad: tuple[str, ...]) -> Iterator[Part]:
    if not state or state.lower().startswith(good):
        return
    yield Part(name, trouble if state.lower().startswith(bad) else Trouble.UNTOLD, f"{name}: {state}")
