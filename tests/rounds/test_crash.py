"""The program is killed at two hundred points of a report, and whatever starts it next makes up for it."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from healthcheck import config as configs
from healthcheck.rounds import is_owed
from tests.lab import quick_folder
from tests.lab.mortal import Nursery, nursery
from tests.lab.one_clinic import Clinic, one_clinic
from tests.lab.receiver import Receiver, receiver
from tests.lab.smtp import Mailbox, mail_server

POINTS = 200
PARTS = 4
"""So many tests share the points, that each stays short."""
MANAGER, DOCTOR = "manager@foothill.example", "doctor@foothill.example"
KILLED = -9


@dataclass(frozen=True)
class Morning:
    """What a practice needs for one report, and how many calls it takes to make and deliver it."""

    clinic: Clinic
    box: Mailbox
    chat: Receiver
    nursery: Nursery
    calls: int

    def fresh(self, number: int) -> Clinic:
        """The same practice with its history as it was yesterday."""
        state = self.clinic.folder / f"state-{number}"
        shutil.copytree(self.clinic.state, state)
        self.box.messages.clear()
        self.box.recipients.clear()
        return replace(self.clinic, state=state)


@pytest.fixture(scope="module")
def morning() -> Iterator[Morning]:
    folder = quick_folder("crash")
    with mail_server() as box, receiver() as chat:
        more = (
            f'[[delivery]]\nname = "chat"\nchannel = "webhook"\nurl = "{chat.url}"\nonly_if_failed = "morning mail"\n'
        )
        check = f'kind = "tcp"\nhosts = ["*"]\nport = {box.port}\ntimeout_s = 2\nattempts = 1'
        clinic = one_clinic(folder / "clinic", box.port, check, to=[MANAGER, DOCTOR], more=more)
        clinic.reported_yesterday()
        warm = replace(clinic, state=folder / "warm")
        with nursery(clinic.environment, *warm.words("report", "--dry-run")) as program:
            ready = Morning(clinic, box, chat, program, 0)
            whole = ready.fresh(-1)
            life = program.live(whole.words("report", "--once"), die_at=0)
            assert life.code == 0
            assert box.recipients == [[MANAGER, DOCTOR]]
            yield replace(ready, calls=life.calls)
    shutil.rmtree(folder)


@pytest.mark.fault(50)
@pytest.mark.fault(57)
@pytest.mark.parametrize("part", range(PARTS))
def test_wherever_it_is_killed_everybody_gets_the_report_once_or_folded_twice(morning: Morning, part: int) -> None:
    ends: Counter[str] = Counter()
    for number in range(part, POINTS, PARTS):
        clinic = morning.fresh(number)
        # The whole report makes a few calls more or less each time, so the last points lie a little before its end.
        life = morning.nursery.live(clinic.words("report", "--once"), die_at=1 + morning.calls * number // POINTS)
        sent_before = len(morning.box.messages)
        start_again(morning, clinic)
        assert_paid_once(morning, clinic)
        ends["killed" if life.code == KILLED else "ended"] += 1
        ends["before it was sent" if not sent_before else "after it was sent"] += 1
        ends["sent twice"] += len(morning.box.messages) == 2
        shutil.rmtree(clinic.state)
    assert ends["killed"] >= POINTS // PARTS - 2
    assert ends["before it was sent"] > 5
    assert ends["after it was sent"] > 2


def start_again(morning: Morning, clinic: Clinic) -> None:
    """What the timers do: try the outbox, and make the report if today's is still owed."""
    assert morning.nursery.live(clinic.words("deliver")).code == 0
    if is_owed(configs.load(clinic.config), clinic.state, datetime.now(UTC)):
        assert morning.nursery.live(clinic.words("report", "--once")).code == 0


def assert_paid_once(morning: Morning, clinic: Clinic) -> None:
    got = Counter(
        (who, str(mail["Message-ID"]))
        for mail, recipients in zip(morning.box.messages, morning.box.recipients, strict=True)
        for who in recipients
    )
    assert {who for who, _ in got} == {MANAGER, DOCTOR}
    assert len({message_id for _, message_id in got}) == 1
    assert max(got.values()) <= 2
    assert morning.chat.posts == []
    with closing(sqlite3.connect(clinic.state / "history.sqlite")) as history:
        assert history.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert history.execute("PRAGMA foreign_key_check").fetchall() == []
        assert history.execute("SELECT count(*) FROM round WHERE trigger = 'report'").fetchone() == (2,)
        assert history.execute("SELECT count(*) FROM outcome").fetchone() == (1,)
        assert history.execute("SELECT delivery, state FROM posting ORDER BY delivery").fetchall() == [
            ("chat", "not_needed"),
            ("morning mail", "sent"),
        ]
    assert not is_owed(configs.load(clinic.config), clinic.state, datetime.now(UTC))


@pytest.mark.fault(57)
def test_the_next_report_says_that_one_was_stopped(morning: Morning) -> None:
    clinic = morning.fresh(POINTS)
    assert morning.nursery.live(clinic.words("report", "--once"), die_at=morning.calls // 3).code == KILLED
    start_again(morning, clinic)
    [mail] = morning.box.messages
    body = mail.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert re.search(r"The check that began today, .{6,9}, did not finish: this program or its computer was ", told)
