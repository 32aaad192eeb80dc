"""Whether the report would get out, against real servers, which are given nothing."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from healthcheck.doctor import sending
from healthcheck.doctor.examination import Finding
from healthcheck.doctor.premises import enter
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab import free_port
from tests.lab.office import MEMORY, office
from tests.lab.receiver import OK
from tests.lab.smtp import mail_server
from tests.lab.tls import Authority, self_signed, server

PASSWORD = "canary-4711"
MAIL = """
[[delivery]]
name = "morning mail"
channel = "email"
to = ["dana@foothill.example"]

[email]
host = "127.0.0.1"
port = {port}
security = "{security}"
auth = "{auth}"
username = "checker"
password = {{ secret = "smtp_password" }}
from = "System check <checker@foothill.example>"
"""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca_file)
    return made


def mail(port: int, security: str = "starttls", auth: str = "password") -> str:
    return MAIL.format(port=port, security=security, auth=auth)


def secret(password: str = PASSWORD) -> dict[str, str]:
    return {"HEALTHCHECK_SECRET_SMTP_PASSWORD": password}


def test_the_mail_server_is_logged_in_to_and_gets_no_mail(at: At, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        found = list(sending.mail(at(mail(box.port), environ=secret())))
    assert found == [
        Finding(
            Status.OK, "The mail server 127.0.0.1 can be reached and takes our name and password; no mail was sent."
        )
    ]
    assert box.logins[0][1] == PASSWORD.encode()
    assert box.messages == []


@pytest.mark.fault(51)
def test_a_refused_password_is_a_problem_with_its_fix_and_is_never_shown(at: At, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        [found] = sending.mail(at(mail(box.port), environ=secret(f"wrong {PASSWORD}")))
    assert found.status is Status.CRITICAL
    assert found.says.startswith("The mail server 127.0.0.1 refused our name or password. (535 ")
    assert found.fix.startswith("Compare username in [email] and the password's file with what the provider says")
    assert PASSWORD not in found.says + found.fix


@pytest.mark.fault(48)
def test_a_mail_server_that_is_not_there_is_a_problem(at: At) -> None:
    [found] = sending.mail(at(mail(free_port()), environ=secret()))
    assert (found.status, found.says) == (
        Status.CRITICAL,
        "The mail server 127.0.0.1 could not be reached. ([Errno 111] Connection refused)",
    )


def test_an_open_line_is_worth_a_look(at: At) -> None:
    with mail_server() as box:
        found = [(one.status, one.says) for one in sending.mail(at(mail(box.port, "none", "none"), environ=secret()))]
    assert found == [
        (
            Status.OK,
            "The mail server 127.0.0.1 can be reached and takes our mail without a login; no mail was sent.",
        ),
        (Status.WARNING, "The report goes to the mail server over a line that is not encrypted."),
    ]


def test_the_mail_server_of_a_broken_config_is_tried_all_the_same(at: At, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        premises = at(mail(box.port), "[nonsense]", environ=secret())
        [found] = sending.mail(premises)
    assert premises.config is None
    assert found.status is Status.OK


def test_without_the_password_no_login_is_tried(at: At, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        found = list(sending.mail(at(mail(box.port))))
    assert found == [
        Finding(
            Status.UNKNOWN,
            "The mail server 127.0.0.1 can be reached; its login was not tried without the password.",
            "sudo healthcheck doctor --here",
        )
    ]
    assert box.logins == []


HEARTBEAT = '[heartbeat]\nurl = { secret = "beat" }'
HOOK = """
[[delivery]]
name = "our program"
channel = "webhook"
url = {{ secret = "hook" }}
"""


class Listener:
    """Takes connections and what is said on them, and gives an answer where anything is."""

    def __init__(self, answer: bytes = b"") -> None:
        self.said: list[bytes] = []
        self.answer = answer

    def __call__(self, line: socket.socket) -> None:
        if said := line.recv(65536):
            self.said.append(said)
            line.sendall(self.answer)


def test_other_channels_are_connected_to_and_given_nothing(at: At, authority: Authority, tmp_path: Path) -> None:
    listener = Listener()
    with server(listener, tls=authority.server("127.0.0.1")) as port:
        premises = at(HOOK.format(), environ={"HEALTHCHECK_SECRET_HOOK": f"https://127.0.0.1:{port}/{PASSWORD}"})
        assert list(sending.channels(premises)) == [
            Finding(Status.OK, 'The server of "our program" can be reached; nothing was sent.')
        ]
    folder = tmp_path / "other"
    folder.mkdir()
    with server(listener, tls=self_signed(folder, "127.0.0.1")) as port:
        premises = at(HOOK.format(), environ={"HEALTHCHECK_SECRET_HOOK": f"https://127.0.0.1:{port}/{PASSWORD}"})
        [found] = sending.channels(premises)
    assert found.status is Status.CRITICAL
    assert found.says.startswith(
        '"our program" cannot be sent now: Nothing was sent: 127.0.0.1 could not prove who it is'
    )
    assert found.fix == "healthcheck test-email --delivery 'our program' --here"
    assert PASSWORD not in found.says
    assert b"".join(listener.said) == b""


def test_what_cannot_be_tried_without_a_message_is_not_called_well(at: At) -> None:
    premises = at(
        '[[delivery]]\nname = "text message"\nchannel = "apprise"\nurl = { secret = "sms" }',
        environ={"HEALTHCHECK_SECRET_SMS": "json://127.0.0.1/x"},
    )
    assert list(sending.channels(premises)) == [
        Finding(
            Status.UNKNOWN,
            '"text message" cannot be tried without sending a message.',
            "healthcheck test-email --delivery 'text message' --here",
        )
    ]


def test_the_outside_watchdog_is_reached_and_never_called(at: At) -> None:
    listener = Listener()
    with server(listener) as port:
        beat = {"HEALTHCHECK_SECRET_BEAT": f"http://127.0.0.1:{port}/{PASSWORD}"}
        found = list(sending.heartbeat(at(HEARTBEAT, environ=beat)))
    assert found == [
        Finding(
            Status.WARNING,
            "The outside watchdog can be reached, but it has not heard of a report yet.",
            "healthcheck report --here",
        )
    ]
    assert b"".join(listener.said) == b""


def test_the_outside_watchdog_heard_of_the_report_or_it_did_not(tmp_path: Path) -> None:
    listener = Listener(OK)
    with office(tmp_path) as place, server(listener) as port:
        place.write(MEMORY, HEARTBEAT)
        environ = {"HEALTHCHECK_SECRET_BEAT": f"http://127.0.0.1:{port}/beat"}
        subprocess.run(place.argv("report"), env={**place.env(), **environ}, capture_output=True, check=True)
        assert [said.split(b" HTTP")[0] for said in listener.said] == [b"GET /beat"]
        [heard] = sending.heartbeat(enter(place.config, place.state, environ=environ))
        assert heard.status is Status.OK
        assert heard.says.startswith("The outside watchdog can be reached; it last heard of a report today, ")
        listener.answer = OK.replace(b"200 OK", b"500 Oops")
        subprocess.run(place.argv("report"), env={**place.env(), **environ}, capture_output=True, check=True)
        [missed] = sending.heartbeat(enter(place.config, place.state, environ=environ))
    assert missed.status is Status.WARNING
    assert "but it did not hear of the last report, only of that of today, " in missed.says


def test_an_outside_watchdog_that_is_not_there_is_a_problem(at: At) -> None:
    beat = {"HEALTHCHECK_SECRET_BEAT": f"http://127.0.0.1:{free_port()}/{PASSWORD}"}
    [found] = sending.heartbeat(at(HEARTBEAT, environ=beat))
    assert found == Finding(
        Status.CRITICAL,
        "The outside watchdog cannot be reached: 127.0.0.1 could not be reached. "
        "(ConnectionRefusedError: [Errno 111] Connection refused)",
        "healthcheck report --here",
    )


def test_nobody_who_would_notice_silence_is_worth_a_look(at: At) -> None:
    [found] = sending.heartbeat(at())
    assert (found.status, found.says) == (
        Status.WARNING,
        "Nobody outside would notice if this computer were gone altogether.",
    )


@pytest.mark.parametrize("line", ['when = "problems"', 'only_if_failed = "chat"'])
def test_a_report_that_comes_only_on_bad_mornings_is_worth_a_look(at: At, line: str) -> None:
    chat = '[[delivery]]\nname = "chat"\nchannel = "webhook"\nurl = "https://127.0.0.1/"\nwhen = "problems"\n'
    only = mail(25).replace('channel = "email"', f'channel = "email"\n{line}')
    assert [(one.status, one.says) for one in sending.recipients(at(chat, only, environ=secret()))] == [
        (Status.WARNING, "Nobody gets a report on a good morning, so a missing one would go unnoticed.")
    ]


def test_who_gets_the_report_is_named_and_nobody_is_a_problem(at: At) -> None:
    assert list(sending.recipients(at(mail(25), environ=secret()))) == [
        Finding(Status.OK, "The report goes to dana@foothill.example every morning.")
    ]
    assert [(one.status, one.says) for one in sending.recipients(at())] == [
        (Status.CRITICAL, "Nobody is sent the report.")
    ]
