"""What is acknowledged and paused, in the store: kept over restarts, replaced, ended, and ended by a round."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from healthcheck.errors import HistoryError
from healthcheck.findings import Change, Diagnosis, Incident
from healthcheck.history import History
from healthcheck.history.known import as_it_is
from healthcheck.known import Acknowledgement, Ended, Pause, Then, shape
from healthcheck.model import Previous, Round, Status
from tests.history.conftest import MONDAY

FRIDAY = MONDAY + timedelta(days=4)
HOUR = timedelta(hours=1)
NOTHING = Diagnosis(sites=())
KEY = "Azusa/azusa-server/backup"
INCIDENT = Incident(
    reference="HC-20261123-1", cause=KEY, status=Status.CRITICAL, site="Azusa", host="azusa-server",
    says="The server in Azusa has no backup.", detail="age 74 h", keys=(KEY,), sites=("Azusa",), since=MONDAY,
)  # fmt: skip
GIVEN = Acknowledgement(
    "HC-20261123-1", KEY, "The server in Azusa has no backup.", "María", "drive ordered", MONDAY, FRIDAY,
    Status.CRITICAL, {KEY: Then(Status.CRITICAL, {"age_h": 74.0})}, ("Azusa",), ("It has lost # of its drives.",),
    number=1,
)  # fmt: skip
PAUSE = Pause("Azusa", "", "María", "renovation", MONDAY, FRIDAY, number=1)


def a_round(name: str, at: datetime, trigger: str = "report") -> Round:
    return Round(name, "Foothill", trigger, at, at + timedelta(seconds=9))


def test_what_is_said_outlives_a_restart(history: History, path: Path) -> None:
    history.acknowledge(GIVEN)
    history.pause(PAUSE)
    history.close()
    again = History.open(path, MONDAY)
    assert (again.acknowledged(MONDAY), again.pauses(MONDAY)) == ((GIVEN,), (PAUSE,))
    past = again.past(MONDAY, MONDAY, MONDAY)
    assert (past.acknowledged, past.pauses) == ((GIVEN,), (PAUSE,))
    again.close()


def test_the_newest_word_on_a_trouble_counts(history: History) -> None:
    later = replace(GIVEN, note="drive comes on Monday", at=MONDAY + HOUR, until=FRIDAY + 3 * HOUR)
    history.acknowledge(GIVEN)
    history.acknowledge(later)
    assert history.acknowledged(MONDAY) == (replace(later, number=2),)


def test_what_was_taken_back_is_over(history: History) -> None:
    history.acknowledge(GIVEN)
    assert history.end_acknowledgement(GIVEN.reference, MONDAY + HOUR)
    assert not history.end_acknowledgement(GIVEN.reference, MONDAY + HOUR)
    [ended] = history.acknowledged(MONDAY)
    assert ended == replace(GIVEN, ended_at=MONDAY + HOUR, ended=Ended.REMOVED)
    assert not ended.holds(MONDAY + 2 * HOUR)


def test_a_round_that_finds_it_mended_or_worse_ends_it(history: History) -> None:
    history.acknowledge(GIVEN)
    [kept] = history.acknowledged(MONDAY)
    ended = replace(kept, ended_at=MONDAY + HOUR, ended=Ended.WORSE, worse="it became a problem")
    history.save(a_round("r1", MONDAY + HOUR), replace(NOTHING, ended=(ended,)))
    assert history.acknowledged(MONDAY) == (ended,)


def test_a_round_does_not_end_what_was_said_anew_while_it_looked(history: History) -> None:
    history.acknowledge(GIVEN)
    [seen] = history.acknowledged(MONDAY)
    anew = replace(GIVEN, note="I saw it, thank you", at=MONDAY + HOUR)
    history.acknowledge(anew)
    ended = replace(seen, ended_at=MONDAY + HOUR, ended=Ended.WORSE, worse="it became a problem")
    history.save(a_round("r1", MONDAY + HOUR), replace(NOTHING, ended=(ended,)))
    assert history.acknowledged(MONDAY) == (replace(anew, number=2),)


def test_several_are_kept_together_or_not_at_all(history: History) -> None:
    impossible = replace(GIVEN, reference="HC-2", note=None)  # type: ignore[arg-type]  # the table refuses it
    with pytest.raises(HistoryError, match=r"^The history could not be saved: "):
        history.acknowledge(GIVEN, impossible)
    assert history.acknowledged(MONDAY) == ()


def test_a_pause_takes_the_place_of_the_one_before(history: History) -> None:
    longer = replace(PAUSE, until=FRIDAY + 24 * HOUR, at=MONDAY + HOUR)
    device = replace(PAUSE, host="azusa-server")
    for pause in (PAUSE, device, longer):
        history.pause(pause)
    assert history.pauses(MONDAY + 2 * HOUR) == (replace(device, number=2), replace(longer, number=3))


def test_a_pause_is_ended_by_itself_and_by_hand(history: History) -> None:
    history.pause(PAUSE)
    assert [history.pauses(at) for at in (FRIDAY - HOUR, FRIDAY)] == [(PAUSE,), ()]
    assert history.end_pause("Azusa", "", MONDAY + HOUR)
    assert not history.end_pause("Azusa", "", MONDAY + HOUR)
    assert history.pauses(MONDAY + HOUR) == ()


def test_an_acknowledgement_remembers_how_it_was(history: History) -> None:
    changes = (
        Change("Azusa", "azusa-server", "The disk is almost full: about 12 days left."),
        Change("Azusa", "azusa-router", "It is slower."),
    )
    previous = {KEY: Previous(MONDAY, Status.WARNING, {"age_h": 74.0})}
    given = as_it_is(INCIDENT, previous, changes, by="María", note="drive ordered", at=MONDAY, until=FRIDAY)
    assert given == replace(
        GIVEN,
        checks={KEY: Then(Status.WARNING, {"age_h": 74.0})},
        changes=("The disk is almost full: about # days left.",),
        number=0,
    )


def test_all_that_is_wrong_can_be_acknowledged_and_each_host_stands_there_once(history: History) -> None:
    told = (
        Change("Azusa", "azusa-server", "It has lost one of its drives.", "sdb: gone", Status.CRITICAL),
        Change("Covina", "covina-server", "It has lost one of its drives.", "sdb: gone", Status.CRITICAL),
        Change("Covina", "covina-server", "It is almost full.", "/: 3 days"),
    )
    history.save(a_round("r1", MONDAY), replace(NOTHING, incidents=(INCIDENT,), changes=told))
    lost = Incident(
        "Covina/covina-server", "Covina/covina-server", Status.CRITICAL, "Covina", "covina-server",
        "It has lost one of its drives. It is almost full.", "sdb: gone /: 3 days", sites=("Covina",),
    )  # fmt: skip
    assert history.troubles() == (INCIDENT, lost)


@pytest.mark.parametrize(
    ("trigger", "left"), [("report", []), ("hand", ["It is slower."]), ("watch", ["It is slower."])]
)
def test_a_report_alone_forgets_what_is_as_it_was_again(history: History, trigger: str, left: list[str]) -> None:
    slower = Change("Azusa", "azusa-server", "It is slower.")
    history.save(a_round("r1", MONDAY), replace(NOTHING, changes=(slower,)))
    history.save(a_round("r2", MONDAY + HOUR, trigger), NOTHING)
    assert [change.says for change in history.changes()] == left


def test_what_was_known_goes_with_the_rounds_of_its_time(history: History) -> None:
    history.acknowledge(GIVEN)
    history.pause(PAUSE)
    history.save(a_round("later", MONDAY + timedelta(days=366 * 6)), NOTHING)
    long_ago = MONDAY - timedelta(days=1)
    assert (history.acknowledged(long_ago), history.pauses(long_ago)) == ((), ())


def test_a_sentence_is_known_again_by_its_words() -> None:
    assert shape("about 12 days left: 1,024.5 MB") == shape("about 9 days left: 3 MB") != shape("about 9 hours left")
