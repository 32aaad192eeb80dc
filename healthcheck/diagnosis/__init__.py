"""Works out from a round, and what history knows, what really is wrong. Pure: the same in gives the same out."""

from __future__ import annotations

from datetime import datetime

from healthcheck.diagnosis import causes, incidents, timeline, verdicts
from healthcheck.findings import Diagnosis, Past, PlacedEvent
from healthcheck.model import Practice, Round

__all__ = ["diagnose"]


def diagnose(practice: Practice, round: Round, past: Past, now: datetime) -> Diagnosis:
    """Causes, verdicts and the story of a round. `now` is aware, in the practice's own zone."""
    found = causes.find(practice, round)
    services = verdicts.services(practice, round, found)
    listed = incidents.listed(practice, round, past, found, services, now)
    events = tuple(
        PlacedEvent(outcome.site, outcome.host, event) for outcome in round.outcomes for event in outcome.events
    )
    return Diagnosis(
        sites=verdicts.sites(practice, round, found, services),
        services=services,
        incidents=listed.open,
        fixed=listed.fixed,
        story=timeline.story(practice, round, past, now),
        events=events,
        cut_off=found.cut_off,
    )
