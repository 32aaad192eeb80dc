"""Which of the incidents on record are over: because all is well there, or because nobody looks there any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from healthcheck.diagnosis.causes import Causes
from healthcheck.diagnosis.recall import width
from healthcheck.diagnosis.scene import Scene
from healthcheck.diagnosis.signs import lives
from healthcheck.findings import Incident
from healthcheck.model import Status


def mended(scene: Scene, causes: Causes, before: Iterable[Incident]) -> Iterator[Incident]:
    """Those that this round saw to be over. What a round by hand or a watch did not look at stays open.

    A failure that is hidden under a bigger one now is not over either.
    """
    for incident in before:
        if _is_over(scene, causes, incident):
            yield replace(incident, closed_at=scene.round.finished_at)


def _is_over(scene: Scene, causes: Causes, incident: Incident) -> bool:
    if incident.cause == scene.practice.watcher and width(incident) == "site":
        others = (outcomes for site, outcomes in scene.by_site.items() if site != scene.practice.watcher)
        return not causes.gone.cut_off and any(map(lives, others))
    if width(incident) == "site":
        return lives(scene.by_site.get(incident.site, ()))
    if width(incident) == "host":
        return lives(scene.by_host.get(incident.host, ()))
    return _checks_are_well(scene, incident)


def _checks_are_well(scene: Scene, incident: Incident) -> bool:
    """Every check that showed it was looked at and is well; one that could not look need only look again."""
    seen = [scene.by_key[key].status for key in incident.keys if key in scene.by_key]
    if not seen or (len(seen) < len(incident.keys) and scene.round.trigger != "report"):
        return False
    if incident.status is Status.UNKNOWN:
        return Status.UNKNOWN not in seen
    return all(status is Status.OK for status in seen)


def no_longer_checked(scene: Scene, before: Iterable[Incident]) -> Iterator[Incident]:
    """Those of which a whole round holds no check: said once, closed, and never counted as mended."""
    if scene.round.trigger != "report":
        return
    for incident in before:
        if not any(key in scene.by_key for key in incident.keys):
            yield replace(
                incident,
                status=Status.WARNING,
                says=f"This is no longer checked: “{incident.says.rstrip('.')}”.",
                likely="",
                consequences=(),
                closed_at=scene.round.finished_at,
            )
