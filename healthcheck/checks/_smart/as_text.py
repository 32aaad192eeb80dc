"""smartctl's text (`smartctl -a` of 5.4 to 7.4), which is all that smartctl before 7.0 has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from healthcheck.api import Answer, ProbeError, frozen, plain
from healthcheck.checks._smart.drive import (
    LIFE_LEFT,
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

_BANNER = re.compile(r"^smartctl (?:version )?[0-9]+\.[0-9]+", re.MULTILINE)
_FIELD = re.compile(r"^([A-Z][\w ,./-]{1,60}?)(?: is)? *: +(\S.*)$", re.MULTILINE)
_VERDICTS = {"PASSED": True, "OK": True, "FAILED!": False}
_TROUBLE = re.compile(
    r"open failed|failed: |unable to detect|unknown usb bridge|please (?:try|specify)|not supported by|terminat"
    r"|INVALID ARGUMENTS",
    re.IGNORECASE,
)
_TEST = re.compile(r"# ?1 {1,3}(?P<told>.*)")
_TEST_FAILED = re.compile(r"failure|failed|fatal|segment", re.IGNORECASE)


def scan(answer: Answer) -> tuple[Device, ...]:
    """The drives of `smartctl --scan` or `--scan-open`: "/dev/sda -d sat # …", and "# /dev/nvme0 … open failed: …"."""
    devices = []
    for line in answer.text.split("\n"):
        words, _, told = line.partition(" # ")
        if words.startswith("/dev/") or (words.startswith("# /dev/") and "failed" in told):
            devices.append(device_of(words.removeprefix("# ")))
        elif line.strip() and not line.startswith(("smartctl ", "Copyright", "#")):
            raise ProbeError("its list of drives is unreadable", f"smartctl said: {plain(line, 200)}")
    return tuple(devices)


@frozen
class _Attribute:
    name: str
    value: int
    limit: int
    failed: str
    raw: str

    @property
    def told(self) -> str:
        return f"{self.name} {self.value} (limit {self.limit})"


def drive(device: Device, answer: Answer) -> Drive:
    """One drive of `smartctl -a`; raises `ProbeError` for what is no such answer."""
    if not _BANNER.search(answer.text):
        raise ProbeError(
            "what it says about its drives is unreadable", f"smartctl said: {plain(answer.text, 200) or 'nothing'}"
        )
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(answer.text):
        fields.setdefault(key, value.strip())
    support = re.findall(r"^SMART support is: +(\w+)", answer.text, re.MULTILINE)
    attributes = list(_attributes(answer.text))
    numbers = {attribute.name: raw for attribute in attributes if (raw := first_number(attribute.raw)) is not None}
    verdict = fields.get("SMART overall-health self-assessment test result", fields.get("SMART Health Status"))
    # The names of the attributes of a drive that smartctl does not know are guesses.
    known = not fields.get("Device", "").startswith("Not in")
    left = [a.value for a in attributes if LIFE_LEFT.search(a.name) and a.value <= 100 and known]
    used = _percent(fields, "Percentage Used", "Percentage used endurance indicator")
    return Drive(
        device,
        model=plain(fields.get("Device Model", fields.get("Model Number", fields.get("Product", ""))), 60),
        serial=plain(fields.get("Serial Number", fields.get("Serial number", "")), 40),
        exit=answer.exit & 255,
        messages=tuple(_messages(answer.text)),
        supported=False if {"Unavailable", "Disabled"} & set(support) else (True if support else None),
        passed=None if verdict is None else _VERDICTS.get(verdict.split(" [")[0], _is_good(verdict)),
        failing=tuple(a.told for a in attributes if "now" in a.failed or (a.failed == "-" and 0 < a.value <= a.limit)),
        failed=tuple(a.told for a in attributes if "past" in a.failed),
        worn_percent=used if used is not None else (100 - min(left) if left else None),
        spare_percent=_percent(fields, "Available Spare"),
        spare_limit_percent=_percent(fields, "Available Spare Threshold"),
        warning=_hexadecimal(fields.get("Critical Warning", "")),
        reallocated=_or(
            _number(fields, "Elements in grown defect list"),
            summed([count for name, count in numbers.items() if REALLOCATED.search(name)]),
        ),
        pending=summed([count for name, count in numbers.items() if PENDING.search(name)]),
        unreadable=_or(
            _number(fields, "Media and Data Integrity Errors"),
            _unreadable(
                summed([n for name, n in numbers.items() if UNREADABLE.search(name)] + list(_uncorrected(answer.text))),
                answer.text,
            ),
        ),
        temperature_c=temperature(_temperature(fields, numbers)),
        hours=_or(_number(fields, "Power On Hours"), numbers.get("Power_On_Hours")),
        self_test=plain(_failed_test(answer.text), 100),
        logged=_number(fields, "ATA Error Count", "Device Error Count"),
    )


def _is_good(verdict: str) -> bool | None:
    """The words of SCSI drives for a failure are many ("FAILURE PREDICTION THRESHOLD EXCEEDED …")."""
    return False if re.search(r"fail|impending|exceeded|too high", verdict, re.IGNORECASE) else None


def _attributes(text: str) -> Iterator[_Attribute]:
    """Lines of the table in its usual form (FLAG is hexadecimal) or its brief one (FLAGS are letters)."""
    for line in text.split("\n"):
        words = line.split(None, 9)
        if len(words) < 8 or not words[0].isdecimal() or not all(_short(word) for word in words[3:6]):
            continue
        value, limit = int(words[3]), int(words[5])
        if words[2].startswith("0x") and len(words) > 9:
            yield _Attribute(words[1], value, limit, words[8].lower(), words[9])
        elif re.fullmatch("[POSRCK-]{6}[+-]?", words[2]):
            yield _Attribute(words[1], value, limit, words[6].lower(), words[7])


def _short(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 3


def _number(fields: dict[str, str], *keys: str) -> int | None:
    """A number with or without separators of thousands: 16'355'803."""
    text = next((fields[key] for key in keys if key in fields), "")
    return first_number(re.sub(r"(?<=[0-9])['’,.\u202f\xa0](?=[0-9]{3})", "", text[:60]))


def _percent(fields: dict[str, str], *keys: str) -> int | None:
    text = next((fields[key] for key in keys if key in fields), "")
    return first_number(text) if text.rstrip().endswith("%") else None


def _hexadecimal(text: str) -> int | None:
    return int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{2,4}", text) else None


def _or(first: int | None, second: int | None) -> int | None:
    return first if first is not None else second


def _temperature(fields: dict[str, str], numbers: dict[str, int]) -> int | None:
    told = first_number(fields.get("Current Drive Temperature", fields.get("Temperature", "")))
    return told if told is not None else numbers.get("Temperature_Celsius", numbers.get("Airflow_Temperature_Cel"))


def _uncorrected(text: str) -> Iterator[int]:
    """The last column of the table of errors of SCSI drives."""
    for line in text.split("\n"):
        words = line.split()
        if words[:1] in (["read:"], ["write:"], ["verify:"]) and len(words) == 8 and words[-1].isdecimal():
            yield min(int(words[-1][:18]), 10**18)


def _unreadable(counted: int | None, text: str) -> int | None:
    logged = sum(uncorrectable(line[line.find("Error: ") :]) for line in text.split("\n") if "Error: " in line)
    return max(counted or 0, logged) if counted is not None or logged else None


def _failed_test(text: str) -> str:
    newest = next((found for line in text.split("\n") if (found := _TEST.match(line.strip()))), None)
    return " ".join(newest["told"].split()) if newest and _TEST_FAILED.search(newest["told"]) else ""


def _messages(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if len(line) < 500 and _TROUBLE.search(line) and not line.startswith(("#", "==> WARNING")):
            yield plain(line, 200)
