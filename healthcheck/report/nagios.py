"""The whole round as the answer of one Nagios plug-in, for those who watch with Nagios, Icinga, Checkmk or the like.

Source of the format: Monitoring Plugins Development Guidelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from healthcheck.check import Planned
from healthcheck.model import Levels, Metric, Outcome, Result, Status
from healthcheck.report import console
from healthcheck.report.limits import limits
from healthcheck.report.page import Report
from healthcheck.report.units import BASES
from healthcheck.words import count, plain

MOST_BYTES = 8_000
"""Nagios cuts what is longer than 8,192 bytes, wherever that may be: half a number is another number."""
_TEXT_BYTES = 5_000
"""What the words may take of that, so that there is room for numbers."""
_UNITS = {"s", "ms", "us", "%", "B", "KB", "MB", "GB", "TB", "c"}
"""Those that the format knows. A number in any other is written as a plain one, hours and days in seconds."""


def nagios(report: Report, status: Status, plan: Sequence[Planned], *, whole: bool = True) -> str:
    """The answer in one line, how many checks ended how, then the problems, and what was measured as far as it fits.

    `status` is what the program ends with; `whole` whether the whole plan was looked at. Numbers that have limits come
    first, for those are watched.
    """
    answer = f"{report.headline} {report.effect}" if whole else _of_a_part(report, status)
    first = f"HEALTHCHECK {status.name}: {_text(answer)} | {' '.join(_counts(report))}"
    head = "\n".join([first, *_fitting(map(_text, console.what_is_wrong(report)), _TEXT_BYTES - len(first.encode()))])
    measured = sorted(_measured(report, plan), key=lambda item: ";" not in item)
    numbers = list(_fitting(measured, MOST_BYTES - len(head.encode()) - 100))
    left_out = len(measured) - len(numbers)
    more = f"{count(left_out, 'more number')} would not fit here; one clinic at a time (--site) has room for them."
    note = [more] if left_out else []
    return "\n".join([head, *note]) + (f"\n| {' '.join(numbers)}\n" if numbers else "\n")


def _of_a_part(report: Report, status: Status) -> str:
    """A part of the plan says nothing of whether a clinic can open, only of itself."""
    if status is Status.OK:
        return f"What was looked at is well. {report.coverage.says}"
    return " ".join([card.says for card in report.cards[:2]] or [report.coverage.says])


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            return
        yield line


def _text(words: str) -> str:
    """On one line, without the bar that would begin the numbers."""
    return plain(words, 1000).replace("|", "/")


def _counts(report: Report) -> Iterator[str]:
    found = report.facts.round
    total = len(found.outcomes)
    yield f"checks={total};;;0"
    for status in Status:
        number = sum(outcome.status is status for outcome in found.outcomes)
        yield f"'{status.word.lower()}'={number};;;0;{total}"
    yield f"time={_number((found.finished_at - found.started_at).total_seconds())}s;;;0"


def _measured(report: Report, plan: Sequence[Planned]) -> Iterator[str]:
    by_key = {planned.key: planned for planned in plan}
    labels: set[str] = set()
    for outcome in report.facts.round.outcomes:
        for result in outcome.results:
            item = _item(outcome, result, by_key)
            label = item.rpartition("'=")[0]
            if item and label not in labels:
                labels.add(label)
                yield item


def _item(outcome: Outcome, result: Result, plan: Mapping[str, Planned]) -> str:
    metric = result.metric
    if metric is None or not Decimal(metric.value).is_finite():
        return ""
    planned = plan.get(outcome.key)
    judged = limits(planned.check, metric, result.status) if planned else None
    unit, factor = _unit(metric)
    ranges = [range_of(judged, limit, factor) for limit in (judged.warning, judged.critical)] if judged else ["", ""]
    bounds = ["0", "100"] if metric.unit == "%" else ["", ""]
    fields = [f"{_number(_short(metric.value * factor))}{unit}", *ranges, *bounds]
    return f"'{_label(f'{outcome.key} {metric.name}')}'=" + ";".join(fields).rstrip(";")


def _label(text: str) -> str:
    """A name that no reader takes apart: without a quote, an equals sign, a bar or a semicolon."""
    return plain(text, 150).translate({ord(char): "_" for char in "'=|;"})


def _unit(metric: Metric) -> tuple[str, float]:
    """The unit as the format spells it, and the factor that leads there."""
    if metric.unit in _UNITS:
        return metric.unit, 1
    base = BASES.get(metric.unit)
    return ("s", base.factor) if base and base.word == "seconds" else ("", 1)


def range_of(levels: Levels, limit: float | None, factor: float) -> str:
    """ "15:" alerts below 15, "~:60" above 60; at the limit itself neither does."""
    if limit is None:
        return ""
    return f"{_number(limit * factor)}:" if levels.falling else f"~:{_number(limit * factor)}"


def _short(value: float) -> float:
    """Room is dear; bytes and moments are kept to the last digit."""
    return float(f"{value:.6g}") if abs(value) < 1000 else value


def _number(value: float) -> str:
    """Digits, sign and point alone: the format knows no exponent."""
    return format(Decimal(f"{value:.15g}"), "f")
