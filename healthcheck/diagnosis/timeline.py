"""The weekend's story: what happened since the last open day, as dated sentences in the site's own time."""

from __future__ import annotations

from datetime import datetime

from healthcheck.findings import Past, PlacedEvent, StoryLine
from healthcheck.model import EventKind, Practice, Round
from healthcheck.words import between, moment, sentence, span


def story(practice: Practice, round: Round, past: Past, now: datetime) -> tuple[StoryLine, ...]:
    """Every event since the last open day, once, oldest first. Self-tests are no news."""
    opened = practice.last_open_day(now.date())
    begins = datetime.combine(opened, practice.opens, practice.timezone) if opened else None
    events: dict[tuple[str, str, str, datetime], PlacedEvent] = {}
    fresh = [PlacedEvent(outcome.site, outcome.host, event) for outcome in round.outcomes for event in outcome.events]
    for placed in (*past.events, *fresh):
        events[placed.site, placed.host, placed.event.kind, placed.event.at] = placed
    lines = [
        _line(practice, placed, now)
        for placed in events.values()
        if placed.event.kind is not EventKind.SELF_TEST
        and (begins is None or (placed.event.until or placed.event.at) >= begins)
    ]
    return tuple(sorted(lines, key=lambda line: (line.at, line.site, line.host, line.says)))


def _line(practice: Practice, placed: PlacedEvent, now: datetime) -> StoryLine:
    zone = next((site.timezone for site in practice.sites if site.name == placed.site), practice.timezone)
    label = next((host.label for host in practice.hosts() if host.name == placed.host), placed.host)
    event = placed.event
    at = event.at.astimezone(zone)
    if event.until is not None:
        when = span(at, event.until.astimezone(zone), now)
    elif event.not_before is not None:
        when = between(event.not_before.astimezone(zone), at, now)
    else:
        when = moment(at, now)
    return StoryLine(event.at, f"{sentence(when)[:-1]}: {label} {event.says}.", placed.site, placed.host)
