"""The round as one plug-in: what a monitoring system reads out of it is what was found."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nagiosplugin import Range

from healthcheck.check import Completed, Planned
from healthcheck.checks.disk import Disk
from healthcheck.checks.nagios import output
from healthcheck.model import Levels, Metric, Result, Status
from healthcheck.report.nagios import MOST_BYTES, nagios, range_of
from healthcheck.report.page import Report
from tests.lab import need
from tests.report.mornings import (
    MORNINGS,
    Morning,
    all_ok,
    an_outcome,
    charts_down,
    hostile,
    old_backup,
    two_hundred,
)

READER = """
use strict; use JSON::PP; use Monitoring::Plugin::Performance;
local $/; my @read;
for my $one (Monitoring::Plugin::Performance->parse_perfstring(<STDIN>)) {
    my ($warning, $critical) = ($one->threshold->warning, $one->threshold->critical);
    push @read, [$one->label, $one->value + 0, $one->uom // "", "$warning", "$critical", $one->min, $one->max];
}
print encode_json(\\@read);
"""
"""The Perl library that many plug-ins are written with reads the numbers, ranges and all."""


@dataclass(frozen=True)
class Number:
    """One number as the reader takes it in."""

    label: str
    value: float
    unit: str = ""
    warning: str = ""
    critical: str = ""
    least: float | None = None
    most: float | None = None


def plan(report: Report) -> list[Planned]:
    """The checks of a round, all of them as disks are checked."""
    sites, hosts = {site.name: site for site in report.facts.practice.sites}, report.facts.hosts
    return [
        Planned(one.key, sites[one.site], hosts[one.host], Disk(), 5.0, 1)
        for one in report.facts.round.outcomes
    ]  # fmt: skip


def answer(report: Report) -> str:
    return nagios(report, report.status, plan(report))


def numbers(text: str) -> dict[str, Number]:
    """What stands behind the bars, in both places."""
    need("perl", "/usr/share/perl5/Monitoring/Plugin/Performance.pm")
    first, _, rest = text.partition("\n")
    data = f"{first.partition('|')[2]} {rest.partition('|')[2]}"
    done = subprocess.run(["perl", "-e", READER], input=data, capture_output=True, text=True, check=True)
    read = [
        Number(*one[:5], *(None if bound in (None, "") else float(bound) for bound in one[5:]))
        for one in json.loads(done.stdout)
    ]
    assert len({number.label for number in read}) == len(read)
    return {number.label: number for number in read}


def measuring(metric: Metric, status: Status = Status.OK) -> Report:
    """A round of one check that measured this."""
    morning = all_ok()
    [server] = [host for host in morning.practice.hosts() if host.name == "pasadena-server"]
    outcome = an_outcome(server, "disk", Result(status, "is well", metric=metric))
    return replace(morning, round=replace(morning.round, outcomes=(outcome,))).report()


def test_the_first_line_has_the_status_and_the_answer() -> None:
    assert answer(charts_down().report()).partition(" | ")[0] == (
        "HEALTHCHECK CRITICAL: No clinic can open normally. Charts and scheduling will not open."
    )
    assert answer(old_backup().report()).partition(" | ")[0] == (
        "HEALTHCHECK WARNING: All 9 clinics can open. One thing needs a look. "
        "The newest backup in Pasadena is 3 days old."
    )
    assert answer(all_ok().report()).partition(" | ")[0] == (
        "HEALTHCHECK OK: All 9 clinics can open. Nothing needs your attention today."
    )


def test_a_part_of_the_plan_answers_for_itself_and_for_no_clinic() -> None:
    well, bad = all_ok().report(), charts_down().report()
    assert nagios(well, Status.OK, plan(well), whole=False).partition(" | ")[0] == (
        "HEALTHCHECK OK: What was looked at is well. All 90 checks were done."
    )
    assert nagios(bad, Status.CRITICAL, plan(bad), whole=False).partition(" | ")[0] == (
        "HEALTHCHECK CRITICAL: The server in the main office runs, but the charts on it do not answer."
    )


def test_the_long_text_has_every_problem_and_what_could_not_be_checked() -> None:
    assert answer(old_backup().report()).partition("\n")[2].partition("\n|")[0].splitlines() == [
        "Look The newest backup in Pasadena is 3 days old. [HC-20261123-1]",
        "First seen Saturday, 5:46 am (2 days ago). Last seen well Friday, 5:46 am.",
        "Where to find the server in Pasadena: back office, under the desk.",
        "All 90 checks were done.",
    ]


def test_what_would_not_fit_is_said_and_what_has_limits_comes_first() -> None:
    morning = two_hundred()
    last = morning.round.outcomes[-1]
    free = replace(last, results=(Result(Status.OK, "has room", metric=Metric("free /", 50, "%")),))
    report = replace(morning, round=replace(morning.round, outcomes=(*morning.round.outcomes[:-1], free))).report()
    text = answer(report)
    measured = sum(len(outcome.metrics) for outcome in report.facts.round.outcomes)
    read = [label for label in numbers(text) if "/" in label]
    assert f"\n{measured - len(read):,} more numbers would not fit here; one clinic at a time (--site)" in text
    assert read[0] == f"{last.key} free /"


@pytest.mark.fault(66)
def test_a_bar_in_the_words_begins_no_numbers() -> None:
    morning = old_backup()
    [incident] = morning.diagnosis.incidents
    spoilt = replace(morning.diagnosis, incidents=(replace(incident, says="Old | size=1B | x."),))
    text = answer(replace(morning, diagnosis=spoilt).report())
    first, *rest = text.splitlines()
    assert first.startswith(
        "HEALTHCHECK WARNING: All 9 clinics can open. One thing needs a look. Old / size=1B / x. | "
    )
    assert rest[0] == "Look Old / size=1B / x. [HC-20261123-1]"
    assert text.count("|") == 2


def test_the_counts_are_numbers_on_the_first_line() -> None:
    first = answer(old_backup().report()).splitlines()[0]
    assert list(numbers(first).values()) == [
        Number("checks", 90, least=0),
        Number("ok", 89, least=0, most=90),
        Number("look", 1, least=0, most=90),
        Number("problem", 0, least=0, most=90),
        Number("could not check", 0, least=0, most=90),
        Number("time", 120, "s", least=0),
    ]


@pytest.mark.parametrize(
    ("metric", "status", "number"),
    [
        (Metric("free /var", 12.5, "%"), Status.WARNING, Number("", 12.5, "%", "15:", "5:", 0, 100)),
        (Metric("rtt", 0.0000123456789, "s"), Status.OK, Number("", 0.0000123457, "s")),
        (Metric("size", 3e15, "B"), Status.OK, Number("", 3e15, "B")),
        (Metric("age", 1.5, "h"), Status.OK, Number("", 5400, "s")),
        (Metric("sent", 77, "c"), Status.OK, Number("", 77, "c")),
        (Metric("temperature", -4, "°C"), Status.OK, Number("", -4)),
    ],
    ids=["with its limits", "small", "large", "hours", "a counter", "a unit that the format has not"],
)
def test_a_number_comes_with_its_unit_and_its_limits(metric: Metric, status: Status, number: Number) -> None:
    label = f"Pasadena/pasadena-server/disk {metric.name}"
    assert numbers(answer(measuring(metric, status)))[label] == replace(number, label=label)


@settings(max_examples=300, deadline=None)
@given(
    st.floats(-1e6, 1e6).map(lambda number: round(number, 4)),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 4)),
    st.booleans(),
)
def test_a_range_alerts_where_the_limit_does(limit: float, value: float, falling: bool) -> None:
    levels = Levels(critical=limit, falling=falling)
    for measured in (value, limit):
        well = levels.judge(measured) is Status.OK
        assert Range(range_of(levels, limit, 1)).match(measured) is well


@pytest.mark.parametrize("morning", MORNINGS.values(), ids=MORNINGS)
def test_our_own_check_of_plug_ins_reads_every_morning(morning: Callable[[], Morning]) -> None:
    report = morning().report()
    text = answer(report)
    assert len(text.encode()) <= MOST_BYTES
    read = output(Completed("healthcheck", report.status.value, text, ""))
    assert read.status is report.status
    assert read.text.startswith(f"HEALTHCHECK {report.status.name}: ")
    assert set(read.notes) <= {"performance data cut after 50 items"}  # of its own accord; none was a riddle to it
    found = {status: sum(one.status is status for one in report.facts.round.outcomes) for status in Status}
    assert {metric.name: metric.value for metric in read.metrics}["problem"] == found[Status.CRITICAL]


@pytest.mark.fault(66)
@pytest.mark.parametrize("morning", [hostile, two_hundred], ids=["hostile text", "two hundred clinics"])
def test_no_number_is_cut_in_half_and_no_text_begins_the_numbers(morning: Callable[[], Morning]) -> None:
    report = morning().report()
    read = numbers(answer(report))
    known = {
        round(metric.value, 6) for outcome in report.facts.round.outcomes for metric in outcome.metrics
    }  # fmt: skip
    measured = [number for label, number in read.items() if "/" in label]
    assert measured
    assert {round(number.value, 6) for number in measured} <= known


@pytest.mark.fault(66)
@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_whatever_a_number_is_called_it_is_read_as_one(name: str) -> None:
    read = output(Completed("healthcheck", 0, answer(measuring(Metric(name, 0.5, "s"))), ""))
    [metric] = [metric for metric in read.metrics if metric.name.startswith("Pasadena/pasadena-server/disk")]
    assert (metric.value, metric.unit) == (0.5, "s")
    assert not set(metric.name) & set("'=|;")
