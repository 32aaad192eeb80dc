"""The numbers that matter, each with its course: room left on drives, charge of batteries, age of backups."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from healthcheck.findings import Past, Sampled
from healthcheck.model import Outcome, Practice, Status
from healthcheck.pages.drawings import course
from healthcheck.records import frozen
from healthcheck.words import HOUR_S, count, dated, duration, percent, plain, sentence

if TYPE_CHECKING:
    from markupsafe import Markup

_WHAT: dict[str, tuple[tuple[str, str], ...]] = {
    "disk": (("free bytes ", ""), ("free inodes ", ""), ("free ", "room left on")),
    "nas": (("free ", "room left on"),),
    "backup": (
        ("age_h", "age of the newest backup"),
        ("free standby", "room left on the second backup drive"),
        ("free", "room left on the backup drive"),
    ),
    "borg": (("age_h", "age of the newest backup"),),
    "restic": (("age_h", "age of the newest backup"),),
    "veeam": (("age_h ", "age of the newest backup of"),),
    "windows_backup": (("age_h", "age of the newest backup"),),
    "ups": (("charge", "charge of the battery"), ("runtime", "time that the battery lasts")),
    "certificate": (("days left", "time until the certificate ends"),),
    "http": (("days left", "time until the certificate ends"),),
    "printer": (("supply ", "toner or ink left:"),),
}
"""By the kind of check: how a metric's name begins, and what it is called, before its part. The first that fits."""


@frozen
class Measure:
    """A number of a device: what it is, its drawing (None where there is but one value), and how it stands."""

    site: str
    device: str
    what: str
    drawing: Markup | None
    now: str
    status: Status


def measures(
    practice: Practice, found: Iterable[Outcome], past: Past, since: datetime, now: datetime
) -> Iterator[Measure]:
    """Every number that matters of what was looked at, in the order given. What was not measured this time says so."""
    names: dict[str, list[str]] = {}
    for key, name in past.metrics:
        names.setdefault(key, []).append(name)
    for outcome in found:
        if outcome.kind not in _WHAT:
            continue
        values = {result.metric.name: result for result in outcome.results if result.metric is not None}
        for name in dict.fromkeys([*values, *names.get(outcome.key, ())]):
            result = values.get(name)
            if not (what := _what(outcome.kind, name)):
                continue
            metric = result.metric if result else None
            earlier = [one for one in past.metrics.get((outcome.key, name), ()) if one.at >= since]
            fresh = [Sampled(now, metric.value)] if metric and math.isfinite(metric.value) else []
            if samples := [*earlier, *fresh]:
                stands = _told(name, samples[-1].value)
                if not fresh:
                    stands = f"not measured this time; {dated(samples[-1].at.astimezone(now.tzinfo))}: {stands}"
                yield Measure(
                    plain(outcome.site),
                    sentence(plain(practice.label_of(outcome.host), 60)).rstrip("."),
                    what,
                    course(samples, _top(name, samples), _course(name, samples)) if len(samples) > 1 else None,
                    stands,
                    result.status if result and fresh else Status.UNKNOWN,
                )


def _what(kind: str, name: str) -> str:
    for begins, what in _WHAT[kind]:
        if name.startswith(begins):
            part = plain(name.removeprefix(begins), 40).strip()
            return f"{what} {'the main disk' if part == '/' else part}".strip() if what else ""
    return ""


def _is_share(name: str) -> bool:
    return name.startswith(("free", "charge", "supply"))


def _told(name: str, value: float) -> str:
    """A value with its unit, which the name of the metric tells."""
    if _is_share(name):
        return percent(value)
    if name.startswith("age_h"):
        return duration(value * HOUR_S)
    if name.startswith("days"):
        return count(math.floor(value), "day")
    return duration(value)


def _top(name: str, samples: Sequence[Sampled]) -> float:
    highest = max(sample.value for sample in samples)
    return 100.0 if _is_share(name) else highest if highest > 0 else 1.0


def _course(name: str, samples: Collection[Sampled]) -> str:
    values = [sample.value for sample in samples]
    return f"{count(len(values), 'value')}, lowest {_told(name, min(values))}, highest {_told(name, max(values))}"
