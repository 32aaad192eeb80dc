"""The weekend's story: what happened since the last open day, as dated sentences in each site's own time.

Time that nobody watched is "not watched", never "up"; where a moment is not known its bounds are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from healthcheck.diagnosis import story_events, story_power, story_watch
from healthcheck.diagnosis.power import Cut
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.telling import Told
from healthcheck.diagnosis.watching import looks
from healthcheck.findings import Incident, Past, PlacedEvent, StoryLine
from healthcheck.model import Practice

MOST = 20
"""A story of more lines is read by nobody: the lighter ones are counted."""


def begins(practice: Practice, now: datetime) -> datetime | None:
    """When the story begins: with the report of the last open day, which told all that was before."""
    opened = practice.last_open_day(now.date())
    return datetime.combine(opened, min(practice.report_at, practice.opens), practice.timezone) if opened else None


def recent(practice: Practice, events: Sequence[PlacedEvent], now: datetime) -> tuple[PlacedEvent, ...]:
    """The events that the story is about."""
    since = begins(practice, now)
    return tuple(one for one in events if since is None or (one.event.until or one.event.at) >= since)


def story(
    scene: Scene,
    past: Past,
    events: Sequence[PlacedEvent],
    cuts: Sequence[Cut],
    incidents: Sequence[Incident],
    now: datetime,
) -> tuple[StoryLine, ...]:
    """Everything since the last open day, each thing once, oldest first."""
    since = begins(scene.practice, now)
    seen, set_back = looks(scene, past)
    roots = frozenset(key for incident in incidents for key in incident.keys)
    told = [
        *story_power.lines(scene, cuts, now),
        *story_events.lines(scene, events, cuts, now),
        *story_watch.lines(scene, seen, set_back, roots, since, now),
    ]
    lately = [line for line in told if since is None or line.over >= since]
    lately.sort(key=lambda line: (-line.weight, line.at, line.site, line.host, line.says))
    kept = sorted(lately[:MOST], key=lambda line: (line.at, line.site, line.host, line.says))
    lines = tuple(StoryLine(line.at, line.says, line.site, line.host) for line in kept)
    return lines + _left_out(lately[MOST:], kept)


def _left_out(rest: Sequence[Told], kept: Sequence[Told]) -> tuple[StoryLine, ...]:
    if not rest:
        return ()
    things = "thing is" if len(rest) == 1 else "things are"
    return (StoryLine(max(line.at for line in kept), f"{len(rest)} lesser {things} left out here."),)
