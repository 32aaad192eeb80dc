"""A scenario: a practice, what happens to it, and the rounds that see it; the last of them is told.

One file in `tests/scenarios/` is one scenario. `python -m tests.diagnosis.scenario FILE …` shows what it comes to. The
file holds, and everything but `about` may be left out:

    about       what it shows, in a sentence; shows_fault its number in the list of faults to survive
    now         when the last round begins: "Mon 5:45" (of this week, the default), "2026-11-01 1:30", or UTC with a Z
    trigger     of the last round: "report" (the default), "hand", "watch"
    only        what the last round looks at: a pattern of keys
    practice    a file instead of practice.toml
    config      more of the config, in TOML
    rounds      those before: "Fri 5:45", "Fri 6:00 to Mon 5:30 every 30 minutes", with "hand Azusa/*" for one by hand,
                "2026-11-02 5:45 to Fri 5:45 every day" for a report each day
    [[fault]]   from, until: while it lasts (the end is not part of it); then a line for each pattern of keys
    [[event]]   host, at, until, not_before, kind, says, source: told by every round that reaches the host after it
    [[survey]]  host, from, until: what its survey finds while it lasts, a table for each sort; the last one counts
    [[metric]]  of, name, from, until: a number that checks of that pattern measure: `value` at `from`, `a_day` more
                each day
    [[ack]]     cause, at, until, note: somebody acknowledges the open incident of that cause (a pattern of keys)
    [[pause]]   site, host, at, until, reason: somebody pauses a clinic, or a device in it
    expect      all that is told, word for word

A pattern is that of a key or of its end: "Azusa/*", "azusa-server/disk". Its line is "ok", "silent", "problem: says",
"wrong: says" (a problem of something that does answer), "look: says", "unknown: why", or "not planned".
"""

from __future__ import annotations

import functools
import re
import sqlite3
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from healthcheck import config as configs
from healthcheck.check import Planned
from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis
from healthcheck.history import History, schema
from healthcheck.history.known import as_it_is
from healthcheck.known import Pause
from healthcheck.model import Event, EventKind, Facts, Metric, Outcome, Practice, Result, Round, Status
from healthcheck.report import render
from healthcheck.report.build import build
from healthcheck.report.page import Report

FOLDER = Path(__file__).parent.parent / "scenarios"
NOW = "2026-11-23 5:45"
TOOK = timedelta(seconds=40)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY = re.compile(r"(?P<from>.+?) to (?P<until>.+?) every (?P<minutes>\d+) minutes")
_DAILY = re.compile(r"(?P<from>.+?) to (?P<until>.+?) every day")
_BY_HAND = re.compile(r"(?P<at>.+?) (?P<trigger>hand|watch|report)(?: (?P<only>\S.*))?")


@dataclass(frozen=True)
class Told:
    """What the last round came to."""

    practice: Practice
    round: Round
    diagnosis: Diagnosis
    report: Report


