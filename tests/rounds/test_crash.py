"""The program is killed at two hundred points of a report, and whatever starts it next makes up for it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from healthcheck import config as configs
from healthcheck.rounds import is_owed
from tests.lab import quick_folder
from tests.lab.mortal import Nursery, nursery
from tests.lab.office import MANAGER, MEMORY, Office
from tests.lab.office import office as an_office
from tests.lab.receiver import Receiver, receiver
from tests.lab.smtp import Mailbox

POINTS = 200
PARTS = 4
"""So many tests share the points, that each stays short."""
DOCTOR = "doctor@foothill.example"
KILLED = -9
CHAT = """
[[delivery]]
name = "chat"
channel = "webhook"
url = "{url}"
only_if_failed = "morning mail"
"""


@dataclass(frozen=True)
class Morning:
    """What a practice needs for one report, and how many calls it takes to make and deliver it."""

    office: Office
    chat: Receiver
    nursery: Nursery
    calls: int

    @property
    def box(self) -> Mailbox:
        return self.office.mailbox

    def fresh(self, number: int) -> Office:
        """The same practice with its history as it was yesterday."""
        state = self.office.folder / f"state-{number}"
        shutil.copytree(self.office.state, state)
        self.box.messages.clear()
        self.box.recipients.clear()
        return replace(self.office, state=state)


@pytest.fixture(scope="module")
def morning() -> Iterator[Morning]:
    folder = quick_folder("crash")
    with an_office(folder, to=(MANAGER, DOCTOR)) as office, receiver() as chat:
        office.write(MEMORY, CHAT.format(url=chat.url))
        office.remember("yesterday", timedelta(days=1))
        warm = replace(office, state=folder / "warm")
        with nursery(office.env(), *warm.words("report", "--dry-run")) as program:
            ready = Morning(office, chat, program, 0)
            whole = ready.fresh(-1)
            life = program.live(whole.words("report", "--once"), die_at=0)
            assert life.code == 0
            assert ready.box.recipients == [[MANAGER, DOCTOR]]
            yield replace(ready, calls=life.calls)
    shutil.rmtree(folder)


@pytest.mark.fault(50)
@pytest.mark.fault(57)
@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_everybody_gets_the_report_once_or_folded_twice(morning: Morning, part: int) -> None:
    ends: Counter[str] = Counter()
    for number in range(part, POINTS, PARTS):
        office = morning.fresh(number)
        # The whole report makes a few calls more or less each time, so the last points lie a little before its end.
        life = morning.nursery.live(office.words("report", "--once"), die_at=1 + morning.calls * number // POINTS)
        sent_before = len(morning.box.messages)
        start_again(morning, office)
        assert_paid_once(morning, office)
        ends["killed" if life.code == KILLED else "ended"] += 1
        ends["before it was sent" if not sent_before else "after it was sent"] += 1
        ends["sent twice"] += len(morning.box.messages) == 2
        shutil.rmtree(office.state)
    assert ends["killed"] >= POINTS // PARTS - 2
    assert ends["before it was sent"] > 5
    assert ends["after it was sent"] > 2


def start_again(morning: Morning, office: Office) -> None:
    """What the timers do: try the outbox, and make the report if today's is still owed."""
    assert morning.nursery.live(office.words("deliver")).code == 0
    if is_owed(configs.load(office.config), office.state, datetime.now(UTC)):
        assert morning.nursery.live(office.words("report", "--once")).code == 0


def assert_paid_once(morning: Morning, office: Office) -> None:
    got = Counter(
        (who, str(mail["Message-ID"]))
        for mail, recipients in zip(morning.box.messages, morning.box.recipients, strict=True)
        for who in recipients
    )
    assert {who for who, _ in got} == {MANAGER, DOCTOR}
    assert len({message_id for _, message_id in got}) == 1
    assert max(got.values()) <= 2
    assert morning.chat.posts == []
    with closing(sqlite3.connect(office.state / "history.sqlite")) as history:
        assert history.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert history.execute("PRAGMA foreign_key_check").fetchall() == []
        assert history.execute("SELECT count(*) FROM round WHERE trigger = 'report'").fetchone() == (2,)
        assert history.execute("SELECT count(*) FROM outcome").fetchone() == (1,)
        assert history.execute("SELECT delivery, state FROM posting ORDER BY delivery").fetchall() == [
            ("chat", "not_needed"),
            ("morning mail", "sent"),
        ]
    assert not is_owed(configs.load(office.config), office.state, datetime.now(UTC))


@pytest.mark.fault(57)
def test_the_next_report_says_that_one_was_stopped(morning: Morning) -> None:
    office = morning.fresh(POINTS)
    assert morning.nursery.live(office.words("report", "--once"), die_at=morning.calls // 3).code == KILLED
    start_again(morning, office)
    [mail] = morning.box.messages
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert re.search(r"The check that began today, .{6,9}, did not finish: this program or its computer was ", told)
