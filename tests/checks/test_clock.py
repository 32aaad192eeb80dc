"""Whether a machine's clock is right."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Levels, Metric, ProbeError, Result, Status
from healthcheck.checks.clock import Clock, Comparison, Reading, reading, synchronised
from tests.conftest import PACIFIC, Look, a_host
from tests.lab import need
from tests.lab.sshd import SshServer, sshd

DATA = Path(__file__).parents[1] / "data" / "clock"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
WEST = timedelta(hours=-8)
RIGHT = Result(
    Status.OK, "has the right time", "offset +0.010 s, within 0.020 s; it is synchronised", Metric("offset", 0.01, "s")
)


def judged(found: Comparison, check: Clock | None = None, now: datetime = NOW) -> list[Result]:
    return list((check or Clock()).evaluate(found, now))


def test_a_clock_that_agrees_is_ok() -> None:
    assert judged(Comparison(0.01, 0.02, WEST, synchronised=True)) == [RIGHT]


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("ahead_s", "status", "says"),
    [
        pytest.param(600, Status.WARNING, "has a wrong clock: it is 10 minutes ahead", id="look-ahead"),
        pytest.param(-90, Status.WARNING, "has a wrong clock: it is 2 minutes behind", id="look-behind"),
        pytest.param(7200, Status.CRITICAL, "has a wrong clock: it is 2 hours ahead", id="problem-hours"),
        pytest.param(-5e8, Status.CRITICAL, "has a wrong clock: it is 5,787 days behind", id="problem-battery-empty"),
        pytest.param(61, Status.WARNING, "has a wrong clock: it is 1 minute ahead", id="look-beyond-the-limit"),
        pytest.param(60, Status.OK, "has the right time", id="ok-at-the-limit"),
    ],
)
def test_a_clock_that_is_off_is_told_with_its_side(ahead_s: float, status: Status, says: str) -> None:
    assert judged(Comparison(ahead_s, 0.0, WEST)) == [
        Result(
            status,
            says,
            f"offset {ahead_s:+.3f} s, within 0.000 s; nothing says whether it is synchronised",
            Metric("offset", ahead_s, "s"),
        )
    ]


def test_a_slow_line_is_not_a_wrong_clock() -> None:
    assert judged(Comparison(64, 5, WEST))[0].status is Status.OK


def test_the_limit_can_be_set() -> None:
    check = Clock(offset_s=Levels.above(warning=5, critical=30))
    assert judged(Comparison(31, 0.1, WEST), check)[0].status is Status.CRITICAL


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("zone", "says", "detail"),
    [
        (
            timedelta(hours=1),
            "is set to another time zone: its clock shows 2:45 pm when it is 5:45 am",
            "zone +01:00, expected -08:00",
        ),
        (
            -timedelta(hours=3, minutes=30),
            "is set to another time zone: its clock shows 10:15 am when it is 5:45 am",
            "zone -03:30, expected -08:00",
        ),
    ],
)
def test_another_time_zone_is_worth_a_look(zone: timedelta, says: str, detail: str) -> None:
    assert judged(Comparison(0.01, 0.02, zone, synchronised=True)) == [RIGHT, Result(Status.WARNING, says, detail)]


def test_the_zone_follows_summer_time() -> None:
    assert judged(Comparison(0.01, 0.02, timedelta(hours=-7), True), now=NOW.replace(month=7)) == [RIGHT]


@pytest.mark.parametrize("zone", ["any", "UTC"])
def test_a_server_may_keep_another_zone_on_purpose(zone: str) -> None:
    assert judged(Comparison(0.01, 0.02, timedelta(0), synchronised=True), Clock(zone=zone)) == [RIGHT]


def test_this_computer_is_asked_whether_anything_keeps_its_clock() -> None:
    assert judged(Comparison(0, 0, WEST, synchronised=True, ours=True)) == [
        Result(Status.OK, "keeps its clock right", "it is synchronised")
    ]
    assert judged(Comparison(0, 0, WEST, synchronised=False, ours=True)) == [
        Result(
            Status.WARNING,
            "does not compare its clock with any other: every time in this report may be wrong",
            "it says that it is not synchronised",
        )
    ]
    with pytest.raises(ProbeError, match="nothing on it says whether its clock is kept right"):
        judged(Comparison(0, 0, WEST, ours=True))


# Real clocks


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.22") as running:
        yield running


def west(look: Look, server: SshServer, date: str) -> Result:
    """The first finding, where the clinic's zone is the zone that the clock should show."""
    server.shim("date", script=date)
    outcome = look(Clock(zone="any"), server.host(), known_hosts=[server.known_hosts])
    return outcome.results[0]


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("shift", "says"),
    [("+10m", "has a wrong clock: it is 10 minutes ahead"), ("-2d", "has a wrong clock: it is 2 days behind")],
)
def test_a_real_clock_that_is_off(look: Look, server: SshServer, shift: str, says: str) -> None:
    need("faketime")
    assert west(look, server, f'exec faketime -f {shift} /bin/date "$@"').says == says


