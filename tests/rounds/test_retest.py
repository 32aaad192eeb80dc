"""Looking again: the checks that it takes, and what is said of each trouble. Five clinics, one database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from healthcheck.check import Planned
from healthcheck.diagnosis import diagnose
from healthcheck.findings import Diagnosis, Incident
from healthcheck.history import History, schema
from healthcheck.model import Round
from healthcheck.rounds import retest
from healthcheck.rounds.retest import Answer, Answers, Became
from tests.diagnosis.scenario import an_outcome, matches, read_config

FIRST = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)
REFUSED = "unknown: it refused our login"


class Clinics:
    """The practice, what is wrong there now, and what was found so far. `wrong` has a line for a pattern of keys."""

    def __init__(self, history: History) -> None:
        self.practice, self.plan = read_config("practice.toml")
        self.wrong: Mapping[str, str] = {}
        self._history = history
        self._rounds = 0

    def looked_at(self, keys: frozenset[str] | None = None, trigger: str = "report") -> tuple[Round, Diagnosis]:
        at = FIRST + timedelta(hours=self._rounds)
        self._rounds += 1
        outcomes = tuple(
            an_outcome(planned, self._line(planned), at) for planned in self.plan if keys is None or planned.key in keys
        )
        found = Round(f"r{self._rounds}", self.practice.name, trigger, at, at + timedelta(seconds=9), outcomes)
        now = found.finished_at.astimezone(self.practice.timezone)
        past = self._history.past(now, now - timedelta(days=8), now - timedelta(days=90))
        diagnosis = diagnose(self.practice, found, past, now)
        self._history.save(found, diagnosis)
        return found, diagnosis

    def _line(self, planned: Planned) -> str:
        return next((line for pattern, line in self.wrong.items() if matches(planned.key, pattern)), "ok")

    def open(self) -> list[Incident]:
        every = self._history.incidents(FIRST - timedelta(days=1))
        return [incident for incident in every if incident.closed_at is None]

    def report(self, wrong: Mapping[str, str]) -> list[Incident]:
        """A report that finds this wrong, and what is open after it."""
        self.wrong = wrong
        self.looked_at()
        return self.open()

    def again(self, wrong: Mapping[str, str], *asked: Incident) -> Answers:
        """What a retest says when this is wrong by then."""
        self.wrong = wrong
        before = self.open()
        keys = retest.plan_for(self.practice, self.plan, retest.keys_of(asked))
        last_good = self._history.past(FIRST, FIRST, FIRST).last_good
        found, diagnosis = self.looked_at(keys, "hand")
        assert {outcome.key for outcome in found.outcomes} == keys
        return retest.answers(asked, before, last_good, found, diagnosis)


@pytest.fixture
def clinics() -> Iterator[Clinics]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    history = History(connection)
    yield Clinics(history)
    history.close()


def planned_for(clinics: Clinics, *keys: str) -> set[str]:
    return set(retest.plan_for(clinics.practice, clinics.plan, keys)) - set(keys)


def test_whether_anything_at_the_clinic_answers_is_asked_with_a_check_and_our_own_line(clinics: Clinics) -> None:
    assert planned_for(clinics, "Azusa/azusa-server/disk") == {
        "Main office/office-router/ping",
        "Azusa/azusa-router/ping",
        "Azusa/azusa-server/ping",
        "Azusa/azusa-server/tcp",
    }


def test_the_other_end_of_a_way_is_asked_with_it(clinics: Clinics) -> None:
    assert {"Main office/main-db/ping", "Main office/main-db/database"} <= planned_for(
        clinics, "Azusa/azusa-server/path"
    )
    assert "Main office/main-db/service" not in planned_for(clinics, "Azusa/azusa-server/path")


def test_what_a_device_depends_on_is_asked_with_it(clinics: Clinics) -> None:
    assert "Main office/main-db/database" in planned_for(clinics, "Main office/charts-web/http")


def test_a_dark_clinic_that_answers_again_is_fixed(clinics: Clinics) -> None:
    [dark] = clinics.report({"Azusa/*": "silent"})
    assert clinics.again({}, dark) == Answers((Answer(dark.reference, Became.FIXED, f"{dark.reference} is fixed."),))
    assert clinics.open() == []


def test_a_dark_clinic_that_stays_dark_is_the_same_and_keeps_all_that_follows(clinics: Clinics) -> None:
    [dark] = clinics.report({"Azusa/*": "silent"})
    assert clinics.again({"Azusa/*": "silent"}, dark).answers == (
        Answer(dark.reference, Became.SAME, f"{dark.reference} is still the same: Nothing at Azusa answers."),
    )
    [still] = clinics.open()
    assert (still.reference, set(still.consequences)) == (dark.reference, set(dark.consequences))


def test_two_dark_clinics_are_not_our_own_line(clinics: Clinics) -> None:
    both = {"Azusa/*": "silent", "Covina/*": "silent"}
    found = clinics.report(both)
    told = clinics.again(both, *found)
    assert [answer.became for answer in told.answers] == [Became.SAME, Became.SAME]
    assert told.new == ()


def test_a_trouble_that_was_not_asked_for_stays_as_it_was(clinics: Clinics) -> None:
    disk, backup = clinics.report({"covina-server/disk": "problem: is full", "azusa-server/backup": "look: is old"})
    told = clinics.again({}, disk)
    assert [answer.became for answer in told.answers] == [Became.FIXED]
    assert told.left_open == (backup,)
    assert clinics.open() == [backup]


def test_a_trouble_that_is_seen_to_be_over_by_the_way_is_told_too(clinics: Clinics) -> None:
    tcp, backup = clinics.report({"azusa-server/tcp": "problem: refused", "azusa-server/backup": "look: is old"})
    told = clinics.again({}, backup)
    assert {answer.reference: answer.became for answer in told.answers} == {
        backup.reference: Became.FIXED,
        tcp.reference: Became.FIXED,
    }


@pytest.mark.parametrize(
    ("then", "now", "became", "says"),
    [
        ("look: is old", "problem: is lost", Became.WORSE, "is worse: The server in Azusa is lost."),
        ("problem: is lost", "look: is old", Became.BETTER, "is better, but not over: The server in Azusa is old."),
        ("look: lost 2 days", "look: lost 3 days", Became.SAME, "is still there: The server in Azusa lost 3 days."),
        (REFUSED, REFUSED, Became.SAME,
         "is still the same: The server in Azusa could not be checked: it refused our login."),
    ],
    ids=["worse", "better", "other words", "not known still"],
)  # fmt: skip
def test_what_became_of_one_finding(clinics: Clinics, then: str, now: str, became: Became, says: str) -> None:
    [one] = clinics.report({"azusa-server/backup": then})
    told = clinics.again({"azusa-server/backup": now}, one)
    assert told.answers == (Answer(one.reference, became, f"{one.reference} {says}"),)


def test_what_fails_with_it_now_though_it_was_well_then_makes_it_worse(clinics: Clinics) -> None:
    [refused] = clinics.report({"azusa-server/backup": REFUSED})
    told = clinics.again({"azusa-server/backup": REFUSED, "azusa-server/tcp": REFUSED}, refused)
    assert [answer.became for answer in told.answers] == [Became.WORSE]


def test_what_nobody_had_looked_at_since_does_not_make_it_worse(clinics: Clinics) -> None:
    clinics.report({})
    clinics.wrong = {"Azusa/*": "silent"}
    clinics.looked_at(frozenset(planned.key for planned in clinics.plan if planned.check.watched), "watch")
    [dark] = clinics.open()
    told = clinics.again({"Azusa/*": "silent"}, dark)
    assert [answer.became for answer in told.answers] == [Became.SAME]
    assert "Azusa/azusa-server/tcp" in {key for one in clinics.open() for key in (*one.keys, *one.consequences)}


def test_one_of_many_that_is_mended_makes_it_better(clinics: Clinics) -> None:
    [refused] = clinics.report({"*-server/backup": REFUSED})
    told = clinics.again({"azusa-server/backup": "ok", "*-server/backup": REFUSED}, refused)
    assert [answer.became for answer in told.answers] == [Became.BETTER]
    assert [incident.reference for incident in clinics.open()] == [refused.reference]


def test_what_can_be_checked_again_and_is_not_well_is_not_called_fixed(clinics: Clinics) -> None:
    [unknown] = clinics.report({"azusa-server/backup": REFUSED})
    told = clinics.again({"azusa-server/backup": "problem: has lost its backup"}, unknown)
    [new] = told.new
    assert told.answers == (
        Answer(
            unknown.reference,
            Became.CHANGED,
            f"{unknown.reference} could be looked at again, but not all is well there: "
            f"The server in Azusa has lost its backup. [{new.reference}]",
            (new.reference,),
        ),
    )


def test_a_host_that_is_back_with_a_trouble_of_its_own_is_not_called_fixed(clinics: Clinics) -> None:
    [gone] = clinics.report({"main-db/*": "silent", "charts-web/*": "silent"})
    told = clinics.again({"main-db/database": "problem: cannot open the charts", "charts-web/*": "silent"}, gone)
    [answer] = told.answers
    assert (answer.became, answer.now) == (Became.CHANGED, tuple(incident.reference for incident in told.new))
    assert answer.says.startswith(f"{gone.reference} is over, but not all is well there: ")


def test_a_trouble_under_a_bigger_one_stays_open(clinics: Clinics) -> None:
    [backup] = clinics.report({"azusa-server/backup": "problem: is lost"})
    told = clinics.again({"Azusa/*": "silent"}, backup)
    [dark] = told.new
    assert told.answers == (
        Answer(
            backup.reference,
            Became.HIDDEN,
            f"{backup.reference} is still open and could not be seen by itself: "
            f"Nothing at Azusa answers. [{dark.reference}]",
            (dark.reference,),
        ),
    )
    assert {incident.reference for incident in clinics.open()} == {backup.reference, dark.reference}


def test_nothing_is_mended_while_our_own_line_is_down(clinics: Clinics) -> None:
    [dark] = clinics.report({"Azusa/*": "silent"})
    told = clinics.again({"Azusa/*": "silent", "office-router/*": "silent"}, dark)
    assert [answer.became for answer in told.answers] != [Became.FIXED]
    assert dark.reference in {incident.reference for incident in clinics.open()}


def test_a_check_that_is_in_the_config_no_longer_mends_nothing(clinics: Clinics) -> None:
    [refused] = clinics.report({"*-server/backup": REFUSED})
    clinics.plan = tuple(planned for planned in clinics.plan if planned.key != "Downey/downey-server/backup")
    told = clinics.again({}, refused)
    assert told.answers == (
        Answer(
            refused.reference,
            Became.HIDDEN,
            f"{refused.reference} is still open: 1 check that showed it is no longer in the config "
            "(Downey/downey-server/backup). The next report closes it.",
        ),
    )


def test_what_was_not_well_at_its_last_look_is_known_whatever_round_it_was(clinics: Clinics) -> None:
    clinics.report({"azusa-server/backup": REFUSED, "covina-server/disk": "look: is full"})
    clinics.wrong = {}
    clinics.looked_at(frozenset({"Azusa/azusa-server/backup"}), "hand")
    looks = clinics._history.looks(FIRST - timedelta(days=1))
    assert retest.not_well(looks) == {"Covina/covina-server/disk"}
