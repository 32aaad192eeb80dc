"""What a round's history, diagnosis and report cost by the number of its checks, and after five years of mornings."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis
from healthcheck.history import History
from healthcheck.model import Outcome, Practice, Round
from healthcheck.report import files
from healthcheck.report.build import build
from tests.bench.diagnosis import BEGUN, NOW, outcomes, practice

Value = TypeVar("Value")

CHECKS_PER_SITE = 20
SITES = (4, 50, 500, 5_000)
"""80 to 100,000 checks."""
MORNINGS_BEFORE = 5
YEARS_SITES, YEARS_MORNINGS = 20, 5 * 366
STEPS = ("previous", "past", "diagnose", "build", "files", "save")


def run(rounds: int) -> str:
    """CPU for each check and step, at four sizes; then the same with 400 checks and 1,830 mornings behind them."""
    lines = [
        "### A round's own work by its size: CPU in µs for each check",
        "",
        f"| checks | {' | '.join(STEPS)} | all |",
        f"|--:{'|--:' * (len(STEPS) + 1)}|",
    ]
    for sites in SITES:
        with tempfile.TemporaryDirectory() as folder:
            took = _mornings(Path(folder), sites, MORNINGS_BEFORE)[-1]
        lines.append(_line(sites, took))
    with tempfile.TemporaryDirectory() as folder:
        all_took = _mornings(Path(folder), YEARS_SITES, YEARS_MORNINGS, told_every=YEARS_MORNINGS // 10)
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    lines += [
        "",
        f"### {YEARS_SITES * CHECKS_PER_SITE} checks, {YEARS_MORNINGS:,} mornings: {size / 1e6:.0f} MB",
        "",
        f"| morning | {' | '.join(STEPS)} | all |",
        f"|--:{'|--:' * (len(STEPS) + 1)}|",
    ]
    for number, took in zip(range(0, YEARS_MORNINGS, YEARS_MORNINGS // 10), all_took, strict=False):
        lines.append(_line(YEARS_SITES, took).replace(f"| {YEARS_SITES * CHECKS_PER_SITE:,} |", f"| {number:,} |", 1))
    return "\n".join([*lines, ""])


def _line(sites: int, took: dict[str, float]) -> str:
    checks = sites * CHECKS_PER_SITE
    each = [took[step] / checks * 1e6 for step in STEPS]
    return f"| {checks:,} | " + " | ".join(f"{one:.0f}" for one in (*each, sum(each))) + " |"


def _mornings(folder: Path, sites: int, mornings: int, *, told_every: int = 1) -> list[dict[str, float]]:
    """Morning after morning is kept; what each step took on those that are told of."""
    made = practice(sites)
    found = list(outcomes(made, 10))
    history = History.open(folder / "history.sqlite", NOW)
    told = []
    for number in range(mornings):
        back = timedelta(days=mornings - number)
        round = Round(f"r{number}", made.name, "report", BEGUN - back, BEGUN - back, tuple(_shifted(found, back)))
        if number % told_every and number < mornings - 1:
            history.save(round, Diagnosis(()))
        else:
            told.append(_one(history, made, round))
    history.close()
    return told


def _shifted(found: list[Outcome], back: timedelta) -> Iterator[Outcome]:
    return (replace(outcome, started_at=outcome.started_at - back) for outcome in found)


def _one(history: History, made: Practice, round: Round) -> dict[str, float]:
    now = round.finished_at.astimezone(made.timezone)
    took: dict[str, float] = {}

    def timed(step: str, work: Callable[[], Value]) -> Value:
        begun = time.process_time()
        value = work()
        took[step] = time.process_time() - begun
        return value

    timed("previous", lambda: history.previous([outcome.key for outcome in round.outcomes]))
    past = timed("past", lambda: history.past(now, now - timedelta(days=8), now - timedelta(days=90)))
    diagnosis = timed("diagnose", lambda: diagnose(made, round, past, now))
    report = timed("build", lambda: build(made, round, diagnosis, now=now))
    timed("files", lambda: files.written(report))
    timed("save", lambda: history.save(round, diagnosis))
    return took
