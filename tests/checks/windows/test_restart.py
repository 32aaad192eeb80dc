"""When a Windows machine last started, and whether it had been shut down before that."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import Event, EventKind, Metric, ProbeError, Result, Status
from healthcheck.checks._starts import Ending, Start
from healthcheck.checks._windows.asking import Failure, Told, told_of
from healthcheck.checks._windows.starts import Records, records_of
from healthcheck.checks.restart import Restart, Starts
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC
from tests.lab.sshd import SshServer
from tests.lab.windows import DENIED, told

DATA = Path(__file__).parents[2] / "data" / "windows"
QUESTIONS = ("uptime", "events", "last", "updates")
NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
CLOCK = NOW.astimezone(UTC)
RECORDED = (DATA / "starts.json").read_text()
CRASH = Start(
    datetime(2026, 11, 22, 13, 2, 6, tzinfo=UTC), Ending.CRASH, datetime(2026, 11, 22, 10, 11, 40, tzinfo=UTC)
)
CLEAN = Start(
    datetime(2026, 11, 21, 4, 10, 5, tzinfo=UTC),
    Ending.CLEAN,
    datetime(2026, 11, 21, 4, 1, 7, tzinfo=UTC),
    datetime(2026, 11, 21, 4, 0, tzinfo=UTC),
)
OLDEST = Start(datetime(2026, 10, 14, 3, 0, 5, tzinfo=UTC), Ending.NOT_KNOWN)


def records(text: str = RECORDED, **changes: Told) -> Records:
    return records_of({**told_of(text, *QUESTIONS), **changes})


def judged(found: Records) -> list[Any]:
    starts = Starts(found.uptime_s, found.clock, found.starts, updates_wait=found.updates_wait)
    return list(Restart().evaluate(starts, NOW))


def entries(*told_entries: tuple[int, float]) -> Told:
    """Events by number and hours before now."""
    return Told(
        tuple({"Id": number, "Time": (CLOCK - timedelta(hours=hours)).isoformat()} for number, hours in told_entries)
    )


def test_the_log_tells_of_every_start_and_how_the_run_before_ended() -> None:
    assert records() == Records(88974.5, CLOCK, (CRASH, CLEAN, OLDEST), updates_wait=True)


@pytest.mark.fault(37)
def test_a_crash_and_a_restart_of_the_weekend_are_told() -> None:
    booted = datetime(2026, 11, 22, 13, 2, 5, tzinfo=UTC)
    assert judged(records()) == [
        Result(
            Status.WARNING,
            "restarted 2 times, 1 of them without being shut down properly, the last on Sunday, 5:02 am",
            "up 25 hours; started 2026-11-22 13:02:05 UTC, no shutdown on record, "
            "last record before it 2026-11-22 10:11:40 UTC",
            Metric("boot", booted.timestamp(), "s"),
        ),
        Event(
            booted, "restarted without being shut down properly", "restart", EventKind.CRASH,
            not_before=datetime(2026, 11, 22, 10, 11, 40, tzinfo=UTC),
        ),
        Event(
            CLEAN.at, "restarted after a normal shutdown; it was off for 10 minutes", "restart", EventKind.RESTART
        ),
        Result(Status.OK, "has updates that wait for a restart", "a restart is pending"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told_entries", "ending", "down_h"),
    [
        pytest.param([(1074, 3), (6006, 2.9), (13, 2.8), (12, 2.7), (6005, 2.6)], Ending.CLEAN, 3, id="asked-for"),
        pytest.param([(6006, 2.9), (12, 2.7), (6005, 2.6)], Ending.CLEAN, 2.9, id="nobody-asked"),
        pytest.param([(6006, 2.9), (6005, 2.6)], Ending.CLEAN, 2.9, id="the-log-alone"),
        pytest.param([(12, 2.7), (41, 2.65), (6005, 2.6)], Ending.CRASH, None, id="crash-by-the-kernel"),
        pytest.param([(12, 2.7), (6008, 2.65), (6005, 2.6)], Ending.CRASH, None, id="crash-by-the-log"),
        pytest.param(
            [(1074, 3), (6006, 2.9), (12, 2.7), (41, 2.65)], Ending.CRASH, None, id="crash-while-it-shut-down"
        ),
        pytest.param([(1074, 3), (12, 2.7), (6005, 2.6)], Ending.NOT_KNOWN, None, id="asked-for-and-no-more"),
        pytest.param([(12, 2.7), (6005, 2.6)], Ending.NOT_KNOWN, None, id="not-known"),
    ],
)
def test_the_ending_is_what_is_on_record(
    told_entries: list[tuple[int, float]], ending: Ending, down_h: float | None
) -> None:
    newest = records(events=entries(*told_entries), last=Told()).starts[0]
    down_at = None if down_h is None else CLOCK - timedelta(hours=down_h)
    assert (newest.ending, newest.down_at) == (ending, down_at)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(Told(failure=Failure("PermissionDenied", 0x80070005)), id="refused"),
        pytest.param(Told(), id="an-empty-log"),
    ],
)
def test_without_the_log_the_start_is_told_all_the_same(events: Told) -> None:
    [result, event, _] = judged(records(events=events, last=events))
    assert result.says == ("restarted on Sunday, 5:02 am, and whether it was shut down properly is not known")
    assert event.kind is EventKind.RESTART


def test_what_is_dated_after_the_start_is_no_last_sign_before_it() -> None:
    after = Told(({"Time": "2026-11-22T13:02:08Z"},))
    assert records(last=after).starts[0].last_sign == datetime(2026, 11, 21, 4, 10, 40, tzinfo=UTC)


def test_over_ssh_it_tells_how_long_it_has_been_running(look_at: LookAt, server: SshServer) -> None:
    clock = datetime.now(UTC)
    uptime = [{"Clock": clock.isoformat(), "Boot": (clock - timedelta(days=40)).isoformat()}]
    server.shim("powershell", told(uptime=uptime, events=[], last=[], updates=[{"Wait": False}]))
    outcome = look_at(Restart())
    assert (outcome.status, outcome.says) == (Status.OK, "has been running for 40 days")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            json.dumps({"Told": {"events": [], "last": [], "updates": []}, "Failed": {"uptime": DENIED}}),
            "could not be checked: our login there may not see how long it has been running", id="refused",
        ),
        pytest.param(
            told(uptime=[{"Clock": "2026-11-23T13:45:00Z", "Boot": None}], events=[], last=[], updates=[]),
            "could not be checked: it does not say how long it has been running", id="no-start",
        ),
        pytest.param(
            told(
                uptime=[{"Clock": "2026-11-23T13:45:00Z", "Boot": "2026-11-24T13:45:00Z"}],
                events=[], last=[], updates=[],
            ),
            "could not be checked: it does not say how long it has been running", id="a-start-to-come",
        ),
        pytest.param(
            told(
                uptime=[{"Clock": "2026-11-23T13:45:00Z", "Boot": "2026-11-22T13:45:00Z"}],
                events=[{"Id": 7, "Time": "2026-11-22T13:45:00Z"}], last=[], updates=[{"Wait": False}],
            ),
            "could not be checked: what it says about its starts is unreadable", id="another-event",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_not_fine(look_at: LookAt, server: SshServer, text: str, says: str) -> None:
    server.shim("powershell", text)
    outcome = look_at(Restart())
    assert (outcome.status, outcome.says) == (Status.UNKNOWN, says)


_TIMES = st.sampled_from([None, "", "/Date(1763900000000)/", "2026-11-22T13:45:00Z", "2026-11-23T13:45:00Z", "gestern"])
_RECORDS = st.lists(
    st.dictionaries(
        st.sampled_from(["Id", "Time", "Clock", "Boot", "Wait"]), st.integers(0, 50) | _TIMES | st.booleans()
    )
)


@given(st.fixed_dictionaries({name: _RECORDS.map(lambda found: Told(tuple(found))) for name in QUESTIONS}))
def test_any_records_are_judged_or_refused(asked: dict[str, Told]) -> None:
    with contextlib.suppress(ProbeError):
        assert judged(records_of(asked))


@given(st.lists(st.tuples(st.sampled_from([12, 13, 41, 1074, 6005, 6006, 6008]), st.floats(0.1, 2000))))
def test_starts_are_told_newest_first_whatever_the_log_holds(told_entries: list[tuple[int, float]]) -> None:
    found = records(events=entries(*told_entries), last=Told()).starts
    assert list(found) == sorted(found, key=lambda start: start.at, reverse=True)
    assert all(start.last_sign is None or start.last_sign <= start.at for start in found)
