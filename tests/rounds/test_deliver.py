"""The way of a report through the outbox, with real servers that put off, refuse, hang and come back."""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from aiosmtpd.smtp import SMTP

from healthcheck.config.settings import Config
from healthcheck.delivery.settings import EmailSettings
from healthcheck.errors import HistoryError
from healthcheck.history import History
from healthcheck.model import Attachment, Attempt, Delivery, Message, Posting, Practice, Secret
from healthcheck.rounds import deliver
from tests.lab import free_port, need_root
from tests.lab.mounts import fill, memory, remount
from tests.lab.office import MANAGER, Office
from tests.lab.office import office as an_office
from tests.lab.receiver import OK, receiver, status
from tests.lab.smtp import Mailbox, mail_server
from tests.lab.tls import Authority, self_signed

MONDAY = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)
"""A quarter to six in Los Angeles; the report is due at half past six, and the doors open at half past seven."""
OPENS = MONDAY + timedelta(minutes=105)
PRACTICE = Practice("Foothill", ZoneInfo("America/Los_Angeles"), opens=time(7, 30))
DOCTOR = "doctor@foothill.example"
MESSAGE = Message("OK: 9 clinics", "All is well.\n", "<p>All is well.</p>", (Attachment("it.txt", "lines\n"),))
MAIL = Delivery("morning mail", "email", to=(MANAGER,))


@dataclass
class Clock:
    """Time that stands still but for the pauses that are made."""

    shift: Callable[[float], None]
    pauses: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        assert len(self.pauses) < 1000
        self.pauses.append(seconds)
        self.shift(seconds)

    def minute(self, at: datetime) -> float:
        return round((at - MONDAY) / timedelta(minutes=1), 2)


@pytest.fixture
def clock() -> Iterator[Clock]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield Clock(traveller.shift)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = History.open(tmp_path / "state" / "history.sqlite", MONDAY)
    yield opened
    opened.close()


def config(*deliveries: Delivery, mail_port: int = 0, **mail: object) -> Config:
    settings = EmailSettings(
        "127.0.0.1", "System check <checker@foothill.example>", mail_port, security="none", auth="none", timeout_s=5.0
    )
    changed = replace(settings, **mail)  # type: ignore[arg-type]
    return Config(Path("config.toml"), PRACTICE, (), deliveries=deliveries, email=changed)


def posted(delivery: Delivery, message: Message = MESSAGE, number: int = 1) -> Posting:
    state = "standby" if delivery.only_if_failed else "pending"
    name = delivery.name.replace(" ", "-")
    return Posting(f"r1.{name}.{number}", "r1", delivery.name, delivery.channel, message, MONDAY, delivery.to, state)


def a_chat(url: str, **changes: object) -> Delivery:
    base = Delivery("chat", "slack", url=Secret(url), timeout_s=5.0, only_if_failed="morning mail")
    return replace(base, **changes)  # type: ignore[arg-type]


def until_the_doors_open(
    settings: Config, history: History, tmp_path: Path, clock: Clock
) -> tuple[dict[str, str], list[str]]:
    """Deliver as the morning's report does; how each posting stands then, and what is said of those not delivered."""
    after = deliver.deliver_until(settings, history, tmp_path / "state", OPENS, pause=clock.pause)
    return {posting.id: posting.state for posting in after}, deliver.not_delivered(settings, after, kept=True)


def log(history: History, posting_id: str, clock: Clock) -> list[tuple[float, str, tuple[str, ...]]]:
    """Every attempt: the minute, the words, and who accepted."""
    return [(clock.minute(one.at), one.reply, one.accepted) for one in history.attempts(posting_id)]


@pytest.mark.fault(49)
def test_what_is_put_off_twice_is_taken_the_third_time(clock: Clock, history: History, tmp_path: Path) -> None:
    refusals = iter(["451 4.7.1 greylisted"] * 2)
    history.update(posted(MAIL))
    with mail_server(Mailbox(recipient=lambda who: next(refusals, ""))) as box:
        assert until_the_doors_open(config(MAIL, mail_port=box.port), history, tmp_path, clock) == (
            {"r1.morning-mail.1": "sent"},
            [],
        )
    assert box.recipients == [[MANAGER]]
    put_off = f"The mail server refused every recipient. {MANAGER}: 451 4.7.1 greylisted"
    assert log(history, "r1.morning-mail.1", clock) == [
        (0, put_off, ()),
        (1, put_off, ()),
        (3, "250 2.0.0 kept", (MANAGER,)),
    ]


