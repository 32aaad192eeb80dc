"""The outbox table: what waits, what became of it, and every attempt."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from healthcheck.errors import HistoryError
from healthcheck.history import History
from healthcheck.model import Attachment, Attempt, Message, Posting
from tests.history.conftest import MONDAY

MESSAGE = Message("Subject", "Text é\n", "<p>é</p>", (Attachment("it.txt", "lines"),), "Short.\n")
POSTING = Posting("r1.mail.1", "r1", "mail", "email", MESSAGE, MONDAY, ("a@b.example", "c@d.example"))


def test_a_posting_comes_out_as_it_went_in(history: History) -> None:
    waiting = replace(POSTING, id="r1.chat.1", state="standby", attempts=2, next_at=MONDAY, reply="451 later")
    history.update(waiting, POSTING)
    assert history.pending() == (waiting, POSTING)


def test_every_attempt_is_kept_with_its_time_and_the_last_words_of_each(history: History) -> None:
    begun = Attempt(1, MONDAY, "The program ended before the outcome was known.")
    refused = replace(begun, reply="451 later")
    second = Attempt(2, MONDAY + timedelta(minutes=1), "accepted", ("a@b.example",))
    for last in (begun, refused, second):
        history.update(replace(POSTING, last=last))
    history.update(POSTING)  # as it is read back: without its attempts
    assert history.attempts(POSTING.id) == (refused, second)
    assert history.attempts("another") == ()


@pytest.mark.parametrize(("state", "kept"), [("sent", False), ("not_needed", False), ("failed", True)])
def test_of_what_was_accepted_only_the_receipt_is_kept(path: Path, history: History, state: str, kept: bool) -> None:
    history.update(replace(POSTING, state=state))
    assert history.pending() == ()
    with closing(sqlite3.connect(path)) as raw:
        [(message,)] = raw.execute("SELECT message FROM posting")
    assert (json.loads(message)["subject"], "Text é" in message) == ("Subject", kept)


def test_what_belongs_together_is_written_together_or_not_at_all(history: History) -> None:
    impossible = replace(POSTING, id="r1.chat.1", reply=None)  # type: ignore[arg-type]  # the table refuses it
    with pytest.raises(HistoryError, match=r"^The history could not be saved: "):
        history.update(POSTING, impossible)
    assert history.pending() == ()


def test_an_outbox_of_the_first_version_can_be_read(path: Path, history: History) -> None:
    history.update(POSTING)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE posting SET message = json_remove(message, '$.short')")
        raw.commit()
    assert history.pending() == (replace(POSTING, message=replace(MESSAGE, short="")),)
