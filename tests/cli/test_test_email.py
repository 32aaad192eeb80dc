"""The test message: it goes the way of the report, is no report, and a failure says where it ended and what to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import free_port
from tests.lab.netns import towns
from tests.lab.program import CONFIG, healthcheck
from tests.lab.receiver import receiver
from tests.lab.smtp import Mailbox, mail_server
from tests.lab.tls import Authority, self_signed

PASSWORD = "canary-4711"
MAIL = """
[[delivery]]
name = "morning mail"
channel = "email"
to = ["manager@foothill.example"]

[email]
host = "{host}"
port = {port}
security = "{security}"
auth = "{auth}"
username = "checker"
password = {{ secret = "smtp_password" }}
from = "System check <checker@foothill.example>"
timeout_s = 5
"""

ACCEPTED = """\
The test message to dana@foothill.example was accepted. The exact words: 250 2.0.0 kept
Look into the mailbox, and into its folder for junk: accepted is not yet seen.
"""

Try = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def attempt(tmp_path: Path, authority: Authority) -> Try:
    """Write the config for a mail server and send it the test message."""

    def run(
        port: int,
        *words: str,
        host: str = "127.0.0.1",
        security: str = "none",
        auth: str = "none",
        password: str = PASSWORD,
        more: str = "",
    ) -> subprocess.CompletedProcess[str]:
        config = tmp_path / "config.toml"
        config.write_text(CONFIG + MAIL.format(host=host, port=port, security=security, auth=auth) + more)
        config.chmod(0o600)
        done = healthcheck(
            "test-email", *(words or ("--to", "dana@foothill.example")), "--config", config,
            "--state-dir", tmp_path / "state",
            env={"HEALTHCHECK_SECRET_SMTP_PASSWORD": password, "SSL_CERT_FILE": authority.ca_file},
        )  # fmt: skip
        assert password not in done.stdout + done.stderr
        assert not (tmp_path / "state").exists()
        return done

    return run


def test_the_test_message_goes_the_way_of_the_report_and_says_that_it_is_none(
    attempt: Try, authority: Authority
) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        done = attempt(box.port, security="starttls", auth="password")
    assert (done.returncode, done.stderr, done.stdout) == (
        0,
        "",
        ACCEPTED,
    )
    assert box.encrypted == [True]
    assert box.logins[0][1] == PASSWORD.encode()
    [mail] = box.messages
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "TEST, not a report: can you read this?",
        "dana@foothill.example",
        "System check <checker@foothill.example>",
    )
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Nothing was looked at, so it says nothing about any clinic." in str(body.get_content())


def told(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Where it ended, and the first words of what to do."""
    assert (done.returncode, done.stdout) == (69, "")
    first, *_, last = done.stderr.splitlines()
    step = first.removeprefix("healthcheck: The test message was not accepted. It ended at ").partition(".")[0]
    return step, last.removeprefix("  What to do: ").partition(" in ")[0]


@pytest.mark.fault(51)
def test_a_server_without_encryption_is_told_from_a_wrong_port(attempt: Try) -> None:
    with mail_server() as box:
        assert told(attempt(box.port, security="starttls")) == (
            "beginning an encrypted line",
            'Ask the provider which port is the encrypted one: 587 with security = "starttls", or 465 with "tls".',
        )
        assert told(attempt(box.port, security="tls")) == (
            "beginning an encrypted line",
            'Encryption from the first byte is usual on port 465; on port 587 write security = "starttls"',
        )
        assert box.messages == []


@pytest.mark.fault(51)
def test_a_certificate_that_proves_nothing_ends_it(attempt: Try, tmp_path: Path) -> None:
    with mail_server(tls=self_signed(tmp_path, "127.0.0.1"), login=True) as box:
        assert told(attempt(box.port, security="starttls", auth="password")) == (
            "checking the mail server's certificate",
            "Write the name that is",
        )
        assert box.logins == []


@pytest.mark.fault(51)
def test_a_refused_password_is_never_shown(attempt: Try, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        done = attempt(box.port, security="starttls", auth="password", password=f"wrong {PASSWORD}")
    assert told(done) == ("logging in", "Compare username")
    assert "  The exact words: 535 " in done.stderr


def test_a_server_that_wants_a_login_first_says_so(attempt: Try, authority: Authority) -> None:
    with mail_server(tls=authority.server("127.0.0.1"), login=True) as box:
        assert told(attempt(box.port, security="starttls")) == (
            "naming the sender",
            'The server wants a login first: write auth = "password", username and password',
        )


@pytest.mark.fault(48)
def test_a_server_that_is_not_there_and_a_name_that_nobody_knows_are_two_things(attempt: Try) -> None:
    assert told(attempt(free_port())) == ("connecting to the mail server", "Compare host and port")
    with towns("office") as [office]:
        done = office.call(
            lambda: attempt(25, host="mail.foothill.example"), resolv_conf="nameserver 127.0.0.1\noptions timeout:1\n"
        )
    assert told(done) == ("looking up the mail server's name", "Look for a spelling mistake")


@pytest.mark.fault(49)
def test_a_refused_recipient_is_named_and_the_other_gets_it(attempt: Try) -> None:
    box = Mailbox(recipient=lambda address: "550 5.1.1 no such user" if address.startswith("dona@") else "")
    with mail_server(box):
        assert told(attempt(box.port, "--to", "dona@foothill.example")) == (
            "naming the recipient",
            "Look for a spelling mistake",
        )
        done = attempt(box.port, "--to", "dona@foothill.example", "--to", "dana@foothill.example")
    assert done.returncode == 69
    assert done.stdout.startswith("The test message to dana@foothill.example was accepted.")
    assert "The mail server refused dona@foothill.example.\n  The exact words: 550 5.1.1 no such user\n" in done.stderr
    assert box.recipients == [["dana@foothill.example"]]


def test_a_refused_message_is_told_with_the_servers_own_words(attempt: Try) -> None:
    with mail_server(Mailbox(data=lambda subject: "554 5.7.1 looks like junk")) as box:
        done = attempt(box.port)
    assert told(done) == ("handing over the message", "Ask whoever runs the mail server, with its words above.")
    assert "  The exact words: 554 5.7.1 looks like junk\n" in done.stderr


def test_a_delivery_of_another_channel_can_be_tried(attempt: Try) -> None:
    with receiver() as taker:
        more = f'\n[[delivery]]\nname = "our program"\nchannel = "webhook"\nurl = "{taker.url}/hook"\n'
        done = attempt(1, "--delivery", "our program", more=more)
    assert (done.returncode, done.stderr, done.stdout) == (
        0,
        "",
        'The test message to "our program" was accepted. The exact words: 200 ok\n',
    )
    assert [post.content["subject"] for post in taker.posts] == ["TEST, not a report: can you read this?"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Say who gets the test message, with --to, or which delivery to try, with --delivery."),
        (("--to", "dana"), '"dana" is no mail address; write name@example.org.'),
        (("--delivery", "morning"), 'The config has no delivery "morning"; it has morning mail.'),
        (
            ("--delivery", "morning mail", "--to", "dana@foothill.example"),
            "--delivery has its own recipients; leave --to out, or --delivery.",
        ),
    ],
    ids=["nobody", "no address", "no such delivery", "both"],
)
def test_what_cannot_be_tried_is_a_mistake_of_the_command(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG + MAIL.format(host="127.0.0.1", port=1, security="none", auth="none"))
    config.chmod(0o600)
    done = healthcheck(
        "test-email", *words, "--config", config, env={"HEALTHCHECK_SECRET_SMTP_PASSWORD": PASSWORD, "HOME": "/"}
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (64, f"Error: {says}")
