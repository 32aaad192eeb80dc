from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from healthcheck.model import Metric, Result, Status
from healthcheck.report import brief as briefs
from healthcheck.report import document as documents
from tests.report.mornings import MORNINGS, a_practice, an_outcome, charts_down, one_site_dark


def document(name: str) -> dict[str, object]:
    """The report as a program reads it: through the wire and back, with nothing that is not JSON."""
    written = json.dumps(documents.json(MORNINGS[name]().report()), allow_nan=False)
    back: dict[str, object] = json.loads(written)
    return back


def test_the_document_is_the_contract_to_the_letter() -> None:
    report = charts_down(("Main office", "Pasadena")).report()
    whole = documents.json(report)
    checks = whole.pop("checks")
    assert whole == {
        "schema": "healthcheck.report/1",
        "round": "20261123-0545",
        "practice": "Foothill Oncology Group",
        "trigger": "report",
        "started_at": "2026-11-23T13:45:00Z",
        "finished_at": "2026-11-23T13:47:00Z",
        "status": "CRITICAL",
        "headline": "No clinic can open normally.",
        "sites": [
            {
                "name": name,
                "verdict": "not_ready",
                "status": "CRITICAL",
                "says": "cannot open normally: charts and scheduling will not open",
            }
            for name in ("Main office", "Pasadena")
        ],
        "services": [{"name": "Patient charts", "status": "CRITICAL", "sites": ["Main office", "Pasadena"]}],
        "incidents": [
            {
                "reference": "HC-20261123-1",
                "cause": "Main office/main-office-server/tcp",
                "says": "The server in the main office runs, but the charts on it do not answer.",
                "consequences": ["Pasadena/pasadena-server/tcp"],
                "sites": ["Main office", "Pasadena"],
                "since": "2026-11-22T10:31:00Z",
                "last_good": "2026-11-22T10:12:00Z",
                "owner": "Bay IT",
                "brief": briefs.text(report.problems[0].brief),
                "known": None,
            }
        ],
        "events": [
            {
                "at": "2026-11-22T10:14:00Z",
                "until": "2026-11-22T10:31:00Z",
                "site": "Main office",
                "host": "main-office-server",
                "source": "ups",
                "says": "lost mains power for 17 minutes",
            }
        ],
        "coverage": {"planned": 20, "done": 20, "could_not_check": []},
        "paused": [],
        "notes": [],
    }
    assert isinstance(checks, list) and len(checks) == 20
    assert checks[6] == {
        "key": "Main office/main-office-server/tcp",
        "site": "Main office",
        "host": "main-office-server",
        "kind": "tcp",
        "status": "CRITICAL",
        "says": "refused the connection",
        "detail": "192.0.2.12:5432: connection refused (errno 111) after 0.4 ms",
        "duration_s": 0.012,
        "attempts": 1,
        "metrics": [{"name": "attempts", "value": 3, "unit": ""}],
    }


def test_what_could_not_be_checked_is_listed_with_its_reason() -> None:
    coverage = documents.json(one_site_dark().report())["coverage"]
    assert isinstance(coverage, dict)
    assert (coverage["planned"], coverage["done"]) == (90, 82)
    assert coverage["could_not_check"][0] == {
        "key": "Azusa/azusa-router/disk",
        "why": "the office cannot reach Azusa",
    }


@pytest.mark.parametrize("name", MORNINGS)
def test_every_morning_can_be_written_as_json(name: str) -> None:
    assert document(name)["schema"] == "healthcheck.report/1"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_becomes_null(value: float) -> None:
    morning = charts_down()
    server = a_practice().sites[0].hosts[1]
    odd = an_outcome(server, "disk", Result(Status.OK, "is well", "", Metric("free", value, "percent")))
    report = replace(morning, round=replace(morning.round, outcomes=(odd,))).report()
    checks = documents.json(report)["checks"]
    assert isinstance(checks, list)
    assert checks[0]["metrics"] == [{"name": "free", "value": None, "unit": "percent"}]
    json.dumps(documents.json(report), allow_nan=False)
