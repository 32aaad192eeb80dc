"""Whatever a round holds: as long as one thing is not well, or nobody looked, the report does not say "All OK"."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.findings import Change, Diagnosis, Incident, ServiceVerdict, SiteVerdict, Verdict
from healthcheck.model import Outcome, Result, Status
from healthcheck.report import document as documents
from healthcheck.report import render
from healthcheck.report.build import build
from healthcheck.report.technical import technical
from tests.report.mornings import NOW, TOWNS, a_practice, a_round, all_outcomes, can_open

PRACTICE = a_practice(TOWNS[:3])
OUTCOMES = all_outcomes(PRACTICE, ("ping", "disk"))
BAD = st.sampled_from([Status.WARNING, Status.CRITICAL, Status.UNKNOWN])
STATUSES = st.sampled_from(Status)


def results(status: Status) -> tuple[Result, ...]:
    return (Result(status, "is as it is", "detail"),)


@st.composite
def rounds_with_one_bad_outcome(draw: st.DrawFn) -> tuple[Outcome, ...]:
    """Any statuses at all, at least one of them not OK or without a result."""
    statuses = draw(st.lists(STATUSES, min_size=len(OUTCOMES), max_size=len(OUTCOMES)))
    outcomes = [replace(outcome, results=results(status)) for outcome, status in zip(OUTCOMES, statuses, strict=True)]
    worse = draw(st.integers(0, len(outcomes) - 1))
    found = draw(st.one_of(st.just(()), BAD.map(results)))
    outcomes[worse] = replace(outcomes[worse], results=found)
    return tuple(outcomes)


@st.composite
def diagnoses(draw: st.DrawFn) -> Diagnosis:
    """Anything that a diagnosis could say, the too hopeful included."""
    names = [site.name for site in PRACTICE.sites]
    kept = draw(st.lists(st.sampled_from(names), unique=True))
    sites = tuple(SiteVerdict(name, draw(st.sampled_from(Verdict)), draw(STATUSES), draw(st.text())) for name in kept)
    services = draw(
        st.lists(STATUSES.map(lambda status: ServiceVerdict("Charts", status, tuple(names), True)), max_size=2)
    )
    incidents = draw(
        st.lists(
            STATUSES.map(lambda status: Incident("HC-1", OUTCOMES[0].key, status, "Pasadena", "x", "It is broken", "")),
            max_size=2,
        )
    )
    changes = draw(
        st.lists(STATUSES.map(lambda status: Change("Pasadena", "x", "It changed", status=status)), max_size=1)
    )
    cut_off = draw(st.sampled_from(["", "The office is cut off."]))
    fixed = tuple(draw(st.lists(st.sampled_from(incidents), max_size=1))) if incidents else ()
    return Diagnosis(sites, tuple(services), tuple(incidents), fixed, changes=tuple(changes), cut_off=cut_off)


TRIGGERS = st.sampled_from(["report", "hand", "watch"])


@settings(max_examples=150, deadline=None)
@given(rounds_with_one_bad_outcome(), st.one_of(st.just(Diagnosis(can_open(PRACTICE))), diagnoses()), TRIGGERS)
def test_a_bad_or_missing_outcome_never_reads_all_ok(
    outcomes: tuple[Outcome, ...], diagnosis: Diagnosis, trigger: str
) -> None:
    report = build(PRACTICE, a_round(PRACTICE, outcomes, trigger=trigger), diagnosis, now=NOW)
    assert not render.subject(report).startswith(("All OK", "OK", "FIXED"))
    assert report.status is not Status.OK
    assert "Nothing needs your attention" not in render.text(report)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(OUTCOMES), unique=True), diagnoses(), TRIGGERS)
def test_all_ok_is_said_only_when_every_clinic_was_seen_and_everything_is_well(
    outcomes: list[Outcome], diagnosis: Diagnosis, trigger: str
) -> None:
    report = build(PRACTICE, a_round(PRACTICE, tuple(outcomes), trigger=trigger), diagnosis, now=NOW)
    if render.subject(report).startswith("All OK"):
        assert {outcome.site for outcome in outcomes} == {site.name for site in PRACTICE.sites}
        assert {site.verdict for site in diagnosis.sites} == {Verdict.READY}
        statuses = [
            *(site.status for site in diagnosis.sites),
            *(service.status for service in diagnosis.services),
            *(incident.status for incident in diagnosis.incidents),
            *(change.status for change in diagnosis.changes),
        ]
        assert set(statuses) == {Status.OK}
        assert not diagnosis.cut_off


@settings(max_examples=60, deadline=None)
@given(rounds_with_one_bad_outcome(), diagnoses())
def test_every_planned_check_stands_in_the_ledger(outcomes: tuple[Outcome, ...], diagnosis: Diagnosis) -> None:
    report = build(PRACTICE, a_round(PRACTICE, outcomes), diagnosis, now=NOW)
    document = documents.json(report)
    missed = document["coverage"]["could_not_check"]  # type: ignore[index]  # its shape is tested elsewhere
    assert report.coverage.planned == len(outcomes)
    assert report.coverage.done + len(missed) == len(outcomes)
    ledger = technical(report).partition("LEDGER")[2]
    assert all(ledger.count(f" {outcome.key}: ") == 1 for outcome in outcomes)
