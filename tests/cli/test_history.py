"""`healthcheck history`: what people look back on, and the copy of it."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from healthcheck.cli.history import clinics
from healthcheck.config import load
from healthcheck.findings import EarlierRound
from healthcheck.model import Status
from tests.lab.office import MEMORY, Office

PING = """
[[check]]
kind = "ping"
hosts = ["office-ups"]
timeout_s = 2
"""
STALE = """
[[check]]
kind = "nagios"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "echo DISK CRITICAL; exit 2"]
"""


def shown(office: Office, *words: str | Path) -> str:
    done = office.healthcheck("history", *words)
    assert (done.returncode, done.stderr) == (0, "")
    told = re.sub(r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2}, \d{1,2}:\d\d [ap]m", "WHEN", done.stdout)
    told = re.sub(r"after \d+ seconds?", "after SECONDS", told)
    return re.sub(r"HC-\d{8}-", "HC-DATE-", told)


def test_reports_troubles_and_how_often_each_clinic_answered_are_shown(office: Office) -> None:
    office.write(PING, STALE)
    office.mailbox.data = lambda subject: "554 5.7.1 no"
    assert office.healthcheck("report", "--once").returncode == 69
    office.mailbox.data = lambda subject: ""
    office.write(PING, MEMORY)
    for words in (["watch"], ["report", "--once"], ["run"]):
        assert office.healthcheck(*words).returncode == 0
    told = re.sub("“.*”.?", "“IT”", shown(office))
    assert told == (
        """\
Foothill Oncology Group, the last 30 days

REPORTS

WHEN  1 OK, 1 Problem
    morning mail: refused by manager@foothill.example after 1 attempt: The mail server 127.0.0.1 refused the message. \
554 5.7.1 no
WHEN  2 OK
    morning mail: accepted WHEN
WHEN (by hand)  2 OK

TROUBLE

HC-DATE-1  Look: This is no longer checked: “IT”
    seen first WHEN; over WHEN, after SECONDS

CLINICS

Main office  answered in 4 of 4 looks (100 percent)
"""
    )


KEY = "Main office/office-ups/ping"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([Status.OK] * 9999 + [Status.CRITICAL], "answered in 9,999 of 10,000 looks (99.99 percent)"),
        ([Status.OK] * 99999 + [Status.CRITICAL], "answered in 99,999 of 100,000 looks (99.99 percent)"),
        ([Status.OK, Status.UNKNOWN, Status.WARNING], "answered in 2 of 2 looks (100 percent)"),
        ([Status.CRITICAL], "answered in 0 of 1 look (0 percent)"),
        ([Status.UNKNOWN], "was not asked in this time"),
        ([], "was not asked in this time"),
    ],
    ids=["one silence", "no 100 with a silence", "what could not look", "silent", "never could look", "no look"],
)
def test_how_often_a_clinic_answered_is_never_made_to_look_better(
    office: Office, found: list[Status], says: str
) -> None:
    office.write(PING)
    looks = [EarlierRound("r", "watch", office.now(), {KEY: status}) for status in found]
    assert list(clinics(load(office.config), looks)) == [f"Main office  {says}"]


def test_a_clinic_that_is_never_asked_is_said_to_be_so(office: Office) -> None:
    assert office.healthcheck("report", "--once").returncode == 0
    assert shown(office).endswith("Main office  is not asked whether it answers\n")


def test_only_the_days_that_were_asked_for_are_shown(office: Office) -> None:
    office.remember("old", timedelta(days=3))
    assert "REPORTS\n\nNone.\n" in shown(office, "--days", "2")
    assert "REPORTS\n\nWHEN  nothing was checked\n" in shown(office, "--days", "4")


def test_without_a_history_that_is_said(office: Office) -> None:
    done = office.healthcheck("history")
    assert (done.returncode, done.stdout) == (64, "")
    assert f"There is no history at {office.state}/history.sqlite yet." in done.stderr
    assert not office.state.exists()


def test_the_whole_history_is_copied_although_the_config_is_broken(office: Office) -> None:
    assert office.healthcheck("report", "--once").returncode == 0
    office.config.write_text("nonsense")
    copy = office.folder / "copy.sqlite"
    done = office.healthcheck("history", "--backup", copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with sqlite3.connect(copy) as history:
        assert history.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert history.execute("SELECT trigger FROM round").fetchall() == [("report",)]
    history.close()


def test_a_copy_that_cannot_be_written_is_said(office: Office) -> None:
    assert office.healthcheck("report", "--once").returncode == 0
    target = office.folder / "missing" / "copy.sqlite"
    done = office.healthcheck("history", "--backup", target)
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr == f"healthcheck: The history could not be copied: no such file or directory ({target}).\n"
