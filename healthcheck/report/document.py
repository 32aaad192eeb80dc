"""The report for programs: the schema `healthcheck.report/1`."""

from __future__ import annotations

import math

from healthcheck.findings import Incident, Known, Paused, PlacedEvent, SiteVerdict
from healthcheck.model import Metric, Outcome
from healthcheck.report import brief as briefs
from healthcheck.report.brief import utc
from healthcheck.report.ledger import was_done, why_not
from healthcheck.report.page import Report
from healthcheck.words import plain

SCHEMA = "healthcheck.report/1"


def json(report: Report) -> dict[str, object]:
    """The whole report as plain values. Times are RFC 3339 in UTC; a value that is no number becomes null."""
    practice, found, diagnosis = report.facts.practice, report.facts.round, report.facts.diagnosis
    paired = zip(report.facts.incidents, report.problems, strict=True)
    return {
        "schema": SCHEMA,
        "round": found.id,
        "practice": practice.name,
        "trigger": found.trigger,
        "started_at": utc(found.started_at),
        "finished_at": utc(found.finished_at),
        "status": report.status.name,
        "headline": report.headline,
        "sites": [_site(answer) for answer in report.facts.answers.verdicts],
        "services": [
            {"name": service.name, "status": service.status.name, "sites": list(service.sites)}
            for service in diagnosis.services
        ],
        "checks": [_check(outcome) for outcome in found.outcomes],
        "incidents": [_incident(incident, briefs.text(problem.brief)) for incident, problem in paired],
        "events": [_event(placed) for placed in diagnosis.events],
        "coverage": {
            "planned": report.coverage.planned,
            "done": report.coverage.done,
            "could_not_check": [
                {"key": outcome.key, "why": why_not(outcome)} for outcome in found.outcomes if not was_done(outcome)
            ],
        },
        "paused": [_paused(place) for place in diagnosis.paused],
        "notes": [plain(note) for note in found.notes],
    }


def _site(answer: SiteVerdict) -> dict[str, object]:
    return {"name": answer.site, "verdict": answer.verdict.value, "status": answer.status.name, "says": answer.says}


def _check(outcome: Outcome) -> dict[str, object]:
    return {
        "key": outcome.key,
        "site": outcome.site,
        "host": outcome.host,
        "kind": outcome.kind,
        "status": outcome.status.name,
        "says": plain(outcome.says),
        "detail": plain(outcome.detail, 1000),
        "duration_s": round(outcome.duration_s, 6),
        "attempts": outcome.attempts,
        "metrics": [_metric(metric) for metric in outcome.metrics],
    }


def _metric(metric: Metric) -> dict[str, object]:
    value = metric.value if math.isfinite(metric.value) else None
    return {"name": plain(metric.name, 100), "value": value, "unit": plain(metric.unit, 20)}


def _incident(incident: Incident, brief: str) -> dict[str, object]:
    return {
        "reference": plain(incident.reference),
        "cause": incident.cause,
        "says": plain(incident.says),
        "consequences": list(incident.consequences),
        "sites": list(incident.sites),
        "since": utc(incident.since),
        "last_good": utc(incident.last_good),
        "owner": plain(incident.owner),
        "brief": brief,
        "known": _known(incident.known),
    }


def _known(known: Known | None) -> dict[str, object] | None:
    """Who knows of it until when; what is "quiet" does not count in the report's status."""
    if known is None:
        return None
    return {"says": plain(known.says), "quiet": known.quiet, "until": utc(known.until)}


def _event(placed: PlacedEvent) -> dict[str, object]:
    event = placed.event
    return {
        "at": utc(event.at),
        "until": utc(event.until),
        "site": placed.site,
        "host": placed.host,
        "source": plain(event.source, 40),
        "says": plain(event.says),
    }


def _paused(place: Paused) -> dict[str, object]:
    return {"says": plain(place.what), "why": place.reason, "hosts": sorted(place.hosts), "until": utc(place.until)}
