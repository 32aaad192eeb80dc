"""The limits that a number was judged by are the setting that has its name, or none."""

from __future__ import annotations

from typing import Any

import pytest

from healthcheck.check import Check
from healthcheck.checks.certificate import CertificateHolds
from healthcheck.checks.clock import Clock
from healthcheck.checks.disk import Disk
from healthcheck.checks.memory import Memory
from healthcheck.checks.ping import Ping
from healthcheck.checks.service import Service
from healthcheck.checks.ups import Ups
from healthcheck.model import Levels, Metric, Status
from healthcheck.report.limits import limits

BYTES = Levels.below(critical=9)


@pytest.mark.parametrize(
    ("check", "metric", "status", "found"),
    [
        (Disk(), Metric("free /var", 10, "%"), Status.WARNING, Levels.below(warning=15, critical=5)),
        (Disk(), Metric("free inodes /var", 50, "%"), Status.OK, Levels.below(warning=10, critical=3)),
        (Disk(free_bytes=BYTES), Metric("free bytes /", 9, "B"), Status.OK, BYTES),
        (Ups(via="nut"), Metric("charge", 40, "%"), Status.CRITICAL, Levels.below(warning=80, critical=50)),
        (Ping(), Metric("rtt", 0.001, "s"), Status.OK, Levels.above(warning=2.5)),
        (CertificateHolds(port=443), Metric("days left", 40, "d"), Status.OK, Levels.below(warning=21, critical=7)),
        (Memory(), Metric("killed", 3), Status.WARNING, None),
        (Service(units=("a",)), Metric("restarts a", 12), Status.OK, None),
        (Clock(), Metric("offset", -90, "s"), Status.WARNING, None),
        (Ping(), Metric("rtt", 0.001, "%"), Status.OK, None),
    ],
    ids=[
        "a share of a part", "the longest name", "bytes", "charge", "seconds for milliseconds", "days",
        "no such setting", "a count that only grows", "judged in another way", "another unit",
    ],
)  # fmt: skip
def test_the_limits_of_a_number(check: Check[Any], metric: Metric, status: Status, found: Levels | None) -> None:
    assert limits(check, metric, status) == found
