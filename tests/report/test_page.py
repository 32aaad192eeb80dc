from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from healthcheck.findings import SiteVerdict, Verdict
from healthcheck.model import Result, Status
from healthcheck.report import render
from healthcheck.report.parts import Finding, Missed, SiteRow
from tests.report.mornings import (
    NOW,
    Morning,
    a_practice,
    a_round,
    all_ok,
    all_outcomes,
    an_outcome,
    can_open,
    changed,
    charts_down,
    cut_off,
    fixed,
    local,
    nothing_checked,
    nothing_planned,
    old_backup,
    one_site_dark,
    two_hundred,
)

ALL_OK = """\
All 9 clinics can open.
Nothing needs your attention today.

CLINICS

OK: Main office, Pasadena, Glendale, Azusa, Monrovia, Arcadia, Covina,
   Duarte and Sierra Madre can open.

SINCE FRIDAY

Nothing out of the ordinary was noted.

Checked today, 5:45 am to 5:47 am. All 90 checks were done. The next report
comes Tuesday, November 24, by 6:30 am. Not here by then? Call Bay IT,
555-0142.
"""

CHARTS_DOWN = """\
No clinic can open normally.
Charts and scheduling will not open.

WHAT TO DO NOW

1. Call Bay IT now and read out these words.
   Phone: 555-0142
   "This is Foothill Oncology Group. The reference is HC-20261123-1. The
   server in the main office runs, but the charts on it do not answer. First
   seen Sunday, 2:31 am (27 hours ago). All 9 clinics are affected."
2. Until this is fixed: Use the paper intake forms.

WHAT IS WRONG

Problem: The server in the main office runs, but the charts on it do not
   answer.
   First seen Sunday, 2:31 am (27 hours ago). Last seen well Sunday, 2:12
   am.
   All 9 clinics are affected. This also stops 8 other checks.
   Probably the power cut on Sunday stopped the charts. The charts in the
   main office did not start after the power cut.
   Where to find the server in the main office: back office, under the desk.
   Call Bay IT, 555-0142. Reference HC-20261123-1.

CLINICS

Problem: Main office, Pasadena, Glendale, Azusa, Monrovia, Arcadia, Covina,
   Duarte and Sierra Madre: cannot open normally: charts and scheduling will
   not open.

SINCE FRIDAY

Sunday, 2:14 am to 2:31 am: the main office had no mains power for 17
minutes.
Sunday, 2:33 am: the server in the main office started again.

Checked today, 5:45 am to 5:47 am. All 90 checks were done. The next report
comes Tuesday, November 24, by 6:30 am. Not here by then? Call Bay IT,
555-0142.
"""


def test_a_good_morning_is_told_in_a_few_lines() -> None:
    assert render.text(all_ok().report()) == ALL_OK


def test_a_bad_morning_says_what_to_do_before_what_is_wrong() -> None:
    assert render.text(charts_down().report()) == CHARTS_DOWN


def test_the_preheader_says_the_effect_and_whom_to_call() -> None:
    assert charts_down().report().preheader == "Charts and scheduling will not open. Call Bay IT, 555-0142."
    assert all_ok().report().preheader == "Nothing needs your attention today."


def test_one_cause_is_one_problem_and_what_follows_is_only_counted() -> None:
    report = charts_down().report()
    assert len(report.problems) == 1
    assert report.findings == ()
    assert "This also stops 8 other checks." in report.problems[0].paragraphs[1]


def test_a_dark_clinic_is_told_apart_from_the_others() -> None:
    report = one_site_dark().report()
    assert report.sites == (
        SiteRow(Status.CRITICAL, "Azusa", " cannot open normally: nothing there can be reached."),
        SiteRow(
            Status.OK,
            "Main office, Pasadena, Glendale, Monrovia, Arcadia, Covina, Duarte and Sierra Madre",
            " can open.",
        ),
    )
    assert report.coverage.missed == (
        Missed("8 checks of the internet box in Azusa and the server in Azusa", "the office cannot reach Azusa"),
    )
    assert report.coverage.says == "82 of 90 checks were done."


