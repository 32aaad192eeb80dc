"""The doctor as it is started: on nothing at all, on a set-up that is well, on a broken config, and by a program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.lab.office import office
from tests.lab.program import healthcheck
from tests.lab.smtp import mail_server
from tests.lab.sshd import client_key, sshd
from tests.lab.tls import Authority

PASSWORD = "canary-4711"
ANSWERS = """
practice = "Foothill Oncology Group"
towns = ["Pasadena"]
opens = "07:30 America/Los_Angeles"
hosts = ["127.0.0.1, server, ssh {user}:{ssh}"]
recipients = ["dana@foothill.example"]
mail_server = "127.0.0.1:{mail}, checker@foothill.example"
password_file = "password"
"""


def states(text: str) -> dict[str, list[str]]:
    """The states of each subject, as the lines say them."""
    told: dict[str, list[str]] = {}
    for line in text.splitlines():
        if found := re.match(r"(OK|Look|Problem|Could not check) +(\S.*?)  +\S", line):
            told.setdefault(found[2], []).append(found[1])
    return told


def test_on_nothing_at_all_it_says_so_first_and_examines_what_it_can(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "HEALTHCHECK_CONFIG": str(tmp_path / "config.toml")}
    done = healthcheck("doctor", "--state-dir", tmp_path / "state", env=home)
    assert (done.returncode, done.stderr) == (2, "")
    first, *_ = done.stdout.splitlines()
    assert first.startswith("Problem          config                 The config cannot be used.")
    assert "→ healthcheck init --state-dir" in done.stdout
    told = states(done.stdout)
    assert len(told) == 20
    assert told["pings"] == ["OK"]
    assert told["host keys"] == ["Could not check"]
    assert list(tmp_path.iterdir()) == []


def test_a_newcomer_goes_from_init_to_doctor_to_enroll_to_run(tmp_path: Path) -> None:
    """Every command as the one before it said, in an empty home."""
    authority = Authority(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    env = {"HOME": str(home), "SSL_CERT_FILE": authority.ca_file}
    config, state = home / "etc/config.toml", home / "state"
    places = ("--config", config, "--state-dir", state)
    (home / "password").write_text(PASSWORD)
    (home / "password").chmod(0o600)
    with (
        mail_server(tls=authority.server("127.0.0.1"), login=True) as box,
        sshd(tmp_path, "127.0.0.1", name="pasadena") as server,
    ):
        text = ANSWERS.format(user=server.user, ssh=server.port, mail=box.port)
        (home / "answers.toml").write_text(text)
        done = healthcheck("init", "--answers", home / "answers.toml", *places, env=env)
        assert (done.returncode, done.stderr) == (0, "")

        done = healthcheck("doctor", *places, env=env)
        told = states(done.stdout)
        assert PASSWORD not in done.stdout + done.stderr
        assert {
            name: told[name] for name in ("config", "secrets", "rights of the secrets", "recipients", "mail server")
        } == {
            "config": ["OK"],
            "secrets": ["OK"],
            "rights of the secrets": ["OK"],
            "recipients": ["OK"],
            "mail server": ["OK"],
        }
        assert told["host keys"] == told["our key"] == ["Problem"]
        assert f"→ healthcheck enroll pasadena-server --config {config} --state-dir {state}\n" in done.stdout

        client_key().write(config.parent / "credentials/ssh_key")
        enrolled = healthcheck(
            "enroll", "pasadena-server", "--fingerprint", _fingerprint(server.known_hosts), *places, env=env
        )
        assert (enrolled.returncode, enrolled.stderr) == (0, "")
        told = states(healthcheck("doctor", *places, env=env).stdout)
        assert told["host keys"] == told["our key"] == ["OK"]

        tried = healthcheck("test-email", "--to", "dana@foothill.example", *places, env=env)
        assert tried.returncode == 0
        run = healthcheck("run", *places, env=env)
        for kind in ("ping", "survey"):  # how this computer is besides, is its own affair
            assert re.search(rf"^OK +Pasadena  {kind} +The server in Pasadena ", run.stdout, re.MULTILINE)
        told = states(healthcheck("doctor", *places, env=env).stdout)
        assert told["history"] == ["OK"]
    assert [mail["Subject"] for mail in box.messages] == ["TEST, not a report: can you read this?"]


def _fingerprint(path: Path) -> str:
    import base64
    import hashlib

    blob = base64.b64decode(path.read_text().split()[2])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


@pytest.mark.fault(61)
def test_a_broken_config_is_told_first_and_the_rest_is_examined_all_the_same(tmp_path: Path) -> None:
    with office(tmp_path) as place:
        place.write('[[check]]\nkind = "pong"\nhosts = ["*"]')
        done = place.healthcheck("doctor")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("Problem          config ")
    assert 'unknown kind of check "pong"' in " ".join(done.stdout.split())
    told = states(done.stdout)
    assert told["mail server"] == ["OK", "Look"]  # saved out of the config: reached, over an open line
    assert told["recipients"] == ["OK"]
    assert told["packages"] == ["Could not check"]
    assert place.mails() == []


def test_a_program_gets_the_same_as_json(tmp_path: Path) -> None:
    with office(tmp_path) as place:
        shown = place.healthcheck("doctor")
        done = place.healthcheck("doctor", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (shown.returncode, "")
    assert (found["schema"], found["status"]) == ("healthcheck.doctor/1", "CRITICAL")
    words = {"OK": "OK", "WARNING": "Look", "CRITICAL": "Problem", "UNKNOWN": "Could not check"}
    told: dict[str, list[str]] = {}
    for one in found["findings"]:
        assert set(one) == {"subject", "status", "says", "fix"}
        assert bool(one["fix"]) or one["status"] == "OK"
        told.setdefault(one["subject"], []).append(words[one["status"]])
    assert told == states(shown.stdout)


def test_it_changes_nothing(tmp_path: Path) -> None:
    with office(tmp_path) as place:
        place.healthcheck("run")
        before = files(tmp_path)
        place.healthcheck("doctor")
        assert files(tmp_path) == before


def files(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
