"""A secret that is planted wherever one can stand is in no file of a pack, however spelled; nor is a patient's."""

from __future__ import annotations

import base64
import re
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.lab import free_port
from tests.lab.program import healthcheck
from tests.test_canary import CANARY, SPELLINGS

CONFIG = """
# The old mail password was c4n4ryb1rd-of-old, and the alarm's is still c4n4ryb1rd-of-alarm.
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"                        # ask Dana, c4n4ryb1rd-at-the-end

[[person]]
name = "Bay IT"
role = "it"
phone = "626-555-0142"

[[credential]]
for = "named"
kept_at = "the safe"

[[delivery]]
name = "mail"
channel = "email"
to = ["manager@foothill.example"]

[[delivery]]
name = "chat"
channel = "slack"
url = "https://127.0.0.1:{closed}/services/c4n4ryb1rdT0/hook"

[[delivery]]
name = "hook"
channel = "webhook"
url = "https://127.0.0.1:{closed}/hook/c4n4ryb1rd9?token=c4n4ryb1rd-query"
signing_key = "c4n4ryb1rd+of/signing&key"

[[delivery]]
name = "phone"
channel = "ntfy"
url = "https://127.0.0.1:{closed}/c4n4ryb1rd_topic"
token = "c4n4ryb1rd-token"

[heartbeat]
url = "https://127.0.0.1:{closed}/c4n4ryb1rd-beat"

[email]
host = "127.0.0.1"
port = {closed}
security = "starttls"
username = "checker"
from = "System check <checker@foothill.example>"
timeout_s = 2
auth = "password"
password = "c4n4ryb1rd-of-mail"

[[site]]
name = "Main office"

[[site.host]]
name = "office-server"
label = "the office server of Maria, 123-45-6789"
local = true

[[site.host]]
name = "far-server"
address = "127.0.0.1"
ssh = {{ user = "root", port = {closed}, key = "keys/far" }}

[[check]]
kind = "database"
hosts = ["office-server"]
url = "postgresql://healthcheck@127.0.0.1:{closed}/charts"
password = "c4n4ryb1rd of the <database>"
attempts = 1

[[check]]
kind = "database"
name = "named"
hosts = ["office-server"]
url = "postgresql://healthcheck@127.0.0.1:{closed}/charts"
password = {{ secret = "named" }}
attempts = 1

[[check]]
kind = "http"
hosts = ["office-server"]
url = "https://127.0.0.1:{closed}/page?api_key=c4n4ryb1rd-api&page=2"
attempts = 1

[[check]]
kind = "ups"
hosts = ["office-server"]
via = "snmp"
community = "c4n4ryb1rd-community"
port = {closed}
timeout_s = 0.3
attempts = 1

[[check]]
kind = "restic"
hosts = ["far-server"]
repository = "/mnt/backup/charts"
password = "c4n4ryb1rd-of-restic"
attempts = 1

[[check]]
kind = "memory"
hosts = ["far-server"]
attempts = 1

[[check]]
kind = "nagios"
hosts = ["office-server"]
command = ["/bin/sh", "-c", "exit 0", "--password=c4n4ryb1rd-of-option", "-C", "c4n4ryb1rd-after-it", "-p", "443"]

[[check]]
kind = "telltale"
hosts = ["office-server"]
password = "c4n4ryb1rd-of-drop-in"
api_token = "c4n4ryb1rd-as-text"
address = "smb://checker:c4n4ryb1rd-of-share@nas/share"
"""
TELLTALE = '''
"""Tells what it knows in every spelling. TOKEN = "c4n4ryb1rd-in-words" """
from __future__ import annotations
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from healthcheck.api import Check, Facts, Result, Secret, Status, Target

API_TOKEN = "c4n4ryb1rd-in-code"
SHARE = "smb://checker:c4n4ryb1rd-of-code@nas/share"

@dataclass(frozen=True, kw_only=True)
class Telltale(Check[str]):
    """Tells what it knows."""

    kind: ClassVar[str] = "telltale"
    password: Secret
    api_token: str
    address: str

    def probe(self, target: Target) -> str:
        return self.password.reveal()

    def evaluate(self, known: str, now: datetime) -> Iterator[Result | Facts]:
        codes = [base64.b64encode(text.encode()).decode() for text in (known, "x" + known, "xy" + known)]
        says = f"holds {' '.join(codes)} {known.encode().hex()} of MRN-4711"
        yield Result(Status.CRITICAL, says, f"{known} 123-45-6789 {self.address}")
        yield Facts("codes", {codes[0]: codes[1], "MRN-4712": "123-45-6780"})
'''
FETCH = """#!/bin/sh
# Fetches with a password.
PASSWORD=c4n4ryb1rd-in-shell
export API_KEY="c4n4ryb1rd-quoted"
exit 0
"""
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAAc4n4ryb1rdAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
REDACT = "\n[privacy]\nredact = ['\\bMRN-\\d+\\b']\n"


