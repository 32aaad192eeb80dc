"""A secret that is planted wherever one can stand is found nowhere else, while everything that can fail does."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from tests.lab import free_port
from tests.lab.program import PROGRAM
from tests.lab.smtp import Mailbox, mail_server
from tests.lab.tls import Authority, request, server

CANARY = "c4n4ryb1rd"
"""Part of every secret here. Where it is found in whatever spelling, that secret was let out."""
SPELLINGS = (
    CANARY.encode(),
    *(base64.b64encode(CANARY.encode()[start : start + 6]) for start in range(3)),
    CANARY.encode().hex().encode(),
)

CONFIG = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"

[[site]]
name = "Main office"

[[site.host]]
name = "office-server"
label = "the office server"
local = true

[[site.host]]
name = "far-server"
address = "127.0.0.1"
ssh = {{ user = "root", port = {ssh_port} }}

[[delivery]]
name = "morning mail"
channel = "email"
to = ["manager@foothill.example"]

[[delivery]]
name = "hook"
channel = "webhook"
url = {{ secret = "hook_url" }}
signing_key = {{ secret = "signing_key" }}
ca_file = "{ca_file}"

[[delivery]]
name = "phone"
channel = "ntfy"
url = "https://localhost:{echo_port}/topic"
token = {{ secret = "ntfy_token" }}
ca_file = "{ca_file}"

[[delivery]]
name = "chat"
channel = "slack"
url = {{ secret = "slack_url" }}
ca_file = "{ca_file}"

[heartbeat]
url = {{ secret = "heartbeat_url" }}
ca_file = "{ca_file}"

[email]
host = "localhost"
port = {mail_port}
security = "starttls"
username = "checker"
from = "System check <checker@foothill.example>"
ca_file = "{ca_file}"
timeout_s = 5
{login}

[[check]]
kind = "database"
hosts = ["office-server"]
url = "postgresql://healthcheck@localhost:{talker_port}/charts"
password = {{ secret = "database_password" }}
timeout_s = 1
attempts = 1

[[check]]
kind = "database"
name = "closed"
hosts = ["office-server"]
url = "mysql://healthcheck@localhost:{closed_port}/charts"
password = {{ secret = "database_password" }}
timeout_s = 1
attempts = 1

[[check]]
kind = "http"
hosts = ["office-server"]
url = "https://localhost:{echo_port}/page?token=visible"
ca_file = "{ca_file}"
timeout_s = 1
attempts = 1

[[check]]
kind = "memory"
hosts = ["far-server"]
timeout_s = 2
attempts = 1

[[check]]
kind = "nagios"
hosts = ["office-server"]
command = ["sh", "-c", "env; tr '\\\\0' '\\\\n' < /proc/self/environ; exit 2"]

[[check]]
kind = "indiscreet"
hosts = ["office-server"]
name = "raises"
does = "raise"
password = {{ secret = "drop_in_password" }}
address = "smb://checker:c4n4ryb1rd-of-share@nas/share"

[[check]]
kind = "indiscreet"
hosts = ["office-server"]
name = "prints"
does = "print"
password = {{ secret = "drop_in_password" }}
address = "smb://checker:c4n4ryb1rd-of-share@nas/share"

[[check]]
kind = "indiscreet"
hosts = ["office-server"]
name = "finds"
does = "find"
password = {{ secret = "drop_in_password" }}
address = "smb://checker:c4n4ryb1rd-of-share@nas/share"

[[check]]
kind = "indiscreet"
hosts = ["office-server"]
name = "literal"
does = "crash"
password = "c4n4ryb1rd-literal"
address = "nas"
"""

PASSWORD = """
auth = "password"
password = { secret = "smtp_password" }
"""
OAUTH2 = """
auth = "oauth2"
oauth2 = { token_url = "https://localhost:ECHO/token", client_id = "app", refresh_token = { secret = "refresh" }, \
client_secret = { secret = "client_secret" } }
"""

