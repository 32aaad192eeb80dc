"""The end of the interview: what to type next, word for word."""

from __future__ import annotations

import sys
from datetime import time
from pathlib import Path

import pytest

from healthcheck.config.paths import SYSTEM_CONFIG
from healthcheck.interview import next_steps
from healthcheck.interview.answers import Answers, Device, MailServer

ANSWERS = Answers(
    practice="Foothill",
    towns=("Pasadena",),
    opens=time(7, 30),
    timezone="America/Los_Angeles",
    devices=(Device("192.0.2.20", "server", "Pasadena", "healthcheck"),),
    recipients=("dana@foothill.example",),
    mail=MailServer("smtp.foothill.example", 465, "", "tls"),
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program was started from; no shell finds it there."""
    path = tmp_path / "healthcheck"
    path.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setenv("PATH", "/nowhere")
    return path


def test_what_root_has_set_up_goes_on_with_sudo_and_systemd(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    said = next_steps.after(SYSTEM_CONFIG, ANSWERS, is_usual=True, zone="America/Los_Angeles")
    assert (
        said.replace(str(program), "/usr/local/bin/healthcheck")
        == """\
/etc/healthcheck/config.toml is written, and it has no mistake.

What to do next:

  sudo healthcheck doctor
      looks at the set-up itself: rights, clock, timer, mail, keys
  sudo healthcheck test-email --to dana@foothill.example
      sends one test message the way the report goes
  sudo healthcheck enroll pasadena-server
      puts the key of the server in Pasadena on record, once somebody compared it
  sudo healthcheck run
      checks everything now, and mails nobody

Then let systemd start it every morning, with the units in the folder systemd of the program's source:
  sudo install -m 644 systemd/* /etc/systemd/system/
  sudo systemctl enable --now healthcheck.timer healthcheck-watch.timer
or cron, with these two lines (sudo crontab -e):
  45 5 * * *   /usr/local/bin/healthcheck report
  */5 * * * *   /usr/local/bin/healthcheck watch"""
    )


def test_what_a_user_has_set_up_names_program_and_config_and_leaves_it_to_cron(program: Path) -> None:
    said = next_steps.after(Path("/srv/my practice.toml"), ANSWERS, is_usual=False, zone="Etc/UTC")
    assert f"  {program} run --config '/srv/my practice.toml'\n" in said
    assert (
        said.replace(str(program), "/usr/local/bin/healthcheck").partition("Then ")[2]
        == """\
let cron start it every morning, with these two lines (crontab -e):
  45 5 * * *   /usr/local/bin/healthcheck report --config '/srv/my practice.toml'
  */5 * * * *   /usr/local/bin/healthcheck watch --config '/srv/my practice.toml'
Both go by this computer's clock, which keeps Etc/UTC: let it keep
America/Los_Angeles, with: sudo timedatectl set-timezone America/Los_Angeles"""
    )