@dataclass(frozen=True)
class Scenario:
    """One file, read."""

    name: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Scenario:
        return cls(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))

    @property
    def expected(self) -> str:
        return str(self.data.get("expect", "")).strip()

    def play(self) -> Told:
        """Let every round look, remember and be told, as the program does."""
        practice, plan = read_config(self.data.get("practice", "practice.toml"), self.data.get("config", ""))
        times = _Times(practice, self.data.get("now", NOW))
        before = datetime.min.replace(tzinfo=UTC)
        connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.migrate(connection)
        history = History(connection)
        try:
            last = (times.now, self.data.get("trigger", "report"), self.data.get("only", "*"))
            for number, (at, trigger, only) in enumerate([*self._rounds(times), last]):
                self._said(times, history, before, at)
                before = at
                found = self._round(practice, plan, times, f"r{number}", at, trigger, only)
                now = found.finished_at.astimezone(practice.timezone)
                past = history.past(now, now - timedelta(days=8), now - timedelta(days=90))
                diagnosis = diagnose(practice, found, past, now)
                history.save(found, diagnosis)
        finally:
            history.close()
        return Told(practice, found, diagnosis, build(practice, found, diagnosis, now=now))

    def _said(self, times: _Times, history: History, after: datetime, until: datetime) -> None:
        """What somebody acknowledges or pauses between two rounds."""
        for table in self.data.get("ack", ()):
            if after <= (at := times.at(table["at"])) < until:
                [incident] = [one for one in history.troubles() if matches(one.cause, table["cause"])]
                previous, end = history.previous(incident.keys), times.at(table["until"])
                changes, note = history.changes(), table["note"]
                history.acknowledge(as_it_is(incident, previous, changes, by="Maria", note=note, at=at, until=end))
        for table in self.data.get("pause", ()):
            if after <= (at := times.at(table["at"])) < until:
                end = times.at(table["until"])
                history.pause(Pause(table["site"], table.get("host", ""), "Maria", table["reason"], at, end))

    def _rounds(self, times: _Times) -> Iterator[tuple[datetime, str, str]]:
        for line in self.data.get("rounds", ()):
            if every := _EVERY.fullmatch(line):
                at, until = times.at(every["from"]), times.at(every["until"])
                while at <= until:
                    yield at, "watch", "*"
                    at += timedelta(minutes=int(every["minutes"]))
            elif daily := _DAILY.fullmatch(line):
                at, until = times.at(daily["from"]), times.at(daily["until"])
                while at <= until:
                    yield at, "report", "*"
                    at += timedelta(days=1)
            elif by_hand := _BY_HAND.fullmatch(line):
                yield times.at(by_hand["at"]), by_hand["trigger"], by_hand["only"] or "*"
            else:
                yield times.at(line), "report", "*"

    def _round(
        self,
        practice: Practice,
        plan: Sequence[Planned],
        times: _Times,
        name: str,
        at: datetime,
        trigger: str,
        only: str,
    ) -> Round:
        lines = {
            pattern: line
            for fault in self.data.get("fault", ())
            if times.during(fault, at)
            for pattern, line in fault.items()
            if "/" in pattern
        }
        outcomes = []
        for planned in plan:
            line = next((line for pattern, line in reversed(lines.items()) if matches(planned.key, pattern)), "ok")
            looked_at = matches(planned.key, only) and (trigger != "watch" or planned.check.watched)
            if looked_at and line != "not planned":
                outcomes.append(self._with_numbers(times, an_outcome(planned, line, at)))
        return Round(name, practice.name, trigger, at, at + TOOK, tuple(self._with_events(times, outcomes, at)))

    def _with_numbers(self, times: _Times, outcome: Outcome) -> Outcome:
        """With what is surveyed and measured at that time, unless the check could not look."""
        at, facts, metrics = outcome.started_at, tuple[Facts, ...](), list[Metric]()
        for table in self.data.get("survey", ()):
            if (outcome.kind, outcome.host) == ("survey", table["host"]) and times.during(table, at):
                facts = tuple(Facts(sort, things) for sort, things in table.items() if isinstance(things, dict))
        for table in self.data.get("metric", ()):
            if matches(outcome.key, table["of"]) and times.during(table, at):
                days = (at - times.at(table["from"])) / timedelta(days=1)
                metrics.append(Metric(table["name"], table["value"] + table.get("a_day", 0.0) * days))
        if outcome.status is Status.UNKNOWN or not (facts or metrics):
            return outcome
        [result] = outcome.results
        results = (result, *(replace(result, metric=metric) for metric in metrics))
        return replace(outcome, results=results, facts=facts)

    def _with_events(self, times: _Times, outcomes: Sequence[Outcome], at: datetime) -> Iterator[Outcome]:
        """Events are told by the first check of a host that could look."""
        events: dict[str, list[Event]] = {}
        for table in self.data.get("event", ()):
            event = Event(
                at=times.at(table["at"]),
                says=table["says"],
                source=table.get("source", "ups"),
                kind=EventKind(table.get("kind", "power_cut")),
                until=times.at(table["until"]) if "until" in table else None,
                not_before=times.at(table["not_before"]) if "not_before" in table else None,
            )
            if (event.until or event.at) <= at:
                events.setdefault(table["host"], []).append(event)
        for outcome in outcomes:
            told = () if outcome.status is not Status.OK else tuple(events.pop(outcome.host, ()))
            yield Outcome(**{**_fields(outcome), "events": told})


def _fields(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in Outcome.__dataclass_fields__}


