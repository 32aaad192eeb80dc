"""Whatever a round finds: nothing is lost, nothing is told twice, the order changes nothing, and bad is never green."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis, EarlierRound, Past, PlacedEvent
from healthcheck.model import Event, EventKind, Outcome, Round, Status
from healthcheck.report import render
from healthcheck.report.build import build
from tests.diagnosis.scenario import an_outcome, read_config

PRACTICE, PLAN = read_config("practice.toml")
BEGUN = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
NOW = BEGUN.astimezone(PRACTICE.timezone)
FRIDAY = BEGUN - timedelta(days=3)
LINES = (
    "ok", "ok", "silent", "silent", "problem: is broken", "problem: is broken too", "wrong: answers, but not well",
    "look: is not as it was", "unknown: it refused our login", "unknown: nobody may look",
)  # fmt: skip
LABELS = [host.name for host in PRACTICE.hosts()]


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[Outcome, ...]:
    """A line for each planned check: whole sites and hosts are silent more often than chance would have it."""
    dark = draw(st.sets(st.sampled_from([site.name for site in PRACTICE.sites]), max_size=5))
    gone = draw(st.sets(st.sampled_from(LABELS), max_size=4))
    often = st.sampled_from(LINES if draw(st.booleans()) else LINES[:1] * 12 + LINES)
    found = []
    for planned in PLAN:
        silent = planned.site.name in dark or planned.host.name in gone
        found.append(an_outcome(planned, "silent" if silent else draw(often), BEGUN))
    return tuple(found)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Earlier rounds with any statuses, in any order of time, and any events."""
    minutes = draw(st.lists(st.integers(-60, 4320), max_size=8))
    rounds = tuple(
        EarlierRound(
            f"r{number}",
            draw(st.sampled_from(["watch", "report", "hand"])),
            FRIDAY + timedelta(minutes=minute),
            {planned.key: draw(st.sampled_from(Status)) for planned in PLAN if draw(st.booleans())},
        )
        for number, minute in enumerate(minutes)
    )
    good = {planned.key: FRIDAY for planned in PLAN if draw(st.booleans())}
    return Past(good, rounds=rounds, events=tuple(draw(st.lists(events(), max_size=8, unique_by=_on_record))))


def _on_record(placed: PlacedEvent) -> tuple[object, ...]:
    """What history holds only once."""
    return placed.site, placed.host, placed.event.source, placed.event.kind, placed.event.at


@st.composite
def events(draw: st.DrawFn) -> PlacedEvent:
    host = PRACTICE.host(draw(st.sampled_from(LABELS)))
    at = FRIDAY + timedelta(minutes=draw(st.integers(-600, 4300)))
    until = draw(st.none() | st.integers(0, 300).map(lambda minutes: at + timedelta(minutes=minutes)))
    earliest = draw(st.none() | st.integers(0, 300).map(lambda minutes: at - timedelta(minutes=minutes)))
    says, source = draw(st.sampled_from(["lost mains power", "restarted"])), draw(st.sampled_from(["a", "b"]))
    return PlacedEvent(host.site, host.name, Event(at, says, source, draw(st.sampled_from(EventKind)), until, earliest))


def a_round(found: tuple[Outcome, ...], trigger: str = "report") -> Round:
    return Round("r", PRACTICE.name, trigger, BEGUN, BEGUN + timedelta(seconds=40), found)


def diagnosed(found: tuple[Outcome, ...], past: Past, trigger: str = "report") -> Diagnosis:
    return diagnose(PRACTICE, a_round(found, trigger), past, NOW)


@settings(max_examples=80, deadline=None)
@given(outcomes(), pasts())
def test_every_failure_is_in_exactly_one_incident_and_nothing_else_is(found: tuple[Outcome, ...], past: Past) -> None:
    told = [key for one in diagnosed(found, past).incidents for key in (*one.keys, *one.consequences)]
    assert sorted(told) == sorted(outcome.key for outcome in found if outcome.status is not Status.OK)


