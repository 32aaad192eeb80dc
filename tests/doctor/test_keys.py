"""Whether servers can be looked into: known_hosts is read, the key is parsed, and nothing is sent."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from healthcheck.doctor import keys
from healthcheck.doctor.examination import Finding
from healthcheck.model import Status
from tests.doctor.conftest import At
from tests.lab.program import CONFIG
from tests.lab.sshd import client_key, new_key

TWO = """
[[site.host]]
name = "near"
label = "the near server"
address = "127.0.0.8"
ssh = { user = "healthcheck" }

[[site.host]]
name = "far"
label = "the far server"
address = "127.0.0.9"
ssh = { user = "healthcheck", port = 2222 }

[[site.host]]
name = "printer"
address = "127.0.0.10"
"""


def config() -> str:
    head, _, checks = CONFIG.partition("[[check]]")
    return head + TWO + "\n[[check]]" + checks.replace('["*"]', '["office-server"]')


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.fault(13)
def test_a_server_whose_key_is_not_on_record_is_a_problem_with_the_command_that_enrolls_it(
    at: At, tmp_path: Path
) -> None:
    premises, key = at(config=config()), new_key().public
    state, beside = tmp_path / "state", tmp_path / "known_hosts"
    state.mkdir()
    (state / "known_hosts").write_text(f"127.0.0.8 {key}\n")
    assert list(keys.host_keys(premises)) == [
        Finding(
            Status.CRITICAL,
            "The key of the far server is not on record, so it is not looked into.",
            "healthcheck enroll far --here",
        )
    ]
    beside.write_text(f"[127.0.0.9]:2222 {key}\n")
    assert list(keys.host_keys(premises)) == [
        Finding(Status.OK, "The keys of all servers that are looked into are on record (2 servers).")
    ]
    beside.write_text(f"[127.0.0.9]:2222 {key}\n@revoked * {key}\n")
    assert [(one.status, one.says) for one in keys.host_keys(premises)] == [
        (Status.CRITICAL, "The key of the near server is marked as revoked, so it is not looked into."),
        (Status.CRITICAL, "The key of the far server is marked as revoked, so it is not looked into."),
    ]


def test_a_file_of_keys_that_cannot_be_read_is_not_passed_over(at: At, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/known_hosts").write_text(f"127.0.0.8,[127.0.0.9]:2222 {new_key().public}\n")
    (tmp_path / "known_hosts").mkdir()
    unread, known = keys.host_keys(at(config=config()))
    assert (unread, known.status) == (
        Finding(
            Status.UNKNOWN,
            f"A file of host keys cannot be read: {tmp_path}/known_hosts: Is a directory.",
            "sudo healthcheck doctor --here",
        ),
        Status.OK,
    )


def test_without_ssh_no_key_is_needed(at: At) -> None:
    assert list(keys.host_keys(at())) == [Finding(Status.OK, "No server is looked into over SSH.")]
    assert list(keys.our_key(at())) == [Finding(Status.OK, "None is needed.")]


@pytest.mark.fault(14)
def test_a_key_of_ours_that_is_missing_or_unfit_is_told_once_with_what_mends_it(at: At, tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    assert list(keys.our_key(at(config=config()))) == [
        Finding(
            Status.CRITICAL,
            f"Our key cannot be used: it is not there (there is no file {tmp_path}/.ssh/id_ed25519, and no other "
            "client key is configured), so the near server is not looked into.",
            f"mkdir -p -m 700 {folder} && ssh-keygen -q -t ed25519 -N '' -f {folder}/ssh_key",
        )
    ]
    folder.mkdir()
    client_key().write(folder / "ssh_key")
    assert list(keys.our_key(at(config=config()))) == [Finding(Status.OK, "Our key can be used.")]
    (folder / "ssh_key").write_text("canary-4711")
    [damaged] = keys.our_key(at(config=config()))
    assert damaged.status is Status.CRITICAL
    assert "canary-4711" not in damaged.says + damaged.fix


def test_the_command_that_makes_a_key_makes_one_that_can_be_used(at: At, tmp_path: Path) -> None:
    [missing] = keys.our_key(at(config=config()))
    subprocess.run(["sh", "-c", missing.fix], check=True)
    assert list(keys.our_key(at(config=config()))) == [Finding(Status.OK, "Our key can be used.")]
