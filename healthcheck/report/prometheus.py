"""The round as metrics for Prometheus: a file for node_exporter's textfile collector, or for anything that reads them.

Every series is named by the config (clinic, host, check) or by what a check measures, so their number stays the same
from round to round. Source of the format: Prometheus' text exposition format 0.0.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from healthcheck import __version__
from healthcheck.findings import Verdict, is_quiet
from healthcheck.model import Metric, Outcome, Round, Status
from healthcheck.report.console import name
from healthcheck.report.page import Report
from healthcheck.report.units import BASES
from healthcheck.words import plain

STATES = "0 OK, 1 Look, 2 Problem, 3 could not check"
_IN = {"ratio": "as a share of 1", "celsius": "in degrees Celsius"}
MOST_MEASURED = 200
"""Of one check: a plug-in that makes names up must not fill somebody's database."""


@dataclass
class Family:
    """A metric with all its series; of two that are called the same, the first is kept."""

    name: str
    help: str
    series: dict[str, float] = field(default_factory=dict)

    def add(self, value: float, **labels: str) -> None:
        """One series. A label without a value is the same as none, and is left out."""
        listed = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items() if text)
        self.series.setdefault(f"{self.name}{{{listed}}}" if listed else self.name, value)

    def lines(self) -> Iterator[str]:
        """As they stand in the file; nothing for one without series."""
        if self.series:
            yield f"# HELP {self.name} {self.help}"
            yield f"# TYPE {self.name} gauge"
            yield from (f"{series} {_number(value)}" for series, value in self.series.items())


def prometheus(report: Report, status: Status) -> str:
    """`status` is what the program ends with. No sample has a time of its own: that of the round is a metric."""
    families = (*_round(report, status), *_answers(report), *_checks(report.facts.round), *_measured(report))
    return "\n".join(line for family in families for line in family.lines()) + "\n"


def _round(report: Report, status: Status) -> Iterator[Family]:
    found = report.facts.round
    info = Family("healthcheck_info", "The program and the practice that it looks after; always 1.")
    info.add(1, version=__version__, practice=found.practice)
    began = Family("healthcheck_round_started_timestamp_seconds", "When the last round began.")
    began.add(found.started_at.timestamp())
    ended = Family("healthcheck_round_finished_timestamp_seconds", "When the last round was over: old means stale.")
    ended.add(found.finished_at.timestamp())
    lasted = Family("healthcheck_round_duration_seconds", "How long the last round took.")
    lasted.add((found.finished_at - found.started_at).total_seconds())
    whole = Family("healthcheck_status", f"The whole round: {STATES}.")
    whole.add(status.value)
    checks = Family("healthcheck_checks", "Planned checks by how they ended.")
    for one in Status:
        ends = sum(outcome.status is one for outcome in found.outcomes)
        checks.add(ends, status=one.word.lower().replace(" ", "_"))
    yield from (info, began, ended, lasted, whole, checks)


def _answers(report: Report) -> Iterator[Family]:
    status = Family("healthcheck_site_status", f"Each clinic: {STATES}.")
    verdict = Family("healthcheck_site_verdict", "Whether each clinic can open: 1 for the verdict that holds, else 0.")
    for answer in report.facts.answers.verdicts:
        status.add(answer.status.value, site=answer.site)
        for one in Verdict:
            verdict.add(float(answer.verdict is one), site=answer.site, verdict=one.value)
    services = Family("healthcheck_service_status", f"Each service that the clinics use: {STATES}.")
    for service in report.facts.diagnosis.services:
        services.add(service.status.value, service=service.name, essential="yes" if service.essential else "no")
    incidents = Family("healthcheck_incident_status", f"Each open incident by its cause: {STATES}.")
    since = Family("healthcheck_incident_started_timestamp_seconds", "When each open incident was first seen.")
    known = Family("healthcheck_incident_known", "1 where somebody knows of an open incident, so that it need not nag.")
    for incident in report.facts.incidents:
        labels = {"site": incident.site, "host": incident.host, "cause": incident.cause}
        incidents.add(incident.status.value, **labels)
        known.add(is_quiet(incident), **labels)
        if incident.since:
            since.add(incident.since.timestamp(), **labels)
    yield from (status, verdict, services, incidents, since, known)


def _checks(found: Round) -> Iterator[Family]:
    status = Family("healthcheck_check_status", f"Each planned check: {STATES}.")
    duration = Family("healthcheck_check_duration_seconds", "How long each check took, with every attempt.")
    attempts = Family("healthcheck_check_attempts", "How many times each check looked; 0 where it never came to that.")
    for outcome in found.outcomes:
        labels = _labels(outcome)
        status.add(outcome.status.value, **labels)
        duration.add(outcome.duration_s, **labels)
        attempts.add(outcome.attempts, **labels)
    yield from (status, duration, attempts)


def _measured(report: Report) -> Iterator[Family]:
    """What checks measured, one metric a base unit: what was measured is a label, so that nobody makes up names."""
    families: dict[str, Family] = {}
    for word in dict.fromkeys(base.word for base in BASES.values()):
        ending, unit = (f"_{word}", f", {_IN.get(word, f'in {word}')}") if word else ("", "")
        families[word] = Family(f"healthcheck_measured{ending}", f"What checks measured{unit}.")
    other = Family("healthcheck_measured_other", "What checks measured in units that are not known here.")
    for outcome in report.facts.round.outcomes:
        for metric in outcome.metrics[:MOST_MEASURED]:
            if math.isfinite(metric.value):
                _add(families, other, _labels(outcome), metric)
    yield from (*families.values(), other)


def _add(families: Mapping[str, Family], other: Family, labels: dict[str, str], metric: Metric) -> None:
    what = plain(metric.name, 100)
    if base := BASES.get(metric.unit):
        families[base.word].add(float(f"{metric.value * base.factor:.12g}"), **labels, metric=what)
    else:
        other.add(metric.value, **labels, metric=what, unit=plain(metric.unit, 20))


def _labels(outcome: Outcome) -> dict[str, str]:
    """Where a check stands. `name` is the entry's own in the config, where it has one."""
    own = name(outcome).removeprefix(outcome.kind).removeprefix("/")
    return {"site": outcome.site, "host": outcome.host, "kind": outcome.kind, "name": own}


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    """In as few digits as give the same number again; whole numbers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
