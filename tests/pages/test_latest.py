"""What the page of the newest report says: when it was made, until when it holds, and no more than is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from healthcheck.findings import Incident, Past
from healthcheck.history.days import SiteDay
from healthcheck.model import Metric, Result, Status
from healthcheck.pages.kept import KeptReport
from healthcheck.pages.latest import MOST_CLINICS, MOST_MEASURES, Latest, Listed, Trouble, latest
from healthcheck.pages.strips import Days, midnights
from tests.report.mornings import NOW, PACIFIC, Morning, all_ok, an_outcome, charts_down, known, local, two_hundred

MOMENTS = midnights(date(2026, 11, 23), PACIFIC)
NO_DAYS: Days = {}


def page(morning: Morning, past: Past | None = None, days: Days | None = NO_DAYS, *kept: KeptReport) -> Latest:
    return latest(morning.report(), past or Past(), days, MOMENTS, kept)


MADE = "This page was made Monday, November 23, at 5:47 am. What happened later is not on it."
CALL = "If that hour has passed, nobody has looked since: call Bay IT, 555-0142."


@pytest.mark.parametrize(
    ("trigger", "made"),
    [
        ("report", (MADE, "The next one is due Tuesday, November 24, by 6:30 am.", CALL)),
        (
            "hand",
            (
                MADE.replace(" am.", " am, started by hand."),
                "The next one is due Monday, November 23, by 6:30 am.",
                CALL,
            ),
        ),
    ],
)
def test_it_says_when_it_was_made_and_from_when_on_it_is_worth_nothing(trigger: str, made: tuple[str, ...]) -> None:
    morning = all_ok()
    morning = replace(morning, round=replace(morning.round, trigger=trigger))
    assert page(morning).made == made


def test_without_an_open_day_to_come_no_next_one_is_promised() -> None:
    morning = all_ok()
    closed = tuple(NOW.date() + timedelta(days=day) for day in range(400))
    morning = replace(morning, practice=replace(morning.practice, closed=closed))
    assert page(morning).made == (MADE, "No day is open within a year, so no next one is due.")


def test_each_clinic_has_its_answer_and_its_days() -> None:
    days = {(MOMENTS[0], "Azusa"): SiteDay(Status.CRITICAL, 289, whole=True)}
    [azusa] = [clinic for clinic in page(charts_down(), days=days).clinics if clinic.name == "Azusa"]
    assert (azusa.status, azusa.says) == (Status.CRITICAL, "Cannot open normally: charts and scheduling will not open.")
    cells = str(azusa.strip).split("</li>")[:-1]
    assert [cell.partition('title="')[2].partition('"')[0] for cell in (cells[0], cells[1], cells[29])] == [
        "Sun Oct 25: Problem (289 looks)",
        "Mon Oct 26: not watched",
        "Mon Nov 23: Problem (1 look)",
    ]


def test_of_very_many_clinics_those_in_trouble_stand_there_and_the_rest_is_counted() -> None:
    shown = page(two_hundred())
    assert len(shown.clinics) == MOST_CLINICS
    in_trouble = {clinic.name for clinic in shown.clinics if clinic.status is not Status.OK}
    assert in_trouble == {answer.site for answer in two_hundred().diagnosis.sites if answer.status is not Status.OK}
    assert shown.more_clinics == ("140 more clinics not shown here: 140 OK. The whole report names those with trouble.")


def test_days_that_cannot_be_read_are_said_to_be_unknown_and_not_to_be_unwatched() -> None:
    shown = page(all_ok(), days=None)
    assert shown.days_unknown == "The earlier days are not known: the history could not be read."
    assert [str(clinic.strip).count("<li ") for clinic in shown.clinics] == [1] * 9
    assert page(all_ok()).days_unknown == ""


def an_incident(reference: str, since: datetime | None, closed_at: datetime | None) -> Incident:
    return Incident(
        reference, "Azusa/azusa-server", Status.WARNING, "Azusa", "azusa-server", "the server in Azusa is slow", "",
        since=since, closed_at=closed_at,
    )  # fmt: skip


def test_open_trouble_has_its_age_and_what_is_over_its_length_the_newest_end_first() -> None:
    past = Past(
        earlier_incidents=(
            an_incident("HC-1", local(9, 8), local(9, 8, 20)),
            an_incident("HC-2", None, local(20, 8)),
            an_incident("HC-3", local(9, 8), MOMENTS[0].astimezone(UTC) - timedelta(seconds=1)),
        )
    )
    morning = charts_down()
    fixed = replace(morning.diagnosis, fixed=(an_incident("HC-4", local(21, 8), NOW),))
    shown = page(replace(morning, diagnosis=fixed), past)
    assert shown.open == (
        Trouble(
            "HC-20261123-1",
            Status.CRITICAL,
            "The server in the main office runs, but the charts on it do not answer.",
            "Sun Nov 22, 2:31 am",
            "27 hours",
            "Bay IT",
        ),
    )
    says = "The server in Azusa is slow."
    assert shown.over == (
        Trouble("HC-4", Status.WARNING, says, "Sat Nov 21, 8:00 am", "46 hours", "Bay IT"),
        Trouble("HC-2", Status.WARNING, says, "before anybody looked", "not known", "Bay IT"),
        Trouble("HC-1", Status.WARNING, says, "Mon Nov 9, 8:00 am", "20 minutes", "Bay IT"),
    )


def test_what_is_known_of_a_trouble_stands_with_it_and_a_paused_clinic_says_so() -> None:
    shown = page(known())
    assert "Azusa is paused until the end of Friday. Renovation (Maria)." in [one.known for one in shown.open]
    [azusa] = [clinic for clinic in shown.clinics if clinic.name == "Azusa"]
    assert azusa.says.startswith("Paused until the end of Friday (renovation)")


def test_earlier_reports_are_listed_with_what_they_said() -> None:
    kept = KeptReport(local(20, 15, 4), True, Status.WARNING, "All 9 clinics can open.", "2026-11-20/r/report.html")
    assert page(all_ok(), None, NO_DAYS, kept).earlier == (
        Listed("Friday, November 20, 3:04 pm (by hand)", Status.WARNING, "All 9 clinics can open.", kept.href),
    )


def test_of_very_many_numbers_the_first_stand_there_each_under_its_clinic() -> None:
    morning = two_hundred()
    outcomes = tuple(
        an_outcome(host, "ups", Result(Status.OK, "is full", "", Metric("charge", 100, "%")))
        for host in morning.practice.hosts()
    )
    shown = page(replace(morning, round=replace(morning.round, outcomes=outcomes)))
    sites = [site for site, _ in shown.measured]
    assert (len(sites), len(set(sites)), [len(rows) for _, rows in shown.measured][:2]) == (60, 60, [2, 2])
    assert not shown.more_measured
    more = replace(morning.round, outcomes=outcomes * 2)
    shown = page(replace(morning, round=more))
    assert (sum(len(rows) for _, rows in shown.measured), shown.more_measured) == (MOST_MEASURES, True)