@dataclass(frozen=True)
class _Times:
    practice: Practice
    told: str

    @property
    def now(self) -> datetime:
        return self.at(self.told)

    def at(self, text: str, otherwise: datetime | None = None) -> datetime:
        """A moment in UTC: "Sun 2:14" on the practice's wall in the week up to now, a date with a time, or UTC."""
        if not text and otherwise is not None:
            return otherwise
        if text.endswith("Z"):
            return datetime.fromisoformat(text)
        day, _, clock = text.rpartition(" ")
        hour, minute = map(int, clock.split(":"))
        if day.lower() in _DAYS:
            today = datetime.fromisoformat(self.told.split(" ")[0].split("T")[0])
            back = (today.weekday() - _DAYS.index(day.lower())) % 7
            date = today - timedelta(days=back)
        else:
            date = datetime.fromisoformat(day)
        return date.replace(hour=hour, minute=minute, tzinfo=self.practice.timezone).astimezone(UTC)

    def during(self, table: Mapping[str, Any], at: datetime) -> bool:
        """Whether something lasts at a moment: from its `from`, to just before its `until`."""
        begin = self.at(table.get("from", ""), datetime.min.replace(tzinfo=UTC))
        return begin <= at < self.at(table.get("until", ""), datetime.max.replace(tzinfo=UTC))


def matches(key: str, pattern: str) -> bool:
    return fnmatchcase(key, pattern) or fnmatchcase(key, f"*/{pattern}")


@functools.cache
def read_config(file: str, more: str = "") -> tuple[Practice, tuple[Planned, ...]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_text(f"{(FOLDER / file).read_text(encoding='utf-8')}\n{more}", encoding="utf-8")
        path.chmod(0o600)
        config = configs.load(path, environ={})
    return config.practice, config.plan


def an_outcome(planned: Planned, line: str, at: datetime) -> Outcome:
    word, _, says = line.partition(": ")
    check, why = planned.check, ""
    asks = check.reachability
    if word == "silent" and not asks:
        word, says = "unknown", "it did not answer"
    metric: Metric | None = None
    if word == "ok":
        status, says, metric = Status.OK, "is well", Metric("value", 1.0, "s")
        if check.kind == "restart":
            metric = Metric("boot", (at - timedelta(days=40)).timestamp(), "s")
            says = "has been running for 40 days"
    elif word == "silent":
        status, says = (
            Status.CRITICAL,
            "did not answer" if check.kind != "ping" else "did not answer 3 times in 9 seconds",
        )
        metric = Metric("loss", 100.0, "%") if check.kind == "ping" else None
    elif word == "unknown":
        status, why, says = Status.UNKNOWN, says, f"could not be checked: {says}"
    else:
        status = {"problem": Status.CRITICAL, "wrong": Status.CRITICAL, "look": Status.WARNING}[word]
        metric = None if word == "problem" else Metric("value", 1.0, "s")
    return Outcome(
        key=planned.key,
        site=planned.site.name,
        host=planned.host.name,
        kind=check.kind,
        results=(Result(status, says, f"{check.kind}: {word}", metric),),
        started_at=at,
        why=why,
        owner=planned.owner,
        reachability=asks,
        other_end=check.other_end(),
    )


def told(scene: Told) -> str:
    """All that matters of it, as text: first lines, causes, what is over, each clinic, the story, the count."""
    report, diagnosis = scene.report, scene.diagnosis
    lines = [render.subject(report), report.headline, report.effect, ""]
    for incident, problem in zip(report.facts.incidents, report.problems, strict=True):
        if problem.quiet:
            continue
        lines.append(f"{incident.reference} {incident.status.word} {incident.cause}: {incident.says}")
        lines += [f"  {paragraph}" for paragraph in problem.paragraphs]
    lines += [f"{finding.status.word}: {finding.says}" for finding in report.findings]
    for row in report.known:
        lines += [f"{report.known_title}: {row.status.word}: {row.says}", *(f"  {line}" for line in row.paragraphs)]
    lines += report.fixed
    lines.append("")
    lines += [f"{row.status.word}: {row.names}{row.says}" for row in report.sites]
    if diagnosis.story:
        lines += ["", *(line.says for line in diagnosis.story)]
    lines += ["", report.coverage.says]
    return "\n".join(lines).strip()


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        print(f"### {path.stem}\n{told(Scenario.read(path).play())}\n")
