"""The four weeks before the weekend, as the history keeps them: each morning all was well. Invented, like the clinics.

Without them no trouble would have a time at which it was last seen well, and nothing would lie between.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from healthcheck.config.settings import Config
from healthcheck.demo.weekend import Weekend
from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.model import Outcome, Result, Round, Status
from healthcheck.rounds import HAND, HISTORY_FILE

_DAYS = 28
_AT = time(5, 45)
_LASTED = timedelta(seconds=4)
_WELL = (Result(Status.OK, "was well"),)


def remember(config: Config, state_dir: Path, when: Weekend) -> None:
    """Keep a round of every working day in the four weeks up to the Friday before the weekend.

    They are rounds by hand, for after an earlier report today's would have its hour, and be late for most of the day.
    """
    friday = when.last_backup.date()
    days = (friday - timedelta(days=number) for number in reversed(range(_DAYS)))
    state_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(History.open(state_dir / HISTORY_FILE, datetime.now(UTC))) as history:
        for day in days:
            if config.practice.is_open_on(day):
                history.save(_morning(config, datetime.combine(day, _AT, when.now.tzinfo)), Diagnosis(sites=()))


def _morning(config: Config, at: datetime) -> Round:
    begun = at.astimezone(UTC)
    outcomes = tuple(
        Outcome(
            planned.key,
            planned.site.name,
            planned.host.name,
            planned.check.kind,
            _WELL,
            begun,
            reachability=planned.check.reachability,
        )
        for planned in config.plan
    )
    return Round(f"{begun:%Y%m%dT%H%M%SZ}-well", config.practice.name, HAND, begun, begun + _LASTED, outcomes)
