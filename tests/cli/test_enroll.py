"""Enrolling a host: its fingerprint is shown, and nothing goes on record that nobody compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from healthcheck.connections.known_hosts import HostKey, look_up
from tests.lab.program import CONFIG, healthcheck
from tests.lab.sshd import SshServer, new_key, sshd

HOST = """
  [[site.host]]
  name = "pasadena-server"
  label = "the server in Pasadena"
  address = "{address}"
  ssh = {{ user = "{user}", port = {port} }}

[[check]]"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.7") as running:
        config = tmp_path / "config.toml"
        host = HOST.format(address=running.address, user=running.user, port=running.port)
        text = CONFIG.replace("\n[[check]]", host).replace('hosts = ["*"]', 'hosts = ["office-server"]')
        config.write_text(text)
        config.chmod(0o600)
        yield running


def enroll(folder: Path, *words: str) -> tuple[int, str, str]:
    done = healthcheck(
        "enroll", "pasadena-server", "--config", folder / "config.toml", "--state-dir", folder / "state", *words
    )
    return done.returncode, done.stdout, done.stderr


def fingerprint(server: SshServer) -> str:
    return HostKey("ssh-ed25519", server.host_key.blob).fingerprint


def test_a_compared_key_goes_on_record_in_place_of_the_old_one(server: SshServer, tmp_path: Path) -> None:
    record = tmp_path / "state" / "known_hosts"
    record.parent.mkdir()
    record.write_text(f"other.example {new_key().public}\n{server.known_name} {new_key().public}\n")
    code, out, err = enroll(tmp_path, "--fingerprint", fingerprint(server))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "the server in Pasadena (127.0.3.7) shows this key:",
        f"  ssh-ed25519 {fingerprint(server)}",
        "the server in Pasadena is on record now.",
    ]
    known = look_up([record], server.address, server.port)
    assert [key.blob for key in known.keys] == [server.host_key.blob]
    assert record.read_text().startswith("other.example ")


def test_another_fingerprint_puts_nothing_on_record(server: SshServer, tmp_path: Path) -> None:
    code, _, err = enroll(tmp_path, "--fingerprint", "SHA256:other")
    assert (code, err) == (75, "healthcheck: This is not SHA256:other, so nothing was put on record.\n")
    assert not (tmp_path / "state").exists()


def test_nothing_is_asked_where_nobody_can_answer(server: SshServer, tmp_path: Path) -> None:
    code, out, err = enroll(tmp_path)
    assert code == 75
    assert out.splitlines()[-1] == (
        "On the machine itself, this shows it: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    )
    assert f"run it again with: --fingerprint {fingerprint(server)}" in err
    assert not (tmp_path / "state").exists()
