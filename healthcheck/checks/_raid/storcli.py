"""Broadcom (LSI) and Dell PERC controllers: `storcli /call show all J`, the same as `perccli` (storcli 1.x to 7.x)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

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
    unreadable,
)
from healthcheck.checks._root import Programs

NAME = "storcli"
PROGRAMS = (
    "storcli64", "storcli", "perccli64", "perccli", "storcli2", "perccli2",
    "/opt/MegaRAID/storcli/storcli64", "/opt/MegaRAID/perccli/perccli64",
)  # fmt: skip

_VOLUME = {
    "optl": Health.GOOD,
    "optimal": Health.GOOD,
    "pdgd": Health.DEGRADED,
    "dgrd": Health.DEGRADED,
    "degraded": Health.DEGRADED,
    "partially degraded": Health.DEGRADED,
    "rec": Health.REBUILDING,
    "recovery": Health.REBUILDING,
    "ofln": Health.FAILED,
    "offln": Health.FAILED,
    "offline": Health.FAILED,
}
_ON_DUTY = frozenset({"onln", "cpybck", "cfshld"})
_DRIVE_GOOD = _ON_DUTY | frozenset({"ugood", "dhs", "ghs", "jbod", "rbld", "ugshld", "hspshld", "sntze"})
_DRIVE_BAD = frozenset({"offln", "ubad", "failed", "msng", "ubunsp", "f", "missing"})
_BATTERY_GOOD = frozenset({"optimal", "opt", "learning", "charging"})
_BATTERY_BAD = frozenset(
    {"dgd", "degraded", "failed", "fail", "dead", "missing", "needs attention", "awaiting replacement"}
)
_CONTROLLER_GOOD = frozenset({"optimal", "ok", "opt"})
_CONTROLLER_BAD = frozenset({"needs attention", "degraded", "failed", "fld", "dgd", "ndatn", "not optimal"})
_NO_CONTROLLER = re.compile(r"No Controller found|controller (?:0 )?not found", re.IGNORECASE)


async def look(programs: Programs) -> Found:
    """Every volume of every controller."""
    storcli = programs.first(PROGRAMS)
    if storcli is None:
        return Found(NAME)
    asked = await storcli.ask({
        "controllers": ["/call", "show", "all", "J"],
        "rebuilds": ["/call/eall/sall", "show", "rebuild", "J"],
        "drives": ["/call/eall/sall", "show", "all", "J"],
    })  # fmt: skip
    return controllers(asked["controllers"], rebuilds(asked["rebuilds"]), tuple(predicted(asked["drives"])))


def controllers(answer: Answer, done_percent: Mapping[str, float], predicted: tuple[Part, ...] = ()) -> Found:
    """The volumes and bad parts of `/call show all J`. `done_percent` is how far the rebuild of each drive has got."""
    arrays, parts = list[Array](), list(predicted)
    for number, said in _responses(answer.text):
        arrays.extend(_volumes(number, said, done_percent))
        parts.extend(_wrong(number, said))
    return Found(NAME, tuple(arrays), tuple(dict.fromkeys(parts)))


def _json(text: str) -> Any:
    start, end = text.find("{"), text.rfind("}")
    try:
        return json.loads(text[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        return None


def _responses(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The response of each controller, by its number."""
    told = _json(text)
    found = told.get("Controllers") if isinstance(told, dict) else None
    if not isinstance(found, list) or not found:
        raise unreadable("storcli", text)
    for controller in found:
        head = controller.get("Command Status") if isinstance(controller, dict) else None
        if not isinstance(head, dict):
            raise unreadable("storcli", text)
        if _NO_CONTROLLER.search(str(head.get("Description", ""))):
            continue
        said = controller.get("Response Data")
        if head.get("Status") != "Success" or not isinstance(said, dict):
            raise unreadable("storcli", json.dumps(head))
        yield str(head.get("Controller", "?")), said


