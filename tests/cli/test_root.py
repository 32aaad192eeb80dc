"""The program as it is started: what it prints where, and what it ends with."""

from __future__ import annotations

import os
import pwd
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from healthcheck import __version__
from healthcheck.cli.root import COMMANDS
from tests.lab import need_root
from tests.lab.program import CONFIG, PROGRAM, healthcheck, written

AZUSA = """
[[site]]
name = "Azusa"

  [[site.host]]
  name = "azusa-server"
  address = "127.0.0.1"

[[check]]
kind = "tcp"
hosts = ["azusa-server"]
port = 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return written(tmp_path)


def run(config: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return healthcheck("run", "--config", config, "--state-dir", config.parent / "state", *words)


def test_the_version_is_answered_at_once() -> None:
    done = healthcheck("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"healthcheck {__version__}\n", "")


def test_help_names_every_command() -> None:
    done = healthcheck("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nEvery day:\n  run " in done.stdout
    assert set(re.findall(r"^  (\w[\w-]*)  +\w", done.stdout, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["rnu"], "No such command 'rnu'."),
        (["run", "--sight", "Pasadena"], "No such option"),
        (["run", "--format", "xml"], "'xml' is not one of"),
        (["checks", "pnig"], 'There is no check "pnig". Did you mean "ping"?'),
    ],
    ids=["command", "option", "value", "kind"],
)
def test_bad_usage_ends_with_64_and_says_what_would_be_right(words: list[str], says: str) -> None:
    done = healthcheck(*words)
    assert (done.returncode, done.stdout) == (64, "")
    assert says in done.stderr


def test_what_the_program_remembers_is_for_nobody_else_to_read(config: Path) -> None:
    assert run(config).returncode == 0
    assert stat.S_IMODE((config.parent / "state").stat().st_mode) == 0o700


@pytest.mark.fault(61)
def test_a_config_that_is_not_there_ends_with_78(tmp_path: Path) -> None:
    done = healthcheck("run", "--config", tmp_path / "none.toml")
    assert (done.returncode, done.stdout) == (78, "")
    assert str(tmp_path / "none.toml") in done.stderr


@pytest.mark.fault(61)
def test_nothing_runs_while_the_config_has_a_mistake(config: Path) -> None:
    config.write_text(CONFIG.replace("hosts", "hots"))
    done = run(config)
    assert (done.returncode, done.stdout) == (78, "")
    assert "hots" in done.stderr
    assert not (config.parent / "state").exists()


def test_a_round_by_hand_shows_every_check_and_ends_with_its_status(config: Path) -> None:
    done = run(config)
    assert (done.returncode, done.stderr) == (0, "")
    told = [line for line in done.stdout.splitlines() if not line.startswith("Foothill Oncology Group, ")]
    assert told == [
        "OK               Main office  memory      The office server has enough memory.",
        "",
        "Main office can open.",
        "Nothing needs your attention today.",
        "",
        "The one check was done.",
    ]


def test_a_selection_that_fits_nothing_is_bad_usage(config: Path) -> None:
    text = CONFIG.replace('hosts = ["*"]', 'hosts = ["office-server"]')
    config.write_text(text + AZUSA)
    done = run(config, "--site", "Azusa", "--kind", "memory")
    assert done.returncode == 64
    assert "Nothing in the config fits --site, --host and --kind together." in done.stderr


def test_the_report_can_be_written_to_a_file(config: Path) -> None:
    done = run(config, "--format", "html", "--output", config.parent / "page.html")
    assert (done.returncode, done.stdout) == (0, "")
    assert (config.parent / "page.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.fault(65)
def test_a_reader_who_leaves_early_is_no_error(config: Path) -> None:
    command = f"{PROGRAM} run --config {config} --state-dir {config.parent}/state | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2, 3)


@pytest.mark.fault(65)
def test_it_runs_without_a_home_in_a_folder_that_is_gone(config: Path) -> None:
    gone = config.parent / "gone"
    gone.mkdir()
    command = (
        f"cd {gone} && rmdir {gone} && umask 077 && "
        f"env -i PATH=/usr/bin:/bin LANG=C {PROGRAM} run --config {config} --state-dir {config.parent}/state"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


HANGING = """
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
import pathlib, time
from healthcheck.api import Check, Result, Status, Target

@dataclass(frozen=True, kw_only=True)
class Hanging(Check[str]):
    \"\"\"Hangs.\"\"\"
    kind: ClassVar[str] = "hanging"
    started: str
    def probe(self, target: Target) -> str:
        pathlib.Path(self.started).touch()
        time.sleep(600)
        return ""
    def evaluate(self, sample: str, now: datetime) -> Iterator[Result]:
        yield Result(Status.OK, "is well")
"""


@pytest.mark.fault(65)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "ctrl-c"])
def test_a_signal_ends_a_round_at_once_with_130(config: Path, number: signal.Signals) -> None:
    drop_ins = config.parent / "checks.d"
    drop_ins.mkdir(mode=0o755)
    (drop_ins / "hanging.py").write_text(HANGING)
    started = config.parent / "started"
    config.write_text(CONFIG + f'[[check]]\nkind = "hanging"\nhosts = ["*"]\nstarted = "{started}"\ntimeout_s = 60\n')
    process = subprocess.Popen(
        [PROGRAM, "run", "--config", config, "--state-dir", config.parent / "state"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not started.exists():
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err.strip()) == (130, "healthcheck: interrupted before it had finished.")
    assert "Traceback" not in out


def test_what_root_leaves_by_hand_belongs_to_the_account_of_the_service(config: Path) -> None:
    need_root()
    state = config.parent / "state"
    state.mkdir()
    secret = config.parent / "of-root"
    secret.write_text("not in the state directory")
    (state / "link").symlink_to(secret)
    account = pwd.getpwnam("nobody")
    os.chown(state, account.pw_uid, account.pw_gid)
    assert run(config).returncode == 0
    left = [path for path in state.rglob("*") if not path.is_symlink()]
    assert {path.name for path in left} >= {"history.sqlite", "lock", "reports", "report.html"}
    assert {path.stat().st_uid for path in left} == {account.pw_uid}
    assert secret.stat().st_uid == 0


def test_what_a_library_tells_programmers_is_not_told_to_people(config: Path) -> None:
    file = Path(__file__).parents[1] / "data" / "x509" / "negative-serial.pem"
    config.write_text(f'{CONFIG}\n[[check]]\nkind = "certificate"\nhosts = ["*"]\npath = "{file}"\n')
    done = run(config, "--kind", "certificate")
    assert (done.returncode, done.stderr) == (0, "")
    assert "has a security certificate that holds for" in done.stdout
