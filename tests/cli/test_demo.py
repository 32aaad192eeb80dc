"""`healthcheck demo` as somebody starts it who has just installed it: no config, no network, no rights."""

from __future__ import annotations

import contextlib
import email
import os
import re
import signal
import subprocess
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from healthcheck import config as configs
from tests.lab import need, wait_for
from tests.lab.netns import towns
from tests.lab.program import PROGRAM, healthcheck

IN_TIME_S = 30.0
"""Six on an idle machine; what else goes on may double that."""
WITHOUT_RIGHTS = ("setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")

SENTENCES = (
    "Azusa cannot open normally. The other 8 clinics can open.",
    "Problem: Nothing at Azusa answers.",
    "Likely the power or the internet line at Azusa is down.",
    "Problem: The patient database has no backup since DAY, 9:00 pm.",
    "Could not check: The server in Covina could not be checked: it refused our login.",
    "Look: The patient database restarted on DAY, 6:28 pm, without being shut down properly.",
    "Look: The battery box of the patient database has a backup battery that needs to be replaced.",
    "Last seen well DAY, 5:45 am.",
    "Problem: Azusa cannot be reached at all.",
    "Problem: Pasadena can open, but without backups.",
    "OK: Glendale, Burbank, Alhambra, Arcadia, Monrovia and Altadena can open.",
    "Could not check: Covina can open, but three things could not be checked.",
    "DAY, 5:12 am to 5:29 am: the battery box in Altadena lost mains power for 18 minutes.",
    "The server in Altadena kept running.",
    "DAY, 5:47 pm: the battery box of the patient database lost mains power and was switched off by it;",
    "power was back at most 41 minutes later.",
    "Between DAY, 5:47 pm and 6:28 pm: the patient database restarted without being shut down properly,",
    "likely because of the power cut.",
    "49 of 56 checks were done.",
)
"""What the administrator reads on any day; days of the past are written DAY."""


