"""A month's report for programs: the schema `healthcheck.monthly/1`. Lengths are seconds, times RFC 3339 in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from healthcheck.findings import Incident, PlacedEvent
from healthcheck.monthly import tally
from healthcheck.monthly.opening import Span
from healthcheck.monthly.page import Monthly
from healthcheck.monthly.watched import Watched
from healthcheck.report.brief import utc
from healthcheck.words import plain

SCHEMA = "healthcheck.monthly/1"


def document(month: Monthly) -> dict[str, object]:
    """The whole report as plain values."""
    facts = month.facts
    return {
        "schema": SCHEMA,
        "practice": facts.config.practice.name,
        "month": str(facts.month),
        "from": utc(facts.whole.begin),
        "until": utc(facts.whole.end),
        "over": facts.is_over,
        "looks": facts.looks,
        "opening_s": round(sum(span.seconds for span in facts.spans), 3),
        "a_look_holds_s": facts.holds.total_seconds(),
        "in_short": list(month.in_short),
        "clinics": [{"name": name, **_watched(one)} for name, one in facts.clinics.items()],
        "services": [{"name": name, **_watched(one)} for name, one in facts.services.items()],
        "not_watched": _spans(facts.gaps),
        "incidents": [_incident(one, over=tally.is_over(facts.whole, one)) for one in facts.incidents],
        "repairs": {
            status.name: {
                "ended": one.ended,
                "median_s": one.median_s,
                "longest_s": one.longest_s,
                "not_over": one.still_open,
            }
            for status, one in tally.repairs(facts.whole, facts.incidents).items()
        },
        "where": [
            {"site": one.site, "host": one.host, "troubles": one.troubles, "lasted_s": round(one.lasted_s, 3)}
            for one in facts.offenders
        ],
        "power_cuts": [_power_cut(one) for one in facts.power_cuts],
        "reports": {
            "due": facts.reports.due,
            "in_time": len(facts.reports.in_time),
            "late": _times(facts.reports.late),
            "not_delivered": _times(facts.reports.not_delivered),
            "not_made": _times(facts.reports.not_made),
        },
        "coverage": {
            "reports": facts.coverage.reports,
            "planned": facts.coverage.planned,
            "could_not_check": facts.coverage.could_not,
            "most": [{"key": key, "reports": times} for key, times in facts.coverage.most],
        },
    }


def _watched(one: Watched) -> dict[str, object]:
    return {
        "open_s": round(one.open_s, 3),
        "answered_s": round(one.answered_s, 3),
        "silent_s": round(one.silent_s, 3),
        "could_not_look_s": round(one.could_not_look_s, 3),
        "not_watched_s": round(one.not_watched_s, 3),
        "silences": _spans(one.silences),
    }


def _spans(spans: Iterable[Span]) -> list[dict[str, object]]:
    return [{"from": utc(span.begin), "until": utc(span.end)} for span in spans]


def _times(days: Iterable[datetime]) -> list[str | None]:
    return [utc(day.astimezone(UTC)) for day in days]


def _incident(incident: Incident, *, over: bool) -> dict[str, object]:
    return {
        "reference": plain(incident.reference),
        "cause": incident.cause,
        "status": incident.status.name,
        "site": incident.site,
        "host": incident.host,
        "sites": list(incident.sites),
        "says": plain(incident.says),
        "owner": plain(incident.owner),
        "since": utc(incident.since),
        "closed_at": utc(incident.closed_at),
        "over_at_the_end": over,
    }


def _power_cut(placed: PlacedEvent) -> dict[str, object]:
    event = placed.event
    return {
        "site": placed.site,
        "host": placed.host,
        "not_before": utc(event.not_before),
        "at": utc(event.at),
        "until": utc(event.until),
    }
