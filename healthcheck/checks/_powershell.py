"""Asks PowerShell on a Windows machine over its OpenSSH server, and reads what it answers."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from healthcheck.api import ProbeError, Target
from healthcheck.checks import _json

_BEFORE = """
$ProgressPreference = $WarningPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object Text.UTF8Encoding $false
function utc($time) { if ($time) { ([datetime]$time).ToUniversalTime().ToString('o') } }
"""
_MOST_CHARACTERS = 8000
"""cmd.exe, which is the shell there unless somebody chose another, takes a line of 8,191."""
_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JSON = re.compile(r"^[ \t]*[\[{].*[\]}]", re.DOTALL | re.MULTILINE)


async def ask(target: Target, script: str) -> str:
    """What a script prints, in whatever encoding. It is sent encoded: no shell on the way, cmd.exe or another, can
    misread it. `utc` in it tells a local time in ISO 8601, in UTC. Space before a line of it is left out."""
    lines = (line.strip() for line in f"{_BEFORE}{script}".split("\n"))
    encoded = b64encode("\n".join(filter(None, lines)).encode("utf-16-le")).decode()
    if len(encoded) > _MOST_CHARACTERS:
        raise ProbeError("there is too much to ask it at once", f"{len(encoded)} characters; name fewer things a check")
    argv = ["powershell", "-NoProfile", "-NonInteractive", "-OutputFormat", "Text", "-EncodedCommand", encoded]
    return text_of((await target.run(argv)).out)


def text_of(out: str) -> str:
    """Output that was read as UTF-8: without a byte order mark, and in single bytes where it was UTF-16."""
    return out.replace("\0", "").lstrip("\ufeff\ufffd").replace("\r\n", "\n")


def json_of(text: str, says: str) -> object:
    """The JSON in what PowerShell printed, after whatever a profile said; `ProbeError` with those words if none."""
    found = _JSON.search(text_of(text))
    return _json.read(found[0] if found else text, says)


def listed(value: object) -> list[object]:
    """A list as `ConvertTo-Json` writes it: nothing for an empty one, the thing itself for one of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def moment_of(value: object) -> datetime | None:
    """A time in UTC: "/Date(ms)/" as PowerShell 5 writes it, or ISO 8601 with its offset; None where there is none.

    Windows writes the first day of its calendar where there is no time.
    """
    if isinstance(value, dict):  # so PowerShell 5 writes what `Get-Date` returned
        value = value.get("value")
    date = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if date is None:
        return _json.moment_of(value)
    seconds = int(date[1]) / 1000
    return _EPOCH + timedelta(seconds=seconds) if 0 < seconds < 3e10 else None


def is_no_time(value: object) -> bool:
    """Whether it says that there is no time: null, or the first day of the calendar."""
    text = value.strip() if isinstance(value, str) else value
    return text is None or (isinstance(text, str) and text.startswith(("/Date(-", "0001-01-01")))
