"""What did not come back as it was: each host's survey beside those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from healthcheck.diagnosis.losses import FOLLOWS, SORTS, Lost, Sort, is_shared, lost
from healthcheck.diagnosis.returns import Return, Returns, facts_of
from healthcheck.diagnosis.scene import Scene
from healthcheck.findings import Change, Past, Stretch
from healthcheck.model import Outcome, Status
from healthcheck.words import duration, sentence

_CLOCK_S = 10
"""A clock that is off by less is right enough for anybody."""
_TIMES_WORSE = 4


def found(scene: Scene, past: Past, returns: Returns) -> tuple[Change, ...]:
    """Everything that is gone or less since an earlier round; nothing for a host that is surveyed for the first time.

    After a power cut or a restart, whatever is missing; without one, only what no program and no person changes in
    passing: drives, disks, lines, memory. What a failing check of the same host already names is not told again.
    """
    told: list[Change] = []
    for outcome in scene.outcomes:
        label = scene.label(outcome.host)
        if outcome.facts:
            told += _of_survey(outcome, label, past, returns, _told(scene.by_host[outcome.host]))
        elif outcome.kind == "clock" and outcome.status is Status.OK:
            told += _of_clock(outcome, label, past, returns)
    return tuple(told)


def _told(outcomes: Sequence[Outcome]) -> str:
    """What the checks of a host already say that is wrong."""
    return "\n".join(
        result.detail
        for outcome in outcomes
        for result in outcome.results
        if result.status in (Status.WARNING, Status.CRITICAL)
    )


def _of_survey(outcome: Outcome, label: str, past: Past, returns: Returns, told: str) -> Iterator[Change]:
    missing: dict[str, list[Lost]] = {}
    for sort in SORTS:
        facts = facts_of(outcome, sort.name)
        before = past.surveys.get((outcome.key, sort.name), ())
        if facts is None or not before:
            continue
        now = Stretch(facts.things, outcome.started_at, outcome.started_at)
        missing[sort.name] = [one for one in lost(sort, before, now) if not sort.is_named(one.name, told)]
    for sort in SORTS:
        groups: dict[Return, list[Lost]] = {}
        for one in missing.get(sort.name, ()):
            back = returns.between(outcome, one.seen, one.missed)
            if _is_news(sort, one, back) and not _follows(sort, one, missing):
                groups.setdefault(back, []).append(one)
        for back, group in groups.items():
            with_it = [one for other, cause in FOLLOWS.items() if cause == sort.name for one in missing.get(other, ())]
            yield Change(
                outcome.site,
                outcome.host,
                sentence(sort.says(label, group, back)),
                "; ".join(map(_detail, (*group, *with_it))),
                sort.status if back is not Return.NONE else Status.WARNING,
            )


def _is_news(sort: Sort, one: Lost, back: Return) -> bool:
    return sort.at_any_time or (back is not Return.NONE and one.settled)


def _follows(sort: Sort, one: Lost, missing: dict[str, list[Lost]]) -> bool:
    return bool(missing.get(FOLLOWS.get(sort.name, ""))) and not (sort.name == "mounts" and is_shared(one))


def _detail(one: Lost) -> str:
    now = "gone" if one.now is None else f"now {one.now}"
    was = f" (was {one.was})" if one.was else ""
    return f"{one.name}{was}: {now}, last seen {_utc(one.seen)}, missed since {_utc(one.missed)}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _of_clock(outcome: Outcome, label: str, past: Past, returns: Returns) -> Iterator[Change]:
    """A clock that was right before the last start and is less so now, but not yet wrong enough for its check."""
    now_s = next((metric.value for metric in outcome.metrics if metric.name == "offset"), None)
    started = returns.last_start(outcome.site, outcome.host)
    if now_s is None or started is None or abs(now_s) < _CLOCK_S:
        return
    before = [sample.value for sample in past.metrics.get((outcome.key, "offset"), ()) if sample.at < started]
    if before and abs(before[-1]) * _TIMES_WORSE <= abs(now_s):
        side = "ahead" if now_s > 0 else "behind"
        says = f"the clock of {label} is {duration(abs(now_s))} {side} since the restart"
        detail = f"{outcome.key}: offset {now_s:+.1f} s, {before[-1]:+.1f} s before {_utc(started)}"
        yield Change(outcome.site, outcome.host, sentence(says), detail)
