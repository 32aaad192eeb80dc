"""What is known, in every form of the report: told with its note, and asking for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from healthcheck.findings import Change, Incident, Known
from healthcheck.model import Status
from healthcheck.report import console, files, render
from healthcheck.report import document as documents
from healthcheck.report.technical import technical
from tests.report.mornings import NOW, Morning, known, local, old_backup

LATER = NOW + timedelta(days=4)
SAID = Known("Acknowledged Saturday by Maria until the end of Friday: drive ordered.", True, LATER)
BACKUP = "The newest backup in Pasadena is 3 days old."
DRIVE = Change("Pasadena", "pasadena-server", "The server in Pasadena has lost one of its drives.", "sdb: gone")


def with_a_new_trouble() -> Morning:
    """What is known, and something new in Covina."""
    morning = known()
    new = Incident(
        "HC-20261123-3", "Covina/covina-server/disk", Status.WARNING, "Covina", "covina-server",
        "The server in Covina has 12 percent of its disk left.", "free 12 %", sites=("Covina",), owner="Bay IT",
        since=local(23, 5, 46),
    )  # fmt: skip
    diagnosis = replace(morning.diagnosis, incidents=(*morning.diagnosis.incidents, new))
    return replace(morning, diagnosis=diagnosis)


def test_the_page_says_what_is_known_by_whom_and_until_when() -> None:
    assert (
        render.text(known().report()).split("SINCE FRIDAY")[0]
        == """\
Azusa is paused. The other 8 clinics can open.
Nothing new needs your attention today. One known trouble is still open.

KNOWN AND PAUSED

Look: The newest backup in Pasadena is 3 days old.
   Acknowledged Saturday by Maria until the end of Friday: drive ordered.
   Reference HC-20261123-1.

Problem: Azusa is paused until the end of Friday.
   Renovation (Maria).
   Nothing at Azusa answers. Reference HC-20261123-2.

CLINICS

Look: Pasadena can open, but its newest backup is 3 days old.
OK: Main office, Glendale, Monrovia, Arcadia, Covina, Duarte and Sierra
   Madre can open.
Problem: Azusa: paused until the end of Friday (renovation); it cannot be
   reached at all.

"""
    )


def test_every_form_of_it_says_the_same() -> None:
    report = known().report()
    assert render.subject(report) == "OK: 8 of 8 clinics can open, 1 paused, 1 known trouble - Mon Nov 23"
    row = f"{BACKUP} {SAID.says} Reference HC-20261123-1."
    assert f"Look, known: {row}\n" in render.short(report)
    assert f"* **Look:** {row}\n" in render.markdown(report).replace("\\", "")
    assert f"KNOWN\nWARNING: {row}" in technical(report)
    html = render.html(report)
    assert (
        html.index("Known and paused</h2>")
        < html.index(BACKUP)
        < html.index("drive ordered")
        < html.index("Clinics</h2>")
    )
    assert "Known and paused:\nLook             The newest backup" in console.console(report)


def test_for_a_program_it_is_what_it_is_and_known() -> None:
    whole = documents.json(known().report())
    assert (whole["status"], whole["headline"]) == ("OK", "Azusa is paused. The other 8 clinics can open.")
    incidents, sites = whole["incidents"], whole["sites"]
    assert isinstance(incidents, list) and isinstance(sites, list)
    assert [one["known"] for one in incidents] == [
        {"says": "Azusa is paused until the end of Friday. Renovation (Maria).", "quiet": True,
         "until": "2026-11-28T08:00:00Z"},
        {"says": SAID.says, "quiet": True, "until": "2026-11-28T08:00:00Z"},
    ]  # fmt: skip
    assert whole["paused"] == [
        {
            "says": "Azusa is paused until the end of Friday.",
            "why": "Renovation (Maria).",
            "hosts": ["azusa-router", "azusa-server"],
            "until": "2026-11-28T08:00:00Z",
        }
    ]
    assert [(one["verdict"], one["status"]) for one in sites if one["name"] == "Azusa"] == [("unknown", "CRITICAL")]


def test_it_gets_nobody_called_and_nobody_written_to() -> None:
    report = known().report()
    assert (report.steps, report.cards, render.letters(report), report.status) == ((), (), (), Status.OK)
    assert [name for name in files.written(report) if name.startswith("brief")] == []
    assert "Already known: Acknowledged Saturday by Maria" in technical(report)


def test_a_new_trouble_is_alone_in_what_there_is_to_do() -> None:
    report = with_a_new_trouble().report()
    assert render.subject(report) == "LOOK: 8 of 8 can open, 1 thing to see to - Covina - Mon Nov 23"
    assert [step.says for step in report.steps] == ["Open as usual. Call Bay IT today and read out these words."]
    assert [letter.subject for letter in render.letters(report)] == [
        "HC-20261123-3 Look: The server in Covina has 12 percent of its disk left."
    ]
    assert [problem.reference for problem in report.cards] == ["HC-20261123-3"]


def test_what_is_known_of_a_device_is_not_told_with_its_new_trouble() -> None:
    morning = old_backup()
    changes = (replace(DRIVE, known=SAID), replace(DRIVE, says="It is slower than it was."))
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=changes)).report()
    assert "It is slower than it was." in " ".join(report.cards[0].paragraphs)
    assert DRIVE.says not in " ".join(report.cards[0].paragraphs)
    assert [(row.says, row.paragraphs) for row in report.known] == [(DRIVE.says, (SAID.says,))]
    assert report.findings == ()
    elsewhere = replace(DRIVE, site="Covina", host="covina-server", known=SAID)
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=(elsewhere,))).report()
    assert report.about == "Pasadena"


def test_what_is_new_on_a_device_with_a_known_trouble_is_told() -> None:
    morning = known()
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=(DRIVE,))).report()
    assert [finding.says for finding in report.findings] == [DRIVE.says]
    assert report.about == "Pasadena"
    assert report.status is Status.WARNING


def test_more_than_a_page_can_hold_is_counted() -> None:
    morning = old_backup()
    changes = tuple(replace(DRIVE, says=f"Drive {number} is gone.", known=SAID) for number in range(20))
    report = replace(morning, diagnosis=replace(morning.diagnosis, changes=changes)).report()
    assert "8 more are in the attached file.\n\nCLINICS" in render.text(report)
    assert "8 more are in the attached file." in render.html(report)
    assert "* 8 more.\n\n## Clinics" in render.markdown(report)
