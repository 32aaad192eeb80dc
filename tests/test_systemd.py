"""The units that ship: systemd takes them without a word, and they may do little."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.lab import need

SHIPPED = Path(__file__).parent.parent / "systemd"
SERVICES = sorted(path.name for path in SHIPPED.glob("*.service"))
LEAST_EXPOSURE = 2.0


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The shipped units, with programs that exist: systemd complains of a program that is not installed."""
    need("systemd-analyze")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("healthcheck", "python"):
        (programs / name).symlink_to("/bin/true")
    for path in SHIPPED.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/healthcheck/bin", str(programs)))
    return tmp_path


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"},
    )  # fmt: skip


def test_systemd_takes_every_unit_without_a_word(units: Path) -> None:
    # A misspelt key gives only a line on stderr and exit 0.
    names = sorted(f"./{path.name}" for path in SHIPPED.iterdir())
    done = analyze(units, "verify", *names)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_misspelt_key_would_be_seen(units: Path) -> None:
    unit = units / "healthcheck.service"
    unit.write_text(unit.read_text().replace("ProtectSystem", "ProtectSytem"))
    assert "ProtectSytem" in analyze(units, "verify", "./healthcheck.service").stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_little_exposed(units: Path, name: str) -> None:
    done = analyze(units, "security", "--offline=true", f"./{name}")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= LEAST_EXPOSURE


def test_passes_come_every_five_minutes_beside_the_minute_of_the_report() -> None:
    need("systemd-analyze")
    times = re.findall(r"^OnCalendar=(.*)$", (SHIPPED / "healthcheck-watch.timer").read_text(), re.MULTILINE)
    shown = analyze(SHIPPED, "calendar", "--base-time=2026-11-23 05:44:00", "--iterations=3", f"{times[0]} UTC").stdout
    elapses = re.findall(r"(?:Next elapse|Iter\. #\d): (.*)", shown)
    assert elapses == ["Mon 2026-11-23 05:47:30 UTC", "Mon 2026-11-23 05:52:30 UTC", "Mon 2026-11-23 05:57:30 UTC"]


def test_a_pass_may_do_what_the_report_may_and_no_failure_of_it_sends_a_note() -> None:
    report, watch = (
        {line for line in (SHIPPED / name).read_text().splitlines() if line and not line.startswith("#")}
        for name in ("healthcheck.service", "healthcheck-watch.service")
    )
    assert sorted(line.partition("=")[0] for line in report - watch) == [
        "Description", "ExecStart", "Nice", "OnFailure", "TimeoutStartSec",
    ]  # fmt: skip


def test_the_timer_keeps_its_hour_on_the_days_when_clocks_change() -> None:
    need("systemd-analyze")
    times = re.findall(r"^OnCalendar=(.*)$", (SHIPPED / "healthcheck.timer").read_text(), re.MULTILINE)
    assert times == ["*-*-* 05:45:00"]
    shown = analyze(
        SHIPPED, "calendar", "--base-time=2027-03-13 12:00:00", "--iterations=3", f"{times[0]} America/Los_Angeles"
    ).stdout
    elapses = re.findall(r"(?:Next elapse|Iter\. #\d): (.*)", shown)
    assert elapses == ["Sat 2027-03-13 13:45:00 UTC", "Sun 2027-03-14 12:45:00 UTC", "Mon 2027-03-15 12:45:00 UTC"]
