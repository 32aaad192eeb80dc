"""The JUnit form: every planned check is a case, and what nobody could check does not pass."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import junitparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.report.junit import CHANGED, THE_ROUND, junit
from healthcheck.report.page import Report
from tests.lab import need
from tests.report.mornings import MORNINGS, Morning, all_ok, charts_down, nothing_planned, old_backup, one_site_dark

SCHEMA = Path(__file__).parent.parent / "data" / "junit" / "junit.xsd"


def read(report: Report) -> junitparser.JUnitXml:
    """The report as a reader of such reports takes it in."""
    found = junitparser.JUnitXml.fromstring(junit(report).encode())
    assert isinstance(found, junitparser.JUnitXml)
    return found


def cases(report: Report, suite: str) -> dict[str, junitparser.TestCase]:
    """The cases of a suite by "class name"."""
    [found] = [one for one in read(report) if one.name == suite]
    return {f"{case.classname} {case.name}": case for case in found}


def verdict(case: junitparser.TestCase) -> tuple[str, str | None]:
    """What a build server makes of a case, and the words it shows."""
    if case.is_passed:
        return "passed", str(case.system_out).split("\n")[0]
    [result] = case.result
    return type(result).__name__.lower(), result.message


@pytest.mark.parametrize("morning", MORNINGS.values(), ids=MORNINGS)
def test_every_morning_keeps_the_schema(morning: Callable[[], Morning], tmp_path: Path) -> None:
    need("xmllint")
    path = tmp_path / "report.xml"
    path.write_text(junit(morning().report()))
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", SCHEMA, path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, f"{path} validates")


def test_every_planned_check_is_one_case_and_the_round_itself_another() -> None:
    report = one_site_dark().report()
    found = read(report)
    assert found.tests == len(report.facts.round.outcomes) + 1
    assert [suite.name for suite in found] == [THE_ROUND, *(site.name for site in report.facts.practice.sites)]
    assert len(cases(report, "Azusa")) == sum(outcome.site == "Azusa" for outcome in report.facts.round.outcomes)


def test_a_problem_fails_and_what_could_not_be_checked_is_an_error() -> None:
    azusa = cases(one_site_dark().report(), "Azusa")
    assert verdict(azusa["Azusa.azusa-router ping"]) == (
        "failure",
        "The internet box in Azusa did not answer 3 times in 6 seconds.",
    )
    assert verdict(azusa["Azusa.azusa-server disk"]) == (
        "error",
        "The server in Azusa could not be checked: the office cannot reach Azusa.",
    )
    [failed] = azusa["Azusa.azusa-router ping"].result
    assert (failed.type, failed.text) == ("Problem", "icmp: 3 sent, 0 received")


def test_a_look_passes_and_is_seen() -> None:
    report = old_backup().report()
    assert verdict(cases(report, "Pasadena")["Pasadena.pasadena-server backup"]) == (
        "passed",
        "Look: The server in Pasadena has no backup newer than 3 days.",
    )
    assert (read(report).failures, read(report).errors) == (0, 0)


def test_a_clinic_says_whether_it_can_open() -> None:
    [azusa] = Xml.fromstring(junit(one_site_dark().report())).findall("testsuite[@name='Azusa']")
    assert [(known.get("name"), known.get("value")) for known in azusa.iter("property")] == [
        ("verdict", "not_ready"),
        ("says", "cannot open normally: nothing there can be reached"),
    ]


def test_what_did_not_come_back_is_a_case_of_its_own() -> None:
    morning = charts_down()
    assert verdict(cases(morning.report(), "Main office")[f"Main office.main-office-server {CHANGED}"]) == (
        "passed",
        "Look: The charts in the main office did not start after the power cut.",
    )


def test_a_round_that_looked_at_nothing_does_not_pass() -> None:
    report = nothing_planned().report()
    [(name, case)] = cases(report, THE_ROUND).items()
    assert name == "healthcheck the round"
    assert verdict(case) == (
        "error",
        "Nobody knows yet whether the clinics can open. No check was planned, so nothing was checked.",
    )


def test_what_the_round_has_to_say_of_itself_is_seen() -> None:
    morning = all_ok()
    noted = replace(morning, round=morning.round.noting("The history could not be saved: the disk is full."))
    case = cases(noted.report(), THE_ROUND)["healthcheck the round"]
    assert case.is_passed
    assert str(case.system_out).startswith("Look: All 9 clinics can open.")
    assert str(case.system_out).endswith("\nThe history could not be saved: the disk is full.")


@pytest.mark.fault(52)
@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_whatever_a_machine_says_the_report_can_be_read(text: str) -> None:
    morning = one_site_dark()
    results = tuple(
        replace(outcome, results=tuple(replace(result, says=text, detail=text) for result in outcome.results))
        for outcome in morning.round.outcomes
    )
    report = replace(morning, round=replace(morning.round, outcomes=results)).report()
    assert read(report).tests == len(results) + 1
