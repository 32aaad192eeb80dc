"""The agent: it keeps the hours, starts rounds as processes, and outlives whatever happens in them."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from healthcheck import plugins
from healthcheck.agent import Agent, mind_the_clock, report_trigger, watch_trigger
from healthcheck.errors import ConfigError
from healthcheck.model import Practice
from tests.conftest import OPENS, PACIFIC
from tests.lab import wait_for
from tests.lab.office import MEMORY, Office

WATCH_ME = """
[[check]]
kind = "ping"
hosts = ["office-ups"]
timeout_s = 2
"""
HANGS = """
[[check]]
kind = "nagios"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "echo $$ > {started}; exec sleep 600"]
timeout_s = 500
"""


@dataclass
class Running:
    """An agent in a process of its own, and what it says."""

    process: subprocess.Popen[str]
    said: queue.Queue[str] = field(default_factory=queue.Queue)

    def says(self, words: str) -> str:
        """Read on until a line holds these words."""
        while words not in (line := self.said.get(timeout=30)):
            pass
        return line

    def end(self) -> tuple[int, float]:
        """Tell it to end; its exit code, and the seconds that it took."""
        begun = time.monotonic()
        self.process.terminate()
        return self.process.wait(30), time.monotonic() - begun


@contextlib.contextmanager
def agent(office: Office) -> Iterator[Running]:
    with subprocess.Popen(office.argv("agent"), env=office.env(), text=True, stderr=subprocess.PIPE) as process:
        running = Running(process)

        def listen() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                running.said.put(line)

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()


def rounds(office: Office) -> list[str]:
    """What started each round so far."""
    if not (office.state / "history.sqlite").exists():
        return []
    with office.history() as history:
        return [look.trigger for look in history.looks(office.now() - timedelta(hours=1))]


@pytest.mark.fault(55)
def test_a_report_that_was_missed_leaves_as_soon_as_the_agent_starts(office: Office) -> None:
    office.remember("yesterday", timedelta(days=1))
    office.write(WATCH_ME)
    with agent(office) as running:
        wait_for(lambda: bool(office.mails()), "the mail")
        code, _ = running.end()
    assert code == 0
    assert "This report is late: it was due at 6:30 am." in office.text()
    assert len(office.mails()) == 1


@pytest.mark.fault(65)
def test_sigterm_ends_the_agent_and_the_round_under_way_within_seconds_and_leaves_nothing_half_written(
    office: Office,
) -> None:
    started = office.folder / "started"
    office.remember("yesterday", timedelta(days=1))
    office.write(HANGS.format(started=started))
    with agent(office) as running:
        wait_for(started.exists, "the check that hangs")
        below = psutil.Process(running.process.pid).children(recursive=True)
        code, took_s = running.end()
    assert (code, office.mails()) == (0, [])
    assert took_s < 8
    assert [process for process in below if process.is_running()] == []
    assert not list(office.state.rglob(".unfinished-*"))
    with office.history() as history:
        assert history.not_finished() == ()


def test_sighup_takes_a_right_config_and_keeps_the_old_one_when_the_new_one_has_a_mistake(office: Office) -> None:
    office.write(WATCH_ME)
    right = office.config.read_text()
    with agent(office) as running:
        wait_for(lambda: rounds(office) == ["watch"], "the first pass")
        office.config.write_text(right.replace("hosts =", "hots ="))
        running.process.send_signal(signal.SIGHUP)
        running.says("has a mistake, so the old one stays in force")
        assert "hots" in running.says("unknown setting")
        office.config.write_text(right)
        running.process.send_signal(signal.SIGHUP)
        running.says("The config was read again and is in force.")
        assert running.end()[0] == 0


def test_rounds_go_on_with_the_config_as_it_was_read_until_it_is_read_again(office: Office) -> None:
    office.write(WATCH_ME)
    made = Agent(office.config, office.state)
    office.config.write_text("nonsense")
    with program(office):
        made.watch()
    assert rounds(office) == ["watch"]


def test_an_agent_does_not_start_with_a_mistake_in_its_config(office: Office) -> None:
    office.config.write_text("nonsense")
    with pytest.raises(ConfigError):
        Agent(office.config, office.state)
    done = office.healthcheck("agent")
    assert (done.returncode, done.stdout) == (78, "")


@pytest.mark.fault(60)
def test_a_report_that_hangs_is_ended_with_all_it_started_and_a_plain_note_leaves_instead(office: Office) -> None:
    started = office.folder / "started"
    office.write(HANGS.format(started=started))
    with program(office):
        Agent(office.config, office.state, longest_s=6).report()
    assert not psutil.pid_exists(int(started.read_text()))
    [mail] = office.mails()
    assert str(mail["Subject"]).startswith("NO REPORT: the system check failed - ")


@pytest.mark.fault(55)
def test_no_report_is_made_on_a_closed_day(office: Office) -> None:
    office.write(MEMORY)
    text = office.config.read_text()
    office.config.write_text(text.replace("watcher =", f"closed = [{office.now():%Y-%m-%d}]\nwatcher =", 1))
    with program(office):
        Agent(office.config, office.state).report()
    assert (office.mails(), rounds(office)) == ([], [])


def test_the_report_of_an_open_day_leaves(office: Office) -> None:
    office.write(MEMORY)
    with program(office):
        Agent(office.config, office.state).report()
    assert len(office.mails()) == 1


def test_nothing_starts_any_more_once_it_was_told_to_stop(office: Office) -> None:
    office.write(WATCH_ME)
    made = Agent(office.config, office.state)
    made.stop()
    made.watch()
    assert rounds(office) == []


def fires(practice: Practice, start: datetime, number: int) -> list[str]:
    """The next times of the report, on the practice's own clock."""
    trigger, found, before = report_trigger(practice), [], None
    now = start
    for _ in range(number):
        at = trigger.get_next_fire_time(before, now)
        found.append(f"{at:%a %Y-%m-%d %H:%M %z}")
        before, now = at, at + timedelta(seconds=1)
    return found


