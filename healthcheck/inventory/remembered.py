"""What history knows of each check and host, read once: when it was seen last, what was measured, what it had."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck.check import Planned
from healthcheck.config.settings import Config
from healthcheck.findings import Incident, Stretch
from healthcheck.history import History
from healthcheck.history.review import KeptRound
from healthcheck.model import Previous, Status
from healthcheck.records import frozen
from healthcheck.rounds import HISTORY_FILE, REPORT

LOOK_BACK = timedelta(days=400)
"""A practice that had no round for longer has forgotten what this program knew of it."""


@frozen
class Remembered:
    """Everything known from rounds; nothing in it where there was none. Times are UTC.

    `round` is the newest report, or where there was none the newest round by hand. `asked` are the checks that were
    run in it or since, whatever came of them.
    """

    round: KeptRound | None = None
    previous: Mapping[str, Previous] = field(default_factory=dict)
    last_good: Mapping[str, datetime] = field(default_factory=dict)
    surveys: Mapping[tuple[str, str], tuple[Stretch, ...]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    open_incidents: tuple[Incident, ...] = ()

    def seen(self, planned: Iterable[Planned]) -> datetime | None:
        """When one of these checks last found something there: a port that refuses is no sign of it."""
        return max((at for at in map(self._seen, planned) if at is not None), default=None)

    def _seen(self, planned: Planned) -> datetime | None:
        found = self.previous.get(planned.key)
        if found is None:
            return None
        silent = planned.check.reachability and found.status is Status.CRITICAL
        return self.last_good.get(planned.key) if silent else found.at


def remember(config: Config, state_dir: Path) -> Remembered:
    """What the history in that folder holds; nothing is made there. `HistoryError` when it cannot be read."""
    path = state_dir / HISTORY_FILE
    if not path.exists():
        return Remembered()
    now = datetime.now(UTC)
    with contextlib.closing(History.open(path, now)) as history:
        rounds = history.rounds(history.last_report_at() or now - LOOK_BACK)
        reports = [kept for kept in rounds if kept.trigger == REPORT]
        newest = next(reversed(reports or list(rounds)), None)
        past = history.past(now, now, now)
        looks = history.looks(newest.started_at) if newest else ()
        return Remembered(
            round=newest,
            previous=history.previous([planned.key for planned in config.plan]),
            last_good=past.last_good,
            surveys=past.surveys,
            asked=frozenset(key for look in looks for key in look.statuses),
            open_incidents=past.open_incidents,
        )
