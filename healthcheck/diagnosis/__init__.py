"""Works out from a round, and what history knows, what really is wrong. Pure: the same in gives the same out."""

from __future__ import annotations

from datetime import datetime

from healthcheck.diagnosis import causes, changes, heed, incidents, power, says, timeline, trends, verdicts
from healthcheck.diagnosis.returns import Returns
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.story_events import gathered
from healthcheck.findings import Diagnosis, Past, quiet_keys
from healthcheck.model import Practice, Round

__all__ = ["diagnose"]


def diagnose(practice: Practice, round: Round, past: Past, now: datetime) -> Diagnosis:
    """Causes, verdicts and the story of a round. `now` is aware, in the practice's own zone."""
    scene = Scene.of(practice, round)
    events = gathered(scene.outcomes, past)
    cuts = power.cuts(events)
    found = causes.find(scene, power.lost_together(scene, past, cuts))
    services = verdicts.services(scene, found)
    returns = Returns(events, cuts, past)
    listed = incidents.listed(scene, past, found, services, incidents.Happened(cuts, events), now)
    changed = (*changes.found(scene, past, returns), *trends.found(scene, past, returns, listed.open, now))
    answers = verdicts.sites(scene, found, services, changed)
    heeded = heed.heed(scene, past, listed, services, changed, answers, now)
    if heeded.any:
        answers = verdicts.sites(scene, found, services, heeded.changes, quiet_keys(heeded.incidents))
        answers = tuple(heed.told(scene, answers, heeded, now))
    return Diagnosis(
        sites=answers,
        services=heeded.services,
        incidents=heeded.incidents,
        fixed=listed.fixed,
        story=timeline.story(scene, past, events, cuts, listed.open, now),
        changes=heeded.changes,
        events=timeline.recent(practice, events, now),
        cut_off=says.cut_off(practice.watcher) if found.gone.cut_off else "",
        paused=heeded.paused,
        ended=heeded.ended,
    )
