"""`healthcheck ack` and `healthcheck pause`, from the trouble of one morning to the report of the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lab.office import MEMORY, Office
from tests.lab.office import office as an_office

TWO_TROUBLES = """
[[check]]
kind = "nagios"
name = "drive"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "echo DISK CRITICAL; exit 2"]
label = "the drive"

[[check]]
kind = "nagios"
name = "lamp"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "echo LAMP WARNING; exit 1"]
label = "the lamp"
"""
DRIVE, LAMP = "Main office/office-server/nagios/drive", "Main office/office-server/nagios/lamp"
FRIDAY = r"(?:the end of )?[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        made.write(MEMORY, TWO_TROUBLES)
        yield made


def said(office: Office, *words: str) -> str:
    """What it says on standard output, with every day and reference that is not the same tomorrow in a word."""
    done = office.healthcheck(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return steady(done.stdout)


def refused(office: Office, *words: str) -> str:
    """The message on standard error alone."""
    done = office.healthcheck(*words)
    assert (done.returncode, done.stdout) == (64, "")
    return steady(done.stderr.split("\nError: ")[1])


def steady(text: str) -> str:
    return re.sub(FRIDAY, "DAY", re.sub(r"HC-\d{8}-", "HC-DATE-", text))


def subjects(office: Office) -> list[str]:
    """What the letters are about, without their references."""
    return [re.sub(r".*HC-\d+-\d+ ", "", str(mail["Subject"])) for mail in office.mails()]


def references(office: Office) -> dict[str, str]:
    with office.history() as history:
        return {incident.cause: incident.reference for incident in history.troubles()}


def test_a_trouble_is_acknowledged_told_apart_and_no_longer_a_reason_to_call(office: Office) -> None:
    assert office.healthcheck("run").returncode == 2
    for key in (DRIVE.upper(), references(office)[LAMP].lower()):
        done = said(office, "ack", key, "--until", "3 days", "--note", "drive ordered", "--by", "Maria")
    assert done == (
        "Acknowledged HC-DATE-2 until DAY: The office server needs a look at the lamp.\n"
        "Note: drive ordered (Maria).\n"
        "It is checked as ever, and reports tell it as known. It nags again when it gets worse, when it fails again "
        "after it was mended, or with the report of DAY, if it is still there then. While a clinic cannot open because "
        "of it, every report says so first.\n"
    )
    run = office.healthcheck("run")
    assert run.returncode == 0
    assert "Known:\nProblem          The office server" in run.stdout
    assert office.healthcheck("run", "--kind", "nagios").returncode == 0
    assert office.healthcheck("retest", references(office)[DRIVE]).returncode == 2
    office.healthcheck("report", "--once")
    assert re.match(r"OK: Main office can open, 2 known troubles - ", str(office.mails()[-1]["Subject"]))
    assert "KNOWN Problem:" in office.text()
    assert "WHAT TO DO NOW" not in office.text()


def test_what_is_known_is_listed_and_taken_back(office: Office) -> None:
    office.healthcheck("run")
    said(office, "ack", DRIVE, "--until", "3 days", "--note", "drive ordered", "--by", "Maria")
    said(office, "pause", "office-ups", "--until", "tomorrow", "--reason", "new battery", "--by", "Maria")
    listed = said(office, "ack")
    assert re.sub(r"until the end of \w+", "until WHEN", listed) == (
        "ACKNOWLEDGED\n\n"
        "HC-DATE-1  Problem: The office server has a problem with the drive.\n"
        "    today by Maria until WHEN: Drive ordered.\n\n"
        "PAUSED\n\n"
        "Main office/office-ups  until WHEN, by Maria: New battery.\n\n"
        "OTHERWISE OPEN\n\n"
        "HC-DATE-2  Look: The office server needs a look at the lamp.\n"
    )
    assert said(office, "pause") == said(office, "pause", "--list") == said(office, "ack", "--list") == listed
    assert said(office, "ack", DRIVE, "--remove") == (
        "HC-DATE-1 is no longer acknowledged: The office server has a problem with the drive.\n"
    )
    assert said(office, "pause", "office-ups", "--remove") == "The battery backup in the office is no longer paused.\n"
    assert said(office, "ack").count("Nothing.") == 2
    run = office.healthcheck("run")
    assert (run.returncode, "cknowledge" in run.stdout) == (2, False)


def test_what_is_not_meant_clearly_is_refused_with_the_words_that_would_do(office: Office) -> None:
    office.healthcheck("run")
    both = (
        "  HC-DATE-1  The office server has a problem with the drive.\n"
        "  HC-DATE-2  The office server needs a look at the lamp.\n"
    )
    more = ("--until", "friday", "--note", "x")
    assert refused(office, "ack", "office-server", *more) == f'"office-server" has several troubles. Name one:\n{both}'
    assert refused(office, "ack", "office-srver", *more) == (
        f'There is no open trouble "office-srver"; did you mean "office-server"?\nThese are open:\n{both}'
    )
    assert refused(office, "ack", "Main office/office-server/memory", *more) == (
        'Nothing was wrong with "Main office/office-server/memory" the last time it was checked, so there is nothing '
        "to acknowledge. Before planned work, use `healthcheck pause`.\n"
    )
    assert refused(office, "ack", DRIVE, "--note", "x") == (
        'Say how long, with --until: friday, "tomorrow 18:00", 2026-12-01, "3 days" or "2 weeks".\n'
    )
    assert refused(office, "ack", DRIVE, "--until", "friday") == (
        'Say why, for whoever reads the report: --note "drive ordered".\n'
    )
    assert refused(office, "ack", DRIVE, "--until", "91 days", "--note", "x").startswith(
        'Invalid value for --until: "91 days" is too far away'
    )
    assert (
        refused(office, "ack", DRIVE, "--remove")
        == f'Nothing is acknowledged under "{DRIVE}"; see `healthcheck ack`.\n'
    )
    assert refused(office, "ack", "--until", "friday") == (
        "Name what you mean: its reference (HC-…), a host, or a check (clinic/host/kind).\n"
    )
    assert refused(office, "pause", "Main ofice", "--until", "friday", "--reason", "x") == (
        'There is no clinic and no host "Main ofice"; did you mean "Main office"?\n'
    )
    assert refused(office, "pause", "Main office", "--remove") == "Main office is not paused.\n"
    assert refused(office, "pause", "--until", "friday") == "Name the clinic or the host that you mean.\n"


@pytest.mark.fault(62)
def test_a_note_keeps_nothing_that_must_not_leave(office: Office) -> None:
    office.write(MEMORY, TWO_TROUBLES, "[privacy]\nredact = ['\\bMRN-\\d+\\b']")
    office.healthcheck("run")
    note = "chart of MRN-12345,\n123-45-6789 \x1b[31mred"
    assert "Note: chart of [removed], [removed] red (nobody, [removed]).\n" in said(
        office, "ack", DRIVE, "--until", "friday", "--note", note, "--by", "nobody, 123-45-6789"
    )
    assert not any(b"12345" in path.read_bytes() for path in office.state.iterdir() if path.is_file())


def test_a_pause_says_back_what_it_means(office: Office) -> None:
    assert said(office, "pause", "main office", "--until", "2 weeks", "--reason", "renovation", "--by", "Maria") == (
        "Main office is paused until DAY: renovation (Maria).\n"
        "It is checked as ever, and reports tell what fails there as known. With the report of DAY, all of it counts "
        "again.\n"
    )
    office.healthcheck("report", "--once")
    assert str(office.mails()[-1]["Subject"]).startswith("OK: Main office is paused - ")
    assert "can open" not in office.text()


def test_planned_work_that_is_under_way_is_listed_and_keeps_its_machines_quiet(office: Office) -> None:
    work = '[[maintenance]]\nhosts = ["*-server"]\nreason = "updates"\nevery = "day"\nfrom = "09:00"\nuntil = "13:00"'
    office.write(MEMORY, TWO_TROUBLES, work)
    done = office.healthcheck("run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Planned work until today, 1:00 pm: the office server.\n                 Updates." in done.stdout
    assert "PAUSED\n\noffice-server  until today, 1:00 pm, as the config plans it: Updates.\n" in said(office, "ack")
    office.write(MEMORY, TWO_TROUBLES, work.replace("13:00", "09:01"))
    assert office.healthcheck("run").returncode == 2


def test_who_is_told_of_problems_alone_hears_nothing_of_what_is_known(office: Office) -> None:
    office.config.write_text(
        office.config.read_text().replace(
            'to = ["manager@foothill.example"]',
            'to = ["manager@foothill.example"]\nwhen = "problems"\ncontent = "brief"',
        )
    )
    assert office.healthcheck("report", "--once").returncode == 0
    drive = "Problem: The office server has a problem with the drive."
    lamp = "Look: The office server needs a look at the lamp."
    assert subjects(office) == [drive, lamp]
    said(office, "ack", LAMP, "--until", "friday", "--note", "lamp ordered")
    office.healthcheck("report", "--once")
    assert subjects(office) == [drive, lamp, drive]
    said(office, "ack", DRIVE, "--until", "friday", "--note", "drive ordered")
    office.healthcheck("report", "--once")
    assert subjects(office) == [drive, lamp, drive]


def test_nobody_need_have_looked_yet(office: Office) -> None:
    assert said(office, "ack").count("Nothing.") == 3
    assert refused(office, "ack", "x", "--until", "friday", "--note", "y") == (
        'There is no open trouble "x". No trouble is open.\n'
    )


def test_a_time_that_is_over_is_told_with_its_day(office: Office) -> None:
    office.healthcheck("run")
    said(office, "ack", DRIVE, "--until", "1 hour", "--note", "drive ordered", "--by", "Maria")
    with office.history() as history:
        [given] = history.acknowledged(office.now())
        history.acknowledge(replace(given, at=given.at - timedelta(days=2), until=given.until - timedelta(days=2)))
    run = office.healthcheck("run")
    assert run.returncode == 2
    assert re.search(r"The acknowledgement of \w+ by Maria \(drive ordered\) ended on \w+\.", run.stdout)
