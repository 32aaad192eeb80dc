"""smartctl's JSON (smartctl 7.0 to 7.4, `-j`): numbers may be missing, null, or in strings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from healthcheck.api import Answer, ProbeError, plain
from healthcheck.checks._smart.drive import (
    LIFE_LEFT,
    MOST,
    PENDING,
    REALLOCATED,
    UNREADABLE,
    Device,
    Drive,
    device_of,
    first_number,
    summed,
    temperature,
    uncorrectable,
)

Said = Mapping[str, Any]


def is_json(answer: Answer) -> bool:
    """Whether it may be; smartctl before 7.0 knows no such form and refuses the argument."""
    return "{" in answer.text and "INVALID ARGUMENTS" not in answer.text


def _object(answer: Answer) -> Said:
    start, end = answer.text.find("{"), answer.text.rfind("}")
    try:
        told = json.loads(answer.text[start : end + 1])
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise ProbeError("what it says about its drives is unreadable", f"smartctl said: {plain(answer.text, 200)}")
    return told


def scan(answer: Answer) -> tuple[Device, ...]:
    """The drives of `smartctl -j --scan`."""
    told = _object(answer)
    if "smartctl" not in told:
        raise ProbeError("its list of drives is unreadable", f"smartctl said: {plain(answer.text, 200)}")
    return tuple(
        device_of(f"{_text(device, 'name')} -d {_text(device, 'type') or 'scsi'}")
        for device in _objects(told.get("devices"))
    )


def drive(device: Device, answer: Answer) -> Drive:
    """One drive of `smartctl -j -a`; raises `ProbeError` for what is no such answer."""
    told = _object(answer)
    if not {"smartctl", "device"} & told.keys():
        raise ProbeError("what it says about its drives is unreadable", f"smartctl said: {plain(answer.text, 200)}")
    own, nvme = _at(told, "smartctl"), _at(told, "nvme_smart_health_information_log")
    exit_status = _number(own.get("exit_status"))
    attributes = list(_objects(_at(told, "ata_smart_attributes").get("table")))
    counts = {_text(attribute, "name"): raw for attribute in attributes if (raw := _raw(attribute)) is not None}
    return Drive(
        device,
        model=plain(_text(told, "model_name") or _text(told, "scsi_model_name"), 60),
        serial=plain(_text(told, "serial_number"), 40),
        exit=(exit_status if exit_status is not None else answer.exit) & 255,
        messages=tuple(plain(_text(message, "string"), 200) for message in _objects(own.get("messages"))),
        supported=_supported(told.get("smart_support")),
        passed=_truth(_at(told, "smart_status").get("passed")),
        failing=tuple(_named(attributes, "now")),
        failed=tuple(_named(attributes, "past")),
        worn_percent=_worn(told, nvme, attributes),
        spare_percent=_number(nvme.get("available_spare")),
        spare_limit_percent=_number(nvme.get("available_spare_threshold")),
        warning=_number(nvme.get("critical_warning")),
        reallocated=_first(
            _number(told.get("scsi_grown_defect_list")),
            summed([count for name, count in counts.items() if REALLOCATED.search(name)]),
        ),
        pending=summed([count for name, count in counts.items() if PENDING.search(name)]),
        unreadable=_first(
            _number(nvme.get("media_errors")),
            _unreadable(
                summed([count for name, count in counts.items() if UNREADABLE.search(name)] + list(_uncorrected(told))),
                told,
            ),
        ),
        temperature_c=temperature(
            _first(_number(_at(told, "temperature").get("current")), _number(nvme.get("temperature")))
        ),
        hours=_first(_number(_at(told, "power_on_time").get("hours")), _number(nvme.get("power_on_hours"))),
        self_test=plain(_failed_test(told), 100),
        logged=_number(_at(told, "ata_smart_error_log", "summary").get("count")),
    )


def _at(told: Said, *keys: str) -> Said:
    """The object at these keys; an empty one where there is none."""
    for key in keys:
        value = told.get(key)
        told = value if isinstance(value, dict) else {}
    return told


def _objects(value: object) -> Iterator[Said]:
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def _text(told: Said, key: str) -> str:
    value = told.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 20 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _supported(value: object) -> bool | None:
    """Version 7.3 and later tell it, some as one truth value."""
    if isinstance(value, dict):
        told = [_truth(value.get("available")), _truth(value.get("enabled"))]
        return False if False in told else told[0]
    return _truth(value)


def _raw(attribute: Said) -> int | None:
    """The raw value; where several numbers are packed into it, the first one of its text."""
    raw = _at(attribute, "raw")
    return _first(first_number(_text(raw, "string")), _number(raw.get("value")))


def _named(attributes: Iterable[Said], when: str) -> Iterator[str]:
    """Attributes at or below their threshold. A threshold of 0 is none."""
    for attribute in attributes:
        value, limit = _number(attribute.get("value")), _number(attribute.get("thresh"))
        told = _text(attribute, "when_failed").lower()
        below = value is not None and limit is not None and 0 < value <= limit
        if told.endswith(when) or (when == "now" and not told and below):
            yield f"{plain(_text(attribute, 'name'), 40)} {value} (limit {limit})"


def _worn(told: Said, nvme: Said, attributes: Iterable[Said]) -> int | None:
    used = _first(
        _number(nvme.get("percentage_used")),
        _number(_at(told, "endurance_used").get("current_percent")),
        _number(told.get("scsi_percentage_used_endurance_indicator")),
    )
    if used is not None:
        return used
    if told.get("in_smartctl_database") is False:
        return None  # the names of its attributes are guesses
    left = [_number(attribute.get("value")) for attribute in attributes if LIFE_LEFT.search(_text(attribute, "name"))]
    known = [percent for percent in left if percent is not None and 0 <= percent <= 100]
    return 100 - min(known) if known else None


def _uncorrected(told: Said) -> Iterator[int]:
    for kind in ("read", "write", "verify"):
        count = _number(_at(told, "scsi_error_counter_log", kind).get("total_uncorrected_errors"))
        if count is not None:
            yield count


def _unreadable(counted: int | None, told: Said) -> int | None:
    log = _objects(_at(told, "ata_smart_error_log", "summary").get("table"))
    logged = sum(uncorrectable(_text(entry, "error_description")) for entry in log)
    return max(counted or 0, logged) if counted is not None or logged else None


def _failed_test(told: Said) -> str:
    """The newest self-test that ended, if it failed. Aborted ones (value 1 to 2 of ATA and SCSI) tell nothing."""
    for kind in ("extended", "standard"):
        for test in _objects(_at(told, "ata_smart_self_test_log", kind).get("table")):
            status = _at(test, "status")
            if _truth(status.get("passed")) is not None:
                return "" if status["passed"] else _text(status, "string") or "failed"
    for test in _objects(_at(told, "nvme_self_test_log").get("table")):
        result = _at(test, "self_test_result")
        value = _number(result.get("value"))
        if value is not None and value not in (1, 2, 3, 4, 8, 9, 15):
            return "" if value == 0 else _text(result, "string") or "failed"
    for key in sorted(key for key in told if key.startswith("scsi_self_test_")):
        result = _at(told, key, "result")
        value = _number(result.get("value"))
        if value is not None and value not in (1, 2, 15):
            return "" if value == 0 else _text(result, "string") or "failed"
    return ""
