from __future__ import annotations

import html
from dataclasses import replace
from urllib.parse import unquote

from healthcheck.findings import Change
from healthcheck.model import Status
from healthcheck.report import render
from tests.report.mornings import all_ok


def test_a_change_elsewhere_is_a_thing_to_see_to() -> None:
    morning = all_ok()
    change = Change("Covina", "covina-server", "The clock in Covina jumped by an hour")
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=(change,))).report()
    [finding] = report.findings
    assert (finding.status, finding.says) == (Status.WARNING, "The clock in Covina jumped by an hour.")
    assert report.state == "LOOK"


def test_a_drive_that_did_not_come_back_has_a_letter_to_it_too() -> None:
    morning = all_ok()
    says, detail = (
        "The server in Covina came back without one of its drives.",
        "WDC WD40EFRX: gone, last seen 2026-11-20",
    )
    change = Change("Covina", "covina-server", says, detail, Status.CRITICAL)
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=(change,))).report()
    [finding] = report.findings
    subject, _, body = finding.send_link.removeprefix("mailto:help@bayit.example?subject=").partition("&body=")
    assert (finding.send_label, unquote(subject)) == ("Send this to IT", f"Problem: {says}")
    assert unquote(body).splitlines()[:15] == [
        "CRITICAL  Foothill Oncology Group",
        "",
        says,
        "",
        "IN TECHNICAL WORDS",
        f"  {detail}",
        "",
        "WHO IS AFFECTED",
        "  Covina is affected.",
        "",
        "WHERE",
        "  Covina, 7 Main Street, the server in Covina, back office, under the desk, covina-server",
        "  192.0.2.72: ssh -J office-jump ssh://healthcheck@192.0.2.72:2222",
        "",
        "WHAT WE SEE OR HEAR THERE (please fill in)",
    ]
    assert len(finding.send_link) <= 1800
    assert html.escape(finding.send_link) in render.html(report)
