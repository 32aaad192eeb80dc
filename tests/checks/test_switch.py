"""Ports of a switch, by every name they go by."""

from __future__ import annotations

from datetime import datetime

import pytest

from healthcheck.checks._snmp.told import Value
from healthcheck.checks.switch import Switch, read_ports
from healthcheck.errors import ProbeError
from healthcheck.model import Result, Status
from tests.conftest import PACIFIC
from tests.lab.snmp import recorded

NOW = datetime(2026, 11, 23, 5, 45, tzinfo=PACIFIC)
OPER, NAME = "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.31.1.1.1.1"
UP = "has a connection on each port that should have one"


def result(port: str, changes: dict[str, Value | None], speed_mbit: int = 0) -> Result:
    [found] = Switch(ports=(port,), speed_mbit=speed_mbit).evaluate(read_ports(recorded("switch-closet", changes)), NOW)
    return found


@pytest.mark.parametrize("name", ["server", "Gi0/1", "GigabitEthernet0/1", "1"])
def test_a_port_goes_by_each_of_its_names(name: str) -> None:
    detail = "ifIndex 1 (server, Gi0/1, GigabitEthernet0/1): admin up, oper up, 100 Mbit/s"
    assert result(name, {}) == Result(Status.OK, UP, detail)


@pytest.mark.parametrize(
    ("port", "changes", "speed_mbit", "status", "says"),
    [
        pytest.param(
            "printer", {}, 0, Status.CRITICAL,
            "has no connection on port “printer”: the cable is out, or what hangs on it is off", id="problem-down",
        ),
        pytest.param("10", {}, 0, Status.CRITICAL, "has port “10” switched off", id="problem-switched-off"),
        pytest.param(
            "1", {f"{OPER}.1": 6}, 0, Status.CRITICAL, "misses the part that port “1” is in", id="problem-module-gone"
        ),
        pytest.param(
            "1", {}, 1000, Status.WARNING, "has a slower connection than it should on port “1”", id="look-slow"
        ),
        pytest.param(
            "1", {f"{OPER}.1": 5}, 0, Status.WARNING, "has port “1” not in use yet: it is being tested or waits",
            id="look-waits",
        ),
        pytest.param(
            "1", {f"{OPER}.1": 4}, 0, Status.UNKNOWN, "does not tell whether port “1” has a connection",
            id="could-not-check-unknown",
        ),
        pytest.param(
            "1", {f"{OPER}.1": 42}, 0, Status.UNKNOWN, "does not tell whether port “1” has a connection",
            id="could-not-check-new-state",
        ),
        pytest.param("99", {}, 0, Status.UNKNOWN, "knows no port “99”", id="could-not-check-no-such-port"),
        pytest.param(
            "Gi0/1", {f"{NAME}.2": b"Gi0/1"}, 0, Status.UNKNOWN, "knows more than one port “Gi0/1”",
            id="could-not-check-two-of-a-name",
        ),
    ],
)  # fmt: skip
def test_what_a_switch_says_is_judged(
    port: str, changes: dict[str, Value | None], speed_mbit: int, status: Status, says: str
) -> None:
    found = result(port, changes, speed_mbit)
    assert (found.status, found.says) == (status, says)


def test_a_device_without_ports_could_not_be_checked() -> None:
    with pytest.raises(ProbeError) as caught:
        read_ports(recorded("foreign"))
    assert caught.value.says == "it answers, but tells nothing about network ports"


def test_mistakes_are_told() -> None:
    assert list(Switch(ports=("1", "1"), speed_mbit=-1, port=0).mistakes()) == [
        ("ports", "names a port twice"),
        ("speed_mbit", "must not be negative"),
        ("port", "must be between 1 and 65535"),
    ]
    assert list(Switch(ports=()).mistakes()) == [("ports", "name at least one port that should be up")]