def test_many_healthy_clinics_are_counted_and_not_named() -> None:
    assert two_hundred().report().sites == (
        SiteRow(Status.WARNING, "Clinic 5 and Clinic 6", ": can open, but its server has little room left."),
        SiteRow(Status.OK, "The other 198 clinics", " can open."),
    )
    towns = tuple(f"Clinic {number}" for number in range(1, 201))
    assert all_ok(towns).report().sites == (SiteRow(Status.OK, "All 200 clinics", " can open."),)


def test_many_things_that_could_not_be_checked_for_one_reason_are_one_line() -> None:
    report = two_hundred().report()
    assert report.coverage.missed == (Missed("4 checks of 4 devices", "the login was refused"),)
    assert report.coverage.says == "3,996 of 4,000 checks were done."


@pytest.mark.fault(54)
def test_when_nothing_could_be_checked_the_report_says_so() -> None:
    report = nothing_checked().report()
    assert report.headline == "Nobody knows yet whether the clinics can open."
    assert report.effect == "None of the 90 checks could be done."
    assert report.coverage.missed == (Missed("90 checks of 18 devices", "not finished by 6:25 am"),)
    assert report.story == ("Nothing was noted, but not everything could be checked.",)
    assert report.footer[0] == "Tried today, 5:45 am to 5:47 am."


@pytest.mark.fault(54)
def test_when_nothing_was_planned_the_report_says_so() -> None:
    report = nothing_planned().report()
    assert report.status is Status.UNKNOWN
    assert report.headline == "Nobody knows yet whether the clinics can open."
    assert report.effect == "No check was planned, so nothing was checked."
    assert report.sites[0].says == ": could not be checked: no check looked there."


def test_without_any_clinic_the_report_still_says_that_nothing_was_checked() -> None:
    practice = replace(a_practice(), sites=())
    report = replace(nothing_planned(), practice=practice).report()
    assert report.headline == "Nothing was checked."
    assert render.subject(report) == "COULD NOT CHECK: nothing is known - Mon Nov 23"


def test_when_the_watcher_is_cut_off_no_clinic_is_called_down() -> None:
    report = cut_off().report()
    assert report.headline == "Nobody knows yet whether 8 of 9 clinics can open. Main office can open."
    assert report.effect == "The main office itself is cut off from all the other clinics."
    assert report.banner is Status.UNKNOWN
    assert report.findings == ()
    assert "down" not in report.headline + report.effect


def test_a_watcher_that_is_cut_off_is_never_well() -> None:
    morning = all_ok()
    report = replace(morning, diagnosis=replace(morning.diagnosis, cut_off="The office is cut off.")).report()
    assert (report.status, report.state) == (Status.UNKNOWN, "COULD NOT CHECK")


def test_a_fixed_problem_is_told_as_fixed() -> None:
    report = fixed().report()
    assert report.headline == "Fixed. All 9 clinics can open."
    assert report.effect == "What was wrong works again."
    over = "This is over: “The server in the main office runs, but the charts on it do not answer.”"
    assert report.fixed == (f"{over} Seen well again today, 8:10 am.",)
    assert report.steps == ()


def test_a_fixed_problem_beside_another_is_told_in_its_own_place() -> None:
    morning = old_backup()
    both = replace(morning, diagnosis=replace(morning.diagnosis, fixed=fixed().diagnosis.fixed))
    text = render.text(both.report())
    assert both.report().state == "LOOK"
    assert "FIXED SINCE THE LAST REPORT\n\nThis is over: “The server" in text


def _with(morning: Morning, *outcomes: object) -> Morning:
    known = changed(morning.round.outcomes, *outcomes)  # type: ignore[arg-type]  # the tests hand outcomes
    return replace(morning, round=replace(morning.round, outcomes=known))


