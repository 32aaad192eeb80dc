"""`healthcheck watch`: what a light pass keeps, and that it makes up for a report that was missed, once."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from healthcheck.config import load
from healthcheck.history import store
from healthcheck.model import Status
from healthcheck.rounds import is_owed
from healthcheck.rounds.lock import only_one
from tests.lab import free_port
from tests.lab.nut import upsd
from tests.lab.office import MEMORY, Office

ON_MAINS = {"ups.status": "OL", "battery.charge": "100", "battery.runtime": "2640", "ups.load": "18"}
ON_BATTERY = {"ups.status": "OB DISCHRG", "battery.charge": "91", "battery.runtime": "2300", "ups.load": "18"}

UPS = """
[[check]]
kind = "ups"
via = "nut"
hosts = ["office-ups"]
port = {port}
ups = "office"
timeout_s = 5
"""
PING = """
[[check]]
kind = "ping"
hosts = ["office-ups"]
timeout_s = 2
"""


def done(office: Office, *words: str) -> None:
    """Run it, and expect it to end well and say nothing."""
    ended = office.healthcheck(*words)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def rows(office: Office, question: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(office.state / "history.sqlite") as history:
        found = history.execute(question).fetchall()
    history.close()
    return found


def test_a_power_cut_between_two_passes_is_told_with_its_bounds(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "ups"
    folder.mkdir()
    with upsd(folder, {"office": ON_MAINS}, stale_after_s=30) as server:
        office.write(UPS.format(port=server.port), MEMORY)
        done(office, "watch")
        server.tell("office", ON_BATTERY)
        done(office, "watch")
        server.tell("office", ON_MAINS)
        done(office, "watch")
        done(office, "report", "--once")
    told = re.sub(r"\d{1,2}:\d\d [ap]m", "TIME", office.text())
    told = re.sub(r"between today, TIME and TIME|today, TIME", "WHEN", told, flags=re.IGNORECASE)
    assert (
        "WHEN: the battery backup in the office lost mains power and ran on its backup battery. "
        "WHEN: the battery backup in the office got mains power back. Checked"
    ) in told
    (first,), (second,), (third,), _ = rows(office, "SELECT started_at FROM round ORDER BY n")
    [lost, back] = rows(office, "SELECT kind, not_before, at FROM event ORDER BY at")
    assert lost[:2] == ("power_cut", first)
    assert back[:2] == ("note", second)
    assert str(second) < str(lost[2]) < str(third) < str(back[2])


def test_a_cut_is_told_with_the_last_look_that_could_see_although_one_between_could_not(
    office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "ups"
    folder.mkdir()
    with upsd(folder, {"office": ON_MAINS}, stale_after_s=30) as server:
        office.write(UPS.format(port=server.port))
        done(office, "watch")
        office.write(UPS.format(port=1))
        done(office, "watch")
        office.write(UPS.format(port=server.port))
        server.tell("office", ON_BATTERY)
        done(office, "watch")
    [(first,)] = rows(office, "SELECT started_at FROM round ORDER BY n LIMIT 1")
    assert rows(office, "SELECT not_before, kind FROM event") == [(first, "power_cut")]


def test_a_pass_looks_at_power_and_reachability_only_and_leaves_no_report(office: Office) -> None:
    office.write(PING, MEMORY)
    done(office, "watch")
    with office.history() as history:
        [look] = history.looks(office.now() - timedelta(hours=1))
    assert (look.trigger, dict(look.statuses)) == ("watch", {"Main office/office-ups/ping": Status.OK})
    assert (office.mails(), (office.state / "reports").exists()) == ([], False)


def test_a_pass_tries_once_less_than_a_report(office: Office) -> None:
    nobody = f'[[check]]\nkind = "tcp"\nhosts = ["office-ups"]\nport = {free_port()}\ntimeout_s = 0.3\nattempts = 3\n'
    office.write(nobody)
    done(office, "watch")
    done(office, "report", "--once")
    assert rows(office, "SELECT attempts FROM outcome ORDER BY round") == [(2,), (3,)]


def test_passes_that_find_the_same_are_a_row_each_and_stay_provable(office: Office) -> None:
    office.write(PING)
    for _ in range(3):
        done(office, "watch")
    assert rows(office, "SELECT count(*) FROM outcome") == [(1,)]
    assert rows(office, "SELECT count(*) FROM metric") == [(0,)]
    with office.history() as history:
        looks = history.looks(office.now() - timedelta(hours=1))
        previous = history.previous(["Main office/office-ups/ping"])
    assert [dict(look.statuses) for look in looks] == [{"Main office/office-ups/ping": Status.OK}] * 3
    assert previous["Main office/office-ups/ping"].at == looks[-1].started_at
    assert sorted(previous["Main office/office-ups/ping"].metrics) == ["loss", "rtt"]


@pytest.mark.fault(55)
def test_a_report_that_was_missed_is_made_up_for_once_and_named_late(office: Office) -> None:
    office.remember("yesterday", timedelta(days=1))
    office.write(PING)
    for _ in range(3):
        done(office, "watch")
    assert len(office.mails()) == 1
    assert "This report is late: it was due at 6:30 am. Nobody watched between" in office.text()
    assert rows(office, "SELECT trigger FROM round ORDER BY n") == [("report",), ("report",), ("watch",), ("watch",)]


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("hour", "owed"),
    [(time(5, 44), False), (time(5, 45, 30), False), (time(5, 49), True), (time(23, 0), True)],
    ids=["before its hour", "while whoever starts it does so", "missed", "missed all day"],
)
def test_a_report_is_made_up_for_only_once_it_was_missed(office: Office, hour: time, owed: bool) -> None:
    office.remember("yesterday", timedelta(days=1))
    now = datetime.combine(office.now(), hour, ZoneInfo(office.zone))
    assert is_owed(load(office.config), office.state, now) is owed


@pytest.mark.fault(59)
def test_a_report_is_not_made_up_for_while_nothing_can_be_written_down(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.1)
    office.remember("yesterday", timedelta(days=1))
    other = sqlite3.connect(office.state / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert not is_owed(load(office.config), office.state, office.now())
    other.close()
    assert is_owed(load(office.config), office.state, office.now())


@pytest.mark.fault(55)
def test_nothing_is_owed_before_the_first_report_of_all(office: Office) -> None:
    office.write(PING)
    done(office, "watch")
    assert office.mails() == []


@pytest.mark.fault(55)
def test_nothing_is_owed_on_a_closed_day(office: Office) -> None:
    office.remember("yesterday", timedelta(days=1))
    office.write(PING)
    text = office.config.read_text()
    office.config.write_text(text.replace("watcher =", f"closed = [{office.now():%Y-%m-%d}]\nwatcher =", 1))
    done(office, "watch")
    assert office.mails() == []


@pytest.mark.fault(55)
def test_a_report_that_can_never_be_kept_is_not_sent_again_and_again(office: Office) -> None:
    office.remember("yesterday", timedelta(days=1))
    with office.history() as history:
        for number in range(3):
            history.begin(f"killed-{number}", "report", office.now())
    office.write(PING)
    done(office, "watch")
    assert office.mails() == []


@pytest.mark.fault(56)
def test_a_pass_leaves_the_looking_to_a_round_that_is_under_way(office: Office) -> None:
    office.write(PING)
    with only_one(office.state / "lock", "report"):
        done(office, "watch")
    assert rows(office, "SELECT * FROM round") == []


def test_what_a_mail_server_put_off_leaves_with_a_later_pass(office: Office) -> None:
    office.mailbox.data = lambda subject: "451 4.7.1 come back later"
    assert office.healthcheck("report", "--once").returncode == 69
    office.mailbox.data = lambda subject: ""
    with sqlite3.connect(office.state / "history.sqlite") as history:
        history.execute("UPDATE posting SET next_at = created_at")
    history.close()
    office.write(PING)
    done(office, "watch")
    assert len(office.mails()) == 1
    assert rows(office, "SELECT state FROM posting") == [("sent",)]
