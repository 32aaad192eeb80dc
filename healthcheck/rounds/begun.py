"""A round under way: it holds the lock and the history, and gathers what is to be said of the round itself."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from healthcheck.errors import HistoryError
from healthcheck.history import History
from healthcheck.model import Practice
from healthcheck.rounds.lock import Busy, only_one
from healthcheck.words import calendar_day, count, join, moment

HISTORY_FILE = "history.sqlite"
REPORT, WATCH, HAND = "report", "watch", "hand"
"""What started a round."""
PATIENCE_S = 600.0
"""How long a report waits for a round of another sort to end: no light pass may cost the morning's report."""


@dataclass
class Begun:
    """A round under way. `history` is None when it cannot be used, which `notes` say."""

    id: str
    trigger: str
    at: datetime
    state_dir: Path
    history: History | None = None
    notes: list[str] = field(default_factory=list)

    def note(self, *sentences: str) -> None:
        """Say something about the round itself, once."""
        self.notes += [sentence for sentence in sentences if sentence not in self.notes]


@contextlib.contextmanager
def begun(trigger: str, state_dir: Path) -> Iterator[Begun]:
    """Take the lock, open the history, and write down that a round began. Raises `lock.Busy`."""
    with contextlib.ExitStack() as stack:
        notes = list(_locked(stack, state_dir, trigger))
        at = datetime.now(UTC)
        begun = Begun(_new_id(at), trigger, at, state_dir, notes=notes)
        begun.history, trouble = opened(stack, state_dir)
        begun.note(*trouble)
        if begun.history is not None and trigger != HAND:
            _say_if_not(begun, begun.history.begin, begun.id, trigger, at)
        try:
            yield begun
        except BaseException:  # ended in order, by a signal perhaps: not what the next report need speak of
            if begun.history is not None:
                _say_if_not(begun, begun.history.give_up, begun.id)
            raise


def opened(stack: contextlib.ExitStack, state_dir: Path) -> tuple[History | None, Sequence[str]]:
    """The history, for as long as the stack is open; None and why when it cannot be used."""
    try:
        history = History.open(state_dir / HISTORY_FILE, datetime.now(UTC))
    except HistoryError as error:
        return None, (str(error),)
    stack.callback(history.close)
    return history, ()


def left_undone(practice: Practice, begun: Begun) -> Iterator[str]:
    """What the rounds before this one did not do: not finish, or not reach somebody."""
    if begun.history is None:
        return
    try:
        stopped = [one for one in begun.history.not_finished() if one.id != begun.id]
        missed = begun.history.undelivered()
        yield from begun.history.untold()
    except HistoryError as error:
        yield str(error)
        return
    now = begun.at.astimezone(practice.timezone)
    if stopped:
        last = moment(max(one.started_at for one in stopped).astimezone(practice.timezone), now)
        if len(stopped) == 1:
            yield f"The check that began {last}, did not finish: this program or its computer was stopped."
        else:
            times = count(len(stopped), "time")
            yield f"The check did not finish {times}, last the one of {last}: this program or its computer was stopped."
    for posting in missed:
        day = calendar_day(posting.created_at.astimezone(practice.timezone))
        who = join(posting.not_taken_for)
        yield f'The report of {day}, was not delivered by "{posting.delivery}"{f" to {who}" if who else ""}.'


def _locked(stack: contextlib.ExitStack, state_dir: Path, trigger: str) -> Iterator[str]:
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            stack.enter_context(only_one(state_dir / "lock", trigger))
        except Busy as busy:
            if trigger != REPORT or busy.doing == REPORT or time.monotonic() > ends_at:
                raise
            time.sleep(0.2)
        except OSError as error:
            yield f"The folder {state_dir} cannot be written to ({(error.strerror or 'unknown reason').lower()})."
            return
        else:
            return


def _say_if_not(begun: Begun, do: Callable[..., None], *given: object) -> None:
    try:
        do(*given)
    except HistoryError as error:
        begun.note(str(error))


def _new_id(begun: datetime) -> str:
    return f"{begun:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