INDISCREET = '''
"""Tells its settings to whoever listens."""
from __future__ import annotations
import ctypes, logging, sys, warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from healthcheck.api import Check, Metric, ProbeError, Result, Secret, Status, Target

@dataclass(frozen=True, kw_only=True)
class Indiscreet(Check[str]):
    """Tells its settings."""

    kind: ClassVar[str] = "indiscreet"
    does: str
    password: Secret
    address: str

    def probe(self, target: Target) -> str:
        told = f"{self.password.reveal()} {self.address} {self!r}"
        if self.does == "find":
            return told
        print(told)
        print(told, file=sys.stderr)
        logging.getLogger("healthcheck.drop_in").error(told)
        logging.error(told)
        warnings.warn(told)
        if self.does == "crash":
            ctypes.string_at(0)
        if self.does == "raise":
            try:
                raise ValueError(told)
            except ValueError as error:
                raise RuntimeError(told) from error
        raise ProbeError(told, told)

    def evaluate(self, sample: str, now: datetime) -> Iterator[Result]:
        yield Result(Status.CRITICAL, f"has {sample}", sample, Metric(sample, 1.0, sample))
'''

SECRETS = {
    "refresh": "c4n4ryb1rd-refresh-token",
    "client_secret": "c4n4ryb1rd-client-secret",
    "database_password": "c4n4ryb1rd-of-database",
    "drop_in_password": "c4n4ryb1rd-of-drop-in",
    "signing_key": "c4n4ryb1rd-signing-key",
    "ntfy_token": "c4n4ryb1rd-ntfy-token",
    "ssh_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAAc4n4ryb1rd\nBBc4n4ryb1rd\n-----END OPENSSH PRIVATE KEY-----",
}


def echo(connection: socket.socket) -> None:
    """A web server that refuses and repeats all that it was sent, as some debugging proxies do."""
    read = request(connection)
    connection.settimeout(0.2)
    with contextlib.suppress(OSError):
        read += connection.recv(65536)
    head = b"HTTP/1.1 400 Bad " + read.partition(b"\r\n")[0] + b"\r\nX-Sent: " + read.split(b"\r\n")[0]
    connection.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(read) + read)


def repeat(connection: socket.socket) -> None:
    """A server of no known protocol that says back what it hears."""
    while heard := connection.recv(4096):
        connection.sendall(heard)