def test_a_real_clock_is_compared_within_the_way_there_and_back(look: Look, server: SshServer) -> None:
    found = west(look, server, 'exec /bin/date "$@"')
    assert found.status is Status.OK
    assert found.metric is not None and abs(found.metric.value) < 1


def test_a_slow_answer_is_compared_with_our_time_at_its_middle(look: Look, server: SshServer) -> None:
    server.shim("sh", script='sleep 0.2; /bin/sh "$@"; sleep 0.2')
    [found] = look(Clock(zone="any"), server.host(), known_hosts=[server.known_hosts]).results
    assert found.metric is not None and abs(found.metric.value) < 0.2


@pytest.mark.fault(38)
def test_a_real_clock_in_another_zone(look: Look, server: SshServer) -> None:
    server.shim("date", script='TZ=Pacific/Kiritimati exec /bin/date "$@"')
    outcome = look(Clock(), server.host(), known_hosts=[server.known_hosts])
    assert outcome.status is Status.WARNING
    assert outcome.says.startswith("is set to another time zone: its clock shows ")
    assert outcome.detail.split("; ")[-1].startswith("zone +14:00, expected -0")


def test_a_time_server_that_is_asked_answers_for_the_host(look: Look, server: SshServer) -> None:
    server.shim("timedatectl", (DATA / "timedatectl-yes.txt").read_text())
    outcome = look(Clock(zone="any"), server.host(), known_hosts=[server.known_hosts])
    assert outcome.detail.endswith("it is synchronised")


@pytest.mark.fault(20)
def test_a_host_that_does_not_tell_its_time_could_not_be_checked(look: Look, server: SshServer) -> None:
    server.shim("date", error="date: not today", exit=1)
    outcome = look(Clock(), server.host(), known_hosts=[server.known_hosts])
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, "could not be checked: it does not tell its time")
    assert outcome.detail == "date said: date: not today"


def test_this_computer_can_be_looked_at(look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "timedatectl"
    tool.write_text("#!/bin/sh\necho 'System clock synchronized: yes'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert look(Clock(zone="any"), a_host(local=True)).results == (
        Result(Status.OK, "keeps its clock right", "it is synchronised"),
    )


# What the tools say


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1795441500 250000000 -0800", Reading(1795441500.25, WEST)),
        ("1795441500 000000000 +0530", Reading(1795441500.0, timedelta(hours=5, minutes=30))),
        ("1795441500 %N +0000", Reading(1795441500.5, timedelta(0))),
        ("1795441500 N +0000", Reading(1795441500.5, timedelta(0))),
        ("1795441500  +0000", Reading(1795441500.5, timedelta(0))),
    ],
)
def test_what_date_prints(text: str, found: Reading) -> None:
    assert reading(text) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("timedatectl-yes.txt", True),
        ("timedatectl-no.txt", False),
        ("timedatectl-centos-7.7-yes.txt", True),
        ("timedatectl-old-no.txt", False),
        ("ntpq-one-peer.txt", True),
        ("ntpq-clocks.txt", True),
    ],
)
def test_recorded_answers_about_synchronisation(name: str, found: bool) -> None:
    assert synchronised(Answer(0, (DATA / name).read_text())) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Reference ID    : C0A80001\nStratum         : 3\nLeap status     : Normal\n", True),
        ("Reference ID    : 00000000 ()\nStratum         : 0\nLeap status     : Not synchronised\n", False),
        ("     remote           refid      st t when poll reach\n====\n 192.0.2.7   .INIT.  16 u - 64 0\n", False),
        ("sh: 1: ntpq: not found", None),
        ("", None),
    ],
)
def test_other_answers_about_synchronisation(text: str, found: bool | None) -> None:
    assert synchronised(Answer(0, text)) is found


@given(st.text(alphabet="0123456789 %N+-") | st.text())
def test_any_answer_is_read_or_refused(text: str) -> None:
    assert synchronised(Answer(0, text)) in (True, False, None)
    with contextlib.suppress(ProbeError):
        assert isinstance(reading(text), Reading)


def test_a_zone_that_does_not_exist_is_a_mistake() -> None:
    assert list(Clock(zone="Pacific").mistakes()) == [
        ("zone", '\'Pacific\' is not a time zone; use "site", "any", or a name like "America/Los_Angeles"')
    ]
    assert [list(Clock(zone=zone).mistakes()) for zone in ("site", "any", "Europe/Dublin")] == [[], [], []]
