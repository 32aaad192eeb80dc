"""The metrics: Prometheus' own reader takes them, every check has its status, and nothing makes series without end."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthcheck.findings import Known
from healthcheck.model import Metric, Result, Status
from healthcheck.report.page import Report
from healthcheck.report.prometheus import MOST_MEASURED, prometheus
from tests.lab import need
from tests.report.mornings import (
    MORNINGS,
    NOW,
    Morning,
    a_practice,
    all_ok,
    an_outcome,
    charts_down,
    hostile,
    old_backup,
    one_site_dark,
)


def written(report: Report) -> str:
    return prometheus(report, report.status)


def lines(text: str, family: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(rf"{family}[ {{]", line)]


def with_metrics(*metrics: Metric) -> Report:
    """A round of one check that measured these."""
    morning = all_ok()
    [server] = [host for host in morning.practice.hosts() if host.name == "pasadena-server"]
    outcome = an_outcome(server, "nagios", *(Result(Status.OK, "is well", metric=metric) for metric in metrics))
    return replace(morning, round=replace(morning.round, outcomes=(outcome,))).report()


def promtool(text: str) -> subprocess.CompletedProcess[str]:
    """What Prometheus' own checker makes of it: whether it can be read, and whether it keeps the customs."""
    need("promtool")
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("morning", MORNINGS.values(), ids=MORNINGS)
def test_prometheus_reads_every_morning_and_finds_no_fault(morning: Callable[[], Morning]) -> None:
    done = promtool(written(morning().report()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("morning", MORNINGS.values(), ids=MORNINGS)
def test_no_series_and_no_heading_stands_there_twice(morning: Callable[[], Morning]) -> None:
    text = written(morning().report()).splitlines()
    series = [line.rpartition(" ")[0] for line in text if not line.startswith("#")]
    headings = [" ".join(line.split(" ")[:3]) for line in text if line.startswith("#")]
    assert len(series) == len(set(series))
    assert len(headings) == len(set(headings))


def test_every_planned_check_has_its_status() -> None:
    report = one_site_dark().report()
    text = written(report)
    status = "healthcheck_check_status"
    assert len(lines(text, status)) == len(report.facts.round.outcomes)
    assert f'{status}{{site="Azusa",host="azusa-router",kind="ping"}} 2' in text
    assert f'{status}{{site="Azusa",host="azusa-server",kind="disk"}} 3' in text
    assert f'{status}{{site="Pasadena",host="pasadena-server",kind="disk"}} 0' in text


def test_a_check_with_a_name_of_its_own_is_told_by_it() -> None:
    morning = all_ok()
    first = replace(morning.round.outcomes[0], key=f"{morning.round.outcomes[0].key}/front desk")
    text = written(replace(morning, round=replace(morning.round, outcomes=(first,))).report())
    assert lines(text, "healthcheck_check_status") == [
        'healthcheck_check_status{site="Main office",host="main-office-router",kind="ping",name="front desk"} 0'
    ]


def test_the_round_says_when_it_was_over_how_it_ended_and_which_clinics_can_open() -> None:
    report = one_site_dark().report()
    text = written(report)
    assert lines(text, "healthcheck_round_finished_timestamp_seconds") == [
        "healthcheck_round_finished_timestamp_seconds 1795441620"
    ]
    assert lines(text, "healthcheck_status") == ["healthcheck_status 2"]
    assert lines(text, "healthcheck_checks") == [
        'healthcheck_checks{status="ok"} 80',
        'healthcheck_checks{status="look"} 0',
        'healthcheck_checks{status="problem"} 2',
        'healthcheck_checks{status="could_not_check"} 8',
    ]
    assert [line for line in lines(text, "healthcheck_site_verdict") if 'site="Azusa"' in line] == [
        'healthcheck_site_verdict{site="Azusa",verdict="ready"} 0',
        'healthcheck_site_verdict{site="Azusa",verdict="limited"} 0',
        'healthcheck_site_verdict{site="Azusa",verdict="not_ready"} 1',
        'healthcheck_site_verdict{site="Azusa",verdict="unknown"} 0',
    ]
    assert lines(text, "healthcheck_incident_status") == [
        'healthcheck_incident_status{site="Azusa",host="azusa-router",cause="Azusa/azusa-router"} 2'
    ]


def test_an_incident_that_somebody_knows_of_is_marked_and_as_bad_as_it_is() -> None:
    morning = old_backup()
    [incident] = morning.diagnosis.incidents
    heeded = replace(incident, known=Known("Known until Friday: drive ordered (Maria).", True, NOW))
    text = written(replace(morning, diagnosis=replace(morning.diagnosis, incidents=(heeded,))).report())
    labels = 'site="Pasadena",host="pasadena-server",cause="Pasadena/pasadena-server/backup"'
    assert f"healthcheck_incident_known{{{labels}}} 1\n" in text
    assert f"healthcheck_incident_status{{{labels}}} 1\n" in text
    assert f"healthcheck_incident_known{{{labels}}} 0\n" in written(morning.report())


def test_a_service_that_is_down_is_told() -> None:
    assert lines(written(charts_down().report()), "healthcheck_service_status") == [
        'healthcheck_service_status{service="Patient charts",essential="yes"} 2'
    ]


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        (Metric("rtt", 0.25, "s"), '_seconds{_,metric="rtt"} 0.25'),
        (Metric("age", 1.5, "h"), '_seconds{_,metric="age"} 5400'),
        (Metric("rta", 12.5, "ms"), '_seconds{_,metric="rta"} 0.0125'),
        (Metric("free /var", 3.1, "%"), '_ratio{_,metric="free /var"} 0.031'),
        (Metric("size", 8e9, "B"), '_bytes{_,metric="size"} 8000000000'),
        (Metric("temperature", -3, "°C"), '_celsius{_,metric="temperature"} -3'),
        (Metric("users", 4), '{_,metric="users"} 4'),
        (Metric("/", 812, "MB"), '_other{_,metric="/",unit="MB"} 812'),
    ],
    ids=["seconds", "hours", "milliseconds", "a share", "bytes", "degrees", "a count", "a unit nobody agrees on"],
)
def test_a_number_is_told_in_its_base_unit(metric: Metric, line: str) -> None:
    labels = 'site="Pasadena",host="pasadena-server",kind="nagios"'
    assert f"\nhealthcheck_measured{line}\n".replace("_,", f"{labels},") in written(with_metrics(metric))