@dataclass
class Planted:
    """A config with a secret in every place, and all that was heard of it so far."""

    folder: Path
    mailbox: Mailbox
    config: Path
    secrets: dict[str, str]
    mails: int
    heard: dict[str, bytes] = field(default_factory=dict)
    cores: set[str] = field(default_factory=set)

    def healthcheck(self, *words: str) -> int:
        """Run the program as a process and keep all that it prints and shows in the list of processes."""
        argv = [PROGRAM, "--config", str(self.config), "--state-dir", str(self.folder / "state"), *words]
        environ = {f"HEALTHCHECK_SECRET_{name.upper()}": value for name, value in self.secrets.items()}
        seen = set()
        output = self.folder / "output"
        with output.open("wb") as out:
            process = psutil.Popen(
                argv, stdout=out, stderr=subprocess.STDOUT, cwd=self.folder, env={"PATH": os.environ["PATH"], **environ}
            )
            while process.poll() is None:
                with contextlib.suppress(psutil.Error, OSError):
                    for each in (process, *process.children(recursive=True)):
                        seen.add(" ".join(each.cmdline()))
                        if each.pid != process.pid:
                            limits = Path(f"/proc/{each.pid}/limits").read_text()
                            self.cores |= {line for line in limits.splitlines() if "core" in line}
                    process.wait(0.02)
        self.heard |= {f"{words}: output": output.read_bytes(), f"{words}: processes": "\n".join(seen).encode()}
        output.unlink()
        assert len(seen) > 1 or "check" in words
        return int(process.returncode)

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All that the program printed, wrote or sent."""
        yield from self.heard.items()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path != self.config and path.name != "indiscreet.py":
                yield str(path), path.read_bytes()
        for message in self.mailbox.messages:
            yield "a mail", _decoded(message)


def _decoded(message: EmailMessage) -> bytes:
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return message.as_bytes() + b"\n".join(part for part in parts if isinstance(part, bytes))


@pytest.fixture
def planted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Planted]:
    login, password, mails = request.param
    authority = Authority(tmp_path)
    with contextlib.ExitStack() as stack:
        tls = authority.server("localhost")
        echo_port = stack.enter_context(server(echo, tls=tls))
        talker_port = stack.enter_context(server(repeat))
        mailbox = stack.enter_context(mail_server(Mailbox(), address="localhost", tls=tls, login=True))
        folder = tmp_path / "home"
        (folder / "checks.d").mkdir(parents=True, mode=0o700)
        drop_in = folder / "checks.d" / "indiscreet.py"
        drop_in.write_text(INDISCREET)
        drop_in.chmod(0o600)
        config = folder / "config.toml"
        config.write_text(
            CONFIG.format(
                ca_file=authority.ca_file, echo_port=echo_port, talker_port=talker_port, mail_port=mailbox.port,
                closed_port=free_port(), ssh_port=talker_port, login=login.replace("ECHO", str(echo_port)),
            )
        )  # fmt: skip
        config.chmod(0o600)
        urls = {
            name: f"https://user:c4n4ryb1rd-login@localhost:{echo_port}/{name}/c4n4ryb1rd-path?token=c4n4ryb1rd-query"
            for name in ("hook_url", "slack_url", "heartbeat_url")
        }
        yield Planted(folder, mailbox, config, {**SECRETS, **urls, "smtp_password": password}, mails)


@pytest.mark.fault(62)
@pytest.mark.parametrize(
    "planted",
    [(PASSWORD, "c4n4ryb1rd-of-smtp", 1), (PASSWORD, "c4n4ryb1rd-wrong", 0), (OAUTH2, "c4n4ryb1rd-of-smtp", 0)],
    indirect=True,
    ids=["mail-is-taken", "login-is-refused", "token-is-refused"],
)
def test_no_secret_is_found_anywhere_while_everything_fails(planted: Planted) -> None:
    codes = [
        planted.healthcheck("config", "check"),
        planted.healthcheck("-v", "run"),
        planted.healthcheck("-v", "report", "--once"),
        planted.healthcheck("-v", "deliver"),
    ]

    found = {
        place: told[max(0, told.find(spelling) - 60) : told.find(spelling) + 40]
        for place, told in planted.everything()
        for spelling in SPELLINGS
        if spelling in told
    }
    assert found == {}
    assert codes[:3] == [0, 2, 69], planted.heard
    assert len(planted.mailbox.messages) == planted.mails
    assert planted.cores and {line.split()[4] for line in planted.cores} == {"0"}
    assert list(planted.folder.rglob("core*")) == []


@pytest.mark.fault(62)
@pytest.mark.parametrize("planted", [(PASSWORD, "c4n4ryb1rd-of-smtp", 1)], indirect=True, ids=["refused"])
@pytest.mark.parametrize(
    "wrong",
    [
        'kind = "database"\nurl = "postgresql://healthcheck:c4n4ryb1rd@localhost/charts"',
        'kind = "http"\nurl = "https://checker:c4n4ryb1rd@localhost/"',
        'kind = "database"\nurl = "postgresql://localhost/charts"\npassword = { secret = "c4n4ryb1rd of old" }',
        'kind = "database"\nurl = "postgresql://localhost/charts"\npassword = ["c4n4ryb1rd"]',
        'kind = "indiscreet"\ndoes = "x"\naddress = 5\npassword = ["c4n4ryb1rd"]',
        'kind = "indiscreet"\ndoes = "x"\naddress = "a"\npassword = { sceret = "c4n4ryb1rd" }',
    ],
    ids=["database-address", "web-address", "for-its-name", "list", "list-of-a-drop-in", "misspelt-of-a-drop-in"],
)
def test_a_mistake_never_repeats_a_secret(wrong: str, planted: Planted) -> None:
    with planted.config.open("a") as config:
        config.write(f'\n[[check]]\nhosts = ["office-server"]\nname = "wrong"\n{wrong}\n')

    assert planted.healthcheck("config", "check") == 78

    [output] = [told for place, told in planted.heard.items() if place.endswith("output")]
    assert b"check[" in output
    assert CANARY.encode() not in output
