"""Whatever is acknowledged, paused or planned: it changes how a finding nags, never what is found, nor what is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis, Past, Sampled, Verdict
from healthcheck.history.known import as_it_is
from healthcheck.known import Acknowledgement, Ended, Pause, shape
from healthcheck.model import Maintenance, Metric, Outcome, Practice, Previous, Status
from healthcheck.report import render
from healthcheck.report.build import build
from tests.diagnosis.scenario import an_outcome
from tests.diagnosis.test_properties import BEGUN, NOW, PLAN, PRACTICE, a_round, outcomes

AT, UNTIL = BEGUN - timedelta(hours=3), BEGUN + timedelta(days=3)
PLACES = [*((site.name, "") for site in PRACTICE.sites), *((host.site, host.name) for host in PRACTICE.hosts())]
BACKUP, DISK = "Azusa/azusa-server/backup", "Azusa/azusa-server/disk"
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
    left_out = draw(st.sets(st.sampled_from(HOSTS), max_size=6))
    found = tuple(outcome for outcome in draw(outcomes()) if outcome.host not in left_out)
    practice = draw(practices())
    before = diagnosed(found, Past())
    previous = {outcome.key: Previous(BEGUN, outcome.status) for outcome in found}
    known = draw(st.lists(st.sampled_from(before.incidents), unique=True)) if before.incidents else []
    given_before = tuple(
        as_it_is(one, previous, before.changes, by="Maria", note="drive ordered", at=AT, until=UNTIL) for one in known
    )
    past = Past(open_incidents=before.incidents, acknowledged=given_before, pauses=draw(pauses()))
    return practice, found, past


@settings(max_examples=40, deadline=None)
@given(mornings())
def test_what_is_known_changes_nothing_that_is_found(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    practice, found, past = morning
    plain, known = diagnosed(found, replace(past, acknowledged=(), pauses=())), diagnosed(found, past, practice)
    assert [replace(one, known=None) for one in known.incidents] == list(plain.incidents)
    assert [replace(one, quiet=False) for one in known.services] == list(plain.services)
    paused = {place.site for place in known.paused}
    for now, before in zip(known.sites, plain.sites, strict=True):
        if now.site not in paused:
            assert (now.verdict, now.status) == (before.verdict, before.status)
            assert now.nags is None or now.verdict in (Verdict.READY, Verdict.LIMITED)
        elif any(one.site == now.site and one.status is not Status.OK for one in found):
            assert now.status is not Status.OK


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


@settings(max_examples=25, deadline=None)
@given(mornings())
def test_where_nobody_knows_of_anything_nothing_is_quiet(morning: tuple[Practice, tuple[Outcome, ...], Past]) -> None:
    _, found, past = morning
    diagnosis = diagnosed(found, replace(past, acknowledged=(), pauses=()))
    assert (diagnosis.quiet, diagnosis.quiet_keys, diagnosis.paused) == ((), frozenset(), ())
    assert not any(service.quiet for service in diagnosis.services)
    assert all((one.paused, one.nags) == (False, None) for one in diagnosis.sites)


def acknowledged(**changed: Any) -> tuple[tuple[Outcome, ...], Past]:
    """A backup that fails, and what was once said of it."""
    found = tuple(
        an_outcome(planned, "problem: has no backup" if planned.key == BACKUP else "ok", BEGUN) for planned in PLAN
    )
    [incident] = diagnosed(found, Past()).incidents
    said = as_it_is(incident, {}, (), by="Maria", note="drive ordered", at=AT, until=UNTIL)
    return found, Past(open_incidents=(incident,), acknowledged=(replace(said, **changed),))


def told(found: tuple[Outcome, ...], past: Past) -> str:
    """What is said of it, and whether that keeps it quiet."""
    [incident] = diagnosed(found, past).incidents
    return f"{incident.known.quiet} {incident.known.says}" if incident.known else "nothing"


def test_what_holds_keeps_it_quiet() -> None:
    assert told(*acknowledged()) == "True Acknowledged today by Maria until Thursday, 5:45 am: drive ordered."


def test_what_was_taken_back_is_not_spoken_of() -> None:
    assert told(*acknowledged(ended_at=AT, ended=Ended.REMOVED)) == "nothing"


def test_what_was_mended_and_told_is_spoken_of_when_it_fails_again_before_the_time_is_over() -> None:
    found, past = acknowledged(ended_at=AT, ended=Ended.MENDED)
    [said] = past.acknowledged
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "False Acknowledged today by Maria (drive ordered), but it was mended and failed again."),
        ({"until": AT}, "nothing"),
        ({"ended": None}, "nothing"),
        ({"ended": Ended.WORSE}, "nothing"),
    )
    for changed, says in cases:
        other = replace(said, reference="HC-1", **changed)
        assert told(found, Past(acknowledged=(other,))) == says


def test_a_clinic_of_which_nothing_could_be_looked_at_is_not_hidden() -> None:
    lines = {planned.key: "unknown: it refused our login" for planned in PLAN if planned.site.name == "Azusa"}
    found = tuple(an_outcome(planned, lines.get(planned.key, "ok"), BEGUN) for planned in PLAN)
    [incident] = diagnosed(found, Past()).incidents
    said = as_it_is(incident, {}, (), by="Maria", note="new key", at=AT, until=UNTIL)
    assert told(found, Past(open_incidents=(incident,), acknowledged=(said,))) == (
        "False Acknowledged today by Maria until Thursday, 5:45 am: new key. It is told all the same: nobody knows "
        "whether Azusa can open."
    )


def changing(trigger: str, *said: str, until: datetime = UNTIL) -> Diagnosis:
    """A round in which a disk is almost full, after somebody acknowledged these sentences of that host."""
    given = Acknowledgement(
        "Azusa/azusa-server", "Azusa/azusa-server", "", "Maria", "drive ordered", AT, until, Status.WARNING, {},
        changes=said,
    )  # fmt: skip
    left = Metric("free bytes /", 5e9, "B")
    well = [an_outcome(planned, "ok", BEGUN) for planned in PLAN]
    found = tuple(
        replace(one, results=(replace(one.results[0], metric=left),)) if one.key == DISK else one for one in well
    )
    course = tuple(Sampled(BEGUN - timedelta(days=days), 5e9 + days * 1e9) for days in range(14, 0, -1))
    past = Past(acknowledged=(given,), metrics={(DISK, left.name): course})
    return diagnose(PRACTICE, a_round(found, trigger), past, NOW)


def test_what_did_not_come_back_is_known_by_its_words_and_over_when_a_report_misses_it() -> None:
    [full] = changing("report").changes
    assert (full.known, full.says) == (None, "The main disk of the server in Azusa is almost full: about 5 days left.")
    [quiet] = (known := changing("report", shape(full.says))).changes
    assert (quiet.known and quiet.known.says, known.ended) == (
        "Acknowledged today by Maria until Thursday, 5:45 am: drive ordered.", (),
    )  # fmt: skip
    [over] = changing("report", shape(full.says), until=AT).changes
    assert over.known is None
    other = changing("report", "The server in Azusa has lost one of its drives.")
    assert ([one.known for one in other.changes], [one.ended for one in other.ended]) == ([None], [Ended.MENDED])
    assert changing("hand", "The server in Azusa has lost one of its drives.").ended == ()


def test_a_pause_of_a_place_that_the_config_no_longer_has_does_nothing() -> None:
    found = diagnosed((), Past(pauses=(Pause("Nowhere", "", "Maria", "x", AT, UNTIL),)))
    assert found.paused == ()