def _rows(said: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    """The rows of the table of the first of these names that there is."""
    table: object = next((said[name] for name in names if name in said), [])
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        raise unreadable("storcli", f"{'/'.join(names)}: {json.dumps(table)[:100]}")
    return table


def _word(row: Mapping[str, Any], key: str) -> str:
    return str(row.get(key, "")).strip()


def _volumes(number: str, said: Mapping[str, Any], done_percent: Mapping[str, float]) -> Iterator[Array]:
    volumes = _rows(said, "VD LIST", "VD LIST ", "Virtual Drives List")
    drives = _rows(said, "PD LIST", "Physical Drives List")
    if not volumes and _word(said, "Virtual Drives") not in ("", "0"):
        raise unreadable("storcli", f"{_word(said, 'Virtual Drives')} virtual drives, but no list of them")
    for volume in volumes:
        yield _volume(number, volume, _members(volume, drives, said), done_percent)


def _members(
    volume: Mapping[str, Any], drives: list[Mapping[str, Any]], said: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The drives of a volume's group, and a row for each place in it that no drive is in."""
    group = _word(volume, "DG/VD").partition("/")[0]
    return [drive for drive in drives if _word(drive, "DG") == group and _state(drive) != "dhs"] + _missing(said, group)


def _state(drive: Mapping[str, Any]) -> str:
    return _word(drive, "State").lower()


def _volume(
    number: str, volume: Mapping[str, Any], members: list[Mapping[str, Any]], done_percent: Mapping[str, float]
) -> Array:
    level, state = _word(volume, "TYPE"), _word(volume, "State")
    lost = sum(1 for drive in members if _state(drive) not in _ON_DUTY) if members else None
    filling = [f"{number}/{_word(drive, 'EID:Slt')}" for drive in members if _state(drive) == "rbld"]
    health = health_of(state, _VOLUME)
    if health is Health.DEGRADED and filling and len(filling) >= (lost or 0):
        health = Health.REBUILDING
    name = f"/c{number}/v{_word(volume, 'DG/VD').rpartition('/')[2]}"
    off_duty = [f"{_word(drive, 'EID:Slt') or 'a place'} {_word(drive, 'State')}" for drive in members
                if _state(drive) not in _ON_DUTY]  # fmt: skip
    return Array(
        name,
        health,
        ", ".join([f"{name}: {level} {state or 'no state'}", *off_duty]),
        len(members),
        lost,
        None if lost is None else can_still_lose(level, len(members), lost),
        min((done_percent[place] for place in filling if place in done_percent), default=None),
    )


def _missing(said: Mapping[str, Any], group: str) -> list[Mapping[str, Any]]:
    """Places of a volume that no drive is in any more: the topology has them, the list of drives has not."""
    rows = _rows(said, "TOPOLOGY")
    return [{"State": "Msng"} for row in rows if _word(row, "DG") == group and _state(row) == "msng"]


def _wrong(number: str, said: Mapping[str, Any]) -> Iterator[Part]:
    for drive in _rows(said, "PD LIST", "Physical Drives List"):
        name, state = f"/c{number} {_word(drive, 'EID:Slt')}", _word(drive, "State")
        if state.lower() in _DRIVE_BAD:
            yield Part(name, Trouble.FAILED_DRIVE, f"{name} {_word(drive, 'Model')}: {state}")
        elif state.lower() not in _DRIVE_GOOD:
            yield Part(name, Trouble.UNTOLD, f"{name}: {state or 'no state'}")
    for battery in (*_rows(said, "BBU_Info"), *_rows(said, "Cachevault_Info")):
        name, state = f"/c{number} {_word(battery, 'Model')}", _word(battery, "State")
        yield from _part(name, state, Trouble.BATTERY, _BATTERY_GOOD, _BATTERY_BAD)
    status = said.get("Status")
    state = _word(status, "Controller Status") if isinstance(status, dict) else ""
    if state:
        yield from _part(f"/c{number}", state, Trouble.CONTROLLER, _CONTROLLER_GOOD, _CONTROLLER_BAD)


def _part(name: str, state: str, trouble: Trouble, good: frozenset[str], bad: frozenset[str]) -> Iterator[Part]:
    word = state.lower().split("(")[0].strip()
    if word in bad:
        yield Part(name, trouble, f"{name}: {state}")
    elif word not in good:
        yield Part(name, Trouble.UNTOLD, f"{name}: {state or 'no state'}")


def rebuilds(answer: Answer) -> dict[str, float]:
    """How far (%) each rebuild has got, by controller and slot ("0/252:1"), of `/call/eall/sall show rebuild J`."""
    told, done = _json(answer.text), dict[str, float]()
    controllers = told.get("Controllers") if isinstance(told, dict) else None
    for controller in controllers if isinstance(controllers, list) else []:
        rows = controller.get("Response Data") if isinstance(controller, dict) else None
        for row in rows if isinstance(rows, list) else []:
            place = re.fullmatch(r"/c(\d+)/e(\d+)/s(\d+)", _word(row, "Drive-ID")) if isinstance(row, dict) else None
            progress = row.get("Progress%") if isinstance(row, dict) else None
            if place and isinstance(progress, int | float) and 0 <= progress <= 100:
                done[f"{place[1]}/{place[2]}:{place[3]}"] = float(progress)
    return done


def predicted(answer: Answer) -> Iterator[Part]:
    """Drives that expect to fail, of `/call/eall/sall show all J`: "Drive /c0/e252/s0 State" of each."""
    told = _json(answer.text)
    controllers = told.get("Controllers") if isinstance(told, dict) else None
    for controller in controllers if isinstance(controllers, list) else []:
        said = controller.get("Response Data") if isinstance(controller, dict) else None
        yield from _predicted(said if isinstance(said, dict) else {})


def _predicted(said: Mapping[str, Any]) -> Iterator[Part]:
    for key, value in said.items():
        found = re.fullmatch(r"Drive (\S+) State", key)
        if found and isinstance(value, dict):
            yield from _flags(found[1], value)
        elif isinstance(value, dict):
            yield from _predicted(value)


def _flags(name: str, state: Mapping[str, Any]) -> Iterator[Part]:
    count, flag = _word(state, "Predictive Failure Count"), _word(state, "S.M.A.R.T alert flagged by drive")
    if (count.isdecimal() and count.isascii() and count_of(count)) or flag.lower() == "yes":
        yield Part(
            name, Trouble.PREDICTED, f"{name}: predictive failures {count or '?'}, S.M.A.R.T. alert {flag or '?'}"
        )