@settings(max_examples=60, deadline=None)
@given(outcomes(), pasts(), st.randoms(use_true_random=False))
def test_the_order_of_the_checks_changes_nothing(found: tuple[Outcome, ...], past: Past, chance: Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert repr(diagnosed(tuple(shuffled), past)) == repr(diagnosed(found, past))


@settings(max_examples=30, deadline=None)
@given(outcomes(), pasts())
def test_the_same_in_gives_the_same_out(found: tuple[Outcome, ...], past: Past) -> None:
    again = tuple(replace(outcome) for outcome in found)
    first, second = diagnosed(found, past), diagnosed(again, replace(past, events=past.events[::-1]))
    texts = [render.text(build(PRACTICE, a_round(found), one, now=NOW)) for one in (first, second)]
    assert texts[0] == texts[1]


@settings(max_examples=40, deadline=None)
@given(outcomes(), st.integers(0, len(PLAN) - 1))
def test_a_check_that_is_taken_away_changes_the_count(found: tuple[Outcome, ...], which: int) -> None:
    less = found[:which] + found[which + 1 :]
    lines = [build(PRACTICE, a_round(one), diagnosed(one, Past()), now=NOW).coverage.says for one in (found, less)]
    assert lines[0] != lines[1]


@settings(max_examples=60, deadline=None)
@given(outcomes(), pasts(), st.integers(0, len(PLAN) - 1), st.sampled_from(["report", "hand", "watch"]))
def test_a_failure_or_a_missing_answer_is_never_green(
    found: tuple[Outcome, ...], past: Past, which: int, trigger: str
) -> None:
    if all(outcome.status is Status.OK for outcome in found):
        found = (*found[:which], replace(found[which], results=()), *found[which + 1 :])
    report = build(PRACTICE, a_round(found, trigger), diagnosed(found, past, trigger), now=NOW)
    assert not render.subject(report).startswith(("All OK", "OK", "FIXED"))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from([planned.key for planned in PLAN]), max_size=len(PLAN) - 1))
def test_all_ok_is_only_said_of_clinics_that_were_looked_at(left_out: set[str]) -> None:
    found = tuple(an_outcome(planned, "ok", BEGUN) for planned in PLAN if planned.key not in left_out)
    subject = render.subject(build(PRACTICE, a_round(found), diagnosed(found, Past()), now=NOW))
    needed = {"main-db", "charts-web"}
    seen = {outcome.host for outcome in found}
    if not needed <= seen or {outcome.site for outcome in found} != {site.name for site in PRACTICE.sites}:
        assert not subject.startswith("All OK")


@settings(max_examples=60, deadline=None)
@given(st.lists(outcomes(), min_size=2, max_size=5))
def test_a_reference_is_given_once_kept_while_the_cause_lasts_and_never_shared(
    mornings: list[tuple[Outcome, ...]],
) -> None:
    past, before, given_out = Past(), dict[tuple[str, bool], str](), set[str]()
    for found in mornings:
        diagnosis = diagnosed(found, past)
        now = {(one.cause, one.status is Status.UNKNOWN): one.reference for one in diagnosis.incidents}
        assert len(set(now.values())) == len(diagnosis.incidents)
        assert {one.reference for one in diagnosis.fixed}.isdisjoint(now.values())
        assert all(now[cause] == reference for cause, reference in before.items() if cause in now)
        given_out |= set(now.values())
        over = {one.reference for one in diagnosis.fixed}
        hidden = [one for one in past.open_incidents if one.reference not in {*now.values(), *over}]
        past = Past(open_incidents=(*hidden, *diagnosis.incidents), references=tuple(sorted(given_out)))
        before = now


@settings(max_examples=60, deadline=None)
@given(outcomes(), pasts())
def test_the_story_is_dated_in_order_and_not_endless(found: tuple[Outcome, ...], past: Past) -> None:
    story = diagnosed(found, past).story
    assert [line.at for line in story] == sorted(line.at for line in story)
    assert len(story) <= 21
    assert all(line.says[0].isupper() and line.says.endswith(".") for line in story)
