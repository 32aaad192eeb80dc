"""The month's report leaves by itself, once, on the first open day; and by hand as often as somebody asks."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.config import load
from healthcheck.model import Practice
from healthcheck.monthly import sending
from healthcheck.monthly.opening import Month
from healthcheck.rounds.lock import only_one
from tests.lab.office import MEMORY, Office
from tests.lab.office import office as an_office
from tests.lab.receiver import receiver
from tests.monthly.october import PRACTICE

MONTHLY = """
[[delivery]]
name = "monthly mail"
channel = "email"
to = ["office@foothill.example", "help@bayit.example"]
content = "monthly"
"""
INSTEAD = """
[[delivery]]
name = "monthly hook"
channel = "webhook"
url = "http://127.0.0.1:{port}/"
content = "monthly"
only_if_failed = "monthly mail"
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with an_office(tmp_path) as made:
        made.write(MEMORY, MONTHLY)
        yield made


def last_month(office: Office) -> Month:
    return Month.before(office.now().date())


def report(office: Office) -> subprocess.CompletedProcess[str]:
    done = office.healthcheck("report", "--once")
    assert done.stdout == ""
    return done


def services(office: Office) -> list[str]:
    """The subjects of the mails that are no morning's report."""
    return [str(mail["Subject"]) for mail in office.mails() if str(mail["Subject"]).startswith("Service report")]


@pytest.mark.parametrize(
    ("today", "month"),
    [
        (date(2026, 11, 1), None),
        (date(2026, 11, 2), Month(2026, 10)),
        (date(2026, 11, 30), Month(2026, 10)),
        (date(2027, 1, 1), Month(2026, 12)),
    ],
    ids=["a sunday", "the first open day", "every later day, if it was missed", "new year"],
)
def test_it_is_due_from_the_first_open_day_of_the_next_month_on(today: date, month: Month | None) -> None:
    assert sending.due(PRACTICE, today) == month


def test_in_a_month_without_an_open_day_none_is_due() -> None:
    closed = tuple(date(2026, 11, day) for day in range(1, 31))
    practice = Practice("Foothill", PRACTICE.timezone, opens=PRACTICE.opens, closed=closed)
    assert sending.due(practice, date(2026, 11, 30)) is None