@dataclass
class Practice:
    """A practice with a secret in every place, that has made its round."""

    folder: Path

    def healthcheck(self, *words: str) -> subprocess.CompletedProcess[str]:
        return healthcheck(
            "--config", self.folder / "config.toml", "--state-dir", self.folder / "state", *words,
            cwd=self.folder,
            env={
                "HOME": str(self.folder),
                "HEALTHCHECK_SECRET_NAMED": "c4n4ryb1rd-of-environment",
                "CREDENTIALS_DIRECTORY": str(self.folder / "handed"),
            },
        )  # fmt: skip

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> None:
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    made = Practice(tmp_path_factory.mktemp("practice"))
    made.write("config.toml", CONFIG.format(closed=free_port()))
    made.write("checks.d/telltale.py", TELLTALE)
    made.write("checks.d/fetch", FETCH, 0o700)
    made.write("checks.d/binary", b"\x7fELF\xff\xfe c4n4ryb1rd-of-environment \xff", 0o700)
    made.write("checks.d/key", KEY, 0o700)
    made.write("keys/far", KEY)
    made.write("credentials/unused", "c4n4ryb1rd-of-file\n")
    made.write("credentials/ssh_key", KEY)
    made.write("handed/by_systemd", "c4n4ryb1rd-of-systemd")
    made.write("known_hosts", "# c4n4ryb1rd-of-comment\n127.0.0.1 ssh-ed25519 AAAAC3Nz root@c4n4ryb1rd-host\n")
    (made.folder / "checks.d" / "link.py").symlink_to(made.folder / "credentials" / "unused")
    done = made.healthcheck("report", "--once")
    assert done.returncode == 69, done.stderr
    with (made.folder / "config.toml").open("a") as config:
        config.write(REDACT)
    return made


@pytest.fixture(scope="module")
def members(practice: Practice) -> dict[str, bytes]:
    file = practice.folder / "pack.zip"
    done = practice.healthcheck("handover", str(file))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(file) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def everything(content: bytes) -> Iterator[bytes]:
    """A file as it is, and with what is encoded in it decoded."""
    yield content
    yield unquote_to_bytes(content)
    for word in re.findall(rb"[A-Za-z0-9+/_-]{8,}", content):
        for start in range(4):
            part = word[start : start + (len(word) - start) // 4 * 4]
            yield base64.b64decode(part, b"-_" if set(part) & set(b"-_") else b"+/")


@pytest.mark.fault(62)
def test_no_secret_is_in_any_file_of_a_pack(members: dict[str, bytes]) -> None:
    found = {
        name: read[max(0, read.find(spelling) - 60) : read.find(spelling) + 40]
        for name, content in members.items()
        for read in everything(content)
        for spelling in SPELLINGS
        if spelling in read
    }
    assert found == {}
    assert len(members) > 15


@pytest.mark.fault(62)
def test_no_number_of_a_patient_is_in_any_file_of_a_pack_though_its_pattern_came_after_the_round(
    practice: Practice, members: dict[str, bytes]
) -> None:
    kept = (practice.folder / "state" / "history.sqlite").read_bytes()
    assert b"MRN-4711" in kept
    for name, content in members.items():
        assert not re.search(rb"MRN-\d|\d{3}-\d{2}-\d{4}", content), name


def test_what_stood_in_the_config_itself_is_named_in_the_pack(members: dict[str, bytes]) -> None:
    config = tomllib.loads(members["config/config.toml"].decode())
    by_name = {delivery["name"]: delivery for delivery in config["delivery"]}
    assert by_name["hook"]["url"] == {"secret": "delivery_3_url"}
    assert by_name["hook"]["signing_key"] == {"secret": "delivery_3_signing_key"}
    assert by_name["phone"] == {
        "name": "phone", "channel": "ntfy",
        "url": {"secret": "delivery_4_url"}, "token": {"secret": "delivery_4_token"},
    }  # fmt: skip
    assert config["heartbeat"] == {"url": {"secret": "heartbeat_url"}}
    database, named, page, ups, restic, _, plug_in, telltale = config["check"]
    assert (database["password"], named["password"]) == ({"secret": "check_1_password"}, {"secret": "named"})
    assert restic["password"] == {"secret": "check_5_password"}
    assert page["url"].endswith("/page?api_key=[removed]&page=2")
    assert ups["community"] == {"secret": "check_4_community"}
    assert plug_in["command"][3:] == ["--password=[removed]", "-C", "[removed]", "-p", "443"]
    assert telltale["password"] == {"secret": "check_8_password"}
    assert telltale["api_token"] == "[removed]"
    assert telltale["address"] == "smb://checker:[removed]@nas/share"
    assert config["email"]["password"] == {"secret": "email_password"}


def test_the_pack_says_which_files_were_changed_and_which_were_left_out(members: dict[str, bytes]) -> None:
    assert sorted(name for name in members if name.startswith("config/")) == [
        "config/checks.d/fetch",
        "config/checks.d/telltale.py",
        "config/config.toml",
        "config/known_hosts",
    ]
    told = " ".join(members["README.txt"].decode().split())
    for says in (
        "- config/config.toml: comments are left out, for one may hold a password.",
        "- config/config.toml: delivery[3].url stood there itself; it is named delivery_3_url now",
        "- config/config.toml: check[7].command[4] looked like a password and was taken out.",
        "- config/checks.d/fetch: what looks like a password or a secret was taken out.",
        "- config/checks.d/binary: left out, because it holds a secret in a form that could not be taken out.",
        "- config/checks.d/key: left out, because it holds a private key.",
    ):
        assert says in told
    assert told.count("left out, because") == 2
    assert members["config/known_hosts"] == b"127.0.0.1 ssh-ed25519 AAAAC3Nz\n"


def test_the_list_of_secrets_has_their_names_what_they_open_and_where_they_are_kept(members: dict[str, bytes]) -> None:
    told = members["SECRETS.txt"].decode()
    assert "named\n  opens: the database check (named) of office-server: password\n  kept: the safe\n" in told
    assert "heartbeat_url\n  opens: what the config's heartbeat.url is for;" in told
    assert CANARY not in told
