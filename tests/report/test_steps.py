from __future__ import annotations

from dataclasses import replace

from healthcheck.findings import ServiceVerdict
from healthcheck.model import Result, Status
from healthcheck.report.parts import Contact, Step
from tests.report.mornings import (
    Morning,
    all_ok,
    an_outcome,
    changed,
    charts_down,
    cut_off,
    fixed,
    nothing_checked,
    old_backup,
    one_site_dark,
    two_hundred,
)

BAY_IT = Contact("Bay IT", "555-0142", "help@bayit.example")


def test_all_is_well_asks_for_nothing() -> None:
    assert all_ok().report().steps == ()
    assert fixed().report().steps == ()


def test_the_first_step_is_whom_to_call_and_what_to_read_out() -> None:
    assert charts_down().report().steps == (
        Step(
            "Call Bay IT now and read out these words.",
            BAY_IT,
            "This is Foothill Oncology Group. The reference is HC-20261123-1. "
            "The server in the main office runs, but the charts on it do not answer. "
            "First seen Sunday, 2:31 am (27 hours ago). All 9 clinics are affected.",
        ),
        Step("Until this is fixed: Use the paper intake forms."),
    )


def test_what_can_wait_does_not_keep_the_doors_shut() -> None:
    [step] = old_backup().report().steps
    assert step.says == "Open as usual. Call Bay IT today and read out these words."


def test_people_at_a_dark_clinic_are_asked_to_look() -> None:
    assert one_site_dark().report().steps[1] == Step(
        "Ask the front desk at Azusa whether the lights are on. "
        "Then ask whether the internet box in Azusa shows any lights. It stands here: wiring closet, top shelf.",
        Contact("the front desk at Azusa", "555-0104"),
    )


def test_a_whole_site_that_is_gone_is_asked_after_in_the_same_way() -> None:
    morning = one_site_dark()
    gone = replace(morning.diagnosis.incidents[0], cause="Azusa")
    report = replace(morning, diagnosis=replace(morning.diagnosis, incidents=(gone,))).report()
    assert report.steps == morning.report().steps


def test_the_same_sentence_is_not_read_out_twice() -> None:
    morning = cut_off()
    says = morning.diagnosis.cut_off
    incident = replace(morning.diagnosis.incidents[0], says=says)
    step = replace(morning, diagnosis=replace(morning.diagnosis, incidents=(incident,))).report().steps[0]
    assert step.quote.count(says) == 1


def test_a_site_without_a_phone_is_asked_all_the_same() -> None:
    morning = one_site_dark()
    sites = tuple(replace(site, phone="") for site in morning.practice.sites)
    step = replace(morning, practice=replace(morning.practice, sites=sites)).report().steps[1]
    assert step.says.startswith("Ask somebody at Azusa whether the lights are on.")
    assert step.contact is None


def test_when_nobody_knows_somebody_tries_the_charts_before_the_first_patient() -> None:
    assert nothing_checked().report().steps == (
        Step(
            "Call Bay IT now and read out these words.",
            BAY_IT,
            "This is Foothill Oncology Group. The morning check ran into trouble. "
            "None of the 90 checks could be done. I am sending you the report.",
        ),
        Step(
            "Have somebody at each clinic try patient charts before the first patient comes. Start with Main office.",
            Contact("the front desk at Main office", "555-0101"),
        ),
    )


def test_that_the_office_is_cut_off_is_said_once_on_the_phone() -> None:
    morning = cut_off()
    [incident] = morning.diagnosis.incidents
    diagnosis = replace(
        morning.diagnosis,
        cut_off="Main office reaches no other clinic, so nobody can say from here how the others are.",
        incidents=(replace(incident, says="Main office reaches no other clinic."),),
    )
    assert replace(morning, diagnosis=diagnosis).report().steps[0].quote == (
        "This is Foothill Oncology Group. The reference is HC-20261123-1. "
        "Main office reaches no other clinic, so nobody can say from here how the others are. "
        "First seen today, 5:45 am. Main office is affected."
    )


def test_a_cut_off_office_is_told_as_such_on_the_phone() -> None:
    first, second, third = cut_off().report().steps
    assert "The main office itself is cut off from all the other clinics." in first.quote
    assert second.contact == Contact("the front desk at Pasadena", "555-0102")
    assert third.says.startswith("Ask the front desk at Main office whether the internet box")


def test_several_problems_of_one_person_are_one_call() -> None:
    [step] = two_hundred().report().steps
    assert step.quote.endswith("Clinic 5 is affected. There is one more problem: HC-20261123-2.")


def test_two_people_are_two_calls_the_worse_first() -> None:
    morning = charts_down()
    other = replace(
        old_backup().diagnosis.incidents[0], reference="HC-20261123-2", owner="ChartSoft", status=Status.WARNING
    )
    incidents = (other, *morning.diagnosis.incidents)
    steps = replace(morning, diagnosis=replace(morning.diagnosis, incidents=incidents)).report().steps
    assert [step.says for step in steps] == [
        "Call Bay IT now and read out these words.",
        "Until this is fixed: Use the paper intake forms.",
        "Call ChartSoft today and read out these words.",
    ]


def test_there_are_never_more_than_three_steps() -> None:
    morning = one_site_dark()
    services = (
        ServiceVerdict("Phones", Status.CRITICAL, (), says="Phones are down.", until_fixed="Use the mobile phones."),
        ServiceVerdict("Charts", Status.CRITICAL, (), essential=True, until_fixed="Use the paper forms."),
    )
    incidents = (
        *morning.diagnosis.incidents,
        *(replace(old_backup().diagnosis.incidents[0], owner=name) for name in ("ChartSoft", "Maria Lopez")),
    )
    diagnosis = replace(morning.diagnosis, services=services, incidents=incidents)
    steps = replace(morning, diagnosis=diagnosis).report().steps
    assert len(steps) == 3
    assert steps[1].says == "Until this is fixed: Use the paper forms. Use the mobile phones."


def _with_finding(morning: Morning, owner: str) -> Morning:
    server = morning.practice.site("Duarte").hosts[1]
    found = replace(an_outcome(server, "disk", Result(Status.WARNING, "has little room left")), owner=owner)
    return replace(morning, round=replace(morning.round, outcomes=changed(morning.round.outcomes, found)))


def test_a_finding_without_an_incident_still_has_somebody_to_call() -> None:
    [step] = _with_finding(all_ok(), "ChartSoft").report().steps
    assert step == Step(
        "Open as usual. Call ChartSoft today and read out these words.",
        Contact("ChartSoft", "800-555-0199", "support@chartsoft.example"),
        "This is Foothill Oncology Group. The server in Duarte has little room left. I am sending you the report.",
    )


def test_somebody_without_a_phone_is_written_to() -> None:
    morning = old_backup()
    people = tuple(replace(person, phone="") for person in morning.practice.people)
    [step] = replace(morning, practice=replace(morning.practice, people=people)).report().steps
    assert step.says == "Open as usual. Write to Bay IT today and send them these words."
    assert step.contact is not None and step.contact.tel == ""
