"""The reports that were kept as files, found again: `<date>/<round>/`, newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from healthcheck.model import Status
from healthcheck.records import frozen
from healthcheck.report.files import IN_SHORT
from healthcheck.words import plain

_DAY = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])-\d\d")


@frozen
class KeptReport:
    """One report in a list of them. `href` is relative to the folder of them all."""

    finished_at: datetime
    by_hand: bool
    status: Status
    headline: str
    href: str


def days(folder: Path) -> list[str]:
    """The days of which there are reports ("2026-11-23"), newest first."""
    return sorted((entry.name for entry in folder.iterdir() if _DAY.fullmatch(entry.name)), reverse=True)


def reports(folder: Path, of_days: Iterable[str]) -> Iterator[KeptReport]:
    """The reports of these days, in their order and the newest of a day first; one that cannot be read is left out."""
    for day in of_days:
        for kept in sorted((folder / day).iterdir(), reverse=True):  # the name of a round begins with its time
            try:
                told = json.loads((kept / IN_SHORT).read_bytes())
                yield KeptReport(
                    finished_at=datetime.fromisoformat(told["finished_at"]),
                    by_hand=told["trigger"] != "report",
                    status=Status[told["status"]],
                    headline=plain(told["headline"]),
                    href=f"{day}/{kept.name}/report.html",
                )
            except (OSError, ValueError, KeyError, TypeError):
                continue
