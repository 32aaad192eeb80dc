"""The config without its secrets: each goes out of its own place, and nothing else does."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from healthcheck.config import load
from healthcheck.handover.settings import Settings, settings

HEAD = """
[practice]
name = "Foothill"
timezone = "America/Los_Angeles"
opens = "07:30"

[[site]]
name = "Pasadena"

[[site.host]]
name = "server"
local = true
"""
PING = '\n[[check]]\nkind = "ping"\nhosts = ["*"]\n'


def without(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(HEAD + text)
    path.chmod(0o600)
    return settings(load(path, environ={"HEALTHCHECK_SECRET_NAMED": "of-environment"}))


def plug_in(*words: str) -> str:
    return f'\n[[check]]\nkind = "nagios"\nhosts = ["server"]\ncommand = {list(words)}\n'


def test_a_config_without_a_secret_stays_as_it_is(tmp_path: Path) -> None:
    text = PING + '\n[[credential]]\nfor = "the alarm"\nkept_at = "the safe"\n'
    made = without(tmp_path, text)
    assert made.data == tomllib.loads(HEAD + text)
    assert (made.renamed, made.removed, made.found, made.files) == ({}, [], [], [])


def test_the_secrets_of_a_sign_in_are_named_one_by_one(tmp_path: Path) -> None:
    made = without(
        tmp_path,
        PING
        + """
[email]
host = "mail.example"
from = "a@b.example"
auth = "oauth2"
username = "checker"

[email.oauth2]
token_url = "https://sign-in.example/token"
client_id = "app"
refresh_token = "r-e-f-r-e-s-h"
client_secret = { secret = "named" }
""",
    )
    assert made.data["email"]["oauth2"] == {
        "token_url": "https://sign-in.example/token",
        "client_id": "app",
        "refresh_token": {"secret": "email_oauth2_refresh_token"},
        "client_secret": {"secret": "named"},
    }
    assert made.renamed == {"email_oauth2_refresh_token": "email.oauth2.refresh_token"}
    assert [secret.reveal() for secret in made.found] == ["r-e-f-r-e-s-h"]


COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "behind-an-option": (["check", "-p", "s3cret", "-H", "db"], ["check", "-p", "[removed]", "-H", "db"]),
    "with-an-option": (["check", "--password=s3cret"], ["check", "--password=[removed]"]),
    "as-a-variable": (["check", "MYSQL_PASSWORD=s3cret"], ["check", "MYSQL_PASSWORD=[removed]"]),
    "community": (["check_snmp", "-C", "s3cret", "-o", ".1.3"], ["check_snmp", "-C", "[removed]", "-o", ".1.3"]),
    "login-of-a-page": (["check_http", "-a", "me:s3cret"], ["check_http", "-a", "[removed]"]),
    "a-program-is-none": (["check_procs", "-C", "sshd", "-a", "sshd"], ["check_procs", "-C", "sshd", "-a", "sshd"]),
    "a-port-is-none": (["check_tcp", "-p", "443", "-C", "30,14"], ["check_tcp", "-p", "443", "-C", "30,14"]),
    "an-option-is-none": (["check", "-p", "-H", "{address}"], ["check", "-p", "-H", "{address}"]),
    "in-an-address": (["check", "ftp://me:s3cret@host/"], ["check", "ftp://me:[removed]@host/"]),
    "in-a-query": (["check", "http://h/?a=1&token=s3cret"], ["check", "http://h/?a=1&token=[removed]"]),
}


@pytest.mark.parametrize(("words", "left"), COMMANDS.values(), ids=COMMANDS)
def test_what_looks_like_a_password_goes_out_of_a_command(tmp_path: Path, words: list[str], left: list[str]) -> None:
    made = without(tmp_path, plug_in(*words))
    [check] = made.data["check"]
    assert check["command"] == left
    assert all("s3cret" in secret.reveal() for secret in made.found)
    assert len(made.found) == (words != left)


def test_files_that_the_config_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    delivery: dict[str, Any] = {"name": "hook", "channel": "webhook"}
    made = without(
        tmp_path,
        PING + '\n[[delivery]]\nname = "hook"\nchannel = "webhook"\nurl = "https://h.example/x"\nca_file = "ca.pem"\n',
    )
    assert made.files == ["ca.pem"]
    assert made.data["delivery"] == [{**delivery, "url": {"secret": "delivery_1_url"}, "ca_file": "ca.pem"}]
