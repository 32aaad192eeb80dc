"""Whether the programs that should run on a machine do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Answer, Event, EventKind, Levels, Metric, Previous, ProbeError, Result, Status
from healthcheck.checks._units import Unit
from healthcheck.checks.service import Service, Units, clock_of, failed, shown
from healthcheck.model import Outcome
from tests.conftest import PACIFIC, Look, a_host
from tests.lab.sshd import sshd
from tests.lab.systemd import Manager, systemd

DATA = Path(__file__).parents[1] / "data" / "service"
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
FRIDAY = datetime(2026, 11, 20, 5, 45, tzinfo=PACIFIC)
NIGHT = datetime(2026, 11, 23, 2, 31, tzinfo=PACIFIC)

UNITS = {
    "charts.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "broken.service": "[Service]\nExecStart=/bin/false\n",
    "flapping.service": (
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=1000\n"
    ),
    "restarted.service": (
        "[Service]\nExecStart=/bin/sh -c 'test -e {once} && exec sleep 1000; touch {once}; exit 1'\n"
        "Restart=always\nRestartSec=1ms\n"
    ),
    "starting.service": "[Service]\nType=notify\nExecStart=/bin/sleep 1000\n",
    "export.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "wrong.service": "[Service]\n",
    "stopped.service": "[Service]\nExecStart=/bin/sleep 1000\n",
    "masked.service": "",
}


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    folder = tmp_path_factory.mktemp("units")
    with systemd(folder, {name: text.replace("{once}", f"{folder}/once") for name, text in UNITS.items()}) as running:
        running.start("charts.service", "SubState=running")
        running.start("broken.service", "SubState=failed")
        running.start("flapping.service", "SubState=auto-restart")
        running.start("restarted.service", "SubState=running", "NRestarts=1")
        running.start("starting.service", "SubState=start")
        running.systemctl("start", "export.service")
        yield running


@pytest.fixture
def look_at(look: Look, manager: Manager, tmp_path: Path) -> Iterator[Look]:
    """A look at the units of a real systemd behind a real sshd."""
    with sshd(tmp_path, "127.0.3.20") as server:
        server.shim("systemctl", script=manager.shim)

        def run(check: Service, previous: Previous | None = None) -> Outcome:
            return look(check, server.host(), known_hosts=[server.known_hosts], previous=previous)

        yield run


@pytest.mark.fault(36)
@pytest.mark.parametrize(
    ("unit", "status", "says", "detail"),
    [
        pytest.param(
            "charts.service", Status.OK, "is running the charts program",
            "charts.service: loaded active (running)", id="ok-running",
        ),
        pytest.param(
            "export.service", Status.OK, "has had no failure of the charts program",
            "export.service: loaded inactive (dead)", id="ok-one-shot-that-has-ended",
        ),
        pytest.param(
            "starting.service", Status.WARNING, "is still starting the charts program",
            "starting.service: loaded activating (start)", id="look-starting",
        ),
        pytest.param(
            "stopped.service", Status.CRITICAL, "is not running the charts program",
            "stopped.service: loaded inactive (dead)", id="problem-stopped",
        ),
        pytest.param(
            "broken.service", Status.CRITICAL, "is not running the charts program: it broke down",
            "broken.service: loaded failed (failed), exit-code 1", id="problem-failed",
        ),
        pytest.param(
            "masked.service", Status.CRITICAL, "is not running the charts program: it has been switched off",
            "masked.service: masked inactive (dead)", id="problem-masked",
        ),
        pytest.param(
            "flapping.service", Status.CRITICAL,
            "cannot keep the charts program running: it stops and is started again",
            "flapping.service: loaded activating (auto-restart), exit-code 1", id="problem-flapping",
        ),
        pytest.param(
            "wrong.service", Status.CRITICAL, "cannot start the charts program: its settings are wrong",
            "wrong.service: bad-setting inactive (dead)", id="problem-settings",
        ),
        pytest.param(
            "absent.service", Status.CRITICAL, "does not know the charts program: it is not installed",
            "absent.service: not-found inactive (dead)", id="problem-not-installed",
        ),
    ],
)  # fmt: skip
def test_a_unit_is_judged_by_its_state(look_at: Look, unit: str, status: Status, says: str, detail: str) -> None:
    outcome = look_at(Service(units=(unit,), label="the charts program"))
    assert outcome.results == (Result(status, says, detail, Metric(f"restarts {unit}", 0)),)


@pytest.mark.fault(36)
def test_a_program_that_was_started_again_in_the_night_is_worth_a_look(look_at: Look) -> None:
    last_round = Previous(datetime.now(UTC) - timedelta(days=400), Status.OK, {"restarts restarted.service": 0})
    outcome = look_at(Service(units=("charts.service", "restarted.service")), previous=last_round)
    assert [result.status for result in outcome.results] == [Status.OK, Status.OK, Status.WARNING]
    assert outcome.says.startswith("had to start a program again once since ")
    assert outcome.detail.endswith("restarted.service: 1 restart")
    [event] = outcome.events
    assert abs(datetime.now(UTC) - event.at) < timedelta(minutes=2)


def test_one_program_of_several_that_is_stopped_is_a_problem(look_at: Look) -> None:
    outcome = look_at(Service(units=("charts.service", "stopped.service")))
    assert (outcome.status, outcome.says) == (Status.CRITICAL, "is not running a program that it should run")


def test_without_units_any_that_failed_is_worth_a_look(look_at: Look) -> None:
    assert look_at(Service()).results == (
        Result(Status.WARNING, "has one program that broke down", "broken.service: loaded failed (failed)"),
    )


@pytest.mark.fault(20)
def test_a_host_without_systemd_could_not_be_checked(look: Look, tmp_path: Path) -> None:
    with sshd(tmp_path, "127.0.3.20") as server:
        server.shim("systemctl", error="System has not been booted with systemd as init system (PID 1).", exit=1)
        for check in (Service(), Service(units=("charts.service",))):
            outcome = look(check, server.host(), known_hosts=[server.known_hosts])
            assert (outcome.status, outcome.says, outcome.detail) == (
                Status.UNKNOWN,
                "could not be checked: it does not tell which programs run",
                "systemctl: exit 1: System has not been booted with systemd as init system (PID 1).",
            )


# What is made of it


def unit(**settings: object) -> Unit:
    usual = {"name": "charts.service", "load": "loaded", "active": "active", "sub": "running", "restarts": 0}
    return Unit(**{**usual, **settings})  # type: ignore[arg-type]  # a test's own words


def judged(*units: Unit, check: Service | None = None, previous: Previous | None = None) -> list[Result | Event]:
    check = check or Service(units=tuple(one.name for one in units))
    return list(check.evaluate(Units(units, NOW, previous), NOW))


def before(restarts: float) -> Previous:
    return Previous(FRIDAY, Status.OK, {"restarts charts.service": restarts})


def test_restarts_are_counted_since_the_last_round_and_told_as_an_event() -> None:
    assert judged(unit(restarts=5, started=NIGHT), previous=before(2))[1:] == [
        Result(
            Status.WARNING,
            "had to start a program again 3 times since Friday, 5:45 am",
            "charts.service: 3 restarts",
        ),
        Event(NIGHT, "started a program again after it had stopped", "service", EventKind.NOTE, not_before=FRIDAY),
    ]


def test_no_new_restart_is_no_finding() -> None:
    assert len(judged(unit(restarts=5, started=NIGHT), previous=before(5))) == 1


def test_a_counter_that_began_anew_counts_from_nothing() -> None:
    [_, result, _] = judged(unit(restarts=1, started=NIGHT), previous=before(5))
    assert isinstance(result, Result)
    assert result.says == "had to start a program again once since Friday, 5:45 am"


@pytest.mark.parametrize(("hours", "findings"), [(23, 3), (25, 1)])
def test_without_an_earlier_round_only_the_last_day_counts(hours: int, findings: int) -> None:
    assert len(judged(unit(restarts=5, started=NOW - timedelta(hours=hours)))) == findings


def test_very_many_restarts_are_a_problem() -> None:
    check = Service(units=("charts.service",), restarts=Levels.above(warning=0, critical=10))
    result = judged(unit(restarts=11, started=NIGHT), check=check, previous=before(0))[1]
    assert isinstance(result, Result)
    assert result.status is Status.CRITICAL


def test_an_event_is_told_by_our_clock() -> None:
    sample = Units((unit(restarts=1, started=NIGHT + timedelta(minutes=40)),), NOW + timedelta(minutes=40), before(0))
    assert [one.at for one in Service(units=("charts.service",)).evaluate(sample, NOW) if isinstance(one, Event)] == [
        NIGHT
    ]


def test_a_program_that_runs_but_is_masked_is_worth_a_look() -> None:
    assert judged(unit(load="masked", restarts=None)) == [
        Result(
            Status.WARNING,
            "is running what it should, but would not start it again: it has been switched off",
            "charts.service: masked active (running)",
        )
    ]


@pytest.mark.parametrize(
    ("active", "status", "says"),
    [
        pytest.param("reloading", Status.OK, "is running what it should", id="ok-reloading"),
        pytest.param("refreshing", Status.OK, "is running what it should", id="ok-refreshing"),
        pytest.param(
            "deactivating", Status.WARNING, "is just stopping a program that it should run", id="look-stopping"
        ),
        pytest.param(
            "maintenance", Status.WARNING, "is cleaning up after a program that it should run", id="look-cleaning-up"
        ),
    ],
)
def test_passing_states_are_told_as_such(active: str, status: Status, says: str) -> None:
    [result] = judged(unit(active=active))
    assert isinstance(result, Result)
    assert (result.status, result.says) == (status, says)


def test_a_state_that_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(ProbeError, match="in words that this check does not know"):
        judged(unit(active="levitating"))


# What systemctl says


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("failed-one.txt", ["chronyd.service"]),
        ("failed-three.txt", ["tomcat8.service", "varnish.service", "varnishlog.service"]),
    ],
)
def test_recorded_lists_of_failed_units(name: str, names: list[str]) -> None:
    assert [found.name for found in failed(Answer(0, (DATA / name).read_text()))] == names


def test_no_failed_unit_is_an_empty_list_and_ok() -> None:
    assert failed(Answer(0, "")) == ()
    assert judged(check=Service()) == [Result(Status.OK, "has no program that broke down", "no failed units")]


@pytest.mark.parametrize(
    "text",
    ["", "Id=charts.service\nLoadState=loaded", "garbage", "Id=a\nLoadState=loaded\nActiveState=active\nSub=running"],
)
def test_half_an_answer_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="what it says about its programs is unreadable"):
        shown(Answer(0, text))


def test_a_list_in_another_form_is_refused() -> None:
    with pytest.raises(ProbeError, match="what it says about its programs is unreadable"):
        failed(Answer(0, "0 loaded units listed."))


def test_an_old_systemd_counts_no_restarts() -> None:
    text = "Id=charts.service\nLoadState=loaded\nActiveState=active\nSubState=running\nExecMainStartTimestamp=n/a"
    assert shown(Answer(0, text)) == (unit(restarts=None),)


@given(st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.integers(0, 9999))
def test_any_time_is_judged_or_refused(clock: str, year: int) -> None:
    started = f"ExecMainStartTimestamp=Sun {year:04}-11-22 10:31:05 UTC"
    text = f"Id=charts.service\nLoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=3\n{started}"
    with contextlib.suppress(ProbeError):
        sample = Units(shown(Answer(0, text)), clock_of(Answer(0, clock)), before(0))
        assert list(Service(units=("charts.service",)).evaluate(sample, NOW))


@given(st.text(alphabet="IdLoadState=Active\n afiled*●") | st.text())
def test_any_answer_is_read_or_refused(text: str) -> None:
    for parse in (shown, failed):
        with contextlib.suppress(ProbeError):
            assert isinstance(parse(Answer(0, text)), tuple)


def test_mistakes_in_the_settings_are_named() -> None:
    assert list(Service(units=("charts.service; rm", "-a"), label="x").mistakes_on(a_host())) == [
        ("units", "'charts.service; rm' is not the name of a unit"),
        ("units", "'-a' is not the name of a unit"),
    ]
    assert list(Service(label="the charts program").mistakes()) == [("label", "needs `units`: it says what they do")]