@dataclass(frozen=True)
class Shown:
    """One run of the program in a home of its own, and what it left."""

    home: Path
    done: subprocess.CompletedProcess[str]
    took_s: float

    @property
    def folder(self) -> Path:
        return self.home / "healthcheck-demo"

    def mail(self, name: str) -> EmailMessage:
        message = email.message_from_bytes((self.folder / "mail" / name).read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def part(self, kind: str) -> str:
        """What the administrator's mail holds of that kind."""
        body = self.mail("1-dana.reyes.eml").get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C", "TZ": "America/Los_Angeles"}


def start(home: Path, *words: str | Path, before: Sequence[str] = ()) -> Shown:
    begun = time.monotonic()
    done = healthcheck("demo", *words, cwd=home, env=environment(home), before=before, timeout_s=60)
    return Shown(home, done, time.monotonic() - begun)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Started once: without a right of root's, where there is no network at all."""
    need("setpriv")
    home = tmp_path_factory.mktemp("home")
    with towns("alone") as [town]:
        return town.call(lambda: start(home, before=WITHOUT_RIGHTS))


def dayless(text: str) -> str:
    """In one line, with every day of the past as DAY."""
    text = " ".join(text.split())
    return re.sub(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?:, [A-Z][a-z]+ \d{1,2})?", "DAY", text)


def test_it_ends_well_and_by_itself_and_soon(shown: Shown) -> None:
    assert (shown.done.returncode, shown.done.stderr) == (0, "")
    assert shown.took_s < IN_TIME_S


def test_it_shows_the_mail_and_then_where_everything_is_and_what_to_do_next(shown: Shown) -> None:
    said = shown.done.stdout
    subject = shown.mail("1-dana.reyes.eml")["Subject"]
    assert f"\nSubject: {subject}\n\n{shown.part('plain')}" in said
    assert said.endswith(
        "The clinics are gone again, nothing is left running, and nobody was mailed.\n"
        "For your own clinics: healthcheck init\n"
    )
    named = re.search(r"Everything is in (.*)\n((?: .*\n)+)", said)
    assert named
    assert Path(named[1]) == shown.folder
    paths = [path for line in named[2].splitlines() if line.startswith("      ") for path in line.strip().split(" to ")]
    assert len(paths) == 5
    assert [path for path in paths if not (shown.folder / path).is_file()] == []


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_administrator_reads(sentence: str, shown: Shown) -> None:
    assert sentence in dayless((shown.folder / "mail/1-dana.reyes.txt").read_text())


def test_it_tells_the_same_on_any_day_and_in_the_night_when_the_clocks_are_changed(tmp_path: Path) -> None:
    need("faketime")
    moments = ("2026-11-28 23:40:00", "2027-03-14 03:05:00")  # a Saturday; an hour after summer time began
    with ThreadPoolExecutor() as pool:
        ran = list(
            pool.map(lambda moment: start(_folder(tmp_path, moment), before=("faketime", "-f", f"@{moment}")), moments)
        )
    for one in ran:
        assert one.done.returncode == 0, one.done.stderr
        text = dayless((one.folder / "mail/1-dana.reyes.txt").read_text())
        assert [sentence for sentence in SENTENCES if sentence not in text] == []


def _folder(within: Path, name: str) -> Path:
    folder = within / name.replace(" ", "-")
    folder.mkdir()
    return folder


def test_the_mail_is_a_whole_one_with_its_page_and_the_lines_for_it(shown: Shown) -> None:
    mail = shown.mail("1-dana.reyes.eml")
    assert re.fullmatch(r"PROBLEM: Azusa cannot open, 8 can - Backups - .*", mail["Subject"])
    assert mail["To"] == "dana.reyes@foothill.example"
    assert (shown.folder / "mail/1-dana.reyes.txt").read_bytes() == shown.part("plain").encode()
    assert (shown.folder / "mail/1-dana.reyes.html").read_bytes() == shown.part("html").encode()
    [lines] = mail.iter_attachments()
    assert "LEDGER: 56 planned checks" in lines.get_content()


def test_there_is_a_brief_for_each_problem_and_it_knows_the_circumstances(shown: Shown) -> None:
    briefs = [shown.mail(path.name) for path in sorted(shown.folder.glob("mail/*-help.eml"))]
    assert [mail["To"] for mail in briefs] == ["help@bayit.example"] * 5
    backup = (shown.folder / "mail/3-help.txt").read_text()
    assert "Pasadena/pasadena-ups lost mains power and was switched off by it" in backup
    assert re.search(r"last seen well: +Fri \w+ \d+ \d+ 05:45:00", backup)


def test_the_config_can_be_used_as_it_is_and_says_nothing_in_warning(shown: Shown) -> None:
    config = configs.load(shown.folder / "config.toml", environ={})
    assert config.warnings == ()
    assert len(config.practice.sites) == 9
    assert {host.address.split(".")[0] for host in config.practice.hosts()} == {"127"}
    assert tomllib.loads((shown.folder / "config.toml").read_text())["practice"]["timezone"] == "America/Los_Angeles"


def test_nothing_is_written_anywhere_else(shown: Shown) -> None:
    assert [path.name for path in shown.home.iterdir()] == ["healthcheck-demo"]
    assert sorted(path.name for path in shown.folder.iterdir() if path.name != "latest.html") == [
        "authority.pem",
        "config.toml",
        "credentials",
        "known_hosts",
        "mail",
        "state",
    ]
    assert (shown.folder / "credentials/ssh_key").stat().st_mode & 0o777 == 0o600
    assert list(shown.folder.rglob(".*")) == []


def test_nothing_is_left_running(shown: Shown) -> None:
    assert processes_of(shown.folder) == []


def test_a_second_one_has_a_folder_of_its_own_and_one_that_is_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "healthcheck-demo").mkdir()
    own = tmp_path / "own"
    own.mkdir()
    (own / "notes.txt").write_text("mine")
    refused = start(tmp_path, "--output", own)
    assert (refused.done.returncode, refused.done.stdout) == (64, "")
    assert f"There is something at {own} already. Give --output a folder that is not there." in refused.done.stderr
    assert [path.name for path in own.iterdir()] == ["notes.txt"]
    with_a_number = Begun(tmp_path)
    assert with_a_number.folder_within(10).name == "healthcheck-demo-2"
    with_a_number.stop(signal.SIGTERM)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    there = tmp_path / "file" / "demo"
    done = start(tmp_path, "--output", there).done
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr == (
        f"healthcheck: The folder {there} cannot be used (not a directory). Give --output another one.\n"
    )


@pytest.mark.parametrize("moment", ["as it starts", "while it looks"])
def test_ctrl_c_leaves_nothing_behind_and_nothing_running(moment: str, tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    folder = begun.folder_within(10)
    if moment == "while it looks":
        wait_for((folder / "state" / "lock").exists, "the round to begin", timeout_s=10)
    code, said = begun.stop(signal.SIGINT)
    assert (code, said) == (130, "\nhealthcheck: interrupted before it had finished.\n")
    assert list(tmp_path.iterdir()) == []
    assert processes_of(folder) == []


def test_the_clinics_end_with_a_program_that_is_killed(tmp_path: Path) -> None:
    begun = Begun(tmp_path)
    folder = begun.folder_within(10)
    wait_for((folder / "state" / "lock").exists, "the round to begin", timeout_s=10)
    assert processes_of(folder) != []
    begun.stop(signal.SIGKILL)
    wait_for(lambda: processes_of(folder) == [], "every process to end", timeout_s=10)


class Begun:
    """The program under way, in a session of its own as a terminal would have it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._before = set(home.iterdir())
        self._process = subprocess.Popen(
            [PROGRAM, "demo"], cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )  # fmt: skip

    def folder_within(self, seconds: float) -> Path:
        """The folder that it makes."""
        wait_for(lambda: bool(set(self._home.iterdir()) - self._before), "the folder", timeout_s=seconds)
        [folder] = set(self._home.iterdir()) - self._before
        return folder

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code and all that it said."""
        os.killpg(self._process.pid, number)
        said, _ = self._process.communicate(timeout=20)
        return self._process.returncode, said


def processes_of(folder: Path) -> list[int]:
    """Every process that was started for that folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in process.cmdline():
                found.append(process.pid)
    return found
