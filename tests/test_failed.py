"""The plain note that leaves when there is no report, sent to a real mail server out of configs in every state."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.lab.office import Office

UNIT = "healthcheck.service"


def failed(office: Office) -> subprocess.CompletedProcess[str]:
    env = {**office.env(), "HEALTHCHECK_CONFIG": str(office.config), "HEALTHCHECK_STATE_DIR": str(office.state)}
    return subprocess.run(
        [sys.executable, "-m", "healthcheck.failed", UNIT], env=env, capture_output=True, text=True, check=False
    )


def the_note(office: Office) -> str:
    done = failed(office)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    [mail] = office.mails()
    now = office.now()
    assert mail["Subject"] == f"NO REPORT: the system check failed - {now:%a %b} {now.day}"
    assert mail["Message-ID"].endswith(".failed.0@foothill.example>")
    assert office.mailbox.recipients == [["manager@foothill.example"]]
    return office.text()


@pytest.mark.fault(54)
def test_the_note_says_what_is_not_known_and_whom_to_call_with_which_words(office: Office) -> None:
    told = the_note(office)
    assert told.startswith("The system check of Foothill Oncology Group did not finish its work at ")
    assert told.endswith(
        "Nobody has looked at the clinics since. This says nothing about whether they can open. "
        'What to do: Call Bay IT (555-0142) and say: "The health check itself failed. Please look at '
        'healthcheck.service on the office server." '
        "For IT: journalctl -u healthcheck.service -n 100; healthcheck config check; healthcheck run"
    )


MONTHLY = '\n[[delivery]]\nname = "month"\nchannel = "email"\nto = ["it@bayit.example"]\ncontent = "monthly"\n'


def test_who_gets_the_months_report_alone_is_told_only_when_nobody_else_could_be(office: Office) -> None:
    office.config.write_text(office.config.read_text() + MONTHLY)
    the_note(office)
    office.mailbox.recipient = lambda who: "550 5.1.1 no" if who.startswith("manager") else ""
    assert failed(office).returncode == 0
    assert office.mailbox.recipients[-1] == ["it@bayit.example"]


BROKEN = {
    "an unknown setting": lambda text: text.replace("hosts", "hots"),
    "a syntax error in another section": lambda text: text.replace("local = true", "local = yes"),
    "a syntax error behind all": lambda text: text + "\n[[check]\nkind = ping\n",
    "a quote that is not closed": lambda text: text + '\n[[check]]\nkind = "pi\n',
    "a section twice": lambda text: text + '\n[report]\nat = "05:00"\n',
    "a wrong hour": lambda text: text.replace('opens = "07:30"', "opens = 7"),
    "no site": lambda text: text[: text.index("[[site]]")],
    "a character of another encoding": lambda text: text + "\n# caf\udce9\n",
    "a person that is none": lambda text: text + "\n[[person]]\nnaem = 1\n",
    "a second delivery with a mistake": lambda text: text + '\n[[delivery]]\nname = "x"\nchannel = "pigeon"\n',
}


@pytest.mark.fault(61)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_config_tells_all_the_same_what_broke(office: Office, broken: str) -> None:
    text = BROKEN[broken](office.config.read_text())
    office.config.write_bytes(text.encode("utf-8", "surrogateescape"))
    office.config.chmod(0o600)
    assert office.healthcheck("report").returncode == 78
    assert "Call Bay IT (555-0142)" in the_note(office)


def test_a_time_zone_that_is_none_costs_only_the_right_hour(office: Office) -> None:
    office.config.write_text(office.config.read_text().replace(office.zone, "America/Nowhere"))
    assert failed(office).returncode == 0
    assert len(office.mails()) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "no [[delivery]] can be read"),
        ("[email]\nhost = 5", "no [[delivery]] can be read"),
    ],
    ids=["missing", "empty", "no sender"],
)
def test_where_nobody_can_be_told_that_is_said(office: Office, text: str | None, says: str) -> None:
    office.config.unlink()
    if text is not None:
        office.config.write_text(text)
        office.config.chmod(0o600)
    done = failed(office)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_config_that_others_can_write_to_is_not_believed(office: Office) -> None:
    office.config.chmod(0o666)
    done = failed(office)
    assert (done.returncode, office.mails()) == (1, [])
    assert "others can write to it" in done.stderr


def test_a_server_that_refuses_is_said(office: Office) -> None:
    office.mailbox.data = lambda subject: "554 5.7.1 no"
    done = failed(office)
    assert done.returncode == 1
    assert "the note was not sent: " in done.stderr


def test_the_fallback_is_used_when_the_first_is_refused_and_only_then(office: Office) -> None:
    fallback = """
[[delivery]]
name = "second"
channel = "email"
to = ["owner@foothill.example"]
only_if_failed = "morning mail"
"""
    office.config.write_text(office.config.read_text() + fallback)
    office.mailbox.recipient = lambda address: "550 5.1.1 no such user" if address.startswith("manager") else ""
    assert failed(office).returncode == 0
    assert office.mailbox.recipients == [["owner@foothill.example"]]
    office.mailbox.recipient = lambda address: ""
    assert failed(office).returncode == 0
    assert office.mailbox.recipients[1:] == [["manager@foothill.example"]]


def test_the_same_failure_is_told_once_and_the_next_day_s_again(office: Office) -> None:
    office.state.mkdir()
    for _ in range(2):
        assert failed(office).returncode == 0
    assert len(office.mails()) == 1
    yesterday = time.time() - 24 * 3600
    os.utime(office.state / f"told-{UNIT}", (yesterday, yesterday))
    assert failed(office).returncode == 0
    assert len(office.mails()) == 2
    ahead = time.time() + 24 * 3600
    os.utime(office.state / f"told-{UNIT}", (ahead, ahead))
    assert failed(office).returncode == 0
    assert len(office.mails()) == 3


def test_a_state_folder_that_is_not_there_keeps_nobody_from_being_told(office: Office) -> None:
    for _ in range(2):
        assert failed(office).returncode == 0
    assert len(office.mails()) == 2