@pytest.mark.fault(49)
@pytest.mark.parametrize("reply", ["452 4.3.1 disk full", "421 4.3.2 too busy"])
def test_a_message_that_the_server_cannot_keep_now_is_tried_again(
    reply: str, clock: Clock, history: History, tmp_path: Path
) -> None:
    refusals = iter([reply])
    history.update(posted(MAIL))
    with mail_server(Mailbox(data=lambda subject: next(refusals, ""))) as box:
        states, missing = until_the_doors_open(config(MAIL, mail_port=box.port), history, tmp_path, clock)
    assert (states, missing, len(box.messages)) == ({"r1.morning-mail.1": "sent"}, [], 1)


@pytest.mark.fault(49)
def test_a_partly_refused_report_is_tried_again_only_for_those_put_off_with_the_same_id(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    both = replace(MAIL, to=(MANAGER, DOCTOR, "gone@foothill.example"))
    put_off = iter(["451 4.7.1 greylisted"])

    def reply(who: str) -> str:
        return "550 5.1.1 no such user" if who.startswith("gone") else next(put_off, "") if who == DOCTOR else ""

    history.update(posted(both))
    with mail_server(Mailbox(recipient=reply)) as box:
        states, missing = until_the_doors_open(config(both, mail_port=box.port), history, tmp_path, clock)
    assert (states, missing) == ({"r1.morning-mail.1": "sent"}, [])
    assert box.recipients == [[MANAGER], [DOCTOR]]
    assert {str(mail["Message-ID"]) for mail in box.messages} == {"<r1.morning-mail.1@foothill.example>"}
    said = (
        "250 2.0.0 kept; doctor@foothill.example: 451 4.7.1 greylisted; gone@foothill.example: 550 5.1.1 no such user"
    )
    assert log(history, "r1.morning-mail.1", clock) == [(0, said, (MANAGER,)), (1, "250 2.0.0 kept", (DOCTOR,))]


@pytest.mark.fault(49)
def test_what_is_still_put_off_for_some_when_the_doors_open_is_not_delivered_to_them(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    both = replace(MAIL, to=(MANAGER, DOCTOR))
    history.update(posted(both))
    with mail_server(Mailbox(recipient=lambda who: "451 later" if who == DOCTOR else "")) as box:
        _, missing = until_the_doors_open(config(both, mail_port=box.port), history, tmp_path, clock)
    assert missing == [
        (
            f'"morning mail" was not delivered to {DOCTOR}: The mail server refused every recipient. '
            f"{DOCTOR}: 451 later It stays in the outbox."
        )
    ]
    assert box.recipients == [[MANAGER]]


@pytest.mark.fault(49)
@pytest.mark.parametrize("where", ["mail", "webhook"])
def test_what_is_too_large_is_sent_short(where: str, clock: Clock, history: History, tmp_path: Path) -> None:
    large = replace(MESSAGE, text="Problem.\n" * 2000, html="<p>" * 5000, short="Problem.\n" * 2000)

    def keeps_small(line: socket.socket) -> None:
        small = len(taker.posts[-1].body) < 6000
        line.sendall(OK if small else status("413 Payload Too Large"))

    with mail_server(size_limit=8000) as box, receiver(keeps_small) as taker:
        hook = Delivery("hook", "webhook", url=Secret(taker.url))
        settings = config(MAIL, hook, mail_port=box.port)
        history.update(posted(MAIL if where == "mail" else hook, large))
        states, missing = until_the_doors_open(settings, history, tmp_path, clock)
    assert (set(states.values()), missing) == ({"sent"}, [])
    if where == "mail":
        [mail] = box.messages
        text = mail.get_content()
        assert not mail.is_multipart()
    else:
        text = taker.posts[-1].content["text"]
    assert text.splitlines()[-1] == "The rest was too long for the server."
    assert clock.pauses == []


@pytest.mark.fault(48)
def test_a_dead_mail_server_calls_the_fallback_by_the_hour_the_report_is_due(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    with receiver() as taker:
        chat = a_chat(taker.url)
        history.update(posted(MAIL), posted(chat))
        states, missing = until_the_doors_open(config(MAIL, chat, mail_port=free_port()), history, tmp_path, clock)
    assert (states, missing) == ({"r1.morning-mail.1": "pending", "r1.chat.1": "sent"}, [])
    assert len(taker.posts) == 1
    assert log(history, "r1.chat.1", clock) == [(33, "200 ok", ())]
    assert [minute for minute, _, _ in log(history, "r1.morning-mail.1", clock)] == [0, 1, 3, 8, 18, 33, 63, 93]


@pytest.mark.fault(48)
def test_a_report_that_nobody_took_stays_in_the_outbox_and_goes_out_once_when_the_server_is_back(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    history.update(posted(MAIL))
    port = free_port()
    states, missing = until_the_doors_open(config(MAIL, mail_port=port), history, tmp_path, clock)
    assert states == {"r1.morning-mail.1": "pending"}
    [said] = missing
    assert said.startswith(
        f'"morning mail" was not delivered to {MANAGER}: The mail server 127.0.0.1 could not be reached. '
    )
    assert said.endswith(" It stays in the outbox.")
    with mail_server() as box:
        settings = config(MAIL, mail_port=box.port)
        clock.shift(3600)
        for _ in range(3):  # as each watch pass does
            deliver.deliver_once(settings, history, tmp_path / "state")
    assert len(box.messages) == 1
    assert history.pending() == ()


@pytest.mark.fault(48)
def test_after_two_days_it_is_given_up_and_the_fallback_goes(clock: Clock, history: History, tmp_path: Path) -> None:
    history.update(posted(MAIL))
    clock.shift(48 * 3600 + 1)
    [after] = deliver.deliver_once(config(MAIL, mail_port=free_port()), history, tmp_path / "state")
    assert (after.state, history.pending()) == ("given_up", ())
    assert "It stays in the outbox." not in deliver.not_delivered(config(MAIL), [after], kept=True)[0]


@pytest.mark.fault(49)
def test_a_refusal_for_good_calls_the_fallback_at_once(clock: Clock, history: History, tmp_path: Path) -> None:
    with mail_server(Mailbox(recipient=lambda who: "550 5.1.1 no such user")) as box, receiver() as taker:
        chat = a_chat(taker.url)
        history.update(posted(MAIL), posted(chat))
        states, missing = until_the_doors_open(config(MAIL, chat, mail_port=box.port), history, tmp_path, clock)
    assert (states, missing) == ({"r1.morning-mail.1": "failed", "r1.chat.1": "sent"}, [])
    assert (len(taker.posts), clock.pauses) == (1, [])


def test_a_fallback_is_not_needed_once_the_mail_was_accepted(clock: Clock, history: History, tmp_path: Path) -> None:
    with mail_server() as box, receiver() as taker:
        chat = a_chat(taker.url)
        history.update(posted(MAIL), posted(chat))
        states, missing = until_the_doors_open(config(MAIL, chat, mail_port=box.port), history, tmp_path, clock)
    assert (states, missing) == ({"r1.morning-mail.1": "sent", "r1.chat.1": "not_needed"}, [])
    assert taker.posts == []
    assert history.pending() == ()


@pytest.mark.fault(48)
def test_when_the_fallback_fails_too_its_own_fallback_goes(clock: Clock, history: History, tmp_path: Path) -> None:
    with receiver(status("404 Gone")) as gone, receiver() as taker:
        chat = a_chat(gone.url)
        phone = Delivery("phone", "ntfy", url=Secret(f"{taker.url}/topic"), only_if_failed="chat")
        bad = replace(MAIL, name="morning mail")
        history.update(posted(bad), posted(chat), posted(phone))
        with mail_server(Mailbox(data=lambda subject: "554 5.6.0 spam")) as box:
            settings = config(bad, chat, phone, mail_port=box.port)
            states, missing = until_the_doors_open(settings, history, tmp_path, clock)
    assert missing == []
    assert states == {"r1.morning-mail.1": "failed", "r1.chat.1": "failed", "r1.phone.1": "sent"}
    assert len(taker.posts) == 1


@pytest.mark.fault(50)
@pytest.mark.parametrize("how", ["hangs", "drops"])
def test_a_server_that_goes_silent_after_the_message_gets_it_again_with_the_same_id(
    how: str, clock: Clock, history: History, tmp_path: Path
) -> None:
    box = Mailbox()

    async def keep_and_fall_silent(smtp: SMTP) -> None:
        box.before_data = None
        assert smtp.envelope is not None
        box.recipients.append(list(smtp.envelope.rcpt_tos))
        if how == "drops":
            assert smtp.transport is not None
            smtp.transport.close()
        await asyncio.sleep(2)

    box.before_data = keep_and_fall_silent
    history.update(posted(MAIL))
    with mail_server(box):
        states, _ = until_the_doors_open(config(MAIL, mail_port=box.port, timeout_s=0.5), history, tmp_path, clock)
    assert states == {"r1.morning-mail.1": "sent"}
    assert {str(mail["Message-ID"]) for mail in box.messages} == {"<r1.morning-mail.1@foothill.example>"}
    assert [minute for minute, _, _ in log(history, "r1.morning-mail.1", clock)] == [0, 1]


@pytest.mark.fault(51)
def test_a_mail_server_that_cannot_be_trusted_gets_nothing_and_the_fallback_goes(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with mail_server(tls=self_signed(tmp_path, "127.0.0.1"), login=True) as box, receiver() as taker:
        chat = a_chat(taker.url)
        history.update(posted(MAIL), posted(chat))
        settings = config(
            MAIL, chat, mail_port=box.port, security="starttls", auth="password", username="checker",
            password=Secret("canary-4711"), ca_file=authority.ca_file,
        )  # fmt: skip
        states, missing = until_the_doors_open(settings, history, tmp_path, clock)
    assert (states["r1.chat.1"], missing, len(taker.posts)) == ("sent", [], 1)
    assert (box.messages, box.logins) == ([], [])
    attempts = log(history, "r1.morning-mail.1", clock)
    assert {words.partition(" (")[0] for _, words, _ in attempts} == {
        "Nothing was sent: the mail server 127.0.0.1 could not prove who it is"
    }


@pytest.mark.fault(52)
def test_hostile_text_adds_no_header_and_no_recipient(clock: Clock, history: History, tmp_path: Path) -> None:
    hostile = Message("Down\r\nBcc: x@y.example\r\n\r\n" + "a" * 1_000_000, "\r\n.\r\nMAIL FROM:<x@y.example>\r\n")
    history.update(posted(MAIL, hostile))
    with mail_server() as box:
        states, _ = until_the_doors_open(config(MAIL, mail_port=box.port), history, tmp_path, clock)
    [mail] = box.messages
    assert (states, box.recipients, mail["Bcc"]) == ({"r1.morning-mail.1": "sent"}, [[MANAGER]], None)
    assert len(str(mail["Subject"])) <= 120


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    "first",
    [status("500 Oops"), status("302 Found", b"", "Location: http://127.0.0.1:9/"), lambda line: line.close()],
    ids=["500", "redirect", "hangs up"],
)
def test_a_chat_that_misbehaves_gets_the_report_later_and_once(
    first: bytes | Callable[[socket.socket], None], clock: Clock, history: History, tmp_path: Path
) -> None:
    with receiver(first) as taker:
        chat = a_chat(taker.url, only_if_failed="")

        def comes_to_its_senses(seconds: float) -> None:
            taker.answer = OK
            clock.pause(seconds)

        history.update(posted(chat))
        after = deliver.deliver_until(config(chat), history, tmp_path / "state", OPENS, pause=comes_to_its_senses)
    assert [posting.state for posting in after] == ["sent"]
    assert len(taker.posts) == 2
    assert [minute for minute, _, _ in log(history, "r1.chat.1", clock)] == [0, 1]


@pytest.mark.fault(53)
def test_a_chat_is_left_alone_as_long_as_it_asks(clock: Clock, history: History, tmp_path: Path) -> None:
    with receiver(status("429 Slow", b"", "Retry-After: 600")) as taker:
        chat = a_chat(taker.url, only_if_failed="")
        history.update(posted(chat))
        settings = config(chat)
        [after] = deliver.deliver_once(settings, history, tmp_path / "state")
        assert after.next_at == MONDAY + timedelta(minutes=10)
        clock.shift(599)
        deliver.deliver_once(settings, history, tmp_path / "state")
        assert len(taker.posts) == 1
        deliver.deliver_now(settings, history, tmp_path / "state")  # somebody asks for it
        assert len(taker.posts) == 2


def test_the_report_goes_before_the_briefs_and_its_fallback_too(clock: Clock, history: History, tmp_path: Path) -> None:
    briefs = Delivery("briefs", "email", to=("help@bayit.example",), content="brief")
    order: list[str] = []

    def refuse(who: str) -> str:
        order.append(who)
        return "550 no"

    with mail_server(Mailbox(recipient=refuse)) as box, receiver() as taker:

        def take(line: socket.socket) -> None:
            order.append("chat")
            line.sendall(OK)

        taker.answer = take
        chat = a_chat(taker.url)
        history.update(posted(briefs), posted(briefs, number=2), posted(MAIL), posted(chat))
        until_the_doors_open(config(briefs, MAIL, chat, mail_port=box.port), history, tmp_path, clock)
    assert order == [MANAGER, "chat", "help@bayit.example", "help@bayit.example"]


class Failing:
    """A history that can be read, and written to for so many times."""

    def __init__(self, history: History, writes: int, reads: int = 1000) -> None:
        self.history, self.writes, self.reads = history, writes, reads

    def pending(self) -> tuple[Posting, ...]:
        self.reads -= 1
        if self.reads < 0:
            raise HistoryError("The history could not be read: the disk gave an error.")
        return self.history.pending()

    def update(self, *postings: Posting) -> None:
        self.writes -= 1
        if self.writes < 0:
            raise HistoryError("The history could not be saved: the disk is full.")
        self.history.update(*postings)


@pytest.mark.fault(58)
@pytest.mark.parametrize("writes", [0, 1])
def test_a_report_that_cannot_be_written_down_is_sent_once_all_the_same(
    writes: int, clock: Clock, history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history.update(posted(MAIL))
    with mail_server() as box:
        settings = config(MAIL, mail_port=box.port)
        after = deliver.deliver_until(settings, Failing(history, writes), tmp_path / "state", OPENS, pause=clock.pause)
    assert [posting.state for posting in after] == ["sent"]
    assert (len(box.messages), clock.pauses) == (1, [])
    assert caplog.messages == ["The history could not be saved: the disk is full."] * (2 - writes)


@pytest.mark.fault(58)
def test_a_report_whose_history_cannot_be_read_any_more_is_sent_from_memory(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    store = deliver.InMemory([posted(MAIL)], Failing(history, writes=0, reads=0))
    with mail_server() as box:
        settings = config(MAIL, mail_port=box.port)
        after = deliver.deliver_until(settings, store, tmp_path / "state", OPENS, pause=clock.pause)
    assert ([posting.state for posting in after], len(box.messages)) == (["sent"], 1)


@pytest.mark.fault(58)
def test_what_waits_in_an_outbox_that_cannot_be_written_to_is_not_sent_again_and_again(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    history.update(posted(MAIL))
    with mail_server() as box:
        settings = config(MAIL, mail_port=box.port)
        after = deliver.deliver_once(settings, Failing(history, writes=0), tmp_path / "state")
    assert deliver.not_delivered(settings, after, kept=True) == [
        (
            f'"morning mail" was not delivered to {MANAGER}: Nothing was sent, because it could not be written down. '
            "The history could not be saved: the disk is full. It stays in the outbox."
        )
    ]
    assert box.messages == []


def test_a_posting_that_another_process_has_sent_meanwhile_is_neither_sent_nor_missed(
    clock: Clock, history: History, tmp_path: Path
) -> None:
    history.update(posted(MAIL))
    other = History.open(tmp_path / "state" / "history.sqlite", MONDAY)

    def sent_by_another(seconds: float) -> None:
        other.update(replace(posted(MAIL), state="sent", waiting_for=()))
        clock.pause(seconds)

    settings = config(MAIL, mail_port=free_port())
    after = deliver.deliver_until(settings, history, tmp_path / "state", OPENS, pause=sent_by_another)
    other.close()
    assert deliver.not_delivered(settings, after, kept=True) == []


def test_of_what_was_sent_only_the_receipt_is_kept(clock: Clock, history: History, tmp_path: Path) -> None:
    history.update(posted(MAIL))
    with mail_server() as box:
        until_the_doors_open(config(MAIL, mail_port=box.port), history, tmp_path, clock)
    with sqlite3.connect(tmp_path / "state" / "history.sqlite") as raw:
        [(message, state, sent_at)] = raw.execute("SELECT message, state, sent_at FROM posting")
    raw.close()
    assert "All is well." not in message
    assert (state, sent_at) == ("sent", "2026-11-23T13:45:00.000000Z")
    assert history.attempts("r1.morning-mail.1") == (Attempt(1, MONDAY, "250 2.0.0 kept", (MANAGER,)),)


def test_putting_off_is_said_in_the_log_with_the_servers_words(
    clock: Clock, history: History, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = iter(["451 4.7.1 greylisted"])
    history.update(posted(MAIL))
    with caplog.at_level(logging.WARNING), mail_server(Mailbox(recipient=lambda who: next(refusals, ""))) as box:
        until_the_doors_open(config(MAIL, mail_port=box.port), history, tmp_path, clock)
    assert caplog.messages == [
        (
            '"morning mail" is tried again at 5:46 am: The mail server refused every recipient. '
            f"{MANAGER}: 451 4.7.1 greylisted"
        )
    ]


# The program itself, as a timer or a person starts it.

REFUSED = """
  [[site.host]]
  name = "charts-server"
  label = "the charts server"
  address = "127.0.0.1"
  ssh = {{ user = "nobody", port = {port} }}

[[check]]
kind = "disk"
hosts = ["charts-server"]
timeout_s = 2
"""


def test_a_delivered_report_ends_with_0(office: Office) -> None:
    done = office.healthcheck("report")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(office.mails()) == 1


@pytest.mark.fault(49)
def test_the_report_names_on_stderr_who_did_not_get_it_and_ends_with_0(tmp_path: Path) -> None:
    with an_office(tmp_path, to=(MANAGER, DOCTOR)) as office:
        office.mailbox.recipient = lambda who: "550 5.1.1 no such user" if who == DOCTOR else ""
        done = office.healthcheck("report")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f'healthcheck: "morning mail" was not taken for {DOCTOR}: 550 5.1.1 no such user\n'


@pytest.mark.fault(48)
def test_a_report_that_nobody_took_ends_with_69_and_deliver_brings_it_later(office: Office) -> None:
    office.mailbox.recipient = lambda who: "451 4.7.1 greylisted"
    done = office.healthcheck("report", "--once")
    said = f"The mail server refused every recipient. {MANAGER}: 451 4.7.1 greylisted"
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.splitlines()[-1] == (
        f'healthcheck: "morning mail" was not delivered to {MANAGER}: {said} It stays in the outbox.'
    )
    office.mailbox.recipient = lambda who: ""
    done = office.healthcheck("deliver")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert office.healthcheck("deliver").returncode == 0
    assert len(office.mails()) == 1


@pytest.mark.fault(56)
def test_two_processes_at_once_send_once(office: Office) -> None:
    office.mailbox.recipient = lambda who: "451 later"
    office.healthcheck("report", "--once")
    office.mailbox.recipient = lambda who: ""

    async def slow(smtp: SMTP) -> None:
        await asyncio.sleep(3)

    office.mailbox.before_data = slow
    with ThreadPoolExecutor() as two:
        both = list(two.map(office.healthcheck, ["deliver"] * 2))
    ends = [(done.stderr, done.returncode) for done in both]
    assert sorted(code for _, code in ends) == [0, 69]
    assert [said for said, code in ends if code] == [
        (
            f'healthcheck: "morning mail" was not delivered to {MANAGER}: It is being sent just now. '
            "It stays in the outbox.\n"
        )
    ]
    assert len(office.mails()) == 1


@pytest.mark.fault(54)
def test_a_report_of_which_nothing_could_be_checked_says_so(office: Office) -> None:
    office.write(REFUSED.format(port=free_port()))
    assert office.healthcheck("report").returncode == 0
    [mail] = office.mails()
    assert str(mail["Subject"]).startswith("COULD NOT CHECK: ")


@pytest.mark.fault(58)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_that_takes_nothing_costs_no_report_and_sends_none_twice(
    how: str, tmp_path: Path, office: Office
) -> None:
    need_root()
    with memory(tmp_path / "disk", "size=2m") as disk:
        one, box = replace(office, state=disk / "state"), office.mailbox
        box.recipient = lambda who: "451 later"
        assert one.healthcheck("report", "--once").returncode == 69
        box.recipient = lambda who: ""
        if how == "full":
            fill(disk)
        else:
            remount(disk, "ro")

        first, second = one.healthcheck("deliver"), one.healthcheck("deliver")
        assert (first.returncode, second.returncode, box.messages) == (69, 69, [])
        assert "could not be " in first.stderr

        assert one.healthcheck("report").returncode == 0
        assert len(box.messages) == 1

        if how == "full":
            (disk / "ballast").unlink()
        else:
            remount(disk, "rw")
        assert one.healthcheck("deliver").returncode == 0
        assert one.healthcheck("deliver").returncode == 0
    ids = [str(mail["Message-ID"]) for mail in box.messages]
    assert (len(ids), len(set(ids))) == (2, 2)  # the one that waited and the one of the full disk
