from __future__ import annotations

from dataclasses import replace

import pytest

from healthcheck.findings import Verdict
from healthcheck.model import Status
from healthcheck.report import render
from tests.report.mornings import (
    MORNINGS,
    TOWNS,
    Morning,
    all_ok,
    charts_down,
    cut_off,
    nothing_checked,
    old_backup,
    one_site_dark,
)

SUBJECTS = {
    "all-ok": "All OK: 9 of 9 clinics can open - Mon Nov 23",
    "fixed": "FIXED: 9 of 9 clinics can open - Mon Nov 23",
    "look-old-backup": "LOOK: 9 of 9 can open, 1 thing to see to - Pasadena - Mon Nov 23",
    "problem-charts-down": "PROBLEM: no clinic can open - Patient charts - Mon Nov 23",
    "problem-one-site-dark": "PROBLEM: Azusa cannot open, 8 can - Mon Nov 23",
    "could-not-check-anything": "COULD NOT CHECK: nothing is known - Mon Nov 23",
    "could-not-check-nothing-planned": "COULD NOT CHECK: nothing is known - Mon Nov 23",
    "could-not-check-cut-off": "COULD NOT CHECK: 8 of 9 clinics - Main office - Mon Nov 23",
    "look-two-hundred-clinics": "LOOK: 200 of 200 can open, 3 things to see to - Clinic 5 and 5 more - Mon Nov 23",
}


@pytest.mark.parametrize(("name", "subject"), SUBJECTS.items(), ids=SUBJECTS)
def test_the_subject_names_the_state_the_answer_and_the_day(name: str, subject: str) -> None:
    assert render.subject(MORNINGS[name]().report()) == subject


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("all-ok", "All OK: 9 of 9 clinics can open"),
        ("fixed", "FIXED: 9 of 9 clinics can open"),
        ("look-old-backup", "LOOK: 9 of 9 can open"),
        ("problem-charts-down", "PROBLEM: no clinic can open"),
        ("problem-one-site-dark", "PROBLEM: Azusa cannot open, 8 can"),
        ("could-not-check-anything", "COULD NOT CHECK: nothing is known"),
        ("could-not-check-cut-off", "COULD NOT CHECK: 8 of 9 clinics"),
        ("look-two-hundred-clinics", "LOOK: 200 of 200 can open"),
    ],
)
def test_the_first_35_characters_hold_the_whole_answer(name: str, start: str) -> None:
    assert render.subject(MORNINGS[name]().report())[:35].startswith(start)


def test_a_late_report_says_so_first() -> None:
    late = replace(all_ok(), late="the office computer was off until 7:50 am")
    assert render.subject(late.report()) == "LATE: All OK, 9 of 9 clinics can open - Mon Nov 23"
    assert late.report().late == "The office computer was off until 7:50 am."
    assert "The office computer was off until 7:50 am." in render.text(late.report())


def _with_verdicts(morning: Morning, *verdicts: Verdict) -> Morning:
    """The morning with the first clinics' answers replaced."""
    sites = list(morning.diagnosis.sites)
    for number, verdict in enumerate(verdicts):
        sites[number] = replace(sites[number], verdict=verdict, says="", status=Status.OK)
    return replace(morning, diagnosis=replace(morning.diagnosis, sites=tuple(sites)))


@pytest.mark.parametrize(
    ("verdicts", "subject", "headline"),
    [
        pytest.param(
            [Verdict.NOT_READY, Verdict.NOT_READY],
            "PROBLEM: 2 of 9 cannot open - Main office and Pasadena - Mon Nov 23",
            "Main office and Pasadena cannot open normally. The other 7 clinics can open.",
            id="problem-two-closed",
        ),
        pytest.param(
            [Verdict.NOT_READY] * 4,
            "PROBLEM: 4 of 9 cannot open - Main office and 3 more - Mon Nov 23",
            "4 of 9 clinics cannot open normally. The other 5 clinics can open.",
            id="problem-four-closed",
        ),
        pytest.param(
            [Verdict.NOT_READY] * 8,
            "PROBLEM: 8 of 9 cannot open - Main office and 7 more - Mon Nov 23",
            "8 of 9 clinics cannot open normally. Sierra Madre can open.",
            id="problem-one-left",
        ),
        pytest.param(
            [Verdict.NOT_READY, Verdict.UNKNOWN, Verdict.UNKNOWN],
            "PROBLEM: Main office cannot open, 6 can - Mon Nov 23",
            "Main office cannot open normally. Nobody knows yet whether Pasadena and Glendale can open. "
            "The other 6 clinics can open.",
            id="problem-one-closed-two-unknown",
        ),
        pytest.param(
            [Verdict.NOT_READY, Verdict.NOT_READY, Verdict.UNKNOWN],
            "PROBLEM: 2 of 9 cannot open, 1 not known - Main office and Pasadena - Mon Nov 23",
            "Main office and Pasadena cannot open normally. Nobody knows yet whether Glendale can open. "
            "The other 6 clinics can open.",
            id="problem-two-closed-one-unknown",
        ),
        pytest.param(
            [Verdict.UNKNOWN],
            "COULD NOT CHECK: Main office, 8 can open - Mon Nov 23",
            "Nobody knows yet whether Main office can open. The other 8 clinics can open.",
            id="could-not-check-one",
        ),
        pytest.param(
            [Verdict.UNKNOWN] * 5,
            "COULD NOT CHECK: 5 of 9 clinics - Mon Nov 23",
            "Nobody knows yet whether 5 of 9 clinics can open. The other 4 clinics can open.",
            id="could-not-check-five",
        ),
    ],
)
def test_every_mix_of_answers_has_its_words(verdicts: list[Verdict], subject: str, headline: str) -> None:
    report = _with_verdicts(all_ok(), *verdicts).report()
    assert (render.subject(report), report.headline) == (subject, headline)


def test_a_long_name_is_counted_so_that_the_answer_still_stands_first() -> None:
    towns = ("Rancho Santa Margarita West", *TOWNS[1:])
    report = _with_verdicts(all_ok(towns), Verdict.NOT_READY).report()
    assert render.subject(report)[:35].startswith("PROBLEM: 1 of 9 cannot open")


def test_accents_become_plain_letters() -> None:
    towns = ("La Cañada", *TOWNS[1:])
    report = _with_verdicts(all_ok(towns), Verdict.NOT_READY).report()
    assert render.subject(report) == "PROBLEM: La Canada cannot open, 8 can - Mon Nov 23"


@pytest.mark.parametrize(
    ("towns", "headline"),
    [(("Azusa",), "Azusa can open."), (TOWNS[:2], "Both clinics can open."), (TOWNS[:3], "All 3 clinics can open.")],
)
def test_a_small_group_is_spoken_of_naturally(towns: tuple[str, ...], headline: str) -> None:
    assert all_ok(towns).report().headline == headline


def test_the_same_morning_gives_the_same_report_byte_for_byte() -> None:
    for make in (charts_down, cut_off, nothing_checked, old_backup, one_site_dark):
        assert render.message(make().report()) == render.message(make().report())


@pytest.mark.parametrize("name", MORNINGS)
def test_every_subject_is_one_line_of_plain_ascii_and_short(name: str) -> None:
    subject = render.subject(MORNINGS[name]().report())
    assert subject.isascii() and subject.isprintable() and len(subject) <= 100
