"""The agent: does on schedule what timers do elsewhere. It starts rounds as processes and never runs a check itself."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from healthcheck import config as configs
from healthcheck import processes
from healthcheck.config import syntax
from healthcheck.config.settings import Config
from healthcheck.errors import ConfigError
from healthcheck.model import Practice

log = logging.getLogger(__name__)

LONGEST_S = 3600.0
"""A round ends by itself long before; one that does not is ended, with everything it started."""
STOP_S = 5.0
"""How long a round may take to end in order when the agent is told to stop."""
_LOOK_AT_CLOCK_S = 60.0
_NOT_A_FAILURE = (0, 69, 75)
"""Delivered; kept in the outbox and tried again with the next pass; left to a round that was under way."""
_JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
"""A missed job runs once, late; a second one never beside the first. (The default grace of one second drops it.)"""


class Agent:
    """Reads the config once; raises `ConfigError` when it has a mistake. `longest_s` bounds each process it starts."""

    def __init__(self, config_file: Path, state_dir: Path, *, longest_s: float = LONGEST_S) -> None:
        self._file, self._state_dir, self._longest_s = config_file, state_dir, longest_s
        self._config, self._copy = self._read()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._door = threading.Lock()
        self._stopping = False

    def run(self) -> int:
        """Stay until SIGTERM or Ctrl-C, then end whatever is under way; returns 0."""
        told: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda caught, frame: told.put(caught))
        scheduler = self._scheduled()
        scheduler.start()
        try:
            while True:
                try:
                    caught = told.get(timeout=_LOOK_AT_CLOCK_S)
                except queue.Empty:
                    mind_the_clock(scheduler, datetime.now(UTC))
                    continue
                if caught != signal.SIGHUP:
                    return 0
                self._reread(scheduler)
        finally:
            self.stop()
            scheduler.shutdown()

    def report(self) -> None:
        """Make and send the report, if today is an open day. When it fails altogether, a plain note leaves instead."""
        practice = self._config.practice
        if not practice.is_open_on(datetime.now(practice.timezone).date()):
            return
        if self._process("healthcheck", "report", "--once") not in _NOT_A_FAILURE:
            self._process("healthcheck.failed", "healthcheck-agent")

    def watch(self) -> None:
        """A light pass, the outbox, and the report if it is owed."""
        self._process("healthcheck", "watch")

    def stop(self) -> None:
        """Start nothing more, and end what runs: in order, or by force where that takes too long."""
        with self._door:
            self._stopping = True
            running = tuple(self._running)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _end(process)

    def _process(self, module: str, *words: str) -> int | None:
        """Run one of our own modules to its end; its exit code, None when it had to be ended or must not start."""
        env = {
            **os.environ,
            "HEALTHCHECK_CONFIG": str(self._file),
            "HEALTHCHECK_STATE_DIR": str(self._state_dir),
        }
        with self._door:
            if self._stopping:
                return 0
            as_read = ["--config-copy", f"/dev/fd/{self._copy}"] if module == "healthcheck" else []
            process = subprocess.Popen(
                [sys.executable, "-m", module, *as_read, *words],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(self._copy,),
                env=env,
            )
            self._running.add(process)
        try:
            code = process.wait(self._longest_s)
        except subprocess.TimeoutExpired:
            log.error("%s did not end in %.0f seconds and was ended.", " ".join((module, *words)), self._longest_s)
            _end(process)
            return None
        finally:
            with self._door:
                self._running.discard(process)
        if code not in _NOT_A_FAILURE and not self._stopping:
            log.error("%s ended with %d.", " ".join((module, *words)), code)
        return 0 if self._stopping else code

    def _scheduled(self) -> BackgroundScheduler:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_JOB_DEFAULTS)
        scheduler.add_job(self.report, report_trigger(self._config.practice), id="report")
        # At once, too: whatever was missed while the machine was off is made up for by this first pass.
        watched = watch_trigger(self._config.watch_every_minutes)
        scheduler.add_job(self.watch, watched, id="watch", next_run_time=datetime.now(UTC))
        return scheduler

    def _read(self) -> tuple[Config, int]:
        """The config, and a copy of its text in memory from which each round reads it, until the agent reads anew."""
        text = syntax.read(self._file)
        copy = os.memfd_create("healthcheck-config")
        try:
            os.fchmod(copy, 0o600)
            with open(copy, "w", encoding="utf-8", closefd=False) as file:
                file.write(text)
            return configs.load(self._file, copy=Path(f"/dev/fd/{copy}")), copy
        except BaseException:
            os.close(copy)
            raise

    def _reread(self, scheduler: BackgroundScheduler) -> None:
        try:
            config, copy = self._read()
        except ConfigError as error:
            log.error("The config was read again and has a mistake, so the old one stays in force:\n%s", error)
            return
        with self._door:
            # A process that is just being started holds the old one open by itself.
            self._config, old, self._copy = config, self._copy, copy
            os.close(old)
        scheduler.reschedule_job("report", trigger=report_trigger(config.practice))
        scheduler.reschedule_job("watch", trigger=watch_trigger(config.watch_every_minutes))
        log.warning("The config was read again and is in force.")


def _end(process: subprocess.Popen[bytes]) -> None:
    processes.end_tree(process.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # those of its session whose own parent has gone
    process.wait()


def report_trigger(practice: Practice) -> CronTrigger:
    """Every open weekday at the hour of the report. Days by name: this library's 0 is Monday, not Sunday."""
    return CronTrigger(
        day_of_week=",".join(practice.open_days),
        hour=practice.report_at.hour,
        minute=practice.report_at.minute,
        timezone=practice.timezone,
    )


def watch_trigger(every_minutes: int) -> CronTrigger:
    """Every few minutes, by the clock and not from the last time, half a minute beside the full one of the report."""
    return CronTrigger(minute=f"*/{every_minutes}" if every_minutes < 60 else "0", second=30, timezone=UTC)


def mind_the_clock(scheduler: BackgroundScheduler, now: datetime) -> None:
    """Where the clock was set back, a job planned by the old time would not run for as long: plan it anew."""
    for job in scheduler.get_jobs():
        due = job.trigger.get_next_fire_time(None, now)
        if due is not None and job.next_run_time > due + timedelta(seconds=1):
            job.modify(next_run_time=due)
