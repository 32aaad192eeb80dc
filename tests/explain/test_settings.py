"""A check's settings in plain words: its limits, what was given, and never a secret."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from healthcheck.check import Check, Planned
from healthcheck.checks.backup import Backup
from healthcheck.checks.database import Database
from healthcheck.checks.disk import Disk
from healthcheck.checks.http import Http
from healthcheck.checks.ping import Ping
from healthcheck.explain.settings import limits, patience, settings
from healthcheck.model import Host, Levels, Secret, Site
from healthcheck.privacy import Privacy


def planned(check: Check[Any], *, timeout_s: float = 15, attempts: int = 1) -> Planned:
    site = Site("Pasadena", ZoneInfo("America/Los_Angeles"))
    return Planned("key", site, Host("server", "Pasadena", "the server"), check, timeout_s, attempts)


def said(check: Check[Any], *secrets: Secret) -> dict[str, str]:
    return dict(settings(planned(check), Privacy((), secrets)))


@pytest.mark.parametrize(
    ("name", "levels", "says"),
    [
        ("free_percent", Levels.below(warning=15, critical=5), "Look below 15 percent, Problem below 5 percent"),
        ("offset_s", Levels.above(warning=60, critical=3600), "Look above 1 minute, Problem above 1 hour"),
        ("free_bytes", Levels.below(critical=2e9), "Problem below 2.0 GB"),
        ("rtt_ms", Levels.above(warning=2500), "Look above 2500 milliseconds"),
        ("days_left", Levels.below(warning=21, critical=1), "Look below 21 days, Problem below 1 day"),
        ("temperature_c", Levels.above(warning=55), "Look above 55 °C"),
        ("count", Levels.above(warning=50), "Look above 50"),
        ("free_bytes", Levels.below(), ""),
    ],
    ids=["percent", "seconds", "bytes", "milliseconds", "days", "degrees", "a count", "no limit"],
)
def test_limits_in_words(name: str, levels: Levels, says: str) -> None:
    assert limits(name, levels) == says


def test_the_limits_that_hold_and_what_was_given_are_told_and_nothing_else() -> None:
    assert said(Disk(mounts=("/", "/srv"), free_percent=Levels.below(warning=20))) == {
        "mounts": "/ and /srv",
        "free_percent": "Look below 20 percent",
        "free_inodes_percent": "Look below 10 percent, Problem below 3 percent",
    }


def test_times_and_sizes_are_told_as_people_say_them() -> None:
    told = said(Backup(path="/mnt/backup", newest_within_h=26, min_bytes=5_000_000, mounted=False))
    assert (told["newest_within_h"], told["min_bytes"], told["mounted"]) == ("26 hours", "5.0 MB", "no")


def test_no_secret_is_told() -> None:
    secret = Secret("c4n4ryb1rd", "database_password")
    told = said(Database(url="postgresql://u:c4n4ryb1rd@192.0.2.1/charts", password=secret), secret)
    assert told["password"] == "a secret, which is not shown"
    assert told["url"] == "postgresql://u:…@192.0.2.1/charts"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://192.0.2.1:8443/charts", "https://192.0.2.1:8443/charts"),
        ("https://u:hidden@192.0.2.1/charts?token=hidden", "https://u:…@192.0.2.1/charts?…"),
        ("postgresql://checker@192.0.2.1:5432/charts", "postgresql://checker@192.0.2.1:5432/charts"),
        ("https://192.0.2.1/c4n4ryb1rd", "https://192.0.2.1/[removed]"),
    ],
    ids=["nothing hidden", "a password and a question", "an account", "a secret of the config"],
)
def test_of_an_address_no_password_and_no_question_is_told(url: str, shown: str) -> None:
    assert said(Http(url=url), Secret("c4n4ryb1rd"))["url"] == shown


def test_how_long_a_look_may_take_and_how_often_a_failure_must_be_seen() -> None:
    assert patience(planned(Ping(), timeout_s=4, attempts=3)) == (
        "A look may take 4 seconds, and it must fail 3 times in a row before it is believed."
    )
    assert patience(planned(Ping())) == "A look may take 15 seconds."