def test_a_finding_that_no_cause_explains_is_shown_all_the_same() -> None:
    server = a_practice().site("Duarte").hosts[1]
    result = Result(Status.WARNING, "has little room left", "free 4 %")
    report = _with(all_ok(), an_outcome(server, "disk", result)).report()
    assert report.findings == (Finding(Status.WARNING, "The server in Duarte has little room left."),)
    assert report.headline == "All 9 clinics can open. One thing needs a look."
    assert render.subject(report) == "LOOK: 9 of 9 can open, 1 thing to see to - Duarte - Mon Nov 23"


def test_one_check_that_could_not_look_is_enough_to_deny_all_ok() -> None:
    server = a_practice().site("Duarte").hosts[1]
    result = Result(Status.UNKNOWN, "could not be checked: the login was refused", "publickey")
    report = _with(all_ok(), an_outcome(server, "disk", result, why="the login was refused")).report()
    assert render.subject(report) == "LOOK: 9 of 9 can open, 1 thing to see to - Duarte - Mon Nov 23"
    assert report.coverage.missed == (Missed("1 check of the server in Duarte", "the login was refused"),)
    assert report.effect == "89 of 90 checks were done."


def test_a_check_without_any_result_could_not_look() -> None:
    server = a_practice().site("Duarte").hosts[1]
    report = _with(all_ok(), replace(an_outcome(server, "disk"), results=())).report()
    assert report.coverage.missed == (Missed("1 check of the server in Duarte", "it gave no answer"),)
    assert report.state == "LOOK"


def test_a_check_that_could_only_look_at_half_is_not_done_in_the_ledger() -> None:
    server = a_practice().site("Duarte").hosts[1]
    half = an_outcome(server, "disk", Result(Status.CRITICAL, "has no room left"), why="one drive did not answer")
    report = _with(all_ok(), half).report()
    assert report.coverage.missed == (Missed("1 check of the server in Duarte", "one drive did not answer"),)
    assert report.findings == (Finding(Status.CRITICAL, "The server in Duarte has no room left."),)


def test_what_the_round_says_about_itself_is_shown() -> None:
    morning = all_ok()
    noted = replace(morning, round=morning.round.noting("history was not saved: the disk is full"))
    report = noted.report()
    assert report.findings == (Finding(Status.WARNING, "History was not saved: the disk is full."),)
    assert render.subject(report) == "LOOK: 9 of 9 can open, 1 thing to see to - Mon Nov 23"


def test_a_change_on_a_device_with_a_problem_belongs_to_the_problem() -> None:
    report = charts_down().report()
    assert report.problems[0].paragraphs[2] == (
        "Probably the power cut on Sunday stopped the charts. "
        "The charts in the main office did not start after the power cut."
    )


def test_what_a_device_itself_said_is_told_as_a_clause_of_its_own() -> None:
    morning = all_ok()
    host = next(host for host in morning.practice.hosts() if host.name == "azusa-server")
    says = "has a battery backup whose data is not current"
    outcomes = changed(morning.round.outcomes, an_outcome(host, "ups", Result(Status.UNKNOWN, says)))
    report = replace(morning, round=a_round(morning.practice, outcomes)).report()
    assert report.coverage.missed == (Missed("1 check of the server in Azusa", f"it {says}"),)


def test_a_change_is_told_once_where_a_device_has_two_problems() -> None:
    morning = charts_down()
    twice = (morning.diagnosis.incidents[0], replace(morning.diagnosis.incidents[0], reference="HC-20261123-2"))
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=twice)).report()
    told = [
        paragraph for problem in report.problems for paragraph in problem.paragraphs if "did not start" in paragraph
    ]
    assert len(told) == 1


def test_a_clinic_that_nobody_looked_at_is_not_known_whatever_was_concluded() -> None:
    morning = all_ok()
    seen = tuple(outcome for outcome in morning.round.outcomes if outcome.site != "Azusa")
    report = replace(morning, round=replace(morning.round, outcomes=seen)).report()
    assert render.subject(report) == "COULD NOT CHECK: Azusa, 8 can open - Mon Nov 23"
    assert report.sites[0] == SiteRow(Status.UNKNOWN, "Azusa", " could not be checked: no check looked there.")


