"""An answer is tried as the program will use it, and what does not work is told in plain words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from healthcheck.interview import trying
from healthcheck.interview.answers import Answers, Device, MailServer
from healthcheck.interview.trying import Trouble
from healthcheck.model import Secret
from tests.lab import free_port
from tests.lab.netns import cable, towns
from tests.lab.smtp import mail_server
from tests.lab.sshd import sshd
from tests.lab.tls import Authority, self_signed

ONE = Answers(practice="Foothill", towns=("Pasadena",), recipients=("dana@foothill.example",))


def device(address: str, user: str = "", port: int = 22) -> Answers:
    return replace(ONE, devices=(Device(address, "server", "Pasadena", user, port),))


def test_a_device_that_answers_is_no_trouble(tmp_path: Path) -> None:
    assert trying.newest_device(device("127.0.0.1")) is None
    with sshd(tmp_path, "127.0.0.9", name="pasadena") as server:
        assert trying.newest_device(device("127.0.0.9", "healthcheck", server.port)) is None


def test_a_server_whose_ssh_is_not_there_is_told_with_the_port() -> None:
    port = free_port()
    answered = device("127.0.0.1", "healthcheck", port)
    says = f"127.0.0.1 refused the connection (asked for SSH on port {port})."
    assert trying.newest_device(answered) == Trouble(says, answered)


@pytest.mark.fault(1)
@pytest.mark.fault(9)
def test_silence_and_a_name_that_nobody_knows_are_two_things() -> None:
    with towns("office", "glendale") as [office, glendale]:
        cable(office, "10.9.0.1/24", glendale, "10.9.0.2/24")
        glendale.rule("ip protocol icmp drop")
        silent, unknown = device("10.9.0.2"), device("glendale.example")
        assert office.call(lambda: trying.newest_device(silent)) == Trouble("10.9.0.2 does not answer now.", silent)
        trouble = office.call(
            lambda: trying.newest_device(unknown), resolv_conf="nameserver 127.0.0.1\noptions timeout:1\n"
        )
        assert trouble == Trouble("glendale.example: its name could not be looked up.", unknown)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this computer trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca_file)
    return made


def mail(port: int, username: str = "", password: str = "", security: str = "starttls") -> Answers:
    server = MailServer("127.0.0.1", port, username, security)
    return replace(ONE, mail=server, password=Secret(password) if password else None)


def test_a_mail_server_is_connected_to_and_logged_in_to_but_given_no_mail(authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        answered = mail(box.port, "checker", "right")
        assert trying.mail_server(answered) is None
        assert box.logins == []
        assert trying.mail_login(answered) is None
    assert [password for _, password in box.logins] == [b"right"]
    assert box.messages == []


@pytest.mark.fault(51)
def test_a_refused_password_is_told_and_never_shown(authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        trouble = trying.mail_login(mail(box.port, "checker", "wrong canary-4711"))
    assert trouble is not None
    assert trouble.says.startswith("The mail server 127.0.0.1 refused our name or password. (535 ")
    assert "canary-4711" not in trouble.says


@pytest.mark.fault(51)
def test_a_certificate_that_proves_nothing_is_told(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    with mail_server(tls=self_signed(folder, "127.0.0.1")) as box:
        trouble = trying.mail_server(mail(box.port))
    assert trouble is not None
    assert "could not prove who it is" in trouble.says


@pytest.mark.fault(48)
def test_a_mail_server_that_is_not_there_is_told() -> None:
    trouble = trying.mail_server(mail(free_port()))
    assert trouble is not None
    assert trouble.says.startswith("The mail server 127.0.0.1 could not be reached. ([Errno 111] Connection refused) ")


def test_an_open_line_is_kept_only_by_a_word_and_never_for_a_password() -> None:
    with mail_server() as box:
        without_login = mail(box.port)
        assert trying.mail_server(without_login) == Trouble(
            "127.0.0.1 offers no encryption, so the report would go over an open line.",
            replace(without_login, mail=MailServer("127.0.0.1", box.port, "", "none")),
        )
        with_login = mail(box.port, "checker", "s3cret")
        trouble = trying.mail_server(with_login)
    assert trouble is not None
    assert trouble.kept == with_login
