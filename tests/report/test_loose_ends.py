from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from healthcheck.findings import Change, PlacedEvent
from healthcheck.model import Event, Status
from healthcheck.report import files, render
from tests.report.mornings import NOW, all_ok


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
    assert report.findings_title == "What is wrong"
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
    # A delivery of briefs sends it by itself, and it is kept beside the report.
    [letter] = render.letters(report)
    assert (letter.subject, letter.text.splitlines()[:3]) == (
        f"Problem: {says}",
        ["CRITICAL  Foothill Oncology Group", "", says],
    )
    assert files.written(report)["brief-1.txt"] == letter.text


def test_the_letter_about_a_lost_drive_tells_of_the_power_cut_days_before() -> None:
    morning = all_ok()
    cut = PlacedEvent("Covina", "covina-server", Event(NOW - timedelta(days=2), "lost mains power", "ups"))
    change = Change("Covina", "covina-server", "The server in Covina came back without one of its drives.")
    diagnosis = replace(morning.diagnosis, changes=(change,), events=(cut,))
    [finding] = replace(morning, diagnosis=diagnosis).report().findings
    assert "Covina/covina-server lost mains power [ups]" in unquote(finding.send_link)
