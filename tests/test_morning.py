"""The morning, end to end: the installed program against nine clinics of real servers, and the mail that arrives."""

from __future__ import annotations

import json
import re
import sqlite3
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.lab.netns import towns
from tests.lab.practice import Lab, practice, silence

DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

SUBJECT = "PROBLEM: Azusa cannot open, 8 can - Covina - DATE"

TEXT = """\
Azusa cannot open normally. The other 8 clinics can open.
Nothing at Azusa answers.

WHAT TO DO NOW

1. Call Bay IT now and read out these words.
Phone: 555-0142
"This is Foothill Oncology Group. The reference is HC-DATE-1. Nothing at Azusa answers. First seen today, TIME. Azusa is
affected. There is one more problem: HC-DATE-2."

2. Ask the front desk at Azusa whether the lights are on. Then ask whether the internet box in Azusa shows any lights.
Phone: 555-0105

WHAT IS WRONG

Problem: Nothing at Azusa answers.
First seen today, TIME.
This also stops 7 other checks.
Likely the power or the internet line at Azusa is down.
Call Bay IT, 555-0142. Reference HC-DATE-1.

Problem: The server in Covina has no backup since DAY, TIME.
First seen today, TIME.
Call Bay IT, 555-0142. Reference HC-DATE-2.

CLINICS

Problem: Azusa cannot be reached at all.
Problem: Covina can open, with one thing to see to.
OK: Main office, Pasadena, Glendale, Burbank, Monrovia, Whittier and Downey can open.

SINCE DAY

Nothing was noted, but not everything could be checked.

WHAT COULD NOT BE CHECKED

4 checks of the server in Azusa: it did not answer.
1 check of the battery backup in Azusa: did not answer.

Checked today, TIME. 68 of 73 checks were done. The next report comes DAY, DATE, by TIME. Not here by then? Call Bay IT,
555-0142.
"""
"""Every sentence of the mail; what the hour and the day of the test make of it is written DAY, DATE and TIME."""


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lab, int, str]:
    """A practice with Azusa dark and Covina's backup stale; the report was started once."""
    folder = tmp_path_factory.mktemp("practice")
    with towns("practice") as [town]:
        silence(town, "Azusa")

        def body() -> tuple[Lab, int, str]:
            with practice(folder, dark=["Azusa"], stale=["Covina"]) as lab:
                done = lab.healthcheck("report")
                return lab, done.returncode, done.stdout + done.stderr

        return town.call(body)


def mail(lab: Lab) -> EmailMessage:
    [message] = lab.mailbox.messages
    return message


def content(lab: Lab, kind: str) -> str:
    body = mail(lab).get_body((kind,))
    assert body is not None
    return str(body.get_content())


def timeless(text: str) -> str:
    """The text without what depends on the day it is run, and with every paragraph on lines of its own."""
    text = re.sub(r"HC-\d{8}-", "HC-DATE-", text)
    text = re.sub(r"\b\d{1,2}:\d\d [ap]m(?: to \d{1,2}:\d\d [ap]m)?", "TIME", text)
    text = re.sub(rf"\b(?:{MONTHS}) \d{{1,2}}", "DATE", text)
    text = re.sub(rf"\b(?:{DAYS})\b", "DAY", text, flags=re.IGNORECASE)
    return re.sub(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d{1,2}\b", "DATE", text)


def words(text: str) -> list[str]:
    """Paragraphs are wrapped where the day's name ends, so words are compared and not lines."""
    return timeless(text).split()


def test_the_report_leaves_and_is_accepted(morning: tuple[Lab, int, str]) -> None:
    lab, code, said = morning
    assert (code, said) == (0, "")
    assert lab.mailbox.recipients == [["manager@foothill.example"]]
    assert lab.mailbox.encrypted == [True]


def test_the_subject_says_who_can_open(morning: tuple[Lab, int, str]) -> None:
    assert timeless(str(mail(morning[0])["Subject"])) == SUBJECT


def test_every_sentence_of_the_mail_is_as_it_should_be(morning: tuple[Lab, int, str]) -> None:
    assert words(content(morning[0], "plain")) == words(TEXT)


def test_the_page_says_the_same_and_calls_and_writes_by_a_tap(morning: tuple[Lab, int, str]) -> None:
    page = content(morning[0], "html")
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for sentence in ("Nothing at Azusa answers.", "Azusa cannot be reached at all.", "The other 8 clinics can open."):
        assert sentence in told
    assert 'href="tel:5550142"' in page or 'href="tel:555-0142"' in page
    assert 'href="mailto:help@bayit.example?' in page


def test_the_headers_are_those_of_a_machine_that_wants_no_answer(morning: tuple[Lab, int, str]) -> None:
    message = mail(morning[0])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] == "help@bayit.example"
    assert re.fullmatch(r"<\d{8}T\d{6}Z-[0-9a-f]{6}\.morning-mail\.1@foothill\.example>", str(message["Message-ID"]))


def test_the_technician_gets_what_he_needs_as_an_attached_text(morning: tuple[Lab, int, str]) -> None:
    [attached] = mail(morning[0]).iter_attachments()
    assert attached.get_content_type() == "text/plain"
    told = attached.get_content()
    assert "Azusa/azusa-router/ping: ICMP echo 127.0.6.254: 0 of 10 answered" in told
    assert "charts-0.dump: 96.0 hours old, limit 26" in told
    assert "LEDGER: 73 planned checks" in told


def test_no_secret_is_in_anything_that_left_or_is_kept(morning: tuple[Lab, int, str]) -> None:
    lab, _, said = morning
    kept = [path.read_bytes() for path in lab.state.rglob("*") if path.is_file()]
    for secret in ("smtp-password", "canary-5e1f", "PRIVATE KEY"):
        assert secret not in said
        assert secret not in str(mail(lab))
        assert all(secret.encode() not in content for content in kept)


def test_the_round_is_remembered_and_written_down(morning: tuple[Lab, int, str]) -> None:
    lab, _, _ = morning
    with sqlite3.connect(lab.state / "history.sqlite") as history:
        assert history.execute("SELECT trigger, status FROM round").fetchall() == [("report", 2)]
        assert history.execute("SELECT count(*) FROM outcome").fetchone() == (73,)
        assert history.execute("SELECT state, attempts FROM posting").fetchall() == [("sent", 1)]
    history.close()
    [folder] = [path.parent for path in lab.state.glob("reports/*/*/report.json")]
    told = json.loads(Path(folder, "report.json").read_text())
    assert told["schema"] == "healthcheck.report/1"
    assert {site["name"]: site["verdict"] for site in told["sites"]} == {
        "Main office": "ready",
        "Pasadena": "ready",
        "Glendale": "ready",
        "Burbank": "ready",
        "Monrovia": "ready",
        "Azusa": "not_ready",
        "Covina": "limited",
        "Whittier": "ready",
        "Downey": "ready",
    }
    assert [incident["cause"] for incident in told["incidents"]] == ["Azusa", "Covina/covina-server/backup"]
    assert sorted(timeless(path.name) for path in folder.iterdir()) == [
        "brief-HC-DATE-1.txt",
        "brief-HC-DATE-2.txt",
        "for-it.txt",
        "in-short.json",
        "report.html",
        "report.json",
        "report.txt",
    ]