def test_what_is_no_number_is_left_out() -> None:
    assert "healthcheck_measured" not in written(with_metrics(Metric("a", float("nan")), Metric("b", float("inf"))))


def test_a_plug_in_that_makes_names_up_fills_nobodys_database() -> None:
    text = written(with_metrics(*(Metric(f"made up {number}", number) for number in range(5_000))))
    assert len(lines(text, "healthcheck_measured")) == MOST_MEASURED


def test_two_numbers_of_one_name_are_one_series() -> None:
    text = written(with_metrics(Metric("x" * 150 + "a", 1), Metric("x" * 150 + "b", 2)))
    [line] = lines(text, "healthcheck_measured")
    assert line.endswith('…"} 1')
    assert promtool(text).returncode == 0


@pytest.mark.fault(52)
@pytest.mark.parametrize(
    ("name", "label"),
    [('a"b', r"a\"b"), ("a\nb", r"a\nb"), ("a\\b", r"a\\b"), ('\\"\n', r"\\\"\n")],
    ids=["quote", "line break", "backslash", "all"],
)
def test_a_name_cannot_leave_its_label(name: str, label: str) -> None:
    practice = replace(a_practice(), name=name)
    morning = all_ok()
    text = written(replace(morning, practice=practice, round=replace(morning.round, practice=name)).report())
    [line] = lines(text, "healthcheck_info")
    assert line.endswith(f'practice="{label}"}} 1')
    assert promtool(text).returncode == 0


def test_hostile_names_of_numbers_are_read_back() -> None:
    text = written(hostile().report())
    assert 'metric="{{7*7}}{% raw %}"' in text
    assert len(text) < 200_000


def series(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.fault(52)
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(max_size=8), st.floats())
def test_whatever_is_measured_each_line_is_one_series_and_one_number(name: str, unit: str, value: float) -> None:
    for line in series(written(with_metrics(Metric(name, value, unit)))):
        assert re.fullmatch(r'[a-z_]+(\{([a-z]+="([^"\\\n]|\\[\\n"])*",?)+\})? -?[0-9.]+(e[-+][0-9]+)?', line)
