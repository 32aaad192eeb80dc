"""How things stand as far as history knows, without looking anew: the ground for words and for a brief."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from healthcheck.config.settings import Config
from healthcheck.findings import Diagnosis, Incident, PlacedEvent, Seen
from healthcheck.history import History
from healthcheck.known import Acknowledgement
from healthcheck.model import Outcome, Result, Round, Status
from healthcheck.records import frozen
from healthcheck.report.facts import Facts, facts
from healthcheck.rounds import HAND, HISTORY_FILE
from healthcheck.words import plain

COURSE = timedelta(days=30)
LATEST = timedelta(days=8)


@frozen(slots=False)
class Standing:
    """What is known now. `latest` has the last look at each check, `incidents` every trouble of which history knows."""

    config: Config
    now: datetime
    latest: Mapping[str, Seen] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    last_good: Mapping[str, datetime] = field(default_factory=dict)
    events: tuple[PlacedEvent, ...] = ()
    course: tuple[Seen, ...] = ()
    acknowledged: tuple[Acknowledgement, ...] = ()

    @property
    def open(self) -> tuple[Incident, ...]:
        """The troubles that are not over."""
        return tuple(incident for incident in self.incidents if incident.closed_at is None)

    def facts(self, incident: Incident) -> Facts:
        """What a report would know of it, from the last look at each check."""
        outcomes = tuple(
            Outcome(
                key=planned.key,
                site=planned.site.name,
                host=planned.host.name,
                kind=planned.check.kind,
                results=(Result(seen.status, seen.says or "is well", seen.detail),),
                started_at=seen.at,
                duration_s=seen.duration_s,
                attempts=seen.attempts,
                owner=planned.owner,
                reachability=planned.check.reachability,
            )
            for planned in self.config.plan
            if (seen := self.latest.get(planned.key))
        )
        at = self.now.astimezone(UTC)
        found = Round("", self.config.practice.name, HAND, at, at, outcomes)
        return facts(self.config.practice, found, Diagnosis((), incidents=(incident,), events=self.events), self.now)


def standing(config: Config, state_dir: Path, key: str = "") -> Standing:
    """What the history in that folder holds, and the course of one check. Nothing is made where there is none."""
    now = datetime.now(config.practice.timezone)
    path = state_dir / HISTORY_FILE
    if not path.exists():
        return Standing(config, now)
    with contextlib.closing(History.open(path, datetime.now(UTC))) as history:
        past = history.past(now, now - LATEST, now)
        return Standing(
            config,
            now,
            latest=history.latest(now - LATEST),
            incidents=history.incidents(datetime.min.replace(tzinfo=UTC)),
            last_good=past.last_good,
            events=past.events,
            course=history.course(key, now - COURSE) if key else (),
            acknowledged=tuple(one for one in history.acknowledged(now) if one.holds(now)),
        )


def said(seen: Seen) -> str:
    """How a look ended: "OK", "Look: has little room left", "Could not check: it refused our login"."""
    says = plain(seen.says).removeprefix("could not be checked: ")
    return f"{seen.status.word}: {says}" if says else seen.status.word


def failing_since(course: tuple[Seen, ...]) -> datetime | None:
    """The first look since which none found it well; None where the last one did, or there is none."""
    since = None
    for seen in reversed(course):
        if seen.status is Status.OK:
            break
        since = seen.at
    return since
