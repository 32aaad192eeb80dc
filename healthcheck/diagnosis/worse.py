"""Whether a trouble got worse than it was when somebody acknowledged it, and how, in words."""

from __future__ import annotations

from collections.abc import Iterator

from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Incident, Past
from healthcheck.known import Acknowledgement, Then
from healthcheck.model import Metric, Outcome, Status
from healthcheck.words import count, join_some

_AGES = frozenset({"s", "h", "d"})
"""What is measured in time grows by itself while a trouble lasts: a backup gets older every day."""
_A_PROBLEM = "it became a problem"
_TIMES_MORE = 1.5
_SHARE_LEFT = 0.5


def worse(scene: Scene, past: Past, given: Acknowledgement, incident: Incident) -> str:
    """How it is worse, as the end of "but it got worse: …"; empty where it is not.

    Only what was looked at is compared. How many clinics feel it is known to a round that looks at everything alone.
    """
    return next(_ways(scene, past, given, incident), "")


def _ways(scene: Scene, past: Past, given: Acknowledgement, incident: Incident) -> Iterator[str]:
    if incident.status.rank > given.status.rank:
        yield _A_PROBLEM
    new = [key for key in incident.keys if key not in given.checks and _was_well(past, incident, key)]
    if new:
        yield f"{count(len(new), 'more check')} failed with it"
    more = [site for site in incident.sites if site not in given.sites]
    if more and scene.round.trigger == "report":
        yield f"{join_some(more, 3)} {'was' if len(more) == 1 else 'were'} affected as well"
    for key, then in given.checks.items():
        outcome = scene.by_key.get(key)
        if outcome is None or key not in incident.keys:
            continue
        if outcome.status.rank > then.status.rank and Status.UNKNOWN not in (outcome.status, then.status):
            yield _A_PROBLEM
        for metric in _failing(outcome):
            if _is_clearly_worse(past, outcome, metric, then):
                yield f"what was measured went from {then.metrics[metric.name]:g} to {metric.value:g}"


def _was_well(past: Past, incident: Incident, key: str) -> bool:
    """Whether a check was well while the trouble lasted: one that nobody looked at may have failed as long."""
    well = past.last_good.get(key)
    return well is not None and (incident.since is None or well >= incident.since)


def _failing(outcome: Outcome) -> Iterator[Metric]:
    for result in outcome.results:
        if result.metric is not None and result.status in (Status.WARNING, Status.CRITICAL):
            yield result.metric


def _is_clearly_worse(past: Past, outcome: Outcome, metric: Metric, then: Then) -> bool:
    """Half as much again of what is too much, one more of a few; half of what was left of what is too little."""
    was = then.metrics.get(metric.name)
    if was is None or metric.unit in _AGES:
        return False
    good = _when_well(past, outcome.key, metric.name)
    if good is None:
        good = 0.0 if not metric.unit else was  # a bare number counts things that are wrong
    if good < was or (good == was == 0):
        return metric.value >= max(was * _TIMES_MORE, was + 1)
    return good > was and metric.value <= was * _SHARE_LEFT


def _when_well(past: Past, key: str, name: str) -> float | None:
    """What was measured when the check was last well."""
    well = past.last_good.get(key)
    course = past.metrics.get((key, name), ())
    return next((one.value for one in reversed(course) if well and one.at <= well), None)