def test_it_leaves_once_behind_the_mornings_report(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    assert report(office).returncode == 0
    name = last_month(office).name
    assert services(office) == [f"Service report {name} - Foothill Oncology Group"]
    assert len(office.mails()) == 2
    first, monthly = office.mails()
    assert not str(first["Subject"]).startswith("Service report")
    assert monthly["To"] == "office@foothill.example, help@bayit.example"
    assert monthly["Message-ID"] == f"<monthly-{last_month(office)}.monthly-mail.1@foothill.example>"
    body = monthly.get_body(("html",))
    assert body is not None
    assert f"Service report, {name}</h1>" in str(body.get_content())
    page = office.state / "reports" / f"service-report-{last_month(office)}.html"
    assert f"<h1>Service report, {name}</h1>" in page.read_text()
    for words in (["report", "--once"], ["watch"]):
        assert office.healthcheck(*words).returncode == 0
    assert len(services(office)) == 1
    assert f'<a href="{page.name}">{name}</a>' in (page.parent / "latest.html").read_text()


def test_a_practice_that_was_set_up_this_month_gets_none_for_the_last(office: Office) -> None:
    assert report(office).returncode == 0
    assert services(office) == []


@pytest.mark.fault(49)
def test_what_is_put_off_is_tried_again_with_the_light_passes_and_the_report_counts_as_delivered(
    office: Office,
) -> None:
    office.remember("long ago", timedelta(days=40))
    office.mailbox.data = lambda subject: "451 4.3.0 later" if "Service report" in subject else ""
    done = report(office)
    assert done.returncode == 0
    assert '"monthly mail" was not delivered to office@foothill.example and help@bayit.example' in done.stderr
    assert services(office) == []
    office.mailbox.data = lambda subject: ""
    assert office.healthcheck("deliver").returncode == 0
    assert len(services(office)) == 1


def test_that_the_month_was_taken_tells_the_watchdog_nothing_of_the_morning(office: Office) -> None:
    with receiver() as watchdog:
        office.write(MEMORY, MONTHLY, f'[heartbeat]\nurl = "{watchdog.url}/beat"')
        office.remember("long ago", timedelta(days=40))
        office.mailbox.data = lambda subject: "" if "Service report" in subject else "451 4.3.0 later"
        assert report(office).returncode == 69
        assert len(services(office)) == 1
        assert [post.path for post in watchdog.posts] == ["/beat/fail"]


def test_what_could_stand_in_keeps_quiet_when_the_mail_was_taken(office: Office) -> None:
    with receiver() as hook:
        office.write(MEMORY, MONTHLY, INSTEAD.format(port=hook.port))
        office.remember("long ago", timedelta(days=40))
        assert report(office).returncode == 0
        assert (len(services(office)), hook.posts) == (1, [])


@pytest.mark.fault(48)
def test_another_delivery_of_the_month_stands_in_and_gets_the_numbers(office: Office) -> None:
    with receiver() as hook:
        office.write(MEMORY, MONTHLY, INSTEAD.format(port=hook.port))
        office.remember("long ago", timedelta(days=40))
        office.mailbox.data = lambda subject: "554 5.7.1 no" if "Service report" in subject else ""
        assert report(office).returncode == 0
        [got] = hook.posts
        assert got.content["monthly"]["schema"] == "healthcheck.monthly/1"
        assert got.content["subject"] == f"Service report {last_month(office).name} - Foothill Oncology Group"


@pytest.mark.fault(58)
def test_a_lock_that_cannot_be_had_costs_the_month_and_not_the_morning(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    (office.state / sending.LOCK).mkdir()
    done = report(office)
    assert done.returncode == 0
    assert done.stderr == (
        "healthcheck: The service report of the last month was not made: "
        f"{office.state} cannot be written to (is a directory).\n"
    )
    assert (len(office.mails()), services(office)) == (1, [])


def test_when_it_was_refused_the_next_morning_says_so(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    office.mailbox.data = lambda subject: "554 5.7.1 no" if "Service report" in subject else ""
    report(office)
    report(office)
    assert 'was not delivered by "monthly mail" to office@foothill.example and help@bayit.example.' in office.text()


def test_two_that_find_it_owed_at_the_same_time_send_it_once(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    config, now = load(office.config), datetime.now(UTC)
    with only_one(office.state / sending.LOCK):
        assert sending.deliver_if_owed(config, office.state, now) == []
    assert services(office) == []
    for _ in range(2):
        assert sending.deliver_if_owed(config, office.state, now) == []
    assert len(services(office)) == 1


def test_by_hand_it_is_sent_as_often_as_somebody_asks_and_that_does_not_count_for_the_day(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    for _ in range(2):
        done = office.healthcheck("monthly", "--send")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(services(office)) == 2
    assert report(office).returncode == 0
    assert len(services(office)) == 3


def test_when_nobody_takes_what_was_sent_by_hand_that_is_said(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    office.mailbox.data = lambda subject: "554 5.7.1 no"
    done = office.healthcheck("monthly", "--send")
    assert done.returncode == 69
    assert '"monthly mail" was not delivered' in done.stderr


def test_it_is_shown_and_written_in_every_form(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    month = str(last_month(office))
    target = office.folder / "month.json"
    assert office.healthcheck("monthly", "--output", target).stdout == ""
    assert json.loads(target.read_text())["month"] == month
    shown = office.healthcheck("monthly", "--month", month)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith(f"Service report {last_month(office).name} - Foothill Oncology Group\n")
    assert office.healthcheck("monthly", "--format", "html").stdout.startswith("<!DOCTYPE html>")
    assert office.healthcheck("monthly", "--format", "markdown").stdout.startswith("# Service report")
    assert office.mails() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--month", "October"], '"October" is no month; write it as in --month 2'),
        (["--month", "9998-01"], "January 9998 has not begun yet."),
        (["--output", "/nowhere/month.html"], "There is no folder /nowhere to write month.html to."),
    ],
    ids=["no month", "to come", "no folder"],
)
def test_what_cannot_be_shown_is_said_plainly(office: Office, words: list[str], says: str) -> None:
    with office.history():
        pass
    done = office.healthcheck("monthly", *words)
    assert (done.returncode, done.stdout) == (64, "")
    assert says in done.stderr


def test_without_a_history_or_a_delivery_for_it_that_is_said(office: Office) -> None:
    done = office.healthcheck("monthly")
    assert (done.returncode, done.stdout) == (64, "")
    assert f"There is no history at {office.state}/history.sqlite yet." in done.stderr
    office.write(MEMORY)
    done = office.healthcheck("monthly", "--send")
    assert done.returncode == 64
    assert 'No [[delivery]] in the config has content = "monthly", so it can be sent to nobody.' in done.stderr


def test_a_page_that_cannot_be_kept_stops_no_mail(office: Office) -> None:
    office.remember("long ago", timedelta(days=40))
    (office.state / "reports").mkdir()
    (office.state / "reports" / f"service-report-{last_month(office)}.html").mkdir()
    done = office.healthcheck("monthly", "--send")
    assert done.returncode == 0
    assert done.stderr == "healthcheck: The service report could not be kept as a page: is a directory.\n"
    assert len(services(office)) == 1
