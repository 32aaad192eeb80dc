"""A restart between two rounds, end to end: real logins, a real history, and what the report says is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from healthcheck import config as configs
from healthcheck.model import Status
from healthcheck.report import render
from healthcheck.rounds import Finished, run_round
from tests.lab.sshd import SshServer, client_key, sshd

CONFIG = """
[practice]
name = "Foothill Oncology Group"
timezone = "America/Los_Angeles"
opens = "07:30"
watcher = "Pasadena"

[[site]]
name = "Pasadena"

  [[site.host]]
  name = "pasadena-server"
  label = "the server in Pasadena"
  address = "{address}"
  ssh = {{ user = "{user}", port = {port} }}

[[check]]
kind = "survey"
hosts = ["*"]
"""
DRIVE = 'NAME="{}" TYPE="disk" SIZE="{}" MODEL="{}" SERIAL="{}" WWN="" RM="0"\n'
MAIN = DRIVE.format("sda", 500107862016, "Samsung SSD 860", "S3Z1NB0K")
BACKUP = DRIVE.format("sdb", 4000787030016, "WDC WD40EFRX", "WCC4E1")
CHARTS = "charts.service loaded active running The charts program\n"
CRON = "cron.service loaded active running Regular background program processing daemon\n"
FIRST, SECOND = "4dc61f16-6041-4a54-a0de-7f4b577d3a0a", "9e01b7aa-0c52-4c3b-9d5e-0d4b5a7c1f22"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with sshd(tmp_path, "127.0.3.28") as server:
        (tmp_path / "config.toml").write_text(CONFIG.format(address=server.address, user=server.user, port=server.port))
        (tmp_path / "config.toml").chmod(0o600)
        (tmp_path / "known_hosts").write_text(server.known_hosts.read_text())
        (tmp_path / "credentials").mkdir(mode=0o700)
        client_key().write(tmp_path / "credentials" / "ssh_key")
        yield server


def has(server: SshServer, *, boot: str, drives: str = MAIN + BACKUP, programs: str = CHARTS + CRON) -> None:
    """What the server has from now on."""
    server.shim("lsblk", drives)
    server.shim("systemctl", programs)
    server.shim("cat", script=f"""
        case $1 in
            /proc/sys/kernel/random/boot_id) echo {boot} ;;
            /proc/uptime) echo 90000.00 1.00 ;;
            *) exec /bin/cat "$@" ;;
        esac""")  # fmt: skip


def a_round(tmp_path: Path, trigger: str = "report") -> Finished:
    config = configs.load(tmp_path / "config.toml", environ={"PATH": os.environ["PATH"]})
    return run_round(config, trigger=trigger, state_dir=tmp_path / "state")


def sentences(finished: Finished) -> list[tuple[Status, str]]:
    return [(finding.status, finding.says) for finding in finished.report.findings]


def test_a_drive_that_did_not_come_back_after_a_restart_is_told(server: SshServer, tmp_path: Path) -> None:
    has(server, boot=FIRST)
    first = a_round(tmp_path)
    assert (first.report.status, sentences(first)) == (Status.OK, [])
    has(server, boot=SECOND, drives=MAIN, programs=CRON)

    second = a_round(tmp_path)

    assert sentences(second) == [
        (Status.CRITICAL, "The server in Pasadena came back without one of its drives."),
        (Status.WARNING, "On the server in Pasadena, one program that ran before the restart does not run now."),
    ]
    assert render.subject(second.report).startswith("PROBLEM: ")
    assert "The server in Pasadena came back without one of its drives." in render.text(second.report)

    third = a_round(tmp_path, "hand")

    assert sentences(third) == sentences(second)
    has(server, boot=SECOND)
    assert sentences(a_round(tmp_path)) == []


def test_a_restart_after_which_all_is_there_is_no_news(server: SshServer, tmp_path: Path) -> None:
    has(server, boot=FIRST)
    a_round(tmp_path)
    has(server, boot=SECOND)
    assert sentences(a_round(tmp_path)) == []


def test_a_tool_that_does_not_answer_after_a_restart_is_no_missing_program(server: SshServer, tmp_path: Path) -> None:
    has(server, boot=FIRST)
    a_round(tmp_path)
    has(server, boot=SECOND)
    server.shim("systemctl", exit=1, error="Failed to connect to bus")
    assert sentences(a_round(tmp_path)) == []
