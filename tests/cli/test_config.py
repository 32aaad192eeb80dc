"""`healthcheck config`: what it says of a right config, of a wrong one, and what it prints for editors."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.cli.config import summary
from healthcheck.config.settings import Config
from healthcheck.model import Delivery
from tests.config.conftest import SMALL, Loaded, Written, loaded, written
from tests.lab import program

__all__ = ["loaded", "written"]  # fixtures of the config's own tests

PACIFIC = ZoneInfo("America/Los_Angeles")
MAIL = Delivery("morning mail", "email", to=("a@b.example",))


def healthcheck(*words: str | Path, secrets: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return program.healthcheck(*words, env={"LANG": "C", **(secrets or {})})


def test_a_right_config_is_told_in_two_sentences_and_ends_well(written: Written) -> None:
    done = healthcheck("--config", written(SMALL), "config", "check")

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "OK: 1 site, 1 host, 1 check and 0 deliveries. Nobody is sent a report yet: there is no [[delivery]].\n",
        "",
    )


@pytest.mark.fault(61)
def test_every_mistake_goes_to_standard_error_and_ends_with_78(written: Written) -> None:
    path = written(SMALL.replace("local", "locl").replace('"ping"', '"pnig"'))

    done = healthcheck("--config", path, "config", "check")

    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == (
        f'{path}:11: site[1].host[1].locl: unknown setting "locl"; did you mean "local"?\n'
        f'{path}:14: check[1].kind: unknown kind of check "pnig"; did you mean "ping"?\n'
    )


@pytest.mark.fault(62)
def test_a_secret_in_the_config_is_warned_of_and_never_printed(written: Written) -> None:
    path = written(SMALL + '\n[[delivery]]\nname = "chat"\nchannel = "teams"\nurl = "https://t.example/canary-7391"\n')

    done = healthcheck("--verbose", "--config", path, "config", "check")

    assert done.returncode == 0
    assert done.stderr == (
        f"{path}:20: delivery[1].url: the secret itself stands in the config; "
        'write { secret = "its-name" } and keep it in a file\n'
    )
    assert "canary-7391" not in done.stdout


def test_a_config_is_checked_with_its_secrets(written: Written) -> None:
    path = written(SMALL + '\n[[delivery]]\nname = "chat"\nchannel = "teams"\nurl = { secret = "teams" }\n')

    without = healthcheck("--config", path, "config", "check")
    with_it = healthcheck(
        "--config", path, "config", "check", secrets={"HEALTHCHECK_SECRET_TEAMS": "https://t.example"}
    )

    assert (without.returncode, with_it.returncode) == (78, 0)
    assert without.stderr.startswith(f'{path}:20: delivery[1].url: the secret "teams" was not found; looked at ')


def test_the_schema_is_printed_as_json_with_every_kind_in_it(tmp_path: Path) -> None:
    done = healthcheck("--config", tmp_path / "config.toml", "config", "schema")

    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"ping", "tcp", "http", "disk"} <= set(schema["properties"]["check"]["items"]["discriminator"]["mapping"])


NOWS = {
    "before-it-is-due": (datetime(2026, 11, 23, 6, 29, tzinfo=PACIFIC), "Monday, November 23, at 6:30 am"),
    "once-it-is-due": (datetime(2026, 11, 23, 6, 30, tzinfo=PACIFIC), "Tuesday, November 24, at 6:30 am"),
    "before-a-weekend": (datetime(2026, 11, 20, 12, 0, tzinfo=PACIFIC), "Monday, November 23, at 6:30 am"),
    "before-a-closed-day": (datetime(2026, 11, 25, 12, 0, tzinfo=PACIFIC), "Friday, November 27, at 6:30 am"),
    "over-the-change-of-clocks": (datetime(2027, 3, 13, 12, 0, tzinfo=PACIFIC), "Monday, March 15, at 6:30 am"),
}


@pytest.fixture
def config(loaded: Loaded) -> Config:
    small = loaded(SMALL)
    practice = replace(small.practice, closed=(date(2026, 11, 26),))
    return replace(small, practice=practice, deliveries=(MAIL,))


@pytest.mark.fault(63)
@pytest.mark.parametrize(("now", "due"), NOWS.values(), ids=[f"due-{id}" for id in NOWS])
def test_the_next_report_is_told_by_its_day_and_time(now: datetime, due: str, config: Config) -> None:
    assert summary(config, now) == f"OK: 1 site, 1 host, 1 check and 1 delivery. The next report is due on {due}."


def test_a_practice_that_never_opens_is_told_so(config: Config) -> None:
    days = tuple(date.fromordinal(day) for day in range(date(2026, 11, 1).toordinal(), date(2027, 12, 31).toordinal()))
    closed = replace(config, practice=replace(config.practice, closed=days))

    assert summary(closed, datetime(2026, 11, 23, 5, 0, tzinfo=PACIFIC)) == (
        "OK: 1 site, 1 host, 1 check and 1 delivery. No report is due: there is no open day within a year."
    )
