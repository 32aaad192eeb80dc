"""What the clock of a Windows machine shows, and in which zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from healthcheck.api import Target
from healthcheck.checks import _json, _powershell
from healthcheck.checks._windows.asking import Told, ask, unreadable

WHAT = "its time"
QUESTION = "@{Time = utc (Get-Date); Minutes = [int][DateTimeOffset]::Now.Offset.TotalMinutes}"
_FARTHEST_MINUTES = 14 * 60


async def read(target: Target) -> tuple[datetime, timedelta]:
    """The time, and how far the zone is from UTC."""
    return time_of((await ask(target, clock=QUESTION))["clock"])


def time_of(told: Told) -> tuple[datetime, timedelta]:
    """The same from what was told."""
    record = told.record(WHAT)
    at, minutes = _powershell.moment_of(record.get("Time")), _json.number(record, "Minutes")
    if at is None or minutes is None or abs(minutes) > _FARTHEST_MINUTES:
        raise unreadable(WHAT, record)
    return at, timedelta(minutes=minutes)