def test_a_round_by_hand_of_one_clinic_speaks_of_that_clinic_only() -> None:
    practice = a_practice()
    outcomes = tuple(outcome for outcome in all_outcomes(practice) if outcome.site == "Azusa")
    verdicts = (SiteVerdict("Azusa", Verdict.READY, Status.OK, "can open"),)
    report = replace(
        all_ok(),
        round=a_round(practice, outcomes, trigger="hand"),
        diagnosis=replace(all_ok().diagnosis, sites=verdicts),
    ).report()
    assert render.subject(report) == "OK: Azusa can open - Mon Nov 23"
    assert report.headline == "Azusa can open. 8 other clinics were not looked at."
    assert "Somebody started this check by hand." in report.footer


def test_no_row_looks_better_than_its_answer() -> None:
    practice = a_practice()
    verdicts = tuple(
        SiteVerdict(site.name, verdict, Status.OK, "")
        for site, verdict in zip(practice.sites, [*Verdict, *[Verdict.READY] * 5], strict=True)
    )
    report = replace(all_ok(), diagnosis=replace(all_ok().diagnosis, sites=verdicts)).report()
    assert [(row.status, row.names + row.says) for row in report.sites] == [
        (Status.CRITICAL, "Glendale cannot open normally."),
        (Status.UNKNOWN, "Azusa could not be checked."),
        (Status.WARNING, "Pasadena can open, but not everything is well."),
        (Status.OK, "Main office, Monrovia, Arcadia, Covina, Duarte and Sierra Madre can open."),
    ]


def test_a_clinic_in_another_time_zone_is_told_in_its_own_time() -> None:
    morning = one_site_dark()
    denver = ZoneInfo("America/Denver")
    sites = tuple(replace(site, timezone=denver) if site.name == "Azusa" else site for site in morning.practice.sites)
    report = replace(morning, practice=replace(morning.practice, sites=sites)).report()
    assert report.problems[0].paragraphs[0] == (
        "First seen Sunday, 4:05 am Denver time (27 hours ago). Last seen well Sunday, 4:00 am Denver time."
    )


@pytest.mark.parametrize(
    ("now", "title"),
    [
        pytest.param(local(24, 5, 47), "Since yesterday", id="tuesday"),
        pytest.param(local(23, 5, 47), "Since Friday", id="monday"),
        pytest.param(local(22, 5, 47), "Since Friday", id="sunday"),
    ],
)
def test_the_story_goes_back_to_the_last_open_day(now: object, title: str) -> None:
    assert replace(all_ok(), now=now).report().story_title == title  # type: ignore[arg-type]  # a moment each


def test_after_a_long_holiday_the_story_names_the_date() -> None:
    practice = replace(a_practice(), closed=tuple(local(day, 12).date() for day in range(12, 23)))
    report = replace(all_ok(), practice=practice).report()
    assert report.story_title == "Since Wed Nov 11"


def test_the_next_report_is_todays_while_it_is_still_owed() -> None:
    early = replace(all_ok(), now=local(23, 5, 0))
    by_hand = replace(early, round=replace(early.round, trigger="hand"))
    assert "The next report comes Monday, November 23, by 6:30 am." in by_hand.report().footer
    assert "The next report comes Tuesday, November 24, by 6:30 am." in early.report().footer


def test_the_next_report_passes_over_closed_days() -> None:
    friday = replace(all_ok(), now=NOW + timedelta(days=4))
    assert "The next report comes Monday, November 30, by 6:30 am." in friday.report().footer


def test_an_empty_answer_of_diagnosis_is_not_taken_for_health() -> None:
    morning = all_ok()
    report = replace(morning, diagnosis=replace(morning.diagnosis, sites=can_open(morning.practice)[:8])).report()
    assert report.state == "COULD NOT CHECK"
