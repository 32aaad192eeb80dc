"""Whatever is acknowledged, paused or planned: it changes how a finding nags, never what is found, nor what is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis, Past, Verdict
from healthcheck.history.known import as_it_is
from healthcheck.known import Pause
from healthcheck.model import Maintenance, Outcome, Practice, Previous, Status
from healthcheck.report import build, render
from tests.diagnosis.test_properties import BEGUN, NOW, PRACTICE, a_round, outcomes

AT, UNTIL = BEGUN - timedelta(hours=3), BEGUN + timedelta(days=3)
PLACES = [*((site.name, "") for site in PRACTICE.sites), *((host.site, host.name) for host in PRACTICE.hosts())]
HOSTS = [host.name for host in PRACTICE.hosts()]


def diagnosed(found: tuple[Outcome, ...], past: Past, practice: Practice = PRACTICE) -> Diagnosis:
    return diagnose(practice, a_round(found), past, NOW)


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    places = draw(st.lists(st.sampled_from(PLACES), max_size=3, unique=True))
    return tuple(Pause(site, host, "Maria", "renovation", AT, UNTIL) for site, host in places)


@st.composite
def practices(draw: st.DrawFn) -> Practice:
    """With planned work under way on some machines, or none."""
    hosts = tuple(draw(st.lists(st.sampled_from(HOSTS), max_size=4, unique=True)))
    work = Maintenance("updates", PRACTICE.timezone, hosts, begins=AT, ends=UNTIL)
    return replace(PRACTICE, maintenance=(work,) if hosts else ())


@st.composite
def mornings(draw: st.DrawFn) -> tuple[Practice, tuple[Outcome, ...], Past]:
    """A round that finds just what was found the time before, of which some was acknowledged since."""
    found, practice = draw(outcomes()), draw(practices())
    before = diagnosed(found, Past())
    previous = {outcome.key: Previous(BEGUN, outcome.status) for outcome in found}
    known = draw(st.lists(st.sampled_from(before.incidents), unique=True)) if before.incidents else []
    acknowledged = tuple(
        as_it_is(one, previous, before.changes, by="Maria", note="drive ordered", at=AT, until=UNTIL) for one in known
    )
    past = Past(open_incidents=before.incidents, acknowledged=acknowledged, pauses=draw(pauses()))
    return practice, found, past


@settings(max_examples=40, deadline=None)
@given(mornings())
def test_what_is_known_changes_nothing_that_is_found(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    practice, found, past = morning
    plain, known = diagnosed(found, replace(past, acknowledged=(), pauses=())), diagnosed(found, past, practice)
    assert [replace(one, known=None) for one in known.incidents] == list(plain.incidents)
    assert [replace(one, quiet=False) for one in known.services] == list(plain.services)
    assert [one.status for one in known.sites] == [one.status for one in plain.sites]
    paused = {place.site for place in known.paused}
    open_ = [(one.site, one.verdict) for one in known.sites if one.site not in paused]
    assert open_ == [(one.site, one.verdict) for one in plain.sites if one.site not in paused]


@settings(max_examples=40, deadline=None)
@given(mornings())
def test_a_clinic_that_cannot_open_is_never_hidden(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    practice, found, past = morning
    diagnosis = diagnosed(found, past, practice)
    report = build(practice, a_round(found), diagnosis, now=NOW)
    shut = [one.site for one in diagnosis.sites if one.verdict is Verdict.NOT_READY]
    if shut:
        assert render.subject(report).startswith(("PROBLEM: ", "COULD NOT CHECK: "))
        assert report.facts.nagging
        assert report.steps
    if any(one.verdict is Verdict.UNKNOWN and not one.paused for one in diagnosis.sites):
        assert report.status is not Status.OK


@settings(max_examples=40, deadline=None)
@given(mornings())
def test_every_failure_is_told_be_it_known_or_not(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    practice, found, past = morning
    report = build(practice, a_round(found), diagnosed(found, past, practice), now=NOW)
    assert not render.subject(report).startswith("All OK") or all(one.status is Status.OK for one in found)
    text = " ".join(line for row in report.known for line in (row.says, *row.paragraphs))
    for incident in report.facts.incidents:
        if incident not in report.facts.nagging:
            assert incident.reference in text
    quiet = {one.reference for one in report.facts.incidents} - {one.reference for one in report.facts.nagging}
    assert quiet.isdisjoint(letter.subject.split()[0] for letter in render.letters(report))


@settings(max_examples=25, deadline=None)
@given(mornings())
def test_what_is_the_same_as_it_was_is_not_worse(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    practice, found, past = morning
    assert diagnosed(found, past, practice).ended == ()


@settings(max_examples=25, deadline=None)
@given(outcomes(), st.sampled_from([site.name for site in PRACTICE.sites]))
def test_a_paused_clinic_is_never_said_to_open(found: tuple[Outcome, ...], site: str) -> None:
    past = Past(pauses=(Pause(site, "", "Maria", "renovation", AT, UNTIL),))
    [answer] = [one for one in diagnosed(found, past).sites if one.site == site]
    assert (answer.paused, answer.verdict) == (True, Verdict.UNKNOWN)
    assert answer.says.startswith("paused until Thursday, 5:45 am (renovation); ")
    assert "can open" not in answer.says


def test_a_pause_of_a_place_that_the_config_no_longer_has_does_nothing() -> None:
    found = diagnosed((), Past(pauses=(Pause("Nowhere", "", "Maria", "x", AT, UNTIL),)))
    assert found.paused == ()