def test_the_report_is_made_on_open_weekdays_by_their_names() -> None:
    practice = Practice("Foothill", PACIFIC, OPENS, open_days=("mon", "wed", "sun"))
    assert fires(practice, datetime(2026, 11, 23, 5, 46, tzinfo=PACIFIC), 4) == [
        "Wed 2026-11-25 05:45 -0800",
        "Sun 2026-11-29 05:45 -0800",
        "Mon 2026-11-30 05:45 -0800",
        "Wed 2026-12-02 05:45 -0800",
    ]


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (
            date(2027, 3, 13),
            ["Sat 2027-03-13 05:45 -0800", "Sun 2027-03-14 05:45 -0700", "Mon 2027-03-15 05:45 -0700"],
        ),
        (
            date(2027, 11, 6),
            ["Sat 2027-11-06 05:45 -0700", "Sun 2027-11-07 05:45 -0800", "Mon 2027-11-08 05:45 -0800"],
        ),
    ],
    ids=["clocks forward", "clocks back"],
)
def test_the_report_keeps_its_hour_on_the_days_when_clocks_change(start: date, expected: list[str]) -> None:
    practice = Practice("Foothill", PACIFIC, OPENS, open_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert fires(practice, datetime(start.year, start.month, start.day, tzinfo=PACIFIC), 3) == expected


@pytest.mark.parametrize(
    ("every", "minutes"), [(5, [0, 5, 10]), (7, [0, 7, 14]), (1, [0, 1, 2]), (60, [0, 0, 0]), (59, [0, 59, 0])]
)
def test_passes_come_by_the_clock(every: int, minutes: list[int]) -> None:
    trigger, now = watch_trigger(every), datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    found = []
    for _ in minutes:
        at = trigger.get_next_fire_time(None, now)
        found.append(at.minute)
        now = at + timedelta(seconds=1)
    assert found == minutes


@pytest.mark.fault(63)
def test_a_job_that_was_planned_by_a_clock_that_ran_ahead_is_planned_anew() -> None:
    now = datetime.now(UTC)
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(print, watch_trigger(5), id="watch", next_run_time=now + timedelta(days=400))
    scheduler.start(paused=True)
    try:
        mind_the_clock(scheduler, now)
        assert scheduler.get_job("watch").next_run_time <= now + timedelta(minutes=5)
    finally:
        scheduler.shutdown()


def test_the_scheduler_is_imported_by_the_agent_alone() -> None:
    package = Path(plugins.__file__).parent
    importing = re.compile(r"^\s*(?:import|from) apscheduler", re.MULTILINE)
    assert [path.name for path in package.rglob("*.py") if importing.search(path.read_text())] == ["agent.py"]


@contextlib.contextmanager
def program(office: Office) -> Iterator[None]:
    """The environment in which an agent of this very process starts its rounds."""
    before = dict(os.environ)
    os.environ |= office.env()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
