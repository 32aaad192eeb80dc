"""The clock of a Windows machine."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from healthcheck.api import ProbeError, Status
from healthcheck.checks._windows.asking import Told
from healthcheck.checks._windows.clock import time_of
from healthcheck.checks.clock import Clock
from tests.checks.windows.conftest import LookAt
from tests.conftest import PACIFIC
from tests.lab.sshd import SshServer
from tests.lab.windows import told

AT = datetime(2026, 11, 23, 13, 45, 0, 123456, tzinfo=UTC)


def shows(ahead: timedelta = timedelta(), minutes: int | None = None) -> str:
    """What a machine answers whose clock is that much ahead of ours, in that zone or in the clinic's."""
    now = datetime.now(PACIFIC)
    offset = now.utcoffset() or timedelta()
    zone = offset // timedelta(minutes=1) if minutes is None else minutes
    return told(clock=[{"Time": (now + ahead).astimezone(UTC).isoformat(), "Minutes": zone}])


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("ahead", "status", "says"),
    [
        pytest.param(timedelta(), Status.OK, "has the right time", id="ok"),
        pytest.param(
            timedelta(minutes=10, seconds=10), Status.WARNING, "has a wrong clock: it is 10 minutes ahead", id="look"
        ),
        pytest.param(
            timedelta(hours=-2, seconds=-10), Status.CRITICAL, "has a wrong clock: it is 2 hours behind", id="problem"
        ),
    ],
)
def test_a_clock_is_compared_with_ours(
    look_at: LookAt, server: SshServer, ahead: timedelta, status: Status, says: str
) -> None:
    server.shim("powershell", shows(ahead))
    outcome = look_at(Clock())
    assert (outcome.status, outcome.says) == (status, says)
    assert outcome.detail.endswith("; nothing says whether it is synchronised")


@pytest.mark.fault(38)
def test_another_zone_is_worth_a_look(look_at: LookAt, server: SshServer) -> None:
    server.shim("powershell", shows(minutes=330))
    outcome = look_at(Clock())
    assert outcome.status is Status.WARNING
    assert outcome.says.startswith("is set to another time zone: its clock shows")


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"Time": "2026-11-23T13:45:00.1234567Z", "Minutes": -480}, (AT, timedelta(hours=-8))),
        ({"Time": "2026-11-23T05:45:00.1234567-08:00", "Minutes": -480}, (AT, timedelta(hours=-8))),
        ({"Time": "/Date(1795441500123)/", "Minutes": 0}, (AT.replace(microsecond=123000), timedelta())),
        ({"Time": {"value": "/Date(1795441500123)/"}, "Minutes": 0}, (AT.replace(microsecond=123000), timedelta())),
    ],
    ids=["utc", "with-an-offset", "powershell-5", "powershell-5-of-get-date"],
)
def test_a_time_is_read_in_every_form(record: dict[str, Any], found: tuple[datetime, timedelta]) -> None:
    assert time_of(Told((record,))) == found


@pytest.mark.parametrize(
    "record",
    [
        {"Time": None, "Minutes": 0}, {"Time": "23.11.2026 13:45", "Minutes": 0},
        {"Time": "2026-11-23T13:45:00Z", "Minutes": None}, {"Time": "2026-11-23T13:45:00Z", "Minutes": 841},
    ],
    ids=["no-time", "a-local-time", "no-zone", "an-impossible-zone"],
)  # fmt: skip
def test_another_answer_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(ProbeError, match="what it says about its time is unreadable"):
        time_of(Told((record,)))


@given(
    st.dictionaries(
        st.sampled_from(["Time", "Minutes"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.datetimes().map(datetime.isoformat),
    )
)
def test_any_time_is_read_or_refused(record: dict[str, object]) -> None:
    with contextlib.suppress(ProbeError):
        at, zone = time_of(Told((record,)))
        assert at.tzinfo is UTC
        assert abs(zone) <= timedelta(hours=14)
